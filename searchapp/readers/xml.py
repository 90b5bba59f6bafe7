"""XML without surprises: no entities of its own, nothing fetched, bounded in size, depth and number of elements.

`parse` gives the root with comments and processing instructions left out; the other functions read text from elements
whatever their namespace, because agencies put NITF, XHTML and their own vocabularies into one another.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator

from lxml import etree

from searchapp.readers.bounds import MAX_ELEMENTS
from searchapp.readers.encoding import decode, note
from searchapp.readers.opening import Unreadable

Element = etree._Element

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[)?", re.IGNORECASE)
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31};)")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SPACE = re.compile(r"\s+")
_LOOKED_AT = 64 * 1024
"""Code points in which a document type may stand."""

BLOCKS = frozenset(
    (
        *("p", "pre", "div", "block", "li", "dt", "dd", "tr", "blockquote", "bq", "table", "ul", "ol", "section", "article"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hl1", "hl2", "caption", "figcaption", "figure", "fn", "note"),
    )
)
"""Elements of NITF, XHTML and their kin that stand on lines of their own."""


def parse(data: bytes) -> tuple[Element, tuple[str, ...]]:
    """The root of a document, and what a person should know of how it was read.

    Raises Unreadable for entity declarations, for more than `bounds.MAX_ELEMENTS` elements, and for what is no XML at all. A
    document that is not well-formed is read as far as it goes, with a note.
    """
    text, encoding = decode(data, declared=True)
    text = _DECLARATION.sub("", text, count=1)
    if (doctype := _DOCTYPE.search(text[:_LOOKED_AT])) is not None and doctype[1]:
        raise Unreadable("a document type with declarations of its own; take the part from <!DOCTYPE to ]> out")
    notes = list(note(encoding, text))
    text, removed = _NOT_XML.subn("\ufffd", text)
    if removed:
        notes.append("characters that are no text are shown as \ufffd")
    content = _NAMED.sub(_character, text).encode("utf-8", "replace")
    try:
        root = etree.fromstring(content, _parser(recover=False))
    except etree.XMLSyntaxError as error:
        root = _leniently(content, error)
        notes.append(f"not well-formed XML ({_reason(error)}); read as far as it goes, so its end may be missing")
    if sum(1 for _ in zip(root.iter(), range(MAX_ELEMENTS + 1), strict=False)) > MAX_ELEMENTS:
        raise Unreadable(f"more than {MAX_ELEMENTS:,} elements; split the file")
    return root, tuple(notes)


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
        recover=recover, encoding="utf-8",
    )  # fmt: skip


def _leniently(content: bytes, fault: etree.XMLSyntaxError) -> Element:
    try:
        root: Element | None = etree.fromstring(content, _parser(recover=True))
    except etree.XMLSyntaxError:
        root = None
    if root is None or not isinstance(root.tag, str):
        raise Unreadable(f"not XML that can be read: {_reason(fault)}") from fault
    return root


def _reason(error: etree.XMLSyntaxError) -> str:
    return str(error.msg or error)[:200]


def _character(match: re.Match[str]) -> str:
    """A character that HTML names and XML doesn't; an unknown name stays as it was printed."""
    found = html.unescape(match[0])
    return found if found != match[0] else "&amp;" + match[1]


def name_of(element: Element) -> str:
    """An element's name without its namespace; empty for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def named(element: Element, *names: str) -> Iterator[Element]:
    """The elements below that have one of the names, in any namespace, in the document's order."""
    for below in element.iterdescendants():
        if name_of(below) in names:
            yield below


def first(element: Element | None, *path: str) -> Element | None:
    """The first element reached by going down the names, each anywhere below the one before."""
    for name in path:
        element = next(named(element, name), None) if element is not None else None
    return element


def children(element: Element | None, *names: str) -> list[Element]:
    """The element's own children of these names."""
    return [] if element is None else [child for child in element if name_of(child) in names]


def line(element: Element | None, without: Collection[str] = ()) -> str:
    """The text of an element on one line, but for elements that are named ``without``."""
    return "" if element is None else _SPACE.sub(" ", "".join(_pieces(element, without))).strip()


def value(element: Element | None, attribute: str) -> str:
    """An attribute's value, whatever its namespace; empty when there is none."""
    if element is None:
        return ""
    found = element.get(attribute)
    if found is None:
        found = next((str(text) for name, text in element.items() if str(name).rpartition("}")[2] == attribute), "")
    return str(found).strip()


def paragraphs(element: Element | None, without: Collection[str] = ()) -> list[str]:
    """The paragraphs of a text, in order: of `BLOCKS` each its own, ``<br/>`` a line's end, ``<pre>`` with its lines."""
    if element is None:
        return []
    lines: list[list[str]] = [[]]
    _collect(element, lines, without, kept=name_of(element) == "pre")
    found = ("".join(pieces) for pieces in lines)
    return [text for raw in found if (text := _trimmed(raw))]


def _collect(element: Element, lines: list[list[str]], without: Collection[str], kept: bool) -> None:
    lines[-1].append(_plain(element.text, kept))
    for child in element:
        name = name_of(child)
        if name == "br":
            lines[-1].append("\n")
        elif name in BLOCKS and name not in without:
            lines.append([])
            _collect(child, lines, without, kept or name == "pre")
            lines.append([])
        elif name and name not in without:
            _collect(child, lines, without, kept)
        lines[-1].append(_plain(child.tail, kept))


def _plain(text: str | None, kept: bool) -> str:
    return (text or "") if kept else _SPACE.sub(" ", text or "")


def _trimmed(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().split("\n")).strip()


def _pieces(element: Element, without: Collection[str]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if name_of(child) and name_of(child) not in without:
            yield " " if name_of(child) in BLOCKS or name_of(child) == "br" else ""
            yield from _pieces(child, without)
            yield " " if name_of(child) in BLOCKS else ""
        yield child.tail or ""
