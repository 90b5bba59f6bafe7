"""The help page's tables: each way of asking with an example that works, and the limits."""

from __future__ import annotations

from dataclasses import dataclass

from searchapp.query import limits


@dataclass(frozen=True, slots=True)
class Example:
    """One way of asking: a query, and what it finds."""

    q: str
    finds: str


EXAMPLES: tuple[tuple[str, tuple[Example, ...]], ...] = (
    (
        "Words",
        (
            Example("bridge inquiry", "articles with both words, in the headline or the text, in any of their forms"),
            Example("flood OR landslide", "articles with either word"),
            Example("election -results", "articles with the first word and without the second; NOT results says the same"),
            Example("(flood OR landslide) relief", "parentheses group"),
            Example("=minister", "exactly this form: not ministers, not ministry"),
        ),
    ),
    (
        "Phrases and nearness",
        (
            Example('"chief minister"', "the words side by side, in this order"),
            Example('"bridge report"~3', "the same with up to three other words among them"),
            Example("bridge NEAR/5 collapse", "both words, at most five apart, in either order"),
        ),
    ),
    (
        "Parts of words and spelling",
        (
            Example("elect*", "words that begin so: elected, election, electorate"),
            Example("colo?r", "one letter unknown"),
            Example("govern*t", "several letters unknown; not at the beginning"),
            Example("shilong~1", "one letter wrong, missing, extra or swapped"),
        ),
    ),
    (
        "Fields",
        (
            Example("title:bridge", "only in the headline"),
            Example("title:(bridge OR dam)", "several words in one field"),
            Example("place:delhi", "by where it was reported from"),
            Example("byline:sharma", "by author"),
            Example("in:furniture weekly", "in what was cut from the page, such as neighbouring headlines"),
        ),
    ),
    (
        "Dates",
        (
            Example("date:2025-02-06", "one day"),
            Example("date:2025-02", "one month; a year works too"),
            Example("date:2025-01..2025-03", "from … to, both included; either end may be left open"),
        ),
    ),
    (
        "Weight",
        (Example("bridge^3 inquiry", "the first word counts three times for the order of the results"),),
    ),
)

LIMITS: tuple[tuple[str, int], ...] = (
    ("characters in a query", limits.MAX_CHARACTERS),
    ("words, phrases and other parts in a query", limits.MAX_LEAVES),
    ("levels of parentheses", limits.MAX_DEPTH),
    ("different words that a wildcard or a misspelling may stand for", limits.MAX_EXPANSION),
    ("letters, at least, before the * of a beginning", limits.MIN_PREFIX),
    ("letters a misspelling may be away", limits.MAX_FUZZY),
    ("other words within a phrase, and the distance of NEAR", limits.MAX_SLOP),
    ("results reachable by page number; the API's cursor and the export have no limit", limits.MAX_WINDOW),
    ("results on one page", limits.MAX_SIZE),
    ("values of one facet in one answer", limits.MAX_FACET_SIZE),
)
