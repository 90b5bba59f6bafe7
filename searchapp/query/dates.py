"""What stands after ``date:`` and ``year:``: a day, month or year, or a range of them, as `Days`."""

from __future__ import annotations

from datetime import date, timedelta

from searchapp.analysis import fold
from searchapp.article import Period, Span
from searchapp.query.tree import Days

HELP = "write 2025, 2025-02 or 2025-02-06, a range 2025-01..2025-03, or >=2025-01"
_DAY = timedelta(days=1)
_SIGNS = (">=", "<=", ">", "<")


def read_days(value: str, span: Span) -> tuple[Days | None, str]:
    """The days meant (None: not a date) and what to say about it (empty: nothing)."""
    text = fold(value).replace(" ", "").replace("/", "-")
    try:
        first, last = _compared(text) or _range(text)
    except (ValueError, OverflowError):
        return None, f"not a date: {HELP}"
    if first and last and first > last:
        swapped = Days(*_turned(text), span)
        return swapped, f"the range ran backwards: read from {swapped.first} to {swapped.last}"
    if text[:4].isdigit() and _is_year_pair(text):
        return Days(first, last, span), f"read as {text[:4]}..{text[5:]}"
    return Days(first, last, span), ""


def range_inside(brackets: str) -> str | None:
    """``a..b`` for what ``[a TO b]`` holds; None when it isn't a range."""
    parts = brackets.replace(" to ", " TO ").split(" TO ")
    if len(parts) != 2:
        return None
    low, high = ("" if part.strip() == "*" else part.strip() for part in parts)
    return f"{low}..{high}"


def _compared(text: str) -> tuple[date | None, date | None] | None:
    sign = next((sign for sign in _SIGNS if text.startswith(sign)), None)
    if sign is None:
        return None
    period = _period(text[len(sign) :])
    if sign == ">=":
        return period.first, None
    if sign == "<=":
        return None, period.last
    return (period.last + _DAY, None) if sign == ">" else (None, period.first - _DAY)


def _range(text: str) -> tuple[date | None, date | None]:
    if _is_year_pair(text):
        text = f"{text[:4]}..{text[5:]}"
    low, dots, high = text.partition("..")
    if not dots:
        period = _period(text)
        return period.first, period.last
    high = high.lstrip(".")
    if not low and not high:
        raise ValueError(text)
    return (_period(low).first if low else None), (_period(high).last if high else None)


def _turned(text: str) -> tuple[date, date]:
    low, _, high = (text if ".." in text else f"{text[:4]}..{text[5:]}").partition("..")
    return _period(high.lstrip(".")).first, _period(low).last


def _is_year_pair(text: str) -> bool:
    return len(text) == 9 and text[4] == "-" and (text[:4] + text[5:]).isdigit()


def _period(text: str) -> Period:
    return Period.of_days(text)
