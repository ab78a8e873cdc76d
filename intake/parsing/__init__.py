"""A raw mail as octets to a ``procedure.mail.ParsedMail``: pure functions that never raise and never recurse."""
