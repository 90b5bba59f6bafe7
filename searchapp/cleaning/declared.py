"""A record that names its fields: what it declares is used, cleaned where the trade's customs want it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from searchapp.article import Span
from searchapp.cleaning.agencies import agency_named, credit_line, inline_credit, is_generic
from searchapp.cleaning.byline import Name, read_byline
from searchapp.cleaning.dateline import put_dateline
from searchapp.cleaning.dates import read_date, read_date_line
from searchapp.cleaning.draft import Draft
from searchapp.cleaning.furniture import furniture_rule, is_about
from searchapp.cleaning.language import normalised
from searchapp.cleaning.markup import is_markup, strip_markup
from searchapp.cleaning.paragraphs import paragraphs
from searchapp.cleaning.rules import SourceRules
from searchapp.cleaning.values import prose_of, text_of, texts_of
from searchapp.cleaning.visible import Visible, is_agency, read_head_line
from searchapp.errors import ArticleError
from searchapp.readers.aliases import SUMMARIES, fold_name
from searchapp.readers.extract import Extract

_UNSURE = {"meta": 0.95, "markup": 0.85, "h1": 0.9, "title element": 0.7, "trafilatura": 0.9, "paragraphs": 0.6, "feed": 0.95}
_ADDRESS = re.compile(r"https?://[^\s<>\"]{3,2000}\Z", re.IGNORECASE)
_LISTED = re.compile(r"[^;]+")
_COMMAS = re.compile(r"[^,;|]+")
_SEVERAL = re.compile(r"[,;&/|(:]|\band\b|\A(?:by|von|par|por)\b|\d", re.IGNORECASE)
_SURE_DATELINE = 0.8
"""A place and a colon alone (0.6) begin many a text that is no report: ``Winner: …``; only saved pages are read so."""
_STOPS = ".।॥。"
PLAIN = frozenset({"nitf", "newsml_g2", "newsml_1", "wire", "reuters", "text"})
"""Formats whose reader has taken the text out of its markup: ``<SRD>`` in it is what was printed."""
_MAX_VALUES = 1000
"""Tags, names or places of one article; more are a mistake."""


def read_declared(extract: Extract, rules: SourceRules, draft: Draft) -> None:
    """Everything a declared record says of its article."""
    record = _Record(extract, rules, draft)
    record.title()
    record.look(extract.text)
    record.date()
    record.simple()
    record.byline()
    record.printed()
    for name in ("tags", "places", "agency"):
        record.listed(name)
    record.body()
    record.dateline()
    for piece in extract.furniture:
        draft.put("furniture", piece, "told apart by the reader", 0.9)
    if (given := text_of(extract.declared.get("furniture"))) and given.strip():
        draft.put("furniture", given.strip(), "declared", 1.0, None, "furniture")


class _Record:
    """One declared record on its way to a draft."""

    def __init__(self, extract: Extract, rules: SourceRules, draft: Draft) -> None:
        self.declared = extract.declared
        self.origins = extract.origins
        self.html = extract.provenance.format == "html"
        self.feed = extract.provenance.format == "feed"
        self.plain = extract.provenance.format in PLAIN
        self.table = extract.provenance.format == "csv"
        self.rules = rules
        self.draft = draft
        self.visible: Visible | None = None

    def look(self, text: str) -> None:
        """Take the visible lines of an HTML page."""
        if self.html and text and "body" in self.declared:
            body = paragraphs(text_of(self.declared.get("body")) or "")
            self.visible = Visible(text, self.draft.title, body, self.rules.time_zone)

    def printed(self) -> None:
        """Day and writer as printed at the headline of an HTML page, when the page declares none."""
        if self.visible is None:
            return
        if self.draft.published is None and (dated := self.visible.date()) is not None:
            found, span = dated
            rule = f"printed at the headline: {found.rule}"
            self.draft.set_published(found.value, found.precision, rule, round(0.9 * found.confidence, 2), span, "text")
        if not self.draft.byline:
            self._put_names(self.visible.names(), "printed at the headline", "text")
        if not self.draft.source and not self.rules.name and (paper := self.visible.paper()) is not None:
            self.draft.put("source", paper[0], "paper named in About Us", 0.8, paper[1])

    def _put_names(self, names: Sequence[Name], rule: str, where: str, spans: bool = True) -> None:
        for name in [name for name in names if name.agency is None] or names:
            self.draft.put("byline", name.text, rule, 0.85, Span(name.start, name.end) if spans else None, where)
        for name in names:
            if name.agency is not None:
                span = Span(name.start, name.end) if spans else None
                self.draft.put("agency", name.agency, "agency in the byline", 0.9, span, where)

    def _rule(self, name: str) -> tuple[str, float]:
        """How a field was declared, and how sure that makes it."""
        origin = self.origins.get(name, name)
        if not self.html:
            return ("declared" if origin == name else f"declared as {origin}"), 1.0
        return origin, next((sure for start, sure in _UNSURE.items() if origin.startswith(start)), 1.0)

    def title(self) -> None:
        raw = text_of(self.declared.get("title"))
        if raw is None:
            return
        plain = strip_markup(raw) if is_markup(raw) or (self.feed and "&" in raw) else raw
        value = " ".join(plain.split())
        if value:
            self.draft.put("title", value, *self._rule("title"), *self._where("title", raw))

    def _where(self, name: str, raw: str) -> tuple[Span | None, str]:
        value = self.declared.get(name)
        if value is not raw:
            return None, name
        start = len(raw) - len(raw.lstrip())
        return Span(start, max(start, len(raw.rstrip()))), name

    def date(self) -> None:
        value = self.declared.get("published")
        raw = text_of(value)
        if raw is None or not raw.strip():
            return
        found = None
        if isinstance(value, int) and not (1000 <= value <= 2999 or 15_000_101 <= value <= 21_991_231):
            self.draft.remark("published", raw, "a number is not guessed to be a date", None, "published")
            return
        found = read_date(raw, self.rules.time_zone) or read_date_line(raw, self.rules.time_zone)
        if found is None:
            self.draft.remark("published", raw, "not a date that exists or can be read", None, "published")
            return
        rule, sure = self._rule("published")
        confidence = round(found.confidence * sure, 2)
        self.draft.set_published(
            found.value, found.precision, f"{rule}: {found.rule}", confidence, *self._where("published", raw)
        )

    def simple(self) -> None:
        for name in ("section", "source", "page", "rights"):
            raw = text_of(self.declared.get(name))
            if raw and raw.strip():
                self.draft.put(name, " ".join(raw.split()), *self._rule(name), *self._where(name, raw))
        self._language()
        self._address()
        self._embargo()
        raw = text_of(self.declared.get("dateline_date"))
        if raw and (found := read_date(raw, self.rules.time_zone)) is not None:
            self.draft.put("dateline_date", found.value[:10], *self._rule("dateline_date"), *self._where("dateline_date", raw))

    def _language(self) -> None:
        raw = text_of(self.declared.get("language"))
        if not raw or not raw.strip():
            return
        code = normalised(raw)
        if code is None:
            self.draft.remark("language", raw, "not the name or code of a language", None, "language")
        else:
            self.draft.put("language", code, *self._rule("language"), *self._where("language", raw))

    def _address(self) -> None:
        raw = text_of(self.declared.get("url"))
        if not raw or not raw.strip():
            return
        if _ADDRESS.match(raw.strip()):
            self.draft.put("url", raw.strip(), *self._rule("url"), *self._where("url", raw))
        else:
            self.draft.remark("url", raw, "not an http address", None, "url")

    def _embargo(self) -> None:
        """An embargo that can't be read must not publish the article: that is an error, not a remark."""
        raw = text_of(self.declared.get("available_from"))
        if not raw or not raw.strip():
            return
        found = read_date(raw, self.rules.time_zone)
        if found is None or found.precision not in ("day", "time"):
            raise ArticleError(f"available_from is not a date: {raw[:60]!r}; write it as 2025-02-06 or 2025-02-06T18:00:00+05:30")
        self.draft.put("available_from", found.value, *self._rule("available_from"), *self._where("available_from", raw))

    def byline(self) -> None:
        value = self.declared.get("byline")
        rule, sure = self._rule("byline")
        for raw in texts_of(value)[:_MAX_VALUES]:
            names = self._one_name(raw) or read_byline(" ".join(raw.split()) if not isinstance(value, str) else raw)
            people = [name for name in names if name.agency is None] or names
            for name in people:
                span = Span(name.start, name.end) if value is raw else None
                self.draft.put("byline", " ".join(name.text.split()), rule, sure, span, "byline")
            for name in names:
                if name.agency is not None:
                    span = Span(name.start, name.end) if value is raw else None
                    self.draft.put("agency", name.agency, "agency in the byline", 0.9, span, "byline")

    def _one_name(self, raw: str) -> list[Name]:
        """A person that JSON-LD names: one name, whatever words are in it (``Bo Y. Rask``)."""
        name = " ".join(raw.split())
        if not self._rule("byline")[0].startswith("json-ld") or len(name) > 60 or _SEVERAL.search(name):
            return []
        return [Name(name, 0, len(name), agency_named(name))] if name == raw else []

    def listed(self, name: str) -> None:
        """A list; as one text it is parted by ``;`` in any format, and by commas where pages and tables do so."""
        value = self.declared.get(name)
        rule, sure = self._rule(name)
        if isinstance(value, str) or self.html:
            for raw in texts_of(value):
                if name == "agency" and rule.startswith("markup") and not is_agency(raw):
                    continue
                parts = _COMMAS if ((self.html or self.table) and ";" not in raw) or name == "tags" else _LISTED
                for match in parts.finditer(raw):
                    piece = match[0].strip()
                    start = match.start() + len(match[0]) - len(match[0].lstrip())
                    span = Span(start, start + len(piece)) if value is raw else None
                    if piece:
                        self.draft.put(name, piece, rule, sure, span, name)
            return
        texts = texts_of(value)
        for raw in texts[:_MAX_VALUES]:
            self.draft.put(name, " ".join(raw.split()), rule, sure, None, name)
        if len(texts) > _MAX_VALUES:
            self.draft.remark(name, f"{len(texts):,} values", f"only the first {_MAX_VALUES:,} are used", None, name)

    def body(self) -> None:
        raw = prose_of(self.declared.get("body"))
        if raw is None or not raw.strip():
            return
        rule, sure = self._rule("body")
        if fold_name(self.origins.get("body", "")) in SUMMARIES:
            sure = 0.6
        text = strip_markup(raw) if not self.plain and (is_markup(raw) or (self.feed and "&" in raw)) else raw
        found = self._without_furniture(paragraphs(text), raw)
        found = self._without_credit(self._up_to_credit(found), raw)
        if self.visible is not None and not self.draft.agency and (shown := self.visible.credit()) is not None:
            for agency in shown[0].agencies:
                self.draft.put("agency", agency, shown[0].rule, shown[0].confidence, shown[1], "text")
        if found:
            self.draft.put("body", "\n\n".join(found), rule, sure, *self._where("body", raw))

    def _without_furniture(self, found: list[str], raw: str) -> list[str]:
        """Cut what repeats the head of a page, links and notices between paragraphs, and an About block."""
        about = self._about(found)
        kept: list[str] = []
        for number, paragraph in enumerate(found):
            rule = "About Us" if number >= about else furniture_rule(paragraph)
            if rule is None and self.html and not kept:
                rule = self._repeats_head(paragraph)
            if rule is None:
                kept.append(paragraph)
            else:
                at = raw.find(paragraph)
                span = Span(at, at + len(paragraph)) if at >= 0 and self.declared.get("body") is raw else None
                self.draft.put("furniture", paragraph, rule, 0.9, span, "body")
        return kept or ([] if self.html else found)

    def _about(self, found: list[str]) -> int:
        """The number of the first paragraph of what a paper says of itself: below such a heading, shown or among the texts."""
        about = next((number for number, paragraph in enumerate(found) if number and is_about(paragraph)), len(found))
        if self.visible is None or (line := self.visible.about()) is None:
            return about
        numbers = [self.visible.number(paragraph) for paragraph in found]
        return next((at for at, number in enumerate(numbers) if at and at < about and (number or 0) > line), about)

    def _repeats_head(self, paragraph: str) -> str | None:
        """Why a paragraph above the text is none: headline, date or byline; the latter two count when nothing else tells them."""
        if len(paragraph) > 200:
            return None
        if paragraph == self.draft.title:
            return "headline printed again"
        names = [name.text for name in read_byline(paragraph)]
        if names and all(name in self.draft.byline for name in names):
            return "byline printed again"
        head = read_head_line(paragraph, 0, self.rules.time_zone)
        if not head.whole:
            return None
        if not self.draft.byline:
            self._put_names(head.names, "byline above the text", "body", spans=False)
        for found, _ in head.dates:
            if self.draft.published is None:
                rule = f"date above the text: {found.rule}"
                self.draft.set_published(found.value, found.precision, rule, round(0.9 * found.confidence, 2), None, "body")
        return "date printed again" if head.dates else "byline printed again"

    def _up_to_credit(self, found: list[str]) -> list[str]:
        """Cut the headlines that stand below the wire credit of an HTML page."""
        if not self.html:
            return found
        for number, paragraph in enumerate(found[1:], start=1):
            credit = credit_line(paragraph)
            others = found[number + 1 :]
            if (
                credit is not None
                and credit.confidence >= 0.9
                and all(len(other) <= 160 and other[-1] not in _STOPS for other in others)
            ):
                for other in others:
                    self.draft.put("furniture", other, "headline below the credit", 0.8, None, "body")
                return found[: number + 1]
        return found

    def _without_credit(self, found: list[str], raw: str) -> list[str]:
        """Take the wire credit off the end."""
        if not found:
            return found
        *before, last = found
        *lines, final = last.split("\n")
        credit = credit_line(final)
        alone = bool(lines or before)
        ended = (lines or before or [""])[-1].rstrip().endswith((".", "!", "?", "”", '"', "।", "’"))
        if (
            credit is not None
            and alone
            and (credit.confidence >= 0.9 or (credit.confidence >= 0.7 and not lines and ended and not is_generic(final)))
        ):
            self._put_credit(credit.agencies, credit.rule, credit.confidence, raw, final)
            return [*before, "\n".join(lines)] if lines else before
        if (inline := inline_credit(last)) is not None:
            self._put_credit(inline[0].agencies, inline[0].rule, inline[0].confidence, raw, last[inline[1] :])
            return [*before, last[: inline[1]].rstrip()]
        return self._credit_after_wrap(found, raw)

    def _credit_after_wrap(self, found: list[str], raw: str) -> list[str]:
        """A credit that was a line of its own before lines were joined."""
        final = raw.rstrip().rsplit("\n", 1)[-1].strip() if "\n" in raw.strip() else ""
        credit = credit_line(final) if final else None
        if credit is None or credit.confidence < 0.95 or not found[-1].endswith(f" {final}"):
            return found
        self._put_credit(credit.agencies, credit.rule, credit.confidence, raw, final)
        return [*found[:-1], found[-1][: -len(final)].rstrip()]

    def _put_credit(self, agencies: tuple[str, ...], rule: str, confidence: float, raw: str, piece: str) -> None:
        at = raw.rfind(piece)
        span = Span(at, at + len(piece)) if at >= 0 and self.declared.get("body") is raw else None
        for agency in agencies:
            self.draft.put("agency", agency, rule, confidence, span, "body")

    def dateline(self) -> None:
        """A declared dateline, else the one the text begins with; places only when none are declared, even as empty."""
        wanted = self.declared.get("places") is None
        raw = text_of(self.declared.get("dateline"))
        if raw and raw.strip():
            start = len(raw) - len(raw.lstrip())
            put_dateline(self.draft, raw.strip(), start, "dateline", places=wanted)
        body: Any = self.declared.get("body")
        if not self.draft.dateline_date or (wanted and not self.draft.places):
            opening = self.draft.body[:60].replace("\n", " ")  # its lines may have been joined
            at = body.replace("\n", " ").find(opening) if isinstance(body, str) and opening else -1
            if at >= 0:
                put_dateline(
                    self.draft, self.draft.body, at, "body", places=wanted and not self.draft.places, least=_SURE_DATELINE
                )
            elif self.draft.body and self.feed:
                _without_spans(self.draft, wanted and not self.draft.places)


def _without_spans(draft: Draft, places: bool) -> None:
    """A dateline in a text that was taken out of HTML: it is told, but stands nowhere in the declared text as such."""
    before = len(draft.findings)
    put_dateline(draft, draft.body, 0, "body", places=places, least=_SURE_DATELINE)
    draft.findings[before:] = [type(f)(f.field, f.value, f.rule, f.confidence, None, f.where) for f in draft.findings[before:]]
