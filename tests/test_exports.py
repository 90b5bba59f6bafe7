from __future__ import annotations

import csv
import io
import json
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from searchapp.article import Article, Provenance, Span
from searchapp.exports import CSV_COLUMNS, csv_rows, link_of, ndjson, page_json, status_json
from searchapp.results import Hit, ResultPage, SearchRequest, Snippet

PROVENANCE = Provenance(file="a.txt", format="text_save", sha256="0")


def made(**values: object) -> Article:
    return Article(**({"id": "a:1", "title": "Title", "body": "Body", "provenance": PROVENANCE} | values))  # type: ignore[arg-type]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(texts, texts, st.lists(texts, max_size=2))))
def test_csv_reads_back(rows: list[tuple[str, str, list[str]]]) -> None:
    articles = [made(title=title or "t", body=body, byline=tuple(names)) for title, body, names in rows]
    text = b"".join(csv_rows(articles)).decode()
    header, *read = list(csv.reader(io.StringIO(text, newline="")))
    assert header == list(CSV_COLUMNS)
    for article, cells in zip(articles, read, strict=True):
        by_name = dict(zip(header, cells, strict=True))
        for name, value in (("title", article.title), ("body", article.body), ("byline", "; ".join(article.byline))):
            guarded = value.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))
            assert by_name[name] == ("'" + value if guarded else value)


def test_no_cell_is_a_formula() -> None:
    for start in "=+-@\t\r\0":
        row = list(csv_rows([made(title=start + "cmd|' /C calc'!A0")]))[1].decode()
        assert next(csv.reader(io.StringIO(row, newline="")))[1].startswith("'" + start)


def test_ndjson_is_a_line_an_article() -> None:
    lines = b"".join(ndjson([made(body="two\n\nparagraphs\u2028here"), made(id="a:2")])).split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["id"] for line in lines] == ["a:1", "a:2"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_links_name_the_id(article_id: str) -> None:
    link = link_of(article_id)
    assert unquote(link.removeprefix("/articles/")) == article_id
    assert link.isascii()
    assert not set(link.removeprefix("/articles/")) & set('/?#"<> &')


def test_unknown_is_absent_and_fields_choose() -> None:
    hit = Hit(made(), 1.23456789, Snippet("Title", (Span(0, 5),)), (Snippet("Body", ()),))
    page = ResultPage(
        request=SearchRequest(q="title"), read_as="title", notes=(), clauses=(), total=1, took_ms=1.0, generation="1",
        hits=(hit,), facets={}, histogram=None, next=None,
    )  # fmt: skip
    whole = page_json(page)["hits"][0]
    assert whole == {
        "id": "a:1",
        "link": "/articles/a:1",
        "url": "/articles/a:1",
        "score": 1.234568,
        "title": "Title",
        "title_ranges": [[0, 5]],
        "snippets": [{"text": "Body", "ranges": []}],
    }
    assert page_json(page, ("id", "section"))["hits"] == [{"id": "a:1"}]


def test_nothing_held() -> None:
    assert status_json([]) == {
        "generation": None, "articles": 0, "analyser": None, "journal": 0, "created": None, "bytes": 0, "generations": [],
    }  # fmt: skip
