"""The language in which tickets are looked for: ``level:2 status:open from:nikos "ssl" -solved waits>2h``.

Terms that stand beside each other must all hold; ``OR`` (in capitals) and parentheses choose, ``-`` leaves out. A bare
word is looked for in the words of a ticket: subject, requester, messages, names of files. What the fields take is in
``procedure.search_fields``; here is the grammar. ``docs/search.md`` says it for people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from procedure.search_fields import (
    All,
    AnyOf,
    Day,
    Field,
    Node,
    Not,
    OneOf,
    SearchError,
    Since,
    Where,
    Words,
    field_node,
    words_node,
)

__all__ = ["All", "AnyOf", "Day", "Field", "Node", "Not", "OneOf", "SearchError", "Since", "Where", "Words", "parse"]

MAX_LENGTH = 1_000
MAX_TERMS = 40
MAX_DEPTH = 12

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<open>\()
    |(?P<close>\))
    |(?P<minus>-(?=[^\s)]))
    |(?P<or>OR(?=[\s()]|$))
    |(?P<field>[A-Za-z]+)(?P<op><=|>=|[:=<>])(?P<value>"[^"]*"|[^\s()"]*)
    |(?P<phrase>"[^"]*")
    |(?P<bare>[^\s()"]+)
    |(?P<unclosed>".*)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    start: int
    end: int
    parts: tuple[str, str, str] = ("", "", "")


def parse(text: str) -> Node:
    """Return what a line asks for; nothing asks for all. Raises SearchError, with the place, and nothing else."""
    if len(text) > MAX_LENGTH:
        raise SearchError(f"A search has at most {MAX_LENGTH:,} characters.", MAX_LENGTH, len(text))
    parser = _Parser(_tokens(text), len(text))
    return parser.whole()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind, start, end = "field" if match["field"] else str(match.lastgroup), match.start(), match.end()
        if kind == "unclosed":
            raise SearchError("This quotation mark is not closed.", start, start + 1)
        if kind == "field" and match["value"] == "" and text[end : end + 1] == '"':
            raise SearchError("This quotation mark is not closed.", end, end + 1)
        if kind == "field":
            found.append(_Token(kind, start, end, (match["field"], match["op"], match["value"])))
        elif kind != "blank":
            found.append(_Token(kind, start, end, (match[0], "", "")))
    if len(found) > MAX_TERMS:
        raise SearchError(f"A search has at most {MAX_TERMS} terms.", found[MAX_TERMS].start, len(text))
    return found


class _Parser:
    """One pass over the tokens, by recursive descent; ``depth`` is how many parentheses are open."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens, self._length, self._place = tokens, length, 0

    def whole(self) -> Node:
        if not self._tokens:
            return All(())
        node = self._choice(0)
        left = self._peek()
        if left is not None:
            raise SearchError("This parenthesis was not opened.", left.start, left.end)
        return node

    def _peek(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _choice(self, depth: int) -> Node:
        """Read terms with OR between them."""
        choices = [self._row(depth)]
        while (token := self._peek()) is not None and token.kind == "or":
            self._place += 1
            choices.append(self._row(depth))
        return choices[0] if len(choices) == 1 else AnyOf(tuple(choices))

    def _row(self, depth: int) -> Node:
        """Read terms that must all hold."""
        nodes: list[Node] = []
        while (token := self._peek()) is not None and token.kind not in ("close", "or"):
            nodes.append(self._term(depth))
        if not nodes:
            start = token.start if token is not None else max(0, self._length - 1)
            raise SearchError("Something to look for is missing here.", start, start + 1)
        return nodes[0] if len(nodes) == 1 else All(tuple(nodes))

    def _term(self, depth: int) -> Node:
        token = self._tokens[self._place]
        self._place += 1
        if token.kind == "minus":
            following = self._peek()
            if following is None or following.kind in ("minus", "close", "or"):
                raise SearchError("Nothing to leave out follows this minus.", token.start, token.end)
            return Not(self._term(depth))
        if token.kind == "open":
            return self._group(token, depth + 1)
        if token.kind == "field":
            return field_node(*token.parts, token.start, token.end)
        return _words(token)

    def _group(self, opening: _Token, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise SearchError(f"At most {MAX_DEPTH} parentheses stand in each other.", opening.start, opening.end)
        node = self._choice(depth)
        if self._peek() is None:
            raise SearchError("This parenthesis is not closed.", opening.start, opening.end)
        self._place += 1
        return node


def _words(token: _Token) -> Words:
    value = token.parts[0]
    return words_node(value, value[1:-1] if token.kind == "phrase" else value, Where.ANYWHERE, token.start, token.end)


def written(node: Node) -> str:
    """Return the line that asks for ``node``; parsing it gives the node back."""
    match node:
        case Words() | OneOf() | Since() | Day():
            return node.written()
        case Not():
            return f"-{_grouped(node.node)}"
        case All():
            return " ".join(_grouped(one) for one in node.nodes)
        case AnyOf():
            return " OR ".join(written(one) if isinstance(one, All) else _grouped(one) for one in node.nodes)


def _grouped(node: Node) -> str:
    return f"({written(node)})" if isinstance(node, All | AnyOf) else written(node)
