"""Segments hold what the layout says of their articles, seen by a slow reader and brute force."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

import invented
import numpy as np
import pytest
from engines import reference

from searchapp import analysis
from searchapp.article import Article, Provenance
from searchapp.engines.whoosh import inversion, writing
from searchapp.engines.whoosh.documents import available_of
from searchapp.engines.whoosh.layout import ARRAYS, FORMS, SETS, STEMMED_SETS
from searchapp.engines.whoosh.segment import Segment
from searchapp.engines.whoosh.writing import SegmentWriter
from searchapp.fields import BY_NAME, FACETS, values_of


def article(article_id: str, title: str = "", body: str = "", **more: object) -> Article:
    provenance = Provenance(file="invented.jsonl", format="jsonl", sha256="0" * 64)
    values = {"language": "en"} | more
    return Article(id=article_id, title=title or "untitled", body=body, provenance=provenance, **values)  # type: ignore[arg-type]


def written(directory: Path, articles: Sequence[Article], dictionary: bytes | None = None) -> Segment:
    directory.mkdir(exist_ok=True)
    writer = SegmentWriter(directory, "MAIN_a", dictionary)
    assert [writer.add(one) for one in articles] == list(range(len(articles)))
    writer.finish()
    return Segment(directory, "MAIN_a")


def check(segment: Segment, articles: Sequence[Article]) -> None:
    """The segment holds these articles and nothing else."""
    assert segment.articles == len(articles)
    expected = reference.inverted(articles)
    for name in SETS:
        assert reference.postings(segment.arrays, name) == expected[name], name
    for doc, one in enumerate(articles):
        assert segment.article(doc) == one
        assert segment.id(doc) == one.id
        assert {name: int(segment[name][doc]) for name in reference.dates(one)} == reference.dates(one)
        spans = [analysis.columns(getattr(one, name), one.language)[1:] for name in ("title", "body", "furniture")]
        assert reference.offsets(segment.arrays, doc) == [list(zip(*span, strict=True)) for span in spans]
        assert reference.facets(segment.arrays, segment.values["codes"], doc) == {
            name: sorted(set(values_of(one, name))) for name in FACETS
        }
    check_columns(segment, articles)
    check_bounds(segment, articles)


def check_columns(segment: Segment, articles: Sequence[Article]) -> None:
    order = sorted(range(len(articles)), key=lambda doc: articles[doc].id.encode("utf-8", "surrogatepass"))
    assert segment["ids.order"].tolist() == order
    assert [segment["ids.rank"][doc] for doc in order] == list(range(len(articles)))
    hidden = [available_of(one) for one in articles]
    assert segment["available"].tolist() == (hidden if any(one.available_from for one in articles) else [])
    for row in ARRAYS:
        sets = STEMMED_SETS if row.part == FORMS else SETS
        places = [row.name.replace("X", each) for each in sets] if row.name.startswith("X.") else [row.name]
        places = [name.replace(".F.", f".{facet}.") for name in places for facet in (FACETS if ".F." in name else ("",))]
        for name in places:
            assert segment[name].dtype == np.dtype(row.dtype), name
            assert not segment[name].flags.writeable


def check_bounds(segment: Segment, articles: Sequence[Article]) -> None:
    """Bounds hold, and are as near as the steps allow."""
    lengths = {name: segment[f"length.{name}"].tolist() for name in ("title", "body", "furniture")}
    assert segment.values["weights"] == [[BY_NAME[name].boost, BY_NAME[name].length_norm] for name in ("title", "body")]
    norms = {}
    for name, of_articles in lengths.items():
        average = sum(of_articles) / len(articles) if articles else 0.0
        assert segment.values["average"][name] == pytest.approx(average)
        row = BY_NAME[name]
        norms[name] = [row.boost / (1 - row.length_norm + row.length_norm * (n / average if average else 0)) for n in of_articles]
    place = 0
    for found in reference.postings(segment.arrays, "text").values():
        weights = [len(p.title) * norms["title"][p.doc] + len(p.body) * norms["body"][p.doc] for p in found]
        for start in range(0, len(weights), 128):
            most = max(weights[start : start + 128])
            limit = 2 ** ((int(segment["text.max"][place]) - 96) / 8)
            assert most <= limit <= most * 2 ** (1 / 8) * (1 + 1e-6)
            place += 1
    assert place == len(segment["text.max"])
    assert set(segment["furniture.max"].tolist()) | set(segment["values.max"].tolist()) <= {255}


def some(count: int, seed: int) -> list[Article]:
    random = Random(seed)
    return [invented.article(random, number) for number in range(count)]


def test_random_articles(tmp_path: Path) -> None:
    articles = some(700, 1)
    check(written(tmp_path, articles), articles)


def test_an_empty_segment(tmp_path: Path) -> None:
    check(written(tmp_path, []), [])


@pytest.mark.parametrize("count", [127, 128, 129, 256, 257])
def test_blocks_that_are_just_full(tmp_path: Path, count: int) -> None:
    articles = [article(str(number), body="rain " * (number % 3 + 1)) for number in range(count)]
    segment = written(tmp_path, articles)
    check(segment, articles)
    assert math.ceil(count / 128) in np.diff(segment["text.block"])


def test_odd_articles(tmp_path: Path) -> None:
    articles = [
        article("no body", "Rain"),
        article("no title", "", "word"),
        article("half \ud800 a pair", "a \udfff b", "x \ud83d y", tags=("\ud800", "z")),
        article("again and again", "co-co co-co", "run-ning running run run-ning, ran. " * 40),
        article("long words", "a" * 300, "b" * 127 + " " * 200 + "c" * 128 + "," * 5000 + "d" * 31),
        article("values", "t", "b", tags=("a", "b", "a", "c d"), byline=("Ira Sen", "Ira Sen"), section=" ", url="HTTP://X  Y"),
        article("french", "L’état d’urgence", "aujourd'hui l'été", language="fr"),
        article("hindi", "बाढ़ पुल", "जाँच चुनाव", language="hi", furniture="पुल-पुल जाँच"),
        article("none", "co-operation", "", language=None, furniture="co-operation vice-chancellor"),
        article("hidden", "t", available_from="2030-01-01T00:00:00.5+05:30"),
        article("sets", "t", tags=("b", "a")),
        article("same set", "t", tags=("a", "b")),
        article("時間", "東京で大雨", "สวัสดีครับ", language="ja", published="1913", published_precision="year"),
    ]
    check(written(tmp_path, articles), articles)


def test_a_very_long_article_among_short_ones(tmp_path: Path) -> None:
    random = Random(5)
    long = article("long", "one", " ".join(invented.text(random, "en", 100_000).split()))
    articles = [article("a", "one"), long, article("z", "one two", "bridge")]
    check(written(tmp_path, articles), articles)


def test_batches_runs_and_spilling_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = some(500, 2)
    whole = written(tmp_path / "whole", articles)
    monkeypatch.setattr(writing, "BATCH_ARTICLES", 17)
    monkeypatch.setattr(writing, "RUN_ARTICLES", 60)
    monkeypatch.setattr(inversion, "MOST_SURFACES", 100)
    monkeypatch.setattr(writing, "HELD", 20_000)
    parts = written(tmp_path / "parts", articles, whole.dictionary)
    check(parts, articles)
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == names
    for name in names:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name


def test_few_articles_have_no_dictionary_and_many_have_one(tmp_path: Path) -> None:
    assert written(tmp_path / "few", some(50, 3)).dictionary == b""
    assert written(tmp_path / "many", some(600, 3)).dictionary != b""
