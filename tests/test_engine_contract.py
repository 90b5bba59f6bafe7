"""The sentences of ``searchapp/engines/base.py`` and of the query tree, one by one, on every engine."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.base import Engine, EngineAnswer, EngineRequest, SortKey
from searchapp.engines.factory import open_engine
from searchapp.errors import GenerationGone, NoIndex, QueryRefused, QueryTimeout, SettingsError
from searchapp.fields import DEFAULT_SCOPE, FACETS, MISSING, TEXT_FIELDS, values_of
from searchapp.query.deadline import Deadline
from searchapp.query.limits import MAX_EXPANSION
from searchapp.query.marks import find_in_article
from searchapp.query.tree import (
    And,
    Days,
    Everything,
    Fuzzy,
    Keyword,
    Near,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Term,
    Wildcard,
    wanted,
)
from searchapp.results import FacetValue
from searchapp.settings import Settings

BOTH = DEFAULT_SCOPE


def article(number: int | str, title: str = "", body: str = "", **more: object) -> Article:
    published = more.pop("published", None)
    precision = {None: None, 4: "year", 7: "month", 10: "day"}.get(published and len(str(published)), "time")
    values = {"language": "en", "published": published, "published_precision": precision} | more
    provenance = Provenance(file="invented.jsonl", format="jsonl", sha256="0" * 64)
    return Article(id=str(number), title=title or f"untitled {number}", body=body, provenance=provenance, **values)  # type: ignore[arg-type]


@pytest.fixture
def engine(tmp_path: Path) -> Iterable[Engine]:
    opened = open_engine(Settings.make(index=str(tmp_path)))
    yield opened
    opened.close()


def fill(engine: Engine, *articles: Article, full: bool = True) -> Engine:
    with engine.begin_build(full=full) as build:
        for one in articles:
            build.add(one)
        build.publish(journal=len(articles))
    return engine


def ask(engine: Engine, tree: Node, **more: object) -> EngineAnswer:
    return engine.snapshot().search(EngineRequest(tree=tree, **more))  # type: ignore[arg-type]


def ids(answer: EngineAnswer) -> list[str]:
    return [hit.key.id for hit in answer.hits]


def found(engine: Engine, tree: Node, **more: object) -> list[str]:
    return sorted(ids(ask(engine, tree, limit=1000, **more)))


def words(*forms: str, fields: Sequence[str] = BOTH) -> tuple[Term, ...]:
    return tuple(Term(form, tuple(fields)) for form in forms)


class TestNodes:
    @pytest.fixture
    def engine(self, engine: Engine) -> Engine:
        return fill(
            engine,
            article(
                1, "Bridge closed", "The old bridge over the river was closed on Monday", published="2024-03-02", section="Local"
            ),
            article(
                2, "Bridges of the valley", "Ministers walked over bridges", byline=("Ira Sen", "Tom Bridge"), published="2024-03"
            ),
            article(3, "Pont", "Les ponts de la ville", language="fr", published="2023"),
            article(4, "पुल बंद", "नदी पर पुल", language="hi", url="https://Example.org/A", page="4"),
            article(5, "Untagged", "a bridging loan", language=None, furniture="bridge news", tags=("Law", "Water")),
        )

    def test_everything_and_nothing(self, engine: Engine) -> None:
        assert found(engine, Everything()) == ["1", "2", "3", "4", "5"]
        assert found(engine, Nothing()) == []

    def test_a_term_agrees_by_stem_in_the_articles_own_language(self, engine: Engine) -> None:
        assert found(engine, Term("bridges", BOTH)) == ["1", "2"]
        assert found(engine, Term("bridging", BOTH)) == ["1", "2", "5"], "by form in 5, which has no chain"
        assert found(engine, Term("ponts", BOTH)) == ["3"]

    def test_an_exact_term_agrees_by_form_only(self, engine: Engine) -> None:
        assert found(engine, Term("bridges", BOTH, exact=True)) == ["2"]
        assert found(engine, Term("bridge", ("title",), exact=True)) == ["1"]

    def test_a_name_field_is_not_stemmed(self, engine: Engine) -> None:
        assert found(engine, Term("bridge", ("byline",))) == ["2"]
        assert found(engine, Term("bridges", ("byline",))) == []

    def test_furniture_is_found_only_where_it_is_asked_for(self, engine: Engine) -> None:
        assert found(engine, Term("news", BOTH)) == []
        assert found(engine, Term("news", ("furniture",))) == ["5"]

    def test_scripts_without_a_stemmer_are_found_by_form(self, engine: Engine) -> None:
        assert found(engine, Term("पुल", BOTH)) == ["4"]

    def test_phrase(self, engine: Engine) -> None:
        assert found(engine, Phrase(("over", "the", "river"), BOTH)) == ["1"]
        assert found(engine, Phrase(("over", "river"), BOTH)) == []
        assert found(engine, Phrase(("over", "river"), BOTH, slop=1)) == ["1"]
        assert found(engine, Phrase(("river", "over"), BOTH, slop=9)) == [], "in this order"
        assert found(engine, Phrase(("old", "bridges"), BOTH)) == ["1"], "by stem"
        assert found(engine, Phrase(("old", "bridges"), BOTH, exact=True)) == []
        assert found(engine, Phrase(("closed", "the"), BOTH)) == [], "not from one field to the next"

    def test_no_phrase_crosses_from_one_value_to_the_next(self, engine: Engine) -> None:
        assert found(engine, Phrase(("ira", "sen"), ("byline",))) == ["2"]
        assert found(engine, Phrase(("sen", "tom"), ("byline",), slop=50)) == []

    def test_near_in_either_order_within_the_distance(self, engine: Engine) -> None:
        bridge, river = words("bridge", "river")
        assert found(engine, Near(bridge, river, 2)) == []
        assert found(engine, Near(bridge, river, 3)) == found(engine, Near(river, bridge, 3)) == ["1"]

    def test_near_occurrences_dont_overlap(self, engine: Engine) -> None:
        old_bridge = Phrase(("old", "bridge"), BOTH)
        assert found(engine, Near(old_bridge, Term("bridge", BOTH), 5)) == []
        assert found(engine, Near(old_bridge, Term("over", BOTH), 1)) == ["1"]

    def test_prefix_wildcard_and_fuzzy_look_at_forms(self, engine: Engine) -> None:
        assert found(engine, Prefix("brid", BOTH)) == ["1", "2", "5"]
        assert found(engine, Prefix("पु", BOTH)) == ["4"]
        assert found(engine, Wildcard("br*ge?", BOTH)) == ["2"]
        assert found(engine, Wildcard("b*g*e", BOTH)) == ["1"]
        assert found(engine, Fuzzy("brigde", 1, BOTH)) == ["1"], "a swap is one edit"
        assert found(engine, Fuzzy("bredgin", 2, BOTH)) == ["5"]

    def test_keyword_compares_folded_whole_values(self, engine: Engine) -> None:
        assert found(engine, Keyword("url", "https://example.ORG/a")) == ["4"]
        assert found(engine, Keyword("url", "example.org")) == []
        assert found(engine, Keyword("language", "FR")) == ["3"]
        assert found(engine, Keyword("year", "2024")) == ["1", "2"]
        assert found(engine, Keyword("id", "3")) == ["3"]

    def test_days_overlap_the_period_and_leave_undated_ones_out(self, engine: Engine) -> None:
        assert found(engine, Days(date(2024, 3, 5), date(2024, 3, 5))) == ["2"]
        assert found(engine, Days(None, date(2024, 3, 2))) == ["1", "2", "3"]
        assert found(engine, Days(date(2024, 3, 3), None)) == ["2"]
        assert found(engine, Days(None, None)) == ["1", "2", "3"]

    def test_and_or_not(self, engine: Engine) -> None:
        bridge, river = words("bridge", "river")
        assert found(engine, And((bridge, river))) == ["1"]
        assert found(engine, Or((river, Term("ponts", BOTH)))) == ["1", "3"]
        assert found(engine, Not(bridge)) == ["3", "4", "5"]
        assert found(engine, And(())) == found(engine, Everything())
        assert found(engine, Or(())) == []


class TestOrder:
    @pytest.fixture
    def engine(self, engine: Engine) -> Engine:
        return fill(
            engine,
            article("b", "rain", published="2024-05-01"),
            article("a", "rain", published="2024-05-01"),
            article("d", "rain"),
            article("c", "rain"),
            article("new", "rain", published="2025-01-01T08:00:00"),
            article("best", "rain rain", published="2001"),
            article("zone", "rain", published="2025-01-01T09:00:00+05:30"),
            article("old", "rain", published="1913-07"),
        )

    def test_relevance_then_newer_then_id(self, engine: Engine) -> None:
        assert ids(ask(engine, Term("rain", BOTH))) == ["best", "new", "zone", "a", "b", "old", "c", "d"]

    def test_newest_and_oldest_put_undated_last(self, engine: Engine) -> None:
        assert ids(ask(engine, Term("rain", BOTH), sort="newest")) == ["new", "zone", "a", "b", "best", "old", "c", "d"]
        assert ids(ask(engine, Term("rain", BOTH), sort="oldest")) == ["old", "best", "a", "b", "zone", "new", "c", "d"]

    def test_the_instant_is_where_the_period_begins(self, engine: Engine) -> None:
        keys = {hit.key.id: hit.key.instant for hit in ask(engine, Everything()).hits}
        assert keys["best"] == 978307200
        assert keys["zone"] == 1735702200
        assert keys["c"] is None

    def test_without_scored_leaves_every_score_is_0(self, engine: Engine) -> None:
        for tree in (Everything(), Not(Term("sun", BOTH)), Keyword("language", "en"), Days(None, date(2025, 1, 1))):
            assert {hit.key.score for hit in ask(engine, tree).hits} == {0.0}

    @pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
    def test_offset_limit_and_after_walk_the_same_order(self, engine: Engine, sort: str) -> None:
        tree = Or(words("rain"))
        whole = ask(engine, tree, sort=sort).hits
        assert [hit for start in range(0, 9, 3) for hit in ask(engine, tree, sort=sort, offset=start, limit=3).hits] == list(
            whole
        )
        walked, after = [], None
        while page := ask(engine, tree, sort=sort, after=after, limit=3).hits:
            walked += page
            after = page[-1].key
        assert walked == list(whole)

    @pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
    def test_going_on_after_a_place_nobody_holds(self, engine: Engine, sort: str) -> None:
        whole = ask(engine, Term("rain", BOTH), sort=sort).hits
        key = next(hit.key for hit in whole if hit.key.id == "a")
        later = ask(engine, Term("rain", BOTH), sort=sort, after=SortKey(key.score, key.instant, "aa")).hits
        assert [hit.key.id for hit in later] == [hit.key.id for hit in whole][[hit.key.id for hit in whole].index("a") + 1 :]

    def test_total_does_not_depend_on_the_page(self, engine: Engine) -> None:
        assert [ask(engine, Term("rain", BOTH), offset=offset, limit=1).total for offset in (0, 7, 99)] == [8, 8, 8]
        assert ask(engine, Everything(), limit=0).hits == ()

    def test_stream_gives_every_match_in_order_whatever_limit_and_offset(self, engine: Engine) -> None:
        request = EngineRequest(tree=Term("rain", BOTH), sort="oldest", limit=1, offset=5)
        assert [a.id for a in engine.snapshot().stream(request)] == ["old", "best", "a", "b", "zone", "new", "c", "d"]

    @pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
    def test_ids_are_those_of_the_stream_without_reading_an_article(self, engine: Engine, sort: str) -> None:
        with engine.begin_build(full=False) as build:  # another segment, and a deleted row
            build.add(article("e", "rain sun", published="2024-05-02"))
            build.remove("b")
            build.publish(journal=9)
        snapshot = engine.snapshot()
        for tree in (Term("rain", BOTH), Nothing(), Days(date(2024, 5, 1), None)):
            request = EngineRequest(tree=tree, sort=sort, limit=1, offset=3, now=1714608000)  # type: ignore[arg-type]
            assert list(snapshot.ids(request)) == [a.id for a in snapshot.stream(request)]
        held = [a.id for a in snapshot.stream(EngineRequest(tree=Everything(), sort="oldest"))]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(snapshot), "stream", None)
            patch.setattr("searchapp.article.Article.__init__", None)
            assert list(snapshot.ids(EngineRequest(tree=Everything(), sort="oldest"))) == held


class TestScore:
    def test_the_formula_by_hand(self, engine: Engine) -> None:
        fill(
            engine,
            article(1, "flood", "flood in the town"),
            article(2, "no news", "the flood"),
            article(3, "sun", "all day long"),
        )
        hits = {hit.key.id: hit.key.score for hit in ask(engine, Term("floods", BOTH, boost=3.0)).hits}
        title, body = 4 / 3, 9 / 3
        idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
        first = 2.5 * 1 / (1 - 0.5 + 0.5 * 1 / title) + 1 / (1 - 0.65 + 0.65 * 4 / body)
        second = 1 / (1 - 0.65 + 0.65 * 2 / body)
        assert hits == pytest.approx({"1": 3 * idf * first / (1.5 + first), "2": 3 * idf * second / (1.5 + second)}, abs=1e-12)

    def test_a_leaf_under_not_or_in_a_name_field_adds_nothing(self, engine: Engine) -> None:
        fill(engine, article(1, "flood", byline=("Flood Sen",)), article(2, "flood rain"))
        alone = {hit.key.id: hit.key.score for hit in ask(engine, Term("flood", BOTH)).hits}
        both = ask(engine, And((Term("flood", BOTH), Or((Term("flood", ("byline",)), Not(Term("snow", BOTH)))))))
        assert {hit.key.id: hit.key.score for hit in both.hits} == alone

    def test_an_unmatched_alternative_adds_nothing_and_a_repeated_leaf_counts_twice(self, engine: Engine) -> None:
        fill(engine, article(1, "flood"), article(2, "rain"), article(3, "sun"))
        flood, rain = words("flood", "rain")
        score = ask(engine, flood).hits[0].key.score
        assert [hit.key.score for hit in ask(engine, Or((flood, rain))).hits] == [score, score]
        assert ask(engine, And((flood, flood))).hits[0].key.score == pytest.approx(2 * score)

    def test_counts_of_phrase_and_near_are_their_first_positions(self, engine: Engine) -> None:
        fill(engine, article(1, "x", "a b a b c"), article(2, "x", "a b c d e"), article(3, "x", "z z z z z"))
        phrase = {h.key.id: h.key.score for h in ask(engine, Phrase(("a", "b"), ("body",))).hits}
        near = {h.key.id: h.key.score for h in ask(engine, Near(Term("a", ("body",)), Term("b", ("body",)), 1)).hits}
        term = {h.key.id: h.key.score for h in ask(engine, Term("b", ("body",))).hits}
        assert phrase == near == term


class TestFiltersAndCounts:
    @pytest.fixture
    def engine(self, engine: Engine) -> Engine:
        return fill(
            engine,
            article(1, section="Local", tags=("tea", "rain"), published="2024-05-01"),
            article(2, section="Local", tags=("tea",), published="2024-05-20"),
            article(3, section="World", tags=("rain", "rain"), published="2024-06-30"),
            article(4, section="World", published="2024"),
            article(5, tags=("tea",)),
        )

    def test_where_is_or_within_a_field_and_and_between_fields(self, engine: Engine) -> None:
        assert found(engine, Everything(), where={"tag": ("tea", "rain")}) == ["1", "2", "3", "5"]
        assert found(engine, Everything(), where={"tag": ("tea",), "section": ("Local",)}) == ["1", "2"]
        assert found(engine, Everything(), where={"section": ("local",)}) == [], "whole values, as they are shown"
        assert found(engine, Everything(), where={"section": ("Nowhere",)}) == []
        assert found(engine, Everything(), where={"section": ()}) == ["1", "2", "3", "4", "5"]

    def test_without(self, engine: Engine) -> None:
        assert found(engine, Everything(), without={"tag": ("rain",)}) == ["2", "4", "5"]
        assert found(engine, Everything(), without={"tag": ("rain",), "section": ("Local",)}) == ["4", "5"]

    def test_missing_is_a_value_for_filters(self, engine: Engine) -> None:
        assert found(engine, Everything(), where={"section": (MISSING,)}) == ["5"]
        assert found(engine, Everything(), where={"section": (MISSING, "Local")}) == ["1", "2", "5"]
        assert found(engine, Everything(), without={"tag": (MISSING,)}) == ["1", "2", "3", "5"]

    def test_first_and_last_day_overlap(self, engine: Engine) -> None:
        assert found(engine, Everything(), first=date(2024, 5, 20)) == ["2", "3", "4"]
        assert found(engine, Everything(), first=date(2024, 5, 2), last=date(2024, 5, 20)) == ["2", "4"]
        assert found(engine, Everything(), last=date(2023, 12, 31)) == []

    def test_a_facet_is_counted_without_its_own_filters(self, engine: Engine) -> None:
        answer = ask(engine, Everything(), facets=("tag", "section"), where={"tag": ("tea",)}, without={"section": ("World",)})
        assert answer.total == 3
        assert answer.facets["section"].values == (FacetValue("Local", 2), FacetValue("World", 0, excluded=True))
        assert answer.facets["section"].missing == 1
        assert answer.facets["tag"].values == (FacetValue("tea", 3, selected=True), FacetValue("rain", 1))

    def test_values_by_count_then_name_and_an_articles_value_once(self, engine: Engine) -> None:
        facet = ask(engine, Everything(), facets=("tag",)).facets["tag"]
        assert [(value.value, value.count) for value in facet.values] == [("tea", 3), ("rain", 2)]
        assert (facet.other, facet.missing) == (0, 1)

    def test_selected_values_are_listed_beyond_the_size_and_other_is_the_rest(self, engine: Engine) -> None:
        facet = ask(engine, Everything(), facets=("year", "tag"), facet_size=1, where={"tag": ("rain", "gone")}).facets["tag"]
        assert facet.values == (FacetValue("tea", 3), FacetValue("rain", 2, selected=True), FacetValue("gone", 0, selected=True))
        assert facet.other == 0
        facet = ask(engine, Everything(), facets=("tag",), facet_size=1).facets["tag"]
        assert (facet.values, facet.other) == ((FacetValue("tea", 3),), 2)

    def test_missing_selected_is_listed(self, engine: Engine) -> None:
        facet = ask(engine, Everything(), facets=("section",), where={"section": (MISSING,)}).facets["section"]
        assert FacetValue(MISSING, 1, selected=True) in facet.values
        assert (facet.other, facet.missing) == (0, 1)

    def test_only_asked_facets_are_counted(self, engine: Engine) -> None:
        assert dict(ask(engine, Everything()).facets) == {}
        assert set(ask(engine, Everything(), facets=FACETS).facets) == set(FACETS)

    def test_clauses_are_totals_alone_without_filters(self, engine: Engine) -> None:
        trees = (Keyword("year", "2024"), Everything(), Nothing())
        assert ask(engine, Nothing(), clauses=trees, where={"section": ("Local",)}).clauses == (4, 5, 0)

    def test_histogram_only_when_asked(self, engine: Engine) -> None:
        assert ask(engine, Everything()).histogram is None
        histogram = ask(engine, Everything(), histogram=True, where={"tag": ("tea",)}).histogram
        assert histogram is not None
        assert histogram.interval == "day"
        assert histogram.buckets == ((date(2024, 5, 1), 1), (date(2024, 5, 20), 1))
        assert histogram.missing == 1

    def test_now_hides_articles_everywhere_and_from_every_count(self, engine: Engine) -> None:
        fill(engine, article(6, section="Local", tags=("secret",), available_from="2030-01-01T00:00:00+00:00"), full=False)
        before, at = 1893455999, 1893456000
        request = {"facets": FACETS, "histogram": True, "clauses": (Everything(), Not(Nothing()))}
        hidden, shown = (ask(engine, Everything(), now=now, **request) for now in (before, at))
        assert (hidden.total, shown.total, ask(engine, Everything()).total) == (5, 6, 6)
        assert (hidden.clauses, shown.clauses) == ((5, 5), (6, 6))
        assert "secret" not in [value.value for value in hidden.facets["tag"].values]
        assert hidden.facets["section"].values[0].count == 2
        assert hidden.histogram is not None
        assert sum(n for _, n in hidden.histogram.buckets) + hidden.histogram.missing == 5
        streamed = engine.snapshot().stream(EngineRequest(tree=Everything(), now=before))
        assert "6" not in [a.id for a in streamed]
        assert "6" not in list(engine.snapshot().ids(EngineRequest(tree=Everything(), now=before)))


class TestWithheld:
    @pytest.fixture
    def engine(self, engine: Engine) -> Engine:
        return fill(
            engine,
            article(1, section="Local", tags=("tea", "rain"), published="2024-05-01", byline=("Arko Sen",)),
            article(2, section="Local", tags=("tea", "secret"), published="2024-05-20", byline=("Arko Sen", "Zoë Dutta")),
            article(3, section="World", tags=("rain", "rain"), published="2024-06-30", source="The Ridge Courier"),
            article(4, section="World", published="2024", agency=("NWS",)),
            article(5, tags=("tea",)),
        )

    HELD = frozenset({"2", "5", "nobody"})

    def test_withheld_articles_are_hidden_by_everything(self, engine: Engine) -> None:
        snapshot = engine.snapshot(withheld=self.HELD)
        everything = EngineRequest(
            tree=Everything(), facets=FACETS, histogram=True, clauses=(Everything(), Not(Nothing()), Keyword("year", "2024"))
        )
        kept = ("1", "3", "4")
        answer = snapshot.search(everything)
        assert (answer.total, sorted(ids(answer)), answer.clauses[:2]) == (3, list(kept), (3, 3))
        assert answer.clauses[2] == 3
        assert snapshot.search(replace(everything, tree=Keyword("tag", "secret"))).total == 0
        for name in FACETS:
            values = [tuple(dict.fromkeys(values_of(one, name))) for one in map(engine.snapshot().article, kept) if one]
            counted = {value.value: value.count for value in answer.facets[name].values}
            assert counted == Counter(value for some in values for value in some), name
            assert answer.facets[name].missing == values.count(()), name
        assert answer.histogram is not None
        assert sum(n for _, n in answer.histogram.buckets) + answer.histogram.missing == 3
        assert sorted(snapshot.ids(everything)) == sorted(a.id for a in snapshot.stream(everything)) == list(kept)
        assert sorted(key.id for key in snapshot.keys(everything)) == list(kept)
        assert [one for one in ("1", "2", "3", "4", "5") if snapshot.article(one)] == list(kept)
        assert [one for one in ("1", "2", "3", "4", "5") if snapshot.explain(Everything(), one)] == list(kept)
        assert snapshot.hidden(0) == 2

    def test_no_score_moves_and_none_comes_back_by_a_place_in_the_order(self, engine: Engine) -> None:
        texts = [article(n, "rain" if n % 3 else "rain rain", "rain " * n + "snow " * (n % 5)) for n in range(1, 40)]
        fill(engine, *texts)
        held = frozenset(str(n) for n in range(1, 40, 4))
        for tree in (Term("rain", BOTH), And(words("rain", "snow")), Or(words("rain", "snow"))):
            before = [hit.key for hit in ask(engine, tree, limit=100).hits]
            snapshot = engine.snapshot(withheld=held)
            after = [hit.key for hit in snapshot.search(EngineRequest(tree=tree, limit=100)).hits]
            assert after == [key for key in before if key.id not in held]
            assert list(snapshot.keys(EngineRequest(tree=tree, limit=7))) == after[:7]
            walked, place = [], before[10]
            while some := snapshot.search(EngineRequest(tree=tree, limit=3, after=place)).hits:
                walked += [hit.key for hit in some]
                place = walked[-1]
            assert walked == [key for key in before[11:] if key.id not in held]
            for key in after:
                explained = snapshot.explain(tree, key.id)
                assert explained is not None
                assert explained.score == pytest.approx(key.score)
                assert explained.articles == 39

    def test_each_time_another_set_may_be_withheld(self, engine: Engine) -> None:
        """Also of an older generation, of several segments, and together with what isn't available yet."""
        name = engine.snapshot().info.name
        fill(engine, article(6, available_from="2030-01-01T00:00:00+00:00"), article(2, "another"), full=False)
        request = EngineRequest(tree=Everything(), now=0, limit=100)
        for held in ({"2"}, set(), {"2", "3"}, {"6"}, {"3"}, {"none"}, set()):
            for generation, there in ((None, "123456"), (name, "12345")):
                snapshot = engine.snapshot(generation, withheld=frozenset(held))
                assert sorted(ids(snapshot.search(request))) == sorted(set(there) - held - {"6"}), (held, generation)
                assert snapshot.hidden(0) == len(set(there) & (held | {"6"}))
                assert [one for one in there if snapshot.article(one)] == [one for one in there if one not in held]
            assert ask(engine, Everything(), now=0, limit=100).total == 5
        plain = engine.snapshot()
        assert engine.snapshot(withheld=frozenset({"1"})).search(request).total == 4
        assert plain.search(request).total == 5

    def test_a_build_neither_loses_nor_shows_them(self, engine: Engine) -> None:
        held = frozenset({"1"})
        fill(engine, article(1, "a new version"), article(7), full=False)
        assert engine.snapshot(withheld=held).article("1") is None
        found = engine.snapshot().article("1")
        assert found is not None
        assert found.title == "a new version"


class TestLimits:
    @pytest.fixture
    def engine(self, engine: Engine) -> Engine:
        """As many forms w0000 … as a wildcard may stand for, one of them in a title only."""
        half = MAX_EXPANSION // 2
        forms = [f"w{number:04}" for number in range(MAX_EXPANSION)]
        return fill(engine, article(1, forms[-1], " ".join(forms[:half])), article(2, "x", " ".join(forms[half:-1])))

    @pytest.mark.parametrize(
        "leaf", [Wildcard("w*", BOTH), Near(Wildcard("w*", BOTH), Term("x", BOTH), 3), Not(Wildcard("w*", BOTH))]
    )
    def test_a_wildcard_may_stand_for_the_limit_and_no_more(self, engine: Engine, leaf: Node) -> None:
        ask(engine, leaf)
        fill(engine, article(3, "w9999"), full=False)
        with pytest.raises(QueryRefused) as refused:
            ask(engine, leaf)
        assert refused.value.problems[0].parameter == "q"
        assert "write more letters" in str(refused.value)
        with pytest.raises(QueryRefused):
            ask(engine, Everything(), clauses=(leaf,))
        with pytest.raises(QueryRefused):
            engine.snapshot().stream(EngineRequest(tree=leaf))
        with pytest.raises(QueryRefused):
            engine.snapshot().ids(EngineRequest(tree=leaf))

    def test_forms_of_removed_articles_dont_count(self, engine: Engine) -> None:
        fill(engine, article(3, "w9999"), full=False)
        with engine.begin_build(full=False) as build:
            build.remove("3")
            build.publish(journal=9)
        assert ask(engine, Wildcard("w*", BOTH)).total == 2

    def test_a_fuzzy_word_too(self, engine: Engine) -> None:
        assert ask(engine, Fuzzy("w00", 2, BOTH)).total == 2
        more = " ".join(
            f"a{one}{two}" for one in "bcdefghijklmnopqrstuvwxyz01234567" for two in "bcdefghijklmnopqrstuvwxyz01234567"
        )
        fill(engine, article(3, "many", more), full=False)
        with pytest.raises(QueryRefused, match="fewer edits"):
            ask(engine, Fuzzy("a99", 2, BOTH))

    def test_a_prefix_has_no_limit(self, engine: Engine) -> None:
        fill(engine, article(3, "w9999"), full=False)
        assert ask(engine, Prefix("w", BOTH)).total == 3


class TestMarks:
    TREE = And(
        (
            Or((*words("flood"), Phrase(("the", "bridge"), BOTH), Prefix("co", (*BOTH, "furniture")))),
            Or((Near(*words("bridge", "flood"), 3), Fuzzy("floud", 1, BOTH), Everything())),
            Not(Term("gone", BOTH)),
        )
    )

    def test_marks_are_those_of_reading_the_texts(self, engine: Engine) -> None:
        fill(
            engine,
            article(1, "The bridge", "Floods and the flood, the co-operation of bridges."),
            article(2, "Flood", "Nothing else.", furniture="company"),
            article(3, "एक पुल", "flood, floods", language="hi"),
        )
        fill(engine, article(2, "Floods", "the bridge " * 5_000), article(4, "Le pont", "la coopération, flood"), full=False)
        answer = ask(engine, self.TREE, highlight=True)
        assert answer.total == 4
        for number, found in enumerate(answer.articles):
            texts = {name: getattr(found, name) for name in TEXT_FIELDS}
            read = find_in_article(texts, found.language, tuple(wanted(self.TREE)))
            assert read
            assert answer.marks is None or answer.marks.of_article(number) == read

    def test_marks_only_when_asked(self, engine: Engine) -> None:
        fill(engine, article(1, "Flood"))
        assert ask(engine, Term("flood", BOTH)).marks is None


class TestBuilds:
    def test_without_an_index(self, engine: Engine) -> None:
        with pytest.raises(NoIndex, match="searchapp index"):
            engine.snapshot()
        with pytest.raises(NoIndex):
            engine.begin_build(full=False)
        assert list(engine.generations()) == []

    def test_an_empty_generation_answers(self, engine: Engine) -> None:
        fill(engine)
        answer = ask(engine, Or((Everything(), Prefix("a", BOTH))), facets=FACETS, histogram=True)
        assert (answer.total, answer.hits) == (0, ())
        assert answer.histogram is not None
        assert answer.histogram.missing == 0
        assert engine.snapshot().languages == ()
        assert engine.snapshot().article("1") is None
        fill(engine, article(1), full=False)
        assert found(engine, Everything()) == ["1"]

    def test_adding_replaces_also_within_one_build(self, engine: Engine) -> None:
        fill(engine, article(1, "first"), article(2, "other"), article(1, "second"))
        assert found(engine, Term("first", BOTH)) == []
        assert found(engine, Term("second", BOTH)) == ["1"]
        fill(engine, article(1, "third"), article(1, "fourth"), full=False)
        assert found(engine, Or(words("second", "third"))) == []
        assert engine.snapshot().article("1") == article(1, "fourth")
        assert engine.snapshot().info.articles == 2

    def test_remove(self, engine: Engine) -> None:
        fill(engine, article(1), article(2))
        with engine.begin_build(full=False) as build:
            build.add(article(3))
            for gone in ("1", "3", "never"):
                build.remove(gone)
            build.add(article(4))
            build.publish(journal=2)
        assert found(engine, Everything()) == ["2", "4"]
        assert engine.snapshot().article("1") is None

    def test_full_begins_from_nothing(self, engine: Engine) -> None:
        fill(engine, article(1))
        fill(engine, article(2))
        assert found(engine, Everything()) == ["2"]

    def test_leaving_unpublished_aborts(self, engine: Engine) -> None:
        fill(engine, article(1))
        before = engine.snapshot().info
        with engine.begin_build(full=True) as build:
            build.add(article(2))
        with pytest.raises(ZeroDivisionError), engine.begin_build(full=False) as build:
            build.add(article(1 // 0))
        assert engine.snapshot().info == before
        assert len(engine.generations()) == 1

    def test_a_snapshot_never_changes_while_it_is_held(self, engine: Engine) -> None:
        fill(engine, article(1, "rain"))
        held = engine.snapshot()
        for number in range(2, 7):
            fill(engine, article(number, "rain"), full=False)
        assert [hit.key.id for hit in held.search(EngineRequest(tree=Term("rain", BOTH))).hits] == ["1"]
        assert engine.snapshot(held.info.name).search(EngineRequest(tree=Everything())).total == 1

    def test_a_swap_by_another_is_seen_within_a_second(self, engine: Engine, tmp_path: Path) -> None:
        fill(engine, article(1))
        other = open_engine(Settings.make(index=str(tmp_path)))
        assert other.snapshot().info.articles == 1
        fill(engine, article(2), full=False)
        end = time.monotonic() + 1
        while other.snapshot().info.articles == 1 and time.monotonic() < end:
            time.sleep(0.02)
        assert found(other, Everything()) == ["1", "2"]

    def test_a_generation_that_never_was_is_gone(self, engine: Engine) -> None:
        fill(engine, article(1))
        for name in ("00000099", "../../etc", "", "0000000١"):
            with pytest.raises(GenerationGone):
                engine.snapshot(name)

    def test_info_and_generations(self, engine: Engine) -> None:
        fill(engine, article(1), article(2))
        fill(engine, article(3), full=False)
        first, second = engine.generations()
        assert (first.articles, first.journal, first.current) == (2, 2, False)
        assert (second.articles, second.journal, second.current) == (3, 1, True)
        assert engine.snapshot().info == second
        assert second.bytes > 0
        assert second.analyser == first.analyser

    def test_languages_most_frequent_first(self, engine: Engine) -> None:
        languages = ["hi", "en", "en", "fr", None, None, None, "hi", "en"]
        fill(engine, *(article(number, language=language) for number, language in enumerate(languages)))
        assert engine.snapshot().languages == ("en", "hi", "fr")

    def test_an_article_comes_back_whole(self, engine: Engine) -> None:
        whole = article(
            "x:1",
            "Zoë’s café",
            "One.\n\nTwo. \ud800",
            byline=("A B",),
            agency=("NWS",),
            places=("New Delhi", "Geneva"),
            published="2024-05-01T10:00:00+05:30",
            dateline_date="2024-04-30",
            tags=("a", "b"),
            furniture="About us",
            rights="all",
            available_from="2024-05-02",
        )
        fill(engine, whole)
        assert engine.snapshot().article("x:1") == whole
        assert ask(engine, Everything()).hits[0].article == whole

    def test_closing_leaves_snapshots_usable(self, engine: Engine) -> None:
        fill(engine, article(1, "rain"))
        held = engine.snapshot()
        engine.close()
        assert held.search(EngineRequest(tree=Term("rain", BOTH))).total == 1
        assert engine.snapshot().info == held.info


class TestDeadline:
    TREES = (
        Everything(),
        Term("flood", BOTH),
        Or(words("flood", "rain")),
        And((Phrase(("the", "flood"), BOTH), Not(Prefix("ra", BOTH)))),
        Near(Prefix("fl", BOTH), Wildcard("t*n", BOTH), 5),
        Fuzzy("flod", 1, BOTH),
    )

    @pytest.mark.parametrize("tree", TREES, ids=str)
    def test_past_it_no_answer_is_looked_up_and_nothing_is_left_behind(self, engine: Engine, tree: Node) -> None:
        fill(engine, article(1, "flood", "the flood in the town"), article(2, "rain", "a flood"), article(3, "sun"))
        snapshot, before = engine.snapshot(), ask(engine, tree, highlight=True)
        late = EngineRequest(tree=tree, highlight=True, deadline=time.monotonic() - 1)
        for way in (snapshot.search, snapshot.keys, snapshot.stream, snapshot.ids):
            with pytest.raises(QueryTimeout, match="longer than a search may take"):
                way(late)
        assert ask(engine, tree, highlight=True, deadline=time.monotonic() + 60) == before

    def test_it_comes_between_the_steps(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wherever among its looks at the clock the deadline comes, the next search answers as if nothing had been."""
        fill(engine, article(1, "flood", "the flood in the town of floods"), article(2, "rain", "a flood"), article(3, "sun"))
        tree = Or((And(self.TREES[2:4]), *self.TREES[4:]))
        before = ask(engine, tree, highlight=True, clauses=self.TREES)
        for looks in range(200):
            clock = iter([0.0] * looks)
            with monkeypatch.context() as patched:
                patched.setattr(Deadline, "check", lambda _, clock=clock: _tick(clock))
                try:
                    answer = ask(engine, tree, highlight=True, clauses=self.TREES)
                except QueryTimeout:
                    answer = None
            assert ask(engine, tree, highlight=True, clauses=self.TREES) == before
            if answer is not None:
                break
        assert answer == before
        assert looks > 10


def _tick(clock: Iterator[float]) -> None:
    if next(clock, None) is None:
        raise QueryTimeout


def test_the_factory_refuses_an_engine_it_has_not_got() -> None:
    with pytest.raises(SettingsError, match="whoosh"):
        open_engine(Settings.make(engine="opensearch"))
