"""Headlines of other articles at the end of a saved page that names no agency: which of its last lines they are.

Evidence, strongest first: where the block of lines stands (neighbours stand together, usually right above About Us, with a
blank line before the first); how a line ends; and whether it is worded as a headline or as a sentence. A line that may be
both is text: a headline too much in the text is seen, a sentence too few is not.
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import pairwise

from searchapp.cleaning.agencies import inline_credit
from searchapp.cleaning.furniture import ends_quoted, ends_sentence, inner_stop
from searchapp.cleaning.lines import Line

MAX_NEIGHBOURS = 12
"""Headlines of other articles at the end of a page; a longer list is taken for text."""
_MAX_WORDS = 32
_MAX_LENGTH = 220
_PARAGRAPH = 60
"""Code points from which a line is a paragraph and not one of a list."""
_FINISHED = 25
"""Words of the longest line with a full stop that may still be a headline."""
_OPENERS = frozenset(
    "the a an he she it they this these those we i there his her their its other others among however meanwhile earlier later "
    "further also but and so according speaking addressing both all such no-one nobody".split()
)
_ASKS = frozenset("why how what who when where which whose is are can will should did does do".split())
_PRESENT = frozenset("is are has have will would can could may might should does been being am".split())
_PAST = frozenset("was were had did said added informed stated".split())
_ARTICLES = frozenset("the a an".split())
_HINDI_VERBS = frozenset("है हैं था थी थे गया गई गए".split())
_SAYS = re.compile(r"[\w.+-]+@\w[\w.-]*\.\w|https?://|www\.|\b\d[\d -]{6,}\d\b")
_LISTED = re.compile(
    r"(?:squads?|teams?|playing\s+xi|line-?ups?|umpires?|winners?|contact|members?|standings)\b[^:]{0,30}[:：–-]\s"
    r"|[^\s:,]+(?:\s[^\s:,]+){0,3}\s*[:：]\s+[^,]+(?:,[^,]+){3}",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?P<label>[^\W\d_]+)\b[^:：]{0,25}[:：]\s*\S")
_SIGNED = re.compile(r"yours\b|sincerely\b|(?:[A-Z]\.\s?){1,3}[A-Z]\w+,?\Z|(?:Mr|Mrs|Ms|Dr|Prof)\.? [A-Z]\w+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class Kind(Enum):
    """What one line looks like by itself."""

    HEADLINE = "no full stop, worded as a headline"
    OPEN = "ends in a question, an exclamation or a quotation; or two short pieces"
    STOPPED = "short, with a full stop, and not worded as a sentence"
    UNFINISHED = "worded as a sentence, without a full stop"
    TEXT = "text"


def sentence_score(text: str) -> int:
    """How much a line is worded as a sentence and not as a headline: 2 and more is a sentence.

    Headlines leave out articles, and tell what happened in the present; a sentence of a report tells it in the past.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return 0
    score = int(words[0] in _OPENERS) - int(words[0] in _ASKS)
    verbs = [word for number, word in enumerate(words) if number and words[number - 1] != "to"]
    score += 2 * any(word in _PAST for word in verbs) + any(word in _PRESENT for word in verbs)
    score += sum(word in _ARTICLES for word in words[1:]) >= 2
    score += text.rsplit(None, 1)[-1].strip("।.,") in _HINDI_VERBS
    return score - (re.search(r"[^\s\d][:;]\s", text) is not None)


def kind_of(text: str) -> Kind:
    """What a line looks like by itself."""
    words = len(text.split())
    if (
        words > _MAX_WORDS
        or len(text) > _MAX_LENGTH
        or text.startswith(("(", "•", "*", "–", "—", "- ", "|", "["))
        or not any(mark.isalpha() for mark in text)
        or _SAYS.search(text)
        or _LISTED.match(text)
        or inline_credit(text) is not None
    ):
        return Kind.TEXT
    last = text.rstrip("\"'”’»)]} ")[-1:]
    score = sentence_score(text)
    if inner_stop(text):
        return Kind.OPEN if words <= 14 and not (ends_sentence(text) or ends_quoted(text)) and score < 2 else Kind.TEXT
    if ends_sentence(text):
        if last in "?!…:":
            return Kind.OPEN if len(text) <= 160 else Kind.TEXT
        return Kind.STOPPED if words <= _FINISHED and score < 1 and not ends_quoted(text) else Kind.TEXT
    if ends_quoted(text):
        return Kind.OPEN
    return Kind.UNFINISHED if score >= 2 else Kind.HEADLINE


def neighbours_start(lines: list[Line], first: int, stop: int, ended: bool) -> tuple[int, float]:
    """Where the headlines of other articles begin in ``lines[first:stop]``, ``stop`` when there are none, and how surely.

    ``ended``: About Us, a copyright line or the like stands at ``stop``.
    """
    start = _block_start(lines, first, stop)
    touching = ended and stop < len(lines) and not lines[stop].gap
    if start <= first or stop - start > MAX_NEIGHBOURS:
        return (_below_last_sentence(lines, first, stop) if ended else stop), 0.7
    if _is_list(lines, first, start, stop):
        return stop, 0.0
    cut = _touching(lines, start, stop) if touching else _apart(lines, first, start, stop, ended)
    if cut == stop and ended and not lines[stop - 1].gap:
        cut = _below_last_sentence(lines, start, stop)
    if cut == stop and touching:
        return stop, 0.0
    found = _above(lines, first, cut if cut < stop else stop, stop, ended, touching)
    return found, 0.95 if touching else 0.85 if ended else 0.6


def _below_last_sentence(lines: list[Line], first: int, stop: int) -> int:
    """Where headlines begin that no blank line parts from a paragraph."""
    start = stop
    while start > first and stop - start < MAX_NEIGHBOURS and kind_of(lines[start - 1].text) in (Kind.HEADLINE, Kind.OPEN):
        start -= 1
    if start in (first, stop) or kind_of(lines[start].text) is not Kind.HEADLINE:
        return stop
    above = lines[start - 1].text
    return start if len(above) >= _PARAGRAPH and ends_sentence(above) and not above.endswith(":") else stop


def _block_start(lines: list[Line], first: int, stop: int) -> int:
    start = max(first, stop - 1)
    while start > first and not lines[start].gap:
        start -= 1
    return start


def _is_list(lines: list[Line], first: int, start: int, stop: int) -> bool:
    """Whether a block is the end of what stands above it: winners after a colon, ``Ward 1: …``, a signature, figures."""
    block = [line.text for line in lines[start:stop]]
    if start > first and lines[start - 1].text.endswith((":", "：", ":-")):
        return True
    labels = [match["label"] for text in block if (match := _LABEL.match(text))]
    if len(labels) > 1 and len(labels) == len(block) and len(set(labels)) == 1:
        return True
    if any(_SIGNED.match(text) for text in block) and all(len(text.split()) <= 5 for text in block):
        return True
    figures = sum(mark.isdigit() for text in block for mark in text)
    return figures * 4 > sum(map(len, block))


def _touching(lines: list[Line], start: int, stop: int) -> int:
    """The first headline of a block that stands right above About Us: only headlines stand there."""
    kinds = [kind_of(line.text) for line in lines[start:stop]]
    if len(kinds) == 1:
        kind = kinds[0]
        return stop if kind is Kind.TEXT or (kind is Kind.UNFINISHED and sentence_score(lines[start].text) >= 3) else start
    text = max((number for number, kind in enumerate(kinds) if kind is Kind.TEXT), default=-1)
    if text < 0:
        return start if not all(kind is Kind.STOPPED for kind in kinds) or len(kinds) <= 3 else stop
    return start + text + 1 if ends_sentence(lines[start + text].text) else stop


def _apart(lines: list[Line], first: int, start: int, stop: int, ended: bool) -> int:
    """The first headline of a block with blank lines around it, which may as well be the last paragraph.

    Lines that stand together below paragraphs that don't are surely something else than a paragraph.
    """
    kinds = [kind_of(line.text) for line in lines[start:stop]]
    if Kind.TEXT in kinds or _is_verse(lines[first:start]):
        return stop
    if len(kinds) > 1 and all(line.gap for line in lines[first:start] if len(line.text) >= _PARAGRAPH):
        return start if Kind.HEADLINE in kinds else stop
    if Kind.UNFINISHED in kinds or Kind.HEADLINE not in kinds or kinds.count(Kind.STOPPED) * 2 > len(kinds):
        return stop
    if not ended and (not _finished(lines[start - 1].text) or any(len(line.text.split()) < 4 for line in lines[start:stop])):
        return stop
    return start


def _is_verse(text: list[Line]) -> bool:
    """Whether most blocks of a text are not finished: a poem, a table, a list."""
    ends = [line for line, following in pairwise([*text, None]) if line and (following is None or following.gap)]
    return sum(not ends_sentence(line.text) for line in ends) * 2 > len(ends)


def _finished(text: str) -> bool:
    """Whether a headline may stand below a line: that is a whole sentence, or surely no headline itself."""
    return ends_sentence(text) or ends_quoted(text) or kind_of(text) in (Kind.TEXT, Kind.UNFINISHED)


def _clearly(text: str, touching: bool) -> bool:
    """Whether a line alone is worded as nothing but a headline; the more so where the others stand right above About Us."""
    words = [word.lower() for word in _WORD.findall(text)]
    if sentence_score(text) > 0 or len(text.split()) < 3:
        return False
    return not touching or (len(text.split()) >= 4 and not _ARTICLES.intersection(words))


def _above(lines: list[Line], first: int, cut: int, stop: int, ended: bool, touching: bool) -> int:
    """More headlines above, each alone between blank lines. What is topmost must be a headline beyond doubt."""
    best, number = cut, cut
    while number > first + 1 and lines[number - 1].gap and stop - number < MAX_NEIGHBOURS:
        text = lines[number - 1].text
        kind = kind_of(text)
        headline = kind is Kind.HEADLINE and _clearly(text, touching)
        if not headline and (kind not in (Kind.OPEN, Kind.STOPPED) or (kind is Kind.STOPPED and best == stop)):
            break
        if _is_list(lines, first, number - 1, number):
            return cut
        number -= 1
        if headline and _finished(lines[number - 1].text):
            best = number
    if best < cut and (_is_verse(lines[first:best]) or (not ended and stop - best < 2)):
        return cut
    return best
