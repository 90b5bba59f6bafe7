"""Compile every kernel, or load what was compiled before: nobody who searches should wait for that.

numba keeps compiled kernels on disk, beside their modules where it may write there, else in the user's cache directory, and
compiles them again when the modules or the machine's kind of processor change. A few seconds each, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from searchapp.article import Article, Provenance
from searchapp.engines.base import EngineRequest, Snapshot
from searchapp.engines.whoosh.columns import MOST_PLANES
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.fields import FACETS
from searchapp.query.tree import And, Days, Everything, Fuzzy, Keyword, Near, Node, Not, Or, Phrase, Prefix, Term, Wildcard
from searchapp.results import Sort
from searchapp.snippets import highlight_page

_SCOPE = ("title", "body")
_WORD, _OTHER = Term("river", _SCOPE), Term("bridge", _SCOPE)
ARTICLES = 8
"""So few that it takes no time, so many that one of them is rare, and those without the word are the fewer ones."""
_BODY = "The bridge over the river is a river bridge. Rivers have bridges, the river’s – and a co-operation."
_MANY = tuple(map(str, range(MOST_PLANES)))
_PHRASE = Phrase(("river", "bridge"), _SCOPE)


def warm() -> None:
    """Build an index of a few words in a temporary directory and ask it everything."""
    with TemporaryDirectory(prefix="searchapp-") as directory:
        engine = WhooshEngine(Path(directory))
        with engine.begin_build(full=True) as build:
            for number in range(ARTICLES):
                build.add(_article(number))
            build.publish(journal=0)
        with engine.begin_build(full=False) as build:
            build.add(_article(1))
            build.publish(journal=1)
        ask(engine.snapshot())
        engine.close()


def ask(snapshot: Snapshot) -> None:
    """Ask one question of each kind."""
    for tree in _trees():
        found = snapshot.search(EngineRequest(tree=tree, highlight=True))
        highlight_page(found.articles, tree, found.marks)
        snapshot.keys(EngineRequest(tree=tree))
    counted = EngineRequest(
        tree=_WORD,
        where={"section": ("Local",), "tag": ("water",)},
        without={"source": ("The Ledger",)},
        first=date(2024, 1, 1),
        facets=FACETS,
        histogram=True,
        now=1,
    )
    found = snapshot.search(counted)
    for tree in (And((_WORD, _OTHER)), Or((_WORD, _OTHER))):
        snapshot.search(replace(counted, tree=tree))
    snapshot.keys(replace(counted, where={"byline": ("Only Once",)}))
    for sort in get_args(Sort):
        after = found.keys[0] if found.keys else None
        snapshot.search(EngineRequest(tree=Everything(), sort=sort, after=after, histogram=True, facets=FACETS))
    snapshot.search(EngineRequest(tree=_WORD, histogram=True, facets=FACETS))
    snapshot.article("warm:0")


def _trees() -> Iterator[Node]:
    yield from (Everything(), _WORD, _PHRASE, Term("river", _SCOPE, exact=True), Term("north", ("section",)))
    yield from (And((_WORD, _OTHER)), Or((_WORD, _OTHER)), And((_WORD, Not(_OTHER))), Term("river", (*_SCOPE, "furniture")))
    yield from (Prefix("ri", _SCOPE), Prefix("lo", ("section",)), Wildcard("ri*r", _SCOPE), Fuzzy("rivr", 1, _SCOPE))
    yield from (
        Near(_WORD, _OTHER, 3),
        Near(_PHRASE, _OTHER, 9),
        And((_WORD, Days(date(2024, 1, 1), None))),
        Keyword("id", "warm:0"),
    )


def _article(number: int) -> Article:
    return Article(
        id=f"warm:{number}",
        title="River bridge" if number < ARTICLES - 1 else "Hills",
        body=_BODY if number < ARTICLES - 1 else "",
        furniture="River news",
        provenance=Provenance(file="-", format="jsonl", sha256="0"),
        published="2024-02-03",
        published_precision="day",
        section="Local",
        byline=() if number else ("Only Once",),
        source="The Courier",
        tags=("water", "roads", *(_MANY if number == 0 else ())),
        language="en",
        available_from="2024-02-03" if number else None,
    )
