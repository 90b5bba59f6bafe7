"""Where the article of a saved page ends: the wire credit, then the headlines of its neighbours, then About Us.

A short last paragraph that ends in a full stop or a quotation is text; a line without one, after the last sentence, is
the headline of another article. Where both readings are possible the surroundings decide, and the confidence says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from searchapp.cleaning.agencies import Credit, credit_line
from searchapp.cleaning.dates import read_date_line
from searchapp.cleaning.furniture import ends_sentence, furniture_rule, is_about, like_headline, tags_line, tail_marker
from searchapp.cleaning.lines import Line

_MAX_NEIGHBOURS = 12
"""Headlines of other articles at the end of a page; a longer list without a credit or About Us is taken for text."""
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
    return len(text) > 220 or (ends_sentence(text) and text.rstrip("\"'”’»)]} ")[-1] in ".।" and len(text.split()) >= 12)


def _credit(lines: list[Line], first: int, stop: int) -> int | None:
    """The first credit after which no text follows."""
    last_text = next((number for number in reversed(range(first, stop)) if _is_text(lines[number])), first)
    for number in range(last_text + 1, stop):
        credit = credit_line(lines[number].text)
        if credit is None:
            continue
        sure = credit.confidence >= 0.9
        if sure or ends_sentence(lines[number - 1].text) or lines[number - 1].text.endswith(("”", '"', "’")):
            return number
    return None


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
        elif _ABOUT_THE_WRITER.match(line.text) and not like_headline(line.text):
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
    stop = _trailing_furniture(lines, first, stop, tail)
    start = _block_above(lines, first, stop) if about else None
    if start is not None:
        tail.cut += [(line, "headlines above About Us", 0.95) for line in lines[start:stop]]
        stop = _trailing_furniture(lines, first, start, tail)
        return _more_above(lines, first, stop, tail)
    end = stop
    while end > first + 1 and _stands_alone(lines[end - 1]):
        end -= 1
    if end == stop or not _plausible(lines, first, end, stop, about):
        return stop
    tail.cut += [(line, "headline after the last sentence", 0.85 if about else 0.6) for line in lines[end:stop]]
    return end


def _block_above(lines: list[Line], first: int, stop: int) -> int | None:
    """The block of lines right above About Us, when each can be a headline and a blank line parts it from the text."""
    start = stop - 1
    while start > first and not lines[start].gap:
        start -= 1
    if start <= first or stop - start > _MAX_NEIGHBOURS:
        return None
    block = lines[start:stop]
    if not all(like_headline(line.text, lenient=True) for line in block):
        return None
    touching = stop < len(lines) and is_about(lines[stop].text) and not lines[stop].gap
    return start if touching or any(like_headline(line.text) for line in block) else None


def _more_above(lines: list[Line], first: int, stop: int, tail: Tail) -> int:
    """More headlines, a blank line apart from each other, above those already found."""
    end = stop
    while end > first + 1 and lines[end - 1].gap and _stands_alone(lines[end - 1]) and len(lines[end - 1].text.split()) >= 4:
        end -= 1
    if end == stop or not ends_sentence(lines[end - 1].text):
        return stop
    tail.cut += [(line, "headline after the last sentence", 0.8) for line in lines[end:stop]]
    return end


def _stands_alone(line: Line) -> bool:
    return like_headline(line.text) and not line.text[:1].islower()


def _plausible(lines: list[Line], first: int, end: int, stop: int, about: bool) -> bool:
    """Whether the lines after the last sentence are neighbours and not the end of a list, a table or a poem."""
    cut = lines[end:stop]
    if len(cut) > _MAX_NEIGHBOURS or not cut[0].gap or not ends_sentence(lines[end - 1].text):
        return False
    text = lines[first:end]
    unfinished = sum(not ends_sentence(line.text) for line in text)
    if unfinished * 3 > len(text):
        return False
    figures = sum(mark.isdigit() for line in cut for mark in line.text)
    if figures * 4 > sum(len(line.text) for line in cut):
        return False
    return about or all(len(line.text.split()) >= 4 for line in cut)


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
