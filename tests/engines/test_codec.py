"""Unmodified Whoosh on segments of arrays: what it reads is what is in the articles, and it can turn them into its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import plain_segment
import pytest
import whoosh.index
from invented import article as invented
from rapidfuzz.distance import Levenshtein
from whoosh import query
from whoosh.codec.whoosh3 import W3Segment
from whoosh.reading import IndexReader, TermNotFound
from whoosh.searching import Searcher

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.whoosh import stock
from searchapp.engines.whoosh.codec import ArraySegment
from searchapp.engines.whoosh.schema import RECORD
from searchapp.fields import KEYWORD_FIELDS, NAME_FIELDS, TEXT_FIELDS, values_of
from searchapp.query.tree import VALUE_GAP

SIZES = (150, 60, 1)
"""Articles in each segment: more than a block, less, and one."""


@cache
def articles() -> list[Article]:
    random = Random(20)
    made = [invented(random, number) for number in range(sum(SIZES))]
    long = made[3]
    made[3] = Article(
        id="long \ud834",
        title="run-s co-op",
        body="ab-ab " + "flood bridges " * 3000 + "\ud834x",
        language="en",
        provenance=long.provenance,
    )
    return made


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


def write(directory: Path) -> None:
    stock.create(directory)
    every, start = articles(), 0
    for name, size in zip("abc", SIZES, strict=True):
        stock.commit(directory, [plain_segment.write(directory, name, every[start : start + size])])
        start += size


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> whoosh.index.Index:
    """One that no test changes."""
    directory = tmp_path_factory.mktemp("index")
    write(directory)
    return whoosh.index.open_dir(str(directory))


Postings = dict[tuple[str, str], dict[int, list[int]]]


@cache
def expected() -> Postings:
    """field, term → document → positions, straight from the articles."""
    found: Postings = defaultdict(lambda: defaultdict(list))
    for doc, a in enumerate(articles()):
        for name in TEXT_FIELDS:
            text = getattr(a, name)
            columns = analysis.columns(text, a.language)
            for position, form in [*enumerate(columns[0]), *analysis.compounds(text, *columns).items()]:
                chain = analysis.chain(a.language)
                found[name, f"{analysis.stem(form, chain)}/{chain}"][doc].append(position)
                found[f"{name}_exact", form][doc].append(position)
        for name in NAME_FIELDS:
            start = 0
            for value in values_of(a, name):
                forms = analysis.columns(value, a.language)[0]
                for position, form in enumerate(forms, start):
                    found[name, form][doc].append(position)
                start += len(forms) + VALUE_GAP
        for name in KEYWORD_FIELDS:
            for value in values_of(a, name):
                found[name, analysis.fold(value)][doc] = []
    return {key: {doc: sorted(positions) for doc, positions in docs.items()} for key, docs in found.items()}


def read(reader: IndexReader) -> Postings:
    """The same from all of a reader's postings."""
    found: Postings = defaultdict(dict)
    for field, term, doc, weight, value in reader.iter_postings():
        format_ = reader.schema[field].format
        positions = format_.decode_positions(value) if format_.supports("positions") else []
        assert weight == max(1, len(positions))
        found[field, term.decode("utf-8", "surrogatepass")][doc] = positions
    return dict(found)


def test_every_posting_is_read(index: whoosh.index.Index) -> None:
    with index.reader() as reader:
        assert read(reader) == expected()
        assert reader.doc_count() == reader.doc_count_all() == sum(SIZES)


def test_terms_come_in_order_and_once(index: whoosh.index.Index) -> None:
    wanted = sorted((field, term.encode("utf-8", "surrogatepass")) for field, term in expected())
    with index.reader() as reader:
        assert list(reader.all_terms()) == wanted
        random = Random(1)
        for field, term in random.sample(wanted, 100):
            start = term[: random.randint(0, len(term))] + random.choice([b"", b"a", b"\xff"])
            assert list(islice(reader.terms_from(field, start), 20)) == [pair for pair in wanted if pair >= (field, start)][:20]


def test_what_is_known_of_terms(index: whoosh.index.Index) -> None:
    every = articles()
    with index.reader() as reader:
        for (field, term), docs in Random(2).sample(sorted(expected().items()), 300):
            occurrences = [max(1, len(positions)) for positions in docs.values()]
            info = reader.term_info(field, term)
            assert (field, term) in reader
            assert reader.doc_frequency(field, term) == info.doc_frequency() == len(docs)
            assert reader.frequency(field, term) == info.weight() == sum(occurrences)
            assert (info.max_weight(), info.min_id(), info.max_id()) == (max(occurrences), min(docs), max(docs))
            if field.removesuffix("_exact") in TEXT_FIELDS:
                lengths = [
                    len(analysis.tokens(getattr(every[doc], field.removesuffix("_exact")), every[doc].language)) for doc in docs
                ]
                assert (info.min_length(), info.max_length()) == (min(lengths), max(lengths))


@pytest.mark.parametrize("term", ["nothing/en", "bridge", "", "\udfff"])
def test_what_is_known_of_absent_terms(index: whoosh.index.Index, term: str) -> None:
    with index.reader() as reader:
        assert ("title", term) not in reader
        assert reader.doc_frequency("title", term) == reader.frequency("title", term) == 0
        for raising in (reader.term_info, reader.postings):
            with pytest.raises(TermNotFound):
                raising("title", term)


def test_a_stem_of_the_body_alone_is_no_term_of_the_title(index: whoosh.index.Index) -> None:
    bodies = {term for field, term in expected() if field == "body"} - {term for field, term in expected() if field == "title"}
    with index.reader() as reader:
        assert bodies
        for term in bodies:
            assert ("body", term) in reader
            assert ("title", term) not in reader


def test_lengths(index: whoosh.index.Index) -> None:
    with index.reader() as reader:
        for name in TEXT_FIELDS:
            lengths = [len(analysis.tokens(getattr(a, name), a.language)) for a in articles()]
            for field in (name, f"{name}_exact"):
                assert [reader.doc_field_length(doc, field) for doc in range(len(lengths))] == lengths
                assert reader.field_length(field) == sum(lengths)
                assert (reader.min_field_length(field), reader.max_field_length(field)) == (min(lengths), max(lengths))
        assert reader.field_length("id") == 0


def test_the_column_of_articles(index: whoosh.index.Index) -> None:
    with index.reader() as reader:
        column = reader.column_reader(RECORD)
        assert [Article.from_stored(json.loads(column[doc])) for doc in range(sum(SIZES))] == articles()
        assert not reader.has_column("title")


def found(searcher: Searcher, asked: query.Query) -> list[int]:
    return sorted(doc for _, doc in searcher.search(asked, limit=None).top_n)


def test_queries_through_the_terms(index: whoosh.index.Index) -> None:
    """Prefix, wildcard, range and fuzzy word walk the dictionary in ways of their own."""
    forms = {term: set(docs) for (field, term), docs in expected().items() if field == "body_exact"}

    def holding(test: Any) -> list[int]:
        return sorted({doc for term, docs in forms.items() if test(term) for doc in docs})

    with index.searcher() as searcher:
        for start in ("b", "brid", "पु", "zz", "flo"):
            assert found(searcher, query.Prefix("body_exact", start)) == holding(lambda term, start=start: term.startswith(start))
        for glob in ("b*s", "flo?d*", "*ing"):
            assert found(searcher, query.Wildcard("body_exact", glob)) == holding(lambda term, glob=glob: fnmatchcase(term, glob))
        between = query.TermRange("body_exact", "minister", "river")
        assert found(searcher, between) == holding(lambda term: "minister" <= term <= "river")
        for leaf, _ in searcher.leaf_searchers():
            own = {term.decode("utf-8", "surrogatepass") for term in leaf.reader().lexicon("body_exact")}
            for word in ("bridg", "rivre", "schol"):
                near = set(leaf.reader().terms_within("body_exact", word, 2))
                assert near == {term for term in own if Levenshtein.distance(term, word) <= 2}


def test_a_matcher_can_be_copied_reset_and_moved(index: whoosh.index.Index) -> None:
    docs = expected()["body", "the/en"]
    with index.reader() as reader:
        leaf = reader.leaf_readers()[0][0]
        own = [doc for doc in docs if doc < SIZES[0]]
        matcher = leaf.postings("body", "the/en")
        matcher.skip_to(own[5] + 1)
        assert matcher.id() == own[6]
        other = matcher.copy()
        other.next()
        assert (matcher.id(), other.id()) == (own[6], own[7])
        assert [span.start for span in matcher.spans()] == docs[own[6]]
        matcher.skip_to(10**6)
        assert not matcher.is_active()
        assert matcher.id() == own[-1]
        matcher.reset()
        assert list(matcher.all_ids()) == own
        assert matcher.term() == ("body", b"the/en")


def test_closing_one_reader_leaves_the_others(index: whoosh.index.Index) -> None:
    first, second = index.searcher(), index.searcher()
    first.close()
    assert found(second, query.Term("body", "the/en"))
    second.close()


def test_whooshs_own_writer_deletes(directory: Path) -> None:
    index = whoosh.index.open_dir(str(directory))
    writer = index.writer()
    assert writer.delete_by_term("id", "t:7") == 1
    assert writer.delete_by_term("section", "opinion") > 10
    writer.commit(merge=False)
    gone = {doc for doc, a in enumerate(articles()) if a.id == "t:7" or "opinion" in (a.section or "").lower()}
    dead, base = set(), 0
    for segment, mapped in stock.open_segments(directory):
        dead |= {base + doc for doc, live in enumerate(segment.live.tolist()) if not live}
        base += mapped.articles
    assert dead == gone
    with whoosh.index.open_dir(str(directory)).searcher() as searcher:
        assert found(searcher, query.Term("body", "the/en")) == [doc for doc in expected()["body", "the/en"] if doc not in gone]
        assert found(searcher, query.Every()) == [doc for doc in range(sum(SIZES)) if doc not in gone]


def test_optimize_turns_all_into_stock_segments(directory: Path) -> None:
    """The way out: what is left needs no code of this project but the schema."""
    stock.commit(directory, deletions={"MAIN_a": [0, 7], "MAIN_c": [0]})
    kept = [doc for doc in range(sum(SIZES)) if doc not in (0, 7, sum(SIZES) - 1)]
    place = {doc: new for new, doc in enumerate(kept)}
    whoosh.index.open_dir(str(directory)).optimize()
    index = whoosh.index.open_dir(str(directory))
    assert [type(segment) for segment in index._segments()] == [W3Segment]
    assert not list(directory.glob("MAIN_a*"))
    with index.reader() as reader:
        left = {
            key: {place[doc]: positions for doc, positions in docs.items() if doc in place} for key, docs in expected().items()
        }
        assert read(reader) == {key: docs for key, docs in left.items() if docs}
        column = reader.column_reader(RECORD)
        assert [json.loads(column[doc])["id"] for doc in range(len(kept))] == [articles()[doc].id for doc in kept]
        assert reader.doc_field_length(place[10], "body") == len(analysis.tokens(articles()[10].body, articles()[10].language))


def test_stock_segments_can_stand_beside(directory: Path) -> None:
    """Only for a while: this engine's own opening refuses them."""
    index = whoosh.index.open_dir(str(directory))
    writer = index.writer()
    with index.reader() as reader:
        writer.add_reader(reader)
    writer.commit(merge=False)
    index = whoosh.index.open_dir(str(directory))
    assert [type(segment) for segment in index._segments()] == [ArraySegment] * 3 + [W3Segment]
    with index.searcher() as searcher:
        once = list(expected()["body", "the/en"])
        assert found(searcher, query.Term("body", "the/en")) == sorted([*once, *(doc + sum(SIZES) for doc in once)])


def test_an_empty_index_and_a_segment_without_a_word(tmp_path: Path) -> None:
    stock.create(tmp_path)
    with whoosh.index.open_dir(str(tmp_path)).searcher() as searcher:
        assert found(searcher, query.Term("body", "the/en")) == []
    bare = Article(id="a", title="-", body="", provenance=articles()[0].provenance)
    stock.commit(tmp_path, [plain_segment.write(tmp_path, "a", [bare])])
    with whoosh.index.open_dir(str(tmp_path)).searcher() as searcher:
        assert found(searcher, query.Every()) == [0]
        assert found(searcher, query.Prefix("body_exact", "a")) == []
        assert list(searcher.reader().all_terms()) == [("id", b"a")]


@pytest.mark.parametrize("term", ["the/en", "bridg/en", "flood/en"])
def test_whooshs_own_ranking_prunes_soundly_on_one_word(index: whoosh.index.Index, term: str) -> None:
    with index.searcher() as searcher:
        asked = query.Term("body", term)
        whole = searcher.search(asked, limit=None).top_n
        assert searcher.search(asked, limit=10).top_n == whole[:10]


def test_a_process_that_knows_only_whoosh(directory: Path) -> None:
    """Nothing of this project is imported by hand: the table of contents names what it needs."""
    code = (
        "import sys, whoosh.index\n"
        "from whoosh.query import Term\n"
        "with whoosh.index.open_dir(sys.argv[1]).searcher() as searcher:\n"
        "    print(len(searcher.search(Term('body', 'the/en'), limit=None)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(directory)], capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) == len(expected()["body", "the/en"])
