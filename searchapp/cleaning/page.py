"""A page saved as text: head (date line, headline, byline), text, tail (credit, other headlines, About Us)."""

from __future__ import annotations

import re
from itertools import pairwise

from searchapp.article import Span
from searchapp.cleaning.agencies import credit_line, inline_credit
from searchapp.cleaning.byline import byline_line, read_byline
from searchapp.cleaning.calendar_names import fold_word
from searchapp.cleaning.dateline import put_dateline, read_dateline
from searchapp.cleaning.dates import FoundDate, read_date_line
from searchapp.cleaning.draft import Draft
from searchapp.cleaning.furniture import furniture_rule, is_about, tags_line
from searchapp.cleaning.lines import Line, lines_of
from searchapp.cleaning.page_words import FOUNDED, LABEL, LABELS, MASTHEAD, MENU, SECTIONS
from searchapp.cleaning.paragraphs import joined
from searchapp.cleaning.rules import SourceRules
from searchapp.cleaning.tail import Tail, read_tail

_ADDRESS = re.compile(r"(?:e-?mail\s*[:：]\s*)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PERSON = re.compile(r"(?:[A-Z][\w.’'-]*\s+){1,3}[A-Z][\w’'-]*")
_MENU_LINES = 15
_DECK = 200
"""Code points of the longest line above a dateline."""
_BELOW_HEADLINE = 4
"""Lines below the headline among which a byline or a dateline may stand, with a deck or a caption above it."""
_LONG = 250
"""Code points: a first line that is longer is text, not a headline."""


def read_page(text: str, rules: SourceRules, draft: Draft) -> None:
    """Find everything a page saved as text says of its article."""
    lines = lines_of(text)
    about = next((number for number in range(1, len(lines)) if _heads_about(lines, number)), None)
    stop = len(lines) if about is None else about
    page = _Page(text, lines, rules, draft)
    first = page.head(stop)
    tail = read_tail(lines, first, stop, about is not None)
    page.below_headline(first, tail.end)
    page.text_between(first, tail)
    page.tail(tail)
    page.about(about)
    page.finish()


def _heads_about(lines: list[Line], number: int) -> bool:
    """``About Us``, or ``About`` the paper whose name begins the next line."""
    if is_about(lines[number].text):
        return True
    match = re.fullmatch(r"About\s+(?:the\s+)?(\S.{2,50}?)\s*:?", lines[number].text)
    if match is None or number + 1 >= len(lines):
        return False
    return match[1].casefold() in lines[number + 1].text[: len(match[1]) + 5].casefold()


def _is_dated(text: str) -> bool:
    """Whether a line begins with a dateline that gives a day."""
    dateline = read_dateline(text)
    return dateline is not None and dateline.month is not None


class _Page:
    """The lines of one page while they are given their parts."""

    def __init__(self, text: str, lines: list[Line], rules: SourceRules, draft: Draft) -> None:
        self.page_text = text
        self.lines = lines
        self.rules = rules
        self.draft = draft
        self.dates: list[tuple[FoundDate, Line]] = []
        self.cut: list[tuple[Line, str, float]] = []
        self.taken: set[int] = set()
        self.labelled = sum(LABEL.match(line.text) is not None for line in lines[:12]) >= 2

    def head(self, stop: int) -> int:
        """Read the lines above the text; the number of the first line of the text."""
        number = self._menu(stop)
        while number < stop:
            line = self.lines[number]
            if not self.draft.title and self._is_headline_after_all(number, stop):
                number = self._put_headline(number, None)
            elif self._recognised(line):
                pass
            elif not self.draft.title:
                if self._begins_text(line):
                    break
                number = self._headline(number, stop)
            elif not self._byline(line):
                break
            number += 1
        return number

    def _menu(self, stop: int) -> int:
        """The number of the date line, when nothing but the words of a menu stand above it; these become furniture."""
        for number, line in enumerate(self.lines[: min(stop - 2, _MENU_LINES)]):
            if number and read_date_line(line.text) is not None:
                menu = self.lines[:number]
                known = sum(fold_word(above.text) in MENU for above in menu)
                section = number == 1 and fold_word(menu[0].text) in SECTIONS
                if known * 2 <= number or section:
                    return 0
                self.cut += [(above, "menu above the date line", 0.9) for above in menu]
                return number
            if len(line.text) > 30 or len(line.text.split()) > 4:
                return 0
        return 0

    def _is_headline_after_all(self, number: int, stop: int) -> bool:
        """Whether what looks like a link or a section is the only line that can be the headline: a byline comes next."""
        text = self.lines[number].text
        linked = furniture_rule(text) == "link to another article"
        if not linked and fold_word(text) not in SECTIONS:
            return False
        following = next((line.text for line in self.lines[number + 1 : stop] if read_date_line(line.text) is None), "")
        if byline_line(following) >= 0.8:
            return True
        dateline = read_dateline(following) if linked else None
        return dateline is not None and dateline.confidence >= 0.9

    def _recognised(self, line: Line) -> bool:
        """A date line, a label, furniture, or several of those side by side."""
        if self.labelled and self._label(line):
            return True
        if not self.draft.title and (byline_line(line.text) >= 0.98):
            return self._byline(line)
        if self._date(line.text, line):
            return True
        if (rule := furniture_rule(line.text)) is not None:
            self.cut.append((line, rule, 0.95))
            return True
        return self._side_by_side(line)

    def _date(self, text: str, line: Line) -> bool:
        found = read_date_line(text, self.rules.time_zone)
        if found is None and (match := re.match(r"[^\d,|:]{2,30}[,|]\s*(?=\S)", text)) is not None:
            found = read_date_line(text[match.end() :], self.rules.time_zone)
            found = FoundDate(found.value, found.precision, "place and date line", 0.85) if found else None
        if found is None or len(text) > 90:
            return False
        self.dates.append((found, line))
        return True

    def _label(self, line: Line) -> bool:
        match = LABEL.match(line.text)
        if match is None:
            return False
        name = LABELS.get(match["label"].lower(), match["label"].lower())
        span = Span(line.start + match.start("value"), line.end)
        if name == "published":
            return self._date(match["value"], line)
        if name == "byline":
            self._names(match["value"], span.start, 0.95)
            return True
        return self.draft.put(name, match["value"], "labelled line", 0.95, span)

    def _side_by_side(self, line: Line) -> bool:
        """``By Ann Lee | February 6, 2025 | 3 min read``: when every part is recognised, or date and byline are."""
        parts = [match for match in re.finditer(r"[^|•·]+", line.text) if match[0].strip()]
        if not 2 <= len(parts) <= 6 or len(line.text) > 200:
            return False
        kinds = [self._kind(part[0].strip()) for part in parts]
        unknown = [part[0].split() for part, kind in zip(parts, kinds, strict=True) if not kind]
        if "date" not in kinds or (unknown and ("byline" not in kinds or max(map(len, unknown)) > 5)):
            return False
        for kind, part in zip(kinds, parts, strict=True):
            content = part[0].strip()
            start = line.start + part.start() + part[0].index(content)
            piece = Line(content, start, start + len(content), line.gap)
            if kind == "date":
                self._date(content, piece)
            elif kind == "byline":
                self._names(content, start, 0.9)
            elif kind == "section":
                self.draft.put("section", content, "section beside the date", 0.7, piece.span)
            else:
                self.cut.append((piece, kind or "beside date and byline", 0.9))
        return True

    def _kind(self, part: str) -> str:
        if read_date_line(part) is not None:
            return "date"
        if byline_line(part):
            return "byline"
        if fold_word(part) in SECTIONS:
            return "section"
        if self.rules.name and fold_word(part) == fold_word(self.rules.name):
            return "name of the paper"
        if re.fullmatch(r"(?:page|pg|vol|volume|no|issue)\b.{0,20}", part, re.IGNORECASE):
            return "place in the paper"
        return furniture_rule(part) or ""

    def _begins_text(self, line: Line) -> bool:
        """Whether the page has no headline: its first line is already text."""
        if len(line.text) > _LONG:
            return True
        dateline = read_dateline(line.text)
        return dateline is not None and dateline.confidence >= 0.9 and dateline.month is not None and len(line.text) > 120

    def _headline(self, number: int, stop: int) -> int:
        """Take the headline (and the line it was broken onto), or the section or paper's name above it."""
        line = self.lines[number]
        following = self.lines[number + 1] if number + 1 < stop else None
        if self.rules.name and fold_word(line.text) == fold_word(self.rules.name):
            self.cut.append((line, "name of the paper", 0.95))
        elif following is not None and fold_word(line.text) in SECTIONS:
            if not self.draft.put("section", line.text, "line above the headline", 0.7, line.span):
                self.cut.append((line, "another section", 0.7))
        elif self._is_masthead(number, stop):
            self.cut.append((line, "name of the paper", 0.7))
            if not self.rules.name:
                self.draft.put("source", line.text, "name above the date line", 0.7, line.span)
        else:
            return self._put_headline(number, following)
        return number

    def _put_headline(self, number: int, following: Line | None) -> int:
        line = self.lines[number]
        end = line.end
        if following is not None and not following.gap and following.text[:1].islower() and len(following.text) <= 120:
            end, number = following.end, number + 1
        value = " ".join(self.page_text[line.start : end].split())
        self.draft.put("title", value, "first line that is no date", 0.95, Span(line.start, end))
        return number

    def _is_masthead(self, number: int, stop: int) -> bool:
        """A paper's name, then the date line, then what reads like a headline."""
        name = self.lines[number].text
        if number + 2 >= stop or self.dates or not (MASTHEAD.match(name) or fold_word(name) == fold_word(self._named() or "")):
            return False
        after = self.lines[number + 2].text
        return (
            read_date_line(self.lines[number + 1].text) is not None
            and len(after) < 160
            and not byline_line(after)
            and not after.endswith((".", "।"))
            and read_dateline(after) is None
        )

    def _byline(self, line: Line) -> bool:
        confidence = byline_line(line.text)
        if not confidence:
            return False
        return self._names(line.text, line.start, confidence)

    def _names(self, text: str, start: int, confidence: float) -> bool:
        names = read_byline(text)
        people = [name for name in names if name.agency is None] or names
        for name in people:
            self.draft.put("byline", name.text, "byline", confidence, Span(start + name.start, start + name.end))
        for name in names:
            if name.agency is not None:
                self.draft.put("agency", name.agency, "agency in the byline", 0.9, Span(start + name.start, start + name.end))
        return bool(names)

    def below_headline(self, first: int, end: int) -> None:
        """Take byline, date and address out of the first lines of the text, below a deck or a caption."""
        for number in range(first, min(first + _BELOW_HEADLINE, end - 1)):
            line = self.lines[number]
            sure = byline_line(line.text)
            if len(line.text) > _DECK or _is_dated(line.text):
                return
            if sure >= 0.98 or (sure >= 0.8 and not self.draft.byline):
                taken = self._names(line.text, line.start, sure) or sure >= 0.98
            elif _ADDRESS.fullmatch(line.text):
                self.cut.append((line, "address of the writer", 0.9))
                taken = True
            elif number == first and not self.draft.byline and self._is_person(number):
                taken = self.draft.put("byline", line.text, "name below the headline", 0.6, line.span)
            else:
                taken = not self.dates and self._date(line.text, line)
            if taken:
                self.taken.add(line.start)

    def _is_person(self, number: int) -> bool:
        """Whether a line is two to four capitalised words alone above a paragraph."""
        line, following = self.lines[number], self.lines[number + 1]
        return (
            following.gap
            and len(following.text) >= 80
            and _PERSON.fullmatch(line.text) is not None
            and fold_word(line.text) not in MENU
            and not line.text.isupper()
        )

    def text_between(self, first: int, tail: Tail) -> None:
        """The text: its paragraphs, without furniture between them, and what its first and last paragraph tell."""
        blocks: list[list[Line]] = []
        text = [line for line in [*self.lines[first : tail.end], *tail.kept] if line.start not in self.taken]
        for line, following in pairwise([*text, None]):
            if line is None:
                continue
            rule = furniture_rule(line.text)
            if (
                blocks
                and line.gap
                and following
                and following.gap
                and (credit := credit_line(line.text))
                and credit.confidence > 0.95
            ):
                tail.credits.append((line, credit))
                continue
            if rule is not None:
                self.cut.append((line, rule, 0.9))
            elif tags_line(line.text):
                tail.tags.append(line)
            elif blocks and not line.gap:
                blocks[-1].append(line)
            else:
                blocks.append([line])
        paragraphs = [paragraph for block in blocks for paragraph in joined([line.text for line in block])]
        if not paragraphs:
            return
        last = blocks[-1][-1]
        if (inline := inline_credit(paragraphs[-1])) is not None and paragraphs[-1].endswith(last.text):
            credit, at = inline
            shift = len(paragraphs[-1]) - at
            for agency in credit.agencies:
                self.draft.put("agency", agency, credit.rule, credit.confidence, Span(last.end - shift, last.end))
            paragraphs[-1] = paragraphs[-1][:at].rstrip()
        span = Span(blocks[0][0].start, last.end)
        self.draft.put("body", "\n\n".join(paragraph for paragraph in paragraphs if paragraph), "lines of the text", 0.95, span)
        self._dateline_at = self._find_dateline([block[0] for block in blocks[:3]])

    def _find_dateline(self, lines: list[Line]) -> int:
        """Where the dateline begins: in the first paragraph, or in one of the next two below a deck or a caption."""
        for number, line in enumerate(lines):
            found = read_dateline(line.text)
            if found is not None and (not number or found.confidence >= 0.85):
                return line.start
            if len(line.text) > _DECK:
                break
        return lines[0].start

    _dateline_at: int | None = None

    def tail(self, tail: Tail) -> None:
        """What stands after the text."""
        for line, credit in tail.credits:
            for agency in credit.agencies:
                self.draft.put("agency", agency, credit.rule, credit.confidence, line.span)
        for line in tail.dates:
            found = read_date_line(line.text, self.rules.time_zone)
            if found is not None:
                self.dates.append(
                    (FoundDate(found.value, found.precision, f"{found.rule}, below the text", found.confidence * 0.9), line)
                )
        for line in tail.tags:
            match = tags_line(line.text)
            for tag in re.finditer(r"[^,;|#]+", match["tags"] if match else ""):
                if match and tag[0].strip():
                    at = line.start + match.start("tags") + tag.start() + (len(tag[0]) - len(tag[0].lstrip()))
                    self.draft.put("tags", tag[0].strip(), "tags line", 0.9, Span(at, at + len(tag[0].strip())))
        self.cut += tail.cut

    def _named(self) -> str | None:
        """The paper's name as its About block gives it."""
        return next((match["name"] for line in self.lines[-12:] if (match := FOUNDED.match(line.text))), None)

    def about(self, about: int | None) -> None:
        """The About block and everything after it; it may tell the paper's name."""
        if about is None:
            return
        self.cut += [(line, "About Us", 0.98) for line in self.lines[about:]]
        if self.rules.name:
            return
        for line in self.lines[about + 1 : about + 4]:
            if (match := FOUNDED.match(line.text)) is not None:
                span = Span(line.start + match.start("name"), line.start + match.end("name"))
                self.draft.put("source", match["name"], "paper named in About Us", 0.8, span)
                return

    def finish(self) -> None:
        """The date, the dateline that needs its year, and the furniture in the order of the page."""
        if self.dates:
            found, line = max(self.dates, key=lambda pair: pair[0].confidence)
            self.draft.set_published(found.value, found.precision, found.rule, found.confidence, line.span, "text")
            for other, another in self.dates:
                if another is not line:
                    self.draft.remark("published", other.value, f"another date: {other.rule}", another.span)
        if self._dateline_at is not None:
            put_dateline(self.draft, self.page_text[self._dateline_at :], self._dateline_at, "text")
        for line, rule, confidence in sorted(self.cut, key=lambda cut: cut[0].start):
            self.draft.put("furniture", line.text, rule, confidence, line.span)
