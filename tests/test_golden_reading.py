"""Golden cases: a file as archivists hold them, and what must be read from it. One folder a case; see expected.yml.

Keys of an article are the Article's fields; besides them ``paragraphs`` (their number), ``begins`` and ``ends`` (of the
text), ``furniture`` (its lines, all of them) and ``furniture_has`` (some of them). Every finding is checked as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from findings import check_findings

from searchapp.article import Article
from searchapp.cleaning import SourceRules, clean
from searchapp.errors import ArticleError
from searchapp.readers import Extract, read_file
from searchapp.settings import read_yaml

CASES = sorted(path.parent for path in (Path(__file__).parent / "golden_reading").glob("*/expected.yml"))


def read_case(case: Path, rules: SourceRules) -> tuple[list[Article], int]:
    (file,) = (path for path in case.iterdir() if path.name != "expected.yml")
    articles: list[Article] = []
    rejected = 0
    for record in read_file(file, case):
        if not isinstance(record, Extract):
            rejected += 1
            continue
        try:
            article = clean(record, rules)
        except ArticleError:
            rejected += 1
            continue
        check_findings(article, record)
        articles.append(article)
    return articles, rejected


def shown(article: Article, key: str) -> Any:
    paragraphs = article.body.split("\n\n") if article.body else []
    if key == "paragraphs":
        return len(paragraphs)
    value = article.furniture.split("\n") if key == "furniture" else getattr(article, key)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden(case: Path) -> None:
    expected = read_yaml(case / "expected.yml")
    articles, rejected = read_case(case, SourceRules(**expected.get("rules", {})))
    assert rejected == expected.get("rejects", 0)
    assert len(articles) == len(expected["articles"])
    for article, wanted in zip(articles, expected["articles"], strict=True):
        for key, value in wanted.items():
            if key == "begins":
                assert article.body.startswith(value)
            elif key == "ends":
                assert article.body.endswith(value)
            elif key == "furniture_has":
                assert set(value) <= set(article.furniture.split("\n"))
            else:
                assert shown(article, key) == value, key


def test_there_are_enough_cases() -> None:
    kinds = [path.suffix for case in CASES for path in case.iterdir()]
    assert kinds.count(".txt") >= 15
    assert kinds.count(".html") >= 4
