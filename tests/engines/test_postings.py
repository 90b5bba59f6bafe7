"""Segments written in bulk are stock Whoosh segments: unmodified Whoosh reads from them what this engine reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from searchapp import analysis
from searchapp.article import Article, Provenance
from searchapp.engines.whoosh import stock
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.postings import NO_POSTINGS, SHIFT, Cache, Postings, SegmentPostings, from_occurrences
from searchapp.engines.whoosh.schema import exact, stem_term

WORDS = "flood floods flooded river rivers bridge of the in élan".split()
NUMBER = 400


def article(number: int) -> Article:
    random = Random(number)
    language = random.choice(["en", "fr", None])
    return Article(
        id=f"n{number}",
        title=" ".join(random.choices(WORDS, k=4)),
        body=" ".join(random.choices(WORDS, k=random.randint(0, 40))),
        provenance=Provenance(file="f", format="jsonl", sha256="0"),
        byline=("Ira Sen", "Tom Sen"),
        language=language,
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("index")
    with WhooshEngine(root).begin_build(full=True) as build:
        for number in range(NUMBER):
            build.add(article(number))
        name = build.publish(journal=0).name
    return root / "generations" / name


def plainly(field: str, term: str) -> dict[int, list[int]]:
    """Document -> positions, by reading every article."""
    found: dict[int, list[int]] = {}
    for number in range(NUMBER):
        one = article(number)
        name = field.removesuffix("_exact")
        forms = [token.form for token in analysis.tokens(getattr(one, name), one.language)]
        terms = forms if field.endswith("_exact") else [stem_term(form, analysis.chain(one.language)) for form in forms]
        places = [position for position, held in enumerate(terms) if held == term]
        if places:
            found[number] = places
    return found


@pytest.mark.parametrize(
    ("field", "term"),
    [("body_exact", "floods"), ("body_exact", "elan"), ("body", "flood/en"), ("body", "floods/-"), ("title", "river/fr")],
)
def test_postings_are_what_the_articles_say(directory: Path, field: str, term: str) -> None:
    (reader,) = stock.open_readers(directory)
    found = SegmentPostings(reader, 1000).read(field, [term])
    wanted = plainly(field, term)
    assert len(wanted) > 20
    assert found.docs.tolist() == [1000 + doc for doc in wanted]
    assert found.counts.tolist() == [len(places) for places in wanted.values()]
    assert found.occurrences.tolist() == [((1000 + doc) << SHIFT) + place for doc, places in wanted.items() for place in places]


def test_several_terms_at_once_are_their_union(directory: Path) -> None:
    (reader,) = stock.open_readers(directory)
    segment = SegmentPostings(reader, 0)
    together = segment.read(exact("body"), ["flood", "absent", "river"])
    apart = np.concatenate([segment.read(exact("body"), [term]).occurrences for term in ("flood", "river")])
    assert together.occurrences.tolist() == sorted(apart.tolist())
    assert segment.read("nofield", ["flood"]).docs.tolist() == []
    assert segment.read("year", ["1999"]) is NO_POSTINGS


def test_unmodified_whoosh_reads_the_same(directory: Path) -> None:
    """In a process that has nothing of ours but the schema's classes, which its pickle names."""
    script = (
        "import sys; from whoosh.index import open_dir\n"
        "reader = open_dir(sys.argv[1]).reader()\n"
        "m = reader.postings('body_exact', 'floods'); out = []\n"
        "while m.is_active():\n"
        "    out.append((m.id(), m.weight(), m.value_as('positions'))); m.next()\n"
        "info = reader.term_info('body_exact', 'floods')\n"
        "print((out, info.doc_frequency(), info.weight(), info.min_id(), info.max_id()))\n"
        "print('searchapp.engines.whoosh.stock' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(directory)], capture_output=True, text=True, check=True
    )
    answer, patched = done.stdout.splitlines()
    wanted = plainly("body_exact", "floods")
    assert patched == "False"
    assert answer == str(
        (
            [(doc, float(len(places)), places) for doc, places in wanted.items()],
            len(wanted),
            float(sum(map(len, wanted.values()))),
            min(wanted),
            max(wanted),
        )
    )


def test_terms_are_in_order(directory: Path) -> None:
    (reader,) = stock.open_readers(directory)
    assert list(SegmentPostings(reader, 0).terms("body_exact")) == sorted({"elan" if word == "élan" else word for word in WORDS})


def test_the_cache_keeps_what_was_used_last_within_its_bytes() -> None:
    def postings(number: int) -> Postings:
        made.append(number)
        return from_occurrences(np.arange(100, dtype=np.int64) + number)

    made: list[int] = []
    cache = Cache(limit=4 * postings(0).size)
    made.clear()
    for number in (1, 2, 1, 3, 1, 4, 1):
        cache.get(number, lambda number=number: postings(number))
    assert made == [1, 2, 3, 4]
    assert cache._size <= 4 * postings(0).size
    cache.get(2, lambda: postings(2))
    assert made[-1] == 2
