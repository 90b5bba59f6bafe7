"""Where the article of a saved page ends: the wire credit, then the headlines of its neighbours, then About Us.

A short last paragraph that ends in a full stop or a quotation is text; a line without one, after the last sentence, is
the headline of another article. Where both readings are possible the surroundings decide, and the confidence says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from searchapp.cleaning.agencies import Credit, credit_line, inline_credit
from searchapp.cleaning.dates import read_date_line
from searchapp.cleaning.furniture import ends_sentence, furniture_rule, tags_line, tail_marker
from searchapp.cleaning.lines import Line
from searchapp.cleaning.neighbours import MAX_NEIGHBOURS, Kind, kind_of, neighbours_start, sentence_score

_PAGE_ENDS = frozenset({"copyright line", "navigation", "invitation", "cookie notice", "share links"})
"""Furniture below the last line that ends a page as About Us does."""
_ABOUT_THE_WRITER = re.compile(r"[(\[]|the (?:writer|author|columnist|reviewer)s?\b|लेखक|लेखिका|\*", re.IGNORECASE)


@dataclass(slots=True)
class Tail:
    """``end`` is the number of the first line after the text; ``cut`` the furniture, each with rule and confidence."""

    end: int
    cut: list[tuple[Line, str, float]] = field(default_factory=list)
    credits: list[tuple[Line, Credit]] = field(default_factory=list)
    dates: list[Line] = field(default_factory=list)
    tags: list[Line] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)


def read_tail(lines: list[Line], first: int, stop: int, about: bool) -> Tail:
    """Tell the end of the text from what follows it, in ``lines[first:stop]``; ``about``: an About block begins at stop."""
    tail = Tail(end=stop)
    if first >= stop:
        return tail
    marker = _marker(lines, first, stop)
    if marker is not None:
        rule = tail_marker(lines[marker].text) or ""
        tail.cut += [(line, rule, 0.9) for line in lines[marker:stop]]
        stop = marker
    credit = _credit(lines, first, stop)
    if credit is not None:
        _after_credit(lines, credit, stop, tail)
        stop = credit
        while stop > first and (found := credit_line(lines[stop - 1].text)) is not None and found.confidence >= 0.9:
            stop -= 1
            tail.credits.insert(0, (lines[stop], found))
    else:
        stop = _neighbours(lines, first, stop, about and marker is None, tail)
        after = _inline_credit(lines, first, stop)
        tail.cut += [(line, "headline after the credit", 0.9) for line in lines[after:stop]]
        stop = after
    tail.end = _trailing_furniture(lines, first, stop, tail)
    return tail


def _marker(lines: list[Line], first: int, stop: int) -> int | None:
    """The line that begins a list of other articles: nothing after it reads like text."""
    last_text = next((number for number in reversed(range(first, stop)) if _is_text(lines[number])), first)
    return next((number for number in range(last_text + 1, stop) if tail_marker(lines[number].text)), None)


def _is_text(line: Line) -> bool:
    text = line.text
    if furniture_rule(text):
        return False
    if len(text) > 220:
        return True
    words = len(text.split())
    stopped = ends_sentence(text) and text.rstrip("\"'”’»)]} ")[-1] in ".।"
    return stopped and words >= 12 and (words > 25 or sentence_score(text) > 0 or kind_of(text) is Kind.TEXT)


def _credit(lines: list[Line], first: int, stop: int) -> int | None:
    """The first credit after which no text follows."""
    last_text = next((number for number in reversed(range(first, stop)) if _is_text(lines[number])), first)
    for number in range(last_text + 1, stop):
        credit = credit_line(lines[number].text)
        if credit is None:
            continue
        sure = credit.confidence >= 0.9 or (credit.agencies == ("Agencies",) and _alone(lines, number, stop))
        if sure or ends_sentence(lines[number - 1].text) or lines[number - 1].text.endswith(("”", '"', "’")):
            return number
    return None


def _alone(lines: list[Line], number: int, stop: int) -> bool:
    """Whether a line stands between blank lines, or between one and the end."""
    return lines[number].gap and (number + 1 >= min(stop, len(lines)) or lines[number + 1].gap)


def _inline_credit(lines: list[Line], first: int, stop: int) -> int:
    """The line after a credit at the end of a paragraph, when nothing but headlines follows; else ``stop``."""
    for number in reversed(range(max(first, stop - MAX_NEIGHBOURS - 1), stop)):
        if inline_credit(lines[number].text) is not None:
            return number + 1
        if _is_text(lines[number]) or kind_of(lines[number].text) in (Kind.TEXT, Kind.UNFINISHED):
            return stop
    return stop


def _after_credit(lines: list[Line], number: int, stop: int, tail: Tail) -> None:
    credit = credit_line(lines[number].text)
    assert credit is not None
    tail.credits.append((lines[number], credit))
    for line in lines[number + 1 : stop]:
        another = credit_line(line.text)
        if another is not None and another.confidence >= 0.9:
            tail.credits.append((line, another))
        elif _set_aside(line, tail):
            continue
        elif _ABOUT_THE_WRITER.match(line.text) and kind_of(line.text) is not Kind.HEADLINE:
            tail.kept.append(line)
        else:
            tail.cut.append((line, furniture_rule(line.text) or "headline after the credit", 0.95))


def _set_aside(line: Line, tail: Tail) -> bool:
    """A line that is a date or gives tags."""
    if tags_line(line.text):
        tail.tags.append(line)
        return True
    if read_date_line(line.text) is not None:
        tail.dates.append(line)
        return True
    return False


def _neighbours(lines: list[Line], first: int, stop: int, about: bool, tail: Tail) -> int:
    """The end of the text when no credit marks it."""
    below = len(tail.cut)
    stop = _trailing_furniture(lines, first, stop, tail)
    ended = about or any(rule in _PAGE_ENDS for _, rule, _ in tail.cut[below:])
    start, confidence = neighbours_start(lines, first, stop, ended)
    rule = "headlines above About Us" if confidence > 0.9 else "headline after the last sentence"
    tail.cut += [(line, rule, confidence) for line in lines[start:stop]]
    return start


def _trailing_furniture(lines: list[Line], first: int, stop: int, tail: Tail) -> int:
    """Take furniture, tags and dates off the end of the text."""
    while stop > first + 1:
        line = lines[stop - 1]
        rule = furniture_rule(line.text)
        if rule is not None:
            tail.cut.append((line, rule, 0.95))
        elif not _set_aside(line, tail):
            break
        stop -= 1
    return stop
