"""Which words of a request tell what it is about."""

from __future__ import annotations

from procedure.telling import tell


def test_only_new_words_tell() -> None:
    """Quotes, links and addresses say nothing; the words stand as they are written and folded."""
    told = tell("Re: SSL", "Λήξη πιστοποιητικού https://server.example/down\n\nroot@server.example\n> server down\n")
    assert told.title.written == ("Re", "SSL")
    assert told.body.written == ("Λήξη", "πιστοποιητικού")
    assert told.body.folded == ("ληξη", "πιστοποιητικου")


def test_an_endless_mail_is_read_at_its_beginning() -> None:
    """A log pasted into a mail costs no more than five thousand words."""
    assert len(tell("x", "word " * 50_000).body.written) == 5_000
