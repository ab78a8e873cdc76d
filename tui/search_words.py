"""What the search says about itself: the empty list, and its language in a few lines (all: ``docs/search.md``)."""

from __future__ import annotations

EMPTY = 'Type what to look for, such as level:2 from:nikos "ssl expired" waits>2h\n? shows what can be asked.'

FACTS = (
    'words in subject, sender or one message; "words in this order"; beginning*; -without; this OR that; (grouped)',
    "from:nikos  subject:quota  to:billing  tag:dns  ref:TD-1042  assignee:me (or a login, or none)",
    "level:2,3  difficulty>3  priority>=high  status:open,pending  channel:phone  has:attachment",
    "is:open  is:closed  is:unanswered  is:claimed  is:mine  is:breached",
    "waits>2h  created<3d  updated>2026-12-01  (30m, 2h, 3d, 1w or a date)",
)
"""Sentences for the help."""
