"""What must hold of every finding of every article."""

from __future__ import annotations

import re
import unicodedata

from searchapp.article import Article, Finding
from searchapp.cleaning.agencies import Credit, credit_line
from searchapp.cleaning.dates import read_date, read_date_line
from searchapp.cleaning.draft import opening
from searchapp.cleaning.language import normalised
from searchapp.cleaning.markup import strip_markup
from searchapp.cleaning.values import prose_of
from searchapp.readers import Extract

SINGLE = ("title", "body", "published", "dateline_date", "section", "source", "language", "url", "page", "rights", "id")
LISTS = ("byline", "agency", "places", "tags")


def folded(text: str) -> str:
    """A text for comparison: letters and figures only, without case."""
    figures = "".join(str(unicodedata.decimal(mark)) if mark.isdecimal() else mark for mark in text)
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", figures).casefold())


def check_findings(article: Article, extract: Extract) -> None:
    """Every value has its finding, and the text that a finding's span covers gives the value."""
    held = {(finding.field, finding.value) for finding in article.findings if finding.confidence > 0}
    for name in SINGLE:
        value = getattr(article, name)
        if value:
            assert (name, value if name != "body" else opening(value)) in held, name
    for name in LISTS:
        for value in getattr(article, name):
            assert (name, value) in held, (name, value)
    for finding in article.findings:
        assert 0 <= finding.confidence <= 1
        if finding.span is not None:
            _check_span(finding, extract)


def _check_span(finding: Finding, extract: Extract) -> None:
    text = extract.text if finding.where == "text" else extract.declared[finding.where]
    assert isinstance(text, str)
    assert finding.span is not None
    assert finding.span.end <= len(text)
    covered = text[finding.span.start : finding.span.end]
    if finding.confidence == 0:
        return
    if finding.field in ("published", "available_from"):
        for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
            found = read_date(covered, zone) or read_date_line(covered, zone) or read_date_line(covered.split("|", 1)[-1], zone)
            if found is not None and found.value == finding.value:
                return
        assert finding.value[:4] in covered or folded(finding.value[:4]) in folded(covered)
    elif finding.field == "dateline_date":
        assert str(int(finding.value[-2:])) in folded(covered)
    elif finding.field == "language":
        assert normalised(covered) == finding.value
    elif finding.field == "agency":
        assert (
            folded(finding.value)[:4] in folded(covered)
            or "agenc" in covered.lower()
            or not covered.isascii()
            or (finding.value in (credit_line(covered) or Credit((), "", 0)).agencies)
        )
    elif finding.field == "body":
        whole = strip_markup(covered) if "<" in covered else covered
        assert folded(finding.value)[:40] in folded(whole) or folded(finding.value)[:40] in folded(prose_of(covered) or "")
    elif finding.field == "id":
        assert finding.value.split(":", 1)[1][:3] in covered or not covered.isascii() or folded(covered)[:1]
    else:
        assert folded(finding.value) in folded(covered) or folded(finding.value) in folded(strip_markup(covered)), finding
