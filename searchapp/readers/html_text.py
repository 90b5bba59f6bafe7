"""The main text of a page: trafilatura's choice, set right by the visible blocks of the page it was taken from.

A paragraph is what the page shows as one: two that were run together are parted again, one that stands beside the others
in the same markup and was left out is taken in, and one that is nothing but a link is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from lxml import etree, html

from searchapp.readers.html_blocks import Block, compact, squeezed

_JOINING = frozenset(("hi", "ref", "del", "span", "lb", "graphic"))
"""Elements of trafilatura's result that don't end a paragraph."""
_LINE_ENDS = re.compile(r"\n{2,}")
_HEADING = re.compile(r">h[1-6]\.[^>]*\Z")
_MOST_COMPARED = 4_000_000
"""Blocks times paragraphs up to which each is compared with each; a news page has some ten thousand."""
_LINKED = 0.9
"""Share of letters from which a block is a link to something else."""
_SENTENCE = 12
_STOPS = (".", "।", "”", '"', "?", "!")
_LONG = 80
"""Code points of a block that can't be a label or a menu item."""
_MOST, _FEW = 0.5, 0.3
"""Shares of a text past which it is not believed that they are links, or beside the text."""
_FULLER, _SAME = 2.0, 0.9
"""Times the text found on the page that a declared text is long when the page shows only its beginning, or nothing."""


def main_text(tree: html.HtmlElement, shown: Sequence[Block], title: str, declared: str) -> tuple[list[str], str]:
    """The paragraphs of the article (their lines parted by line feeds), and how they were found.

    ``declared`` is the text that the page's own JSON-LD gives, used when the page shows next to nothing of it.
    """
    paragraphs, how = _by_trafilatura(tree), "trafilatura"
    if not paragraphs:
        paragraphs, how = _by_markup(tree), "paragraphs of the article element"
    if len(shown) * len(paragraphs) <= _MOST_COMPARED:
        paragraphs = [part for paragraph in paragraphs for part in _as_shown(paragraph, shown)]
    paragraphs = _without_teasers(_without_others(paragraphs, shown), shown)
    paragraphs = _with_neighbours(paragraphs, shown)
    if paragraphs and title and compact(paragraphs[0]) == compact(title):
        del paragraphs[0]
    given = [text for line in declared.split("\n") if (text := squeezed(line))]
    least = _FULLER if any(places(paragraphs, shown)) else _SAME
    if sum(map(len, given)) > least * sum(map(len, paragraphs)):
        return given, "json-ld articleBody"
    return paragraphs, how


def _by_trafilatura(tree: html.HtmlElement) -> list[str]:
    from trafilatura import bare_extraction

    copy = html.fromstring(etree.tostring(tree, encoding="unicode", method="html"))
    try:
        document = bare_extraction(copy, include_comments=False)
    except Exception:  # a library's failure on one page must not stop the others; the fallback reads the page
        return []
    return [] if document is None or isinstance(document, dict) else _paragraphs(document.body)


def _paragraphs(body: etree._Element) -> list[str]:
    """The texts between the ends of elements; ``<lb/>`` is a line feed, two of them end a paragraph."""
    found: list[str] = []
    pieces: list[str] = []

    def end() -> None:
        for text in _LINE_ENDS.split("".join(pieces)):
            if lines := [line for part in text.split("\n") if (line := squeezed(part))]:
                found.append("\n".join(lines))
        pieces.clear()

    for event, element in etree.iterwalk(body, events=("start", "end")):
        if element.tag not in _JOINING:
            end()
        if event == "start":
            pieces.append("\n" if element.tag == "lb" else squeezed_inside(element.text))
        else:
            pieces.append(squeezed_inside(element.tail))
    end()
    return found


def squeezed_inside(text: str | None) -> str:
    """White space in the source of a page is a blank, wherever it stands."""
    return re.sub(r"\s+", " ", text or "")


def _by_markup(tree: html.HtmlElement) -> list[str]:
    for path in ('//*[@itemprop="articleBody"]', "//article", "//main", '//*[@role="main"]', "//body"):
        for element in tree.xpath(path):
            found = [text for p in element.iter("p") if (text := squeezed(p.text_content()))]
            if found:
                return found
    return []


def _as_shown(paragraph: str, shown: Sequence[Block]) -> list[str]:
    """The paragraph, or the blocks that were run together in it."""
    whole = compact(paragraph)
    for first, block in enumerate(shown):
        if whole.startswith(start := block.compact):
            if len(start) == len(whole):
                return [paragraph]
            if (run := _run(whole, shown, first)) is not None:
                return _parted(run)
    return [paragraph]


def _run(whole: str, shown: Sequence[Block], first: int) -> list[Block] | None:
    """The blocks from ``first`` on that make up a text, or None."""
    at = 0
    run: list[Block] = []
    for block in shown[first:]:
        piece = block.compact
        if not whole.startswith(piece, at):
            return None
        run.append(block)
        at += len(piece)
        if at == len(whole):
            return run
    return None


def _parted(run: list[Block]) -> list[str]:
    parts: list[str] = []
    for block in run:
        if block.broken and parts:
            parts[-1] += f"\n{block.text}"
        else:
            parts.append(block.text)
    return parts


def _without_others(paragraphs: list[str], shown: Sequence[Block]) -> list[str]:
    """Leave out what is nothing but a link, and what the page names as something else, unless that is much of the text."""
    links = {block.compact for block in shown if block.linked >= _LINKED}
    paragraphs = _unless(paragraphs, links, _MOST)
    shown_in_text = {block.compact for block in shown if not block.beside}
    return _unless(paragraphs, {block.compact for block in shown if block.beside} - shown_in_text, _FEW)


def _without_teasers(paragraphs: list[str], shown: Sequence[Block]) -> list[str]:
    """Leave out the line below a heading that is a link, in other markup than the text: it tells of another article."""
    marks = Counter[str]()
    for block in shown:
        marks[block.place] += len(block.text) if block.text in paragraphs else 0
    usual = max(marks, key=lambda place: marks[place], default="")
    teasers = {
        block.compact
        for above, block in pairwise(shown)
        if above.linked >= _LINKED and _HEADING.search(above.place) and block.place != usual
    }
    return _unless(paragraphs, teasers, _FEW)


def _unless(paragraphs: list[str], others: set[str], share: float) -> list[str]:
    kept = [paragraph for paragraph in paragraphs if compact(paragraph) not in others]
    lost = sum(map(len, paragraphs)) - sum(map(len, kept))
    return kept if not kept or lost <= share * sum(map(len, paragraphs)) else paragraphs


def _with_neighbours(paragraphs: list[str], shown: Sequence[Block]) -> list[str]:
    """Take in blocks in the markup of the text that were left out: parted by advertisements, or thought too short."""
    at = places(paragraphs, shown)
    known = {number for numbers in at for number in numbers}
    if not known:
        return paragraphs
    marks = Counter(shown[number].place for number in known if len(shown[number].text) >= _LONG)
    usual = {place for place, count in marks.items() if count >= 2 and place.rsplit(">", 1)[-1].startswith("p.")}
    held = {shown[number].compact for number in known}
    added = [
        number
        for number in range(min(known), len(shown))
        if number not in known
        and shown[number].place in usual
        and _is_text(shown[number], number < max(known))
        and shown[number].compact not in held
    ]
    ordered = [(numbers[0], paragraph) for numbers, paragraph in zip(at, paragraphs, strict=True) if numbers]
    if len(ordered) < len(paragraphs) or not added:
        return paragraphs
    return [text for _, text in sorted([*ordered, *((number, shown[number].text) for number in added)])]


def _is_text(block: Block, within: bool) -> bool:
    sentence = within and len(block.text) >= _SENTENCE and block.text.endswith(_STOPS)
    return (len(block.text) >= _LONG or sentence) and block.linked < 0.5 and not (block.menu or block.beside)


def places(paragraphs: Sequence[str], shown: Sequence[Block]) -> list[list[int]]:
    """For each paragraph the numbers of the blocks it is shown in, looked for from the one before on; empty if not found."""
    if len(shown) * len(paragraphs) > _MOST_COMPARED:
        return [[] for _ in paragraphs]
    found: list[list[int]] = []
    start = 0
    for paragraph in paragraphs:
        whole = compact(paragraph)
        numbers = _shown_at(whole, shown, start) or _shown_at(whole, shown, 0)
        if numbers:
            start = numbers[-1] + 1
        found.append(numbers)
    return found


def _shown_at(whole: str, shown: Sequence[Block], start: int) -> list[int]:
    for first in range(start, len(shown)):
        if whole.startswith(shown[first].compact) and (run := _run(whole, shown, first)) is not None:
            return list(range(first, first + len(run)))
    return []
