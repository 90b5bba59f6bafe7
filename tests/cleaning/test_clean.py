"""`clean` on whole records: what it promises for any input, and on the sample archive and the large corpora."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from findings import check_findings, folded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchapp.article import Article, Provenance
from searchapp.cleaning import SourceRules, clean, duplicate_key
from searchapp.errors import ArticleError
from searchapp.readers import FORMATS, Extract, read_file, walk

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "corpus"
LARGE = ROOT.parent / "shared" / "corpora"
PROVENANCE = Provenance(file="a", format="jsonl", sha256="0")


def declared(**fields: Any) -> Article:
    return clean(Extract(provenance=PROVENANCE, declared=fields))


def page(text: str, rules: SourceRules | None = None) -> Article:
    return clean(Extract(provenance=PROVENANCE, text=text), rules)


# what holds for anything

LINES = st.sampled_from(
    [
        "",
        "Thursday, February 6, 2025",
        "Last updated: 2025-02-07 10:00",
        "By: Ann Lee and Bo Rask",
        "By Our Correspondent",
        "IANS",
        "(With inputs from PTI)",
        "About Us",
        "Most Read",
        "Share this article",
        "Tags: bridge, river",
        "Bridge to close for the winter",
        "Who will pay for it?",
        "New Delhi/Washington, Feb 6: The ministers spoke on the telephone for an hour.",
        "“We would rather lose a season than a boat,” said the harbour master.",
        "नई दिल्ली, 6 फरवरी: मंत्रियों ने फ़ोन पर बात की।",
        "The Hill Post was founded in 1888 by two printers.",
        "Section: World",
        "Title: A labelled headline",
        "National",
        "© 2025 The Hill Post. All rights reserved.",
    ]
)
PAGES = st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=14).map("\n".join)


def words_lost(text: str, article: Article) -> set[str]:
    """Words of a page that are in no part of the article and under no finding."""
    parts = [article.title, article.body, article.furniture]
    parts += [
        text[f.span.start : f.span.end] for f in article.findings if f.span and f.field not in ("title", "body", "furniture")
    ]
    kept = {folded(word) for part in parts for word in part.split()}
    return {folded(word) for word in text.split()} - kept - {""}


@settings(max_examples=300, deadline=None)
@given(PAGES)
def test_no_page_raises_or_loses_a_word(text: str) -> None:
    text = text.replace("\r", "\n").replace("\x00", "")
    try:
        extract = Extract(provenance=PROVENANCE, text=text)
        article = clean(extract)
    except ArticleError:
        return
    if not text:
        return
    check_findings(article, extract)
    lost = words_lost(text, article)
    labels = {"by", "tags", "section", "title", "with", "inputs", "from", "and", "last", "updated", "published", "on", "date"}
    assert not {word for word in lost if word not in labels and not _names_a_label(word)}


def _names_a_label(word: str) -> bool:
    return word in (
        "source",
        "category",
        "byline",
        "author",
        "language",
        "link",
        "url",
        "page",
        "rights",
        "headline",
        "topics",
        "keywords",
    )


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), LINES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["name", "x"]), inner, max_size=2)),
    max_leaves=5,
)
NAMES = [
    "id",
    "title",
    "body",
    "published",
    "byline",
    "agency",
    "places",
    "dateline",
    "section",
    "source",
    "language",
    "tags",
    "url",
]
NAMES += ["page", "rights", "available_from", "furniture", "dateline_date"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8), st.sampled_from(["jsonl", "csv", "feed", "html"]))
def test_no_record_raises(record: dict[str, Any], format: str) -> None:
    extract = Extract(provenance=Provenance(file="a", format=format, sha256="0"), declared=record)
    try:
        article = clean(extract)
    except ArticleError:
        return
    json.dumps(article.to_json())
    assert Article.from_stored(json.loads(json.dumps(article.to_stored()))) == article
    assert article.id.isascii()
    assert " " not in article.id


FILES = st.sampled_from(["a.txt", "a.jsonl", "a.json", "a.csv", "a.xml", "a.gz", "a"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.binary(max_size=400), PAGES.map(str.encode)),
    st.sampled_from(["a.txt", "a.jsonl", "a.json", "a.csv", "a.xml", "a.gz", "a"]),
)
def test_no_file_raises(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, name)
        path.write_bytes(content)
        for format in (None, *(format for format in FORMATS if format != "html")):
            records = list(read_file(path, Path(directory), format))
            assert records
            for record in records:
                if isinstance(record, Extract):
                    json.dumps(record.to_json(), ensure_ascii=False).encode()
                    try:
                        clean(record)
                    except ArticleError:
                        continue


@settings(max_examples=100, deadline=None)
@given(PAGES)
def test_cleaning_is_the_same_every_time(text: str) -> None:
    try:
        assert page(text) == page(text)
    except ArticleError:
        return


# declared records


def test_neither_headline_nor_text_is_an_error() -> None:
    with pytest.raises(ArticleError, match="neither headline nor text"):
        declared(title=" ", body="\n", published="2025-02-06")


def test_an_empty_list_was_declared_and_null_was_not() -> None:
    body = "Harrowmere, Oct 12: The council voted."
    assert declared(title="T", body=body, places=[], published="2023-10-13").places == ()
    article = declared(title="T", body=body, places=None, published="2023-10-13")
    assert article.places == ("Harrowmere",)
    assert article.dateline_date == "2023-10-12"


def test_a_word_and_a_colon_begin_no_declared_text_with_a_place() -> None:
    assert declared(title="T", body="Winner: Rovers, by a length.").places == ()
    assert page("Feb 6, 2025\nA headline\n\nHarrowmere: The council voted.").places == ("Harrowmere",)


def test_declared_places_stand_beside_the_dateline() -> None:
    article = declared(title="T", dateline="CLEVELAND, Dec 31 -", places=["usa"], published="1987-01-02T15:02:20")
    assert (article.places, article.dateline_date) == (("usa",), "1986-12-31")
    assert article.published == "1987-01-02T15:02:20"


def test_impossible_dates_are_told_and_the_article_kept() -> None:
    for value in ("2025-02-30", "soon", 1738800000, True, ["x"], {"y": 1}):
        article = declared(title="T", published=value)
        assert article.published is None
    article = declared(title="T", published="2025-02-30")
    assert any(finding.field == "published" and finding.confidence == 0 for finding in article.findings)
    assert declared(title="T", published=20250206).published == "2025-02-06"


def test_an_embargo_that_can_not_be_read_is_an_error() -> None:
    assert declared(title="T", available_from="2025-02-06T18:00:00Z").available_from == "2025-02-06T18:00:00+00:00"
    with pytest.raises(ArticleError, match="available_from"):
        declared(title="T", available_from="after the launch")


def test_an_address_that_runs_is_no_address() -> None:
    assert declared(title="T", url="javascript:alert(1)").url is None
    assert declared(title="T", url=" https://p.example/x ").url == "https://p.example/x"


def test_names_in_objects_are_understood() -> None:
    article = declared(
        title={"main": "T"},
        byline=[{"name": "Ann Lee"}, {"name": "Bo Rask"}],
        source={"id": None, "name": "P"},
        tags=[{"value": "x"}],
    )
    assert (article.title, article.byline, article.source, article.tags) == ("T", ("Ann Lee", "Bo Rask"), "P", ("x",))


def test_sources_defaults_stand_behind_the_declaration() -> None:
    rules = SourceRules(id="post", name="The Hill Post", language="hi", section="News", rights="all", time_zone="Asia/Kolkata")
    article = clean(Extract(provenance=PROVENANCE, declared={"title": "T", "section": "Sport", "id": "7"}), rules)
    assert (article.id, article.source, article.section, article.rights, article.language) == (
        "post:7",
        "The Hill Post",
        "Sport",
        "all",
        "hi",
    )


def test_furniture_of_declared_texts_is_kept_apart() -> None:
    body = "The council voted.\n\nAlso read: River falls to lowest level\n\nWork begins in April.\n\nAbout Us\n\nA paper."
    article = declared(title="T", body=body)
    assert article.body == "The council voted.\n\nWork begins in April."
    assert article.furniture.split("\n") == ["Also read: River falls to lowest level", "About Us", "A paper."]


def test_duplicates_share_source_date_headline_and_text() -> None:
    one, two = (declared(id=number, title="T", body="B", published="2025-02-06", source="P") for number in (1, 2))
    assert one.id != two.id
    assert duplicate_key(one) == duplicate_key(two)
    for change in ({"title": "U"}, {"body": "C"}, {"published": "2025-02-07"}, {"source": "Q"}):
        other = declared(**({"title": "T", "body": "B", "published": "2025-02-06", "source": "P"} | change))
        assert duplicate_key(other) != duplicate_key(one)


# the seed's shape, and the sample archive


def test_a_neighbouring_headline_is_never_in_the_text() -> None:
    text = (CORPUS / "courier" / "saves").glob("*.txt")
    pages = [path.read_text(encoding="utf-8-sig") for path in sorted(text)]
    assert len(pages) >= 50
    headlines = {article.title for article in map(page, pages)}
    for article in map(page, pages):
        assert not {headline for headline in headlines if headline in article.body.split("\n") or f"\n{headline}" in article.body}
        assert "About Us" not in article.body


@pytest.mark.parametrize("paper", ["courier", "ledger", "prabhat"])
def test_every_finding_of_the_sample_archive_holds(paper: str) -> None:
    count = 0
    for path in walk(CORPUS / paper):
        for record in read_file(path, CORPUS / paper):
            assert isinstance(record, Extract), record
            article = clean(record, SourceRules(id=paper, time_zone="Asia/Kolkata"))
            check_findings(article, record)
            if not record.declared:
                assert not words_lost(record.text, article) - {"by"}
            count += 1
    assert count >= 36


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "articles", "rejected", "duplicates"), [("reuters21578", 21577, 1, 0), ("harvard_newsarticles", 3823, 1, 2)]
)
def test_large_corpora_lose_no_record(name: str, articles: int, rejected: int, duplicates: int) -> None:
    path = LARGE / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        raw = [json.loads(line) for line in file]
    errors, keys = 0, Counter[str]()
    for record, given_record in zip(read_file(path, path.parent), raw, strict=True):
        assert isinstance(record, Extract)
        try:
            article = clean(record)
        except ArticleError:
            errors += 1
            continue
        keys[duplicate_key(article)] += 1
        assert article.id.endswith(f":{given_record['id']}")
        assert article.published == given_record["date"]
        assert article.section == given_record["section"]
        assert set(article.places) == set(given_record.get("places", []))
        assert set(article.tags) == set(given_record.get("topics", []))
        assert article.language == given_record["lang"]
        assert article.title == " ".join((given_record["title"] or "").split())
    assert (sum(keys.values()), errors) == (articles, rejected)
    assert sum(count - 1 for count in keys.values()) == duplicates
