"""The visible text of a page, block by block, in reading order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

_SPACE = re.compile(r"\s+")
_INVISIBLE_TAGS = "script style noscript template svg math head iframe object canvas select option textarea audio video"
_INVISIBLE = frozenset(_INVISIBLE_TAGS.split())
_INLINE_TAGS = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span "
    "strike strong sub sup time tt u var wbr"
)
_INLINE = frozenset(_INLINE_TAGS.split())
_APART = frozenset(("a", "label", "small", "span", "time"))
"""Inline elements that a page's style sheet sets apart when one follows the other, as in a line of writer and date."""
_SEAM = "\x1f"
_SHORT = 160
"""Code points of a block up to which a seam is a blank; in longer ones it is a drop capital or a styled piece of a word."""
_MENUS = frozenset(("nav", "form", "dialog", "menu"))
_BESIDE = re.compile(
    r"(?:^|[\s_-])(?:newsletter|related|recirc|promo|share|sharing|social|print-?(?:header|footer|only)|sign-?up|subscri(?:be|ption)|"
    r"most-?(?:read|popular|viewed)|recommend(?:ed|ations?)|trending|breadcrumbs?|cookies?|comments?|advert(?:isement)?s?|ads?|"
    r"sponsored|outbrain|taboola|also-?read|read-?(?:more|also|next)|more-?stories|tags|hide|hidden|modal|popup|widget)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Customary names, in ``class`` and ``id``, of what stands beside an article's text."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of visible text, squeezed.

    ``place`` is the markup it stands in (its element and two above it), alike for the paragraphs of one text;
    ``linked`` the share of its letters that are links; ``broken``: only a ``<br>`` parts it from the block before;
    ``menu``: it stands in a menu or form; ``beside``: in something that the page names as no part of the text;
    ``compact``: the text for comparison, without blanks.
    """

    text: str
    place: str
    linked: float
    broken: bool
    menu: bool
    beside: bool
    compact: str


def squeezed(text: str) -> str:
    """The text with every run of white space as one blank, none at the ends."""
    return _SPACE.sub(" ", text).strip()


def compact(text: str) -> str:
    """The text without white space: the same however its pieces were put together."""
    return _SPACE.sub("", text)


def blocks(tree: etree._Element) -> list[Block]:
    """Every block of visible text. Walks without recursion: depth is the page's, not ours."""
    walk = _Walk()
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            walk.start(element, tag)
        else:
            walk.end(element, tag)
    walk.flush()
    return walk.found


class _Walk:
    """The walk through a page: what is open, and the pieces of the block being read."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.pieces: list[str] = []
        self.linked = 0
        self.hidden = 0
        self.links = 0
        self.menus = 0
        self.asides = 0
        self.typed = 0
        self.breaks = 0
        self.open: list[etree._Element] = []

    def start(self, element: etree._Element, tag: str) -> None:
        self.hidden += tag in _INVISIBLE
        self.links += tag == "a"
        if tag not in _INLINE:
            self.flush()
            self.breaks = self.breaks + 1 if tag == "br" else 0
            self.menus += tag in _MENUS
            self.typed += tag == "pre"
            self.asides += _is_beside(element)
            self.open.append(element)
        self.take(element.text)

    def end(self, element: etree._Element, tag: str) -> None:
        self.hidden -= tag in _INVISIBLE
        self.links -= tag == "a"
        if tag not in _INLINE:
            self.flush()
            self.breaks = self.breaks if tag == "br" else 0
            self.menus -= tag in _MENUS
            self.typed -= tag == "pre"
            self.asides -= _is_beside(element)
            self.open.pop()
        self.take(element.tail)
        if tag in _APART and not element.tail and (after := element.getnext()) is not None and after.tag in _APART:
            self.pieces.append(_SEAM)

    def take(self, text: str | None) -> None:
        if not text or self.hidden:
            return
        self.linked += len(compact(text)) if self.links else 0
        first, *others = text.split("\n") if self.typed else [text]
        self.pieces.append(first)
        for line in others:
            self.flush()
            self.breaks += 1
            self.pieces.append(line)

    def flush(self) -> None:
        raw = "".join(self.pieces)
        text = squeezed(raw.replace(_SEAM, " " if len(raw) <= _SHORT else ""))
        if text:
            bare = compact(text)
            broken = self.breaks == 1 and bool(self.found)
            self.found.append(Block(text, self.place(), self.linked / len(bare), broken, self.menus > 0, self.asides > 0, bare))
            self.breaks = 0
        self.pieces.clear()
        self.linked = 0

    def place(self) -> str:
        around = [element for element in self.open if element.tag != "br"][-3:]
        return ">".join(f"{element.tag}.{element.get('class') or ''}" for element in around)


def _is_beside(element: etree._Element) -> bool:
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.tag not in ("html", "body", "main", "article") and len(named) > 1 and _BESIDE.search(named) is not None
