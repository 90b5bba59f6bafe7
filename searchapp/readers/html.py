"""Saved HTML pages: the main text by trafilatura, the facts from what the page declares, the rest as furniture.

Nothing is fetched. The text goes to cleaning as paragraphs joined by blank lines; every other visible block of the page
becomes furniture.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from searchapp.article import Provenance
from searchapp.readers.bounds import MAX_PAGE
from searchapp.readers.encoding import decode, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.html_blocks import Block, blocks, compact
from searchapp.readers.html_facts import declared_text, facts
from searchapp.readers.html_text import main_text, places
from searchapp.readers.opening import Source, Unreadable
from searchapp.readers.records import scrubbed

_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_MAX_BLOCKS = 200_000
"""Elements of one page. A news page has some thousands."""


def read(source: Source) -> Iterator[Extract | Reject]:
    """One Extract, or a Reject for a page without any text."""
    data = source.whole(MAX_PAGE)
    text, encoding = decode(data, declared=True)
    tree = _parse(text)
    declared, origins = facts(tree)
    shown = blocks(tree)
    paragraphs, how = main_text(tree, shown, str(declared.get("title") or ""), declared_text(tree))
    if not paragraphs and not shown:
        yield Reject(source.name, "", "a page without visible text; it may have been saved before its script had run")
        return
    plain = _is_plain(declared, origins, shown)
    if plain:
        declared.pop("title", None)
    elif paragraphs:
        declared["body"] = "\n\n".join(paragraphs)
        origins["body"] = how
    furniture = [block.text for block in shown if block.menu] if plain else _furniture(shown, paragraphs, declared.get("title"))
    lines = _lines(shown) if plain else _around(shown, paragraphs, declared.get("title"))
    notes = list(note(encoding, text))
    if not paragraphs:
        notes.append("no main text found on the page; all of its text is kept as furniture")
    clean, changed = scrubbed(declared)
    if changed:
        notes.append("characters that are no text are shown as \ufffd")
    yield Extract(
        provenance=Provenance(file=source.name, format="html", sha256=hashlib.sha256(data).hexdigest()),
        declared=clean,
        text=scrubbed(lines)[0],
        furniture=tuple(furniture),
        notes=tuple(notes),
        origins=origins,
    )


def _parse(text: str) -> html.HtmlElement:
    content = _XML_DECLARATION.sub("", text.replace("\0", "\ufffd"))
    try:
        tree = html.document_fromstring(content.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8", **_PARSER))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable(f"not a page that can be parsed: {error}") from error
    if sum(1 for _ in zip(tree.iter(), range(_MAX_BLOCKS + 1), strict=False)) > _MAX_BLOCKS:
        raise Unreadable(f"more than {_MAX_BLOCKS:,} elements; not a page of an article")
    return tree


_PARSER: dict[str, Any] = {"no_network": True, "remove_comments": True, "remove_pis": True, "huge_tree": False}


def _furniture(shown: list[Block], paragraphs: list[str], title: Any) -> list[str]:
    """Visible blocks that are neither headline nor text, each once."""
    kept = {compact(line) for paragraph in paragraphs for line in paragraph.split("\n")}
    whole = "\n".join(map(compact, paragraphs))
    if isinstance(title, str):
        kept.add(compact(title))
    furniture: dict[str, None] = {}
    for block in shown:
        text = block.compact
        if text not in kept and not (len(text) > 20 and block.linked < 0.5 and text in whole):
            furniture.setdefault(block.text)
    return list(furniture)


_FEW = 80
"""Visible blocks of a page that is the text of an article and little else."""

_HEAD = 4
_STOPS = (".", "।", "”", "?", "!")


def _is_plain(declared: dict[str, Any], origins: dict[str, str], shown: list[Block]) -> bool:
    """Whether a page says nothing of its article but in its lines: cleaning reads it like one saved as text."""
    if (
        declared.keys() & {"published", "byline"}
        or len(shown) > _FEW
        or sum(block.linked >= 0.9 for block in shown) > len(shown) / 3
    ):
        return False
    title = compact(str(declared.get("title") or ""))
    if not title:
        return True
    heads = [block.text for block in shown if not block.menu][:_HEAD]
    return (
        origins.get("title") == "title element"
        and len(heads) == _HEAD
        and not heads[0].endswith(_STOPS)
        and all(block.compact != title for block in shown)
    )


def _lines(shown: list[Block]) -> str:
    return "".join(("\n" if block.broken else "\n\n") + block.text for block in shown if not block.menu).strip("\n")


_ABOVE = 15
"""Visible blocks above the text, from the headline down, that may name its writer and day."""
_BEFORE = 4
"""Visible blocks above the headline that may be its date line."""
_BELOW = 60
"""Visible blocks below the text: the credit, other headlines, About Us."""


def _around(shown: list[Block], paragraphs: list[str], title: Any) -> str:
    """The lines of the page from above the headline to below the text, as a page saved as text would have them."""
    numbers = [number for found in places(paragraphs, shown) for number in found]
    if not numbers:
        return ""
    first, last = min(numbers), max(numbers)
    wanted = compact(title) if isinstance(title, str) else ""
    heads = [number for number in range(max(0, first - _ABOVE), first) if wanted and shown[number].compact == wanted]
    start = max(0, (heads[-1] if heads else first) - _BEFORE)
    pieces: list[str] = []
    for number, block in enumerate(shown[start : last + 1 + _BELOW], start=start):
        if not block.menu or number in numbers:
            pieces.append(("\n" if block.broken else "\n\n") + block.text)
    return "".join(pieces).strip("\n")
