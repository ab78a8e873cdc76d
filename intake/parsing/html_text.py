"""HTML to readable text: blocks on lines of their own, lists, links in full, quotes as ``> ``; hidden text marked.

lxml builds the tree (the standard library's parser takes minutes on hostile input), one loop with its own stack walks
it: no depth of nesting can exhaust Python's. What costs time by the square is cut first: ``_tame`` drops the attributes
of a tag that has hundreds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from intake.parsing.caps import Caps, Notes
from intake.parsing.html_writer import Writer
from intake.parsing.pictures import Names, name_of

_MAX_ATTRIBUTES = 200
_TAME_FROM = 1 << 15
_TAG = re.compile(r"<[A-Za-z][^\s/>]*")
_ATTRIBUTE = re.compile(r"""[\s/]*+(?:[^\s/>=]++|=)(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+""")
_PADDING = re.compile("[\u200b-\u200f\u034f\u00ad\u2060\ufeff\u2007\xa0]+")
"""What newsletters fill a preview line with."""
_ANY_TAG = re.compile(r"<[^<>]*>")
_PAGE_END = re.compile(r"</(?:body|html)\s{0,20}>", re.IGNORECASE)
"""Taken out: the parser drops what follows it, where relays and lists write their footers."""
_BARE_ADDRESS = re.compile(r"<([^\s<>@\"'=/]{1,64}@[^\s<>\"'=/]{1,255}|https?://[^\s<>]{1,2000})>")
"""Written by hand into a page; the parser would take it for a tag without words."""
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_SKIPPED = frozenset({"head", "script", "style", "title", "template", "svg", "math", "iframe", "select",
                      "datalist", "audio", "video", "canvas", "map", "meta", "link"})  # fmt: skip
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "hr",
                         "figure", "fieldset"})  # fmt: skip
_LINES = frozenset({"div", "li", "tr", "dt", "dd", "address", "article", "aside", "footer", "header", "main", "nav",
                    "section", "center", "form", "body", "html", "caption", "tbody", "thead", "tfoot", "figcaption",
                    "details", "summary", "legend", "option"})  # fmt: skip
_BREAKING = _PARAGRAPHS | _LINES
_BEGUN = frozenset({"br", "hr", "img", "li", "blockquote", "pre", "textarea", "ol", "dd", "table", "td", "th"})
_CLOSED = frozenset({"a", "tr", "table", "td", "th", "li", "dd", "blockquote", "pre", "textarea"})
"""Tags at whose ends there is something to do; most elements of a page are none of them."""
_SCHEME_OF_PERSON = re.compile(r"\A(?:mailto|tel):", re.IGNORECASE)
_WEB = ("http://", "https://", "ftp://", "tel:", "mailto:", "sip:", "cid:")


@dataclass
class _Page:
    """What one walk over a page needs and remembers."""

    writer: Writer
    notes: Notes
    names: Names
    elements_left: int
    shown: set[str] = field(default_factory=set)


def html_to_text(html: str, caps: Caps, notes: Notes, names: Names | None = None) -> str:
    """Return what a reader of the page would read. ``names`` are the pictures' by content id."""
    if len(html) > caps.html_bytes:
        notes.add(f"The HTML is longer than {caps.html_bytes} characters; the rest was not read.")
        html = html[: caps.html_bytes]
    html = _BARE_ADDRESS.sub(r"&lt;\1&gt;", _PAGE_END.sub("", html))
    root = _tree(_tame(html, notes))
    if root is None:
        return ""
    writer = Writer(caps.text)
    _walk(root, _Page(writer, notes, names or {}, caps.html_elements))
    text = writer.text()
    return text if text or not html.strip() else _crude(html)


def _tree(html: str) -> etree._Element | None:
    # Bytes and a fixed encoding: a charset named inside the page cannot change what was decoded already.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    octets = html.replace("\x00", "\ufffd").encode("utf-8", "replace")
    try:
        return etree.fromstring(octets, parser) if octets.strip() else None
    except (etree.XMLSyntaxError, ValueError):
        return None


def _tame(html: str, notes: Notes) -> str:
    """Drop the attributes of tags that have too many; the parser's time grows with the square of their number."""
    if len(html) < _TAME_FROM:
        return html
    out: list[str] = []
    kept = position = 0
    while tag := _TAG.search(html, position):
        position, count = tag.end(), 0
        while (attribute := _ATTRIBUTE.match(html, position)) and attribute.end() > position:
            position, count = attribute.end(), count + 1
        if count > _MAX_ATTRIBUTES:
            out.append(html[kept : tag.end()])
            kept = position
            notes.add(f"A tag with more than {_MAX_ATTRIBUTES} attributes lost them.")
    return "".join(out) + html[kept:]


def _crude(html: str) -> str:
    """Return a page's text when its tree has none: nested beyond all measure."""
    return re.sub(r"\s+", " ", _ANY_TAG.sub(" ", html)).strip()


@dataclass(slots=True)
class _Frame:
    """An element whose children are being walked."""

    element: etree._Element
    tag: str
    children: Iterator[etree._Element]
    mark: int = 0
    counter: int | None = None


def _walk(root: etree._Element, page: _Page) -> None:
    writer = page.writer
    stack: list[_Frame] = []
    _open(root, stack, page)
    while stack:
        child = next(stack[-1].children, None)
        if child is not None:
            page.elements_left -= 1
            if page.elements_left < 0:
                page.notes.add("The HTML has too many elements; the rest was not read.")
                return
            _open(child, stack, page)
            continue
        frame = stack.pop()
        if frame.tag in _CLOSED:
            _close(frame, page)
        if frame.tag in _BREAKING:
            _break(frame.tag, stack, writer)
        if stack and (tail := frame.element.tail):
            writer.write(tail)


def _tail(element: etree._Element, stack: list[_Frame], writer: Writer) -> None:
    if stack and element.tail:
        writer.write(element.tail)


def _open(element: etree._Element, stack: list[_Frame], page: _Page) -> None:
    writer = page.writer
    tag = element.tag
    tag = tag.lower() if isinstance(tag, str) else "script"
    is_skipped = tag in _SKIPPED
    if is_skipped or _is_hidden(element):
        if not is_skipped:
            _mark_hidden(element, page)
        _tail(element, stack, writer)
        return
    frame = _Frame(element, tag, iter(element), mark=writer.mark() if tag == "a" else 0)
    if tag in _BREAKING:
        _break(tag, stack, writer)
    if tag in _BEGUN:
        _begin(frame, stack, page)
    stack.append(frame)
    if text := element.text:
        writer.write(text)


def _begin(frame: _Frame, stack: list[_Frame], page: _Page) -> None:
    tag, element, writer = frame.tag, frame.element, page.writer
    if tag == "br":
        writer.hard_break()
    elif tag == "hr":
        writer.write("---")
    elif tag == "img":
        writer.write(_picture(element, page))
    elif tag == "li":
        writer.indent(_bullet(stack))
    elif tag == "blockquote":
        writer.quote()
    elif tag in ("pre", "textarea"):
        writer.keep_space(True)
    elif tag == "ol":
        start = element.get("start") or "1"
        frame.counter = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1
    elif tag == "dd":
        writer.indent("  ")
    elif tag == "table":
        writer.table()
    elif tag in ("td", "th"):
        row = next((frame for frame in reversed(stack[-4:]) if frame.tag == "tr"), None)
        writer.cell(is_first=row is None or not row.counter)
        if row is not None:
            row.counter = (row.counter or 0) + 1


def _picture(element: etree._Element, page: _Page) -> str:
    """Return what stands for a picture: the name of the file that is attached, else what the page says of it."""
    if name := name_of(element.get("src") or "", page.names):
        return f"[image: {name}]"
    alternative = " ".join((element.get("alt") or "").split())
    return f"[{alternative[:500]}]" if alternative else ""


def _bullet(stack: list[_Frame]) -> str:
    outer = next((frame for frame in reversed(stack) if frame.tag in ("ol", "ul", "menu", "dir")), None)
    if outer is None or outer.counter is None:
        return "- "
    outer.counter += 1
    return f"{outer.counter - 1}. "


def _close(frame: _Frame, page: _Page) -> None:
    tag, writer = frame.tag, page.writer
    if tag == "a":
        _link(frame, page)
    elif tag == "tr":
        writer.end_row()
    elif tag == "table":
        writer.end_table()
    elif tag in ("td", "th"):
        writer.end_cell()
    elif tag in ("li", "dd"):
        writer.unindent()
    elif tag == "blockquote":
        writer.unquote()
    elif tag in ("pre", "textarea"):
        writer.keep_space(False)


def _break(tag: str, stack: list[_Frame], writer: Writer) -> None:
    """Begin a new line or a new paragraph where the tag asks for one; a list in a list item is close to it."""
    is_inner_list = tag in ("ul", "ol") and any(frame.tag == "li" for frame in stack[-5:])
    if tag in _PARAGRAPHS and not is_inner_list:
        writer.paragraph()
    elif tag in _PARAGRAPHS or tag in _LINES:
        writer.line()


def _link(frame: _Frame, page: _Page) -> None:
    """Show where a link goes when its words do not: ``here <https://…>``; the same link once."""
    writer = page.writer
    target = (frame.element.get("href") or "").strip()
    if not target.lower().startswith(_WEB):
        return
    words = writer.since(frame.mark).strip()
    bare = _SCHEME_OF_PERSON.sub("", target, count=1)
    if name_of(target, page.names):
        return
    if _plain(words) in (_plain(target), _plain(bare)):
        page.shown.add(target)
        return
    if target in page.shown:
        return
    page.shown.add(target)
    writer.write(f" <{bare}>" if words else f"<{bare}>")


def _plain(link: str) -> str:
    return link.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")


def _is_hidden(element: etree._Element) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and _HIDDEN.search(style[:2000]))


def _mark_hidden(element: etree._Element, page: _Page) -> None:
    """Show hidden words as such: they may be a trap, or the preview line of a newsletter."""
    words = " ".join(_PADDING.sub(" ", "".join(_visible_text(element))).split())
    if words:
        page.notes.add("The HTML has hidden text, which is marked.")
        page.writer.line()
        page.writer.write(f"[hidden: {words}]")
        page.writer.line()


def _visible_text(element: etree._Element) -> Iterator[str]:
    for one in element.iter():
        if isinstance(one.tag, str) and one.tag.lower() not in _SKIPPED:
            yield one.text or ""
        yield " "
        if one is not element:
            yield one.tail or ""
