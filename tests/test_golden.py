"""Golden cases: a folder a subject, articles and searches in plain YAML, run through the whole way on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from searchapp.article import Article, Provenance
from searchapp.engines.base import Engine
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.results import SearchRequest
from searchapp.searching import Searcher

GOLDEN = Path(__file__).parent / "golden"
PRECISION = {4: "year", 7: "month", 10: "day"}
KNOWN = {"comment", "ids", "any_order", "total", "facets"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def article(values: dict[str, Any]) -> Article:
    published = values.get("published")
    return Article(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in ({"language": "en"} | values).items()},
        provenance=Provenance(file="golden.yml", format="golden", sha256="0"),
        published_precision=PRECISION.get(len(published), "time") if published else None,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module", params=sorted(path.name for path in GOLDEN.iterdir()))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Searcher]:
    engine: Engine = WhooshEngine(tmp_path_factory.mktemp("golden"))
    with engine.begin_build(full=True) as build:
        for values in load(GOLDEN / request.param / "articles.yml"):
            build.add(article(values))
        build.publish(journal=0)
    return request.param, Searcher(engine)


def searches(name: str) -> Iterator[dict[str, Any]]:
    for search in load(GOLDEN / name / "searches.yml"):
        for key in ("where", "without"):
            if key in search:
                search[key] = {field: tuple(values) for field, values in search[key].items()}
        yield search


def test_searches_find_what_is_written_down(case: tuple[str, Searcher]) -> None:
    name, searcher = case
    failures = []
    for search in searches(name):
        page = searcher.search(SearchRequest(**{key: value for key, value in search.items() if key not in KNOWN}))
        found = [hit.article.id for hit in page.hits]
        told = f"{name}: {search['comment']}: {search.get('q', '')!r} read as {page.read_as!r}"
        if "ids" in search:
            wanted = search["ids"]
            if (sorted(found), sorted(wanted)) != (found, wanted) and search.get("any_order"):
                found, wanted = sorted(found), sorted(wanted)
            if found != wanted:
                failures.append(f"{told}: found {found}, not {wanted}")
        if "total" in search and page.total != search["total"]:
            failures.append(f"{told}: {page.total} articles, not {search['total']}")
        for facet, wanted in search.get("facets", {}).items():
            count = page.facets[facet]
            got = {"values": {value.value: value.count for value in count.values}, "other": count.other, "missing": count.missing}
            if got != {"other": 0, **wanted}:
                failures.append(f"{told}: {facet} {got}, not {wanted}")
    assert not failures, "\n".join(failures)
