"""The visible text of a page, block by block, in reading order."""

from __future__ import annotations

import re

from lxml import etree

_SPACE = re.compile(r"\s+")
_INVISIBLE_TAGS = "script style noscript template svg math head iframe object canvas select option textarea audio video"
_INVISIBLE = frozenset(_INVISIBLE_TAGS.split())
_INLINE_TAGS = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span "
    "strike strong sub sup time tt u var wbr"
)
_INLINE = frozenset(_INLINE_TAGS.split())


def squeezed(text: str) -> str:
    """The text with every run of white space as one blank, none at the ends."""
    return _SPACE.sub(" ", text).strip()


def blocks(tree: etree._Element) -> list[str]:
    """Every block of visible text, squeezed. Walks without recursion: depth is the page's, not ours."""
    found: list[str] = []
    pieces: list[str] = []
    hidden = 0

    def end_block() -> None:
        text = squeezed("".join(pieces))
        pieces.clear()
        if text:
            found.append(text)

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            hidden += tag in _INVISIBLE
            if tag not in _INLINE:
                end_block()
            if not hidden:
                pieces.append(element.text or "")
            continue
        hidden -= tag in _INVISIBLE
        if tag not in _INLINE:
            end_block()
        if not hidden:
            pieces.append(element.tail or "")
    end_block()
    return found
