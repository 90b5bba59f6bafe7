"""Invented articles with everything a page can have, hostile values and awkward identifiers among them."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from searchapp.article import Article, Finding, Provenance, Span


class Buffered(FlaskClient):
    """A client that reads every answer to its end and closes it, as a server does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, buffered=True, **kwargs)


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"
ODD_ID = "ridge:a b/c?d#e%2F&f=é"


def article(key: str, title: str, body: str, published: str | None = None, **values: object) -> Article:
    precision = {4: "year", 7: "month", 10: "day"}.get(len(published or ""), "time") if published else None
    defaults: dict[str, object] = {"source": "The Ridge Courier", "language": "en", "section": "National"}
    return Article(
        id=key if ":" in key else f"ridge:{key}",
        title=title,
        body=body,
        published=published,
        published_precision=precision,  # type: ignore[arg-type]
        provenance=Provenance(file=f"{key[:8]}.txt", format="text_save", sha256="0" * 64),
        **(defaults | values),  # type: ignore[arg-type]
    )


ARTICLES = (
    article(
        "bridge-1",
        "Bridge inquiry opens in Laitdara",
        "The inquiry into the fall of the old bridge opened on Monday.\n\nTwo ministers spoke of bridges and tolls.",
        "2025-02-06",
        byline=("Banri Nong", "Zoë Dutta"),
        agency=("NWS",),
        places=("New Delhi", "Laitdara"),
        dateline_date="2025-02-05",
        tags=("bridges",),
        url="https://ridge.example/bridge?a=1&b=2",
        page="4",
        rights="© The Ridge Courier",
        furniture="Market moves to the hill\n\nAbout Us: a weekly since 1951",
        findings=(Finding("byline", "Banri Nong", "by line", 0.9, Span(3, 13)), Finding("agency", "NWS", "last line", 0.8)),
    ),
    article(
        "bridge-2", "Second day of the bridge inquiry", "An engineer told the inquiry of rust.", "2025-02-06", section="Local"
    ),
    article("bridge-3", "Bridge: what the report leaves out", "A column about the bridge.", "2025-02-06", byline=("Arko Sen",)),
    article("plains:1", "Ministers sign defence agreement", "In Geneva.", "2025-02-08T14:30:00", source="The Plains Ledger"),
    article("month", "Monsoon diary", "Rain, and the bridge under it.", "2025-03"),
    article("year", "The year in maps", "A map of every bridge.", "2024", section="World"),
    article("undated", "A note without a date", "Found in a drawer.", None, section=None, source=None, language=None),
    article("headline", "Only a headline was saved", "", "2025-01-02"),
    article("hindi", "पुल की जाँच शुरू", "पुल पर बाढ़ का पानी।", "2025-02-07", language="hi", source="पहाड़ी प्रभात", section="राज्य"),
    article(
        "hostile",
        f"Hostile {HOSTILE}",
        f"Body {HOSTILE}",
        "2025-02-09",
        section=HOSTILE,
        byline=(HOSTILE,),
        url="javascript:alert(3)",
        language='en"><script>',
        tags=("=cmd()",),
        furniture=HOSTILE,
        findings=(Finding("section", HOSTILE, "rule", 1.0),),
    ),
    article(ODD_ID, "An article with an odd identifier", "Its id holds every awkward character.", "2025-02-10"),
    *(
        article(f"tea-{n:02}", f"Tea garden report {n}", "Wages of tea garden workers.", f"2023-{n % 12 + 1:02}-11")
        for n in range(25)
    ),
)
