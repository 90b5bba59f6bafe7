"""Why an article scores what it does: the numbers shown multiply out to the score that a search gives it."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path

import invented
import pytest
from click.testing import CliRunner

from searchapp.cli import main
from searchapp.engines.base import K1, Engine, EngineRequest, Explanation, LeafScore
from searchapp.engines.factory import open_engine
from searchapp.errors import QueryRefused
from searchapp.fields import BY_NAME, TEXT_FIELDS
from searchapp.query.language import parse
from searchapp.query.tree import Days, Keyword, Near, Not, Term, Wildcard, wanted
from searchapp.settings import Settings

ARTICLES = 120


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Invented articles in two segments; some replaced, some taken out, one not to be seen yet."""
    folder = tmp_path_factory.mktemp("index")
    chance = random.Random(3)
    engine = open_engine(Settings.make(index=str(folder)))
    with engine.begin_build(full=True) as build:
        for number in range(ARTICLES):
            build.add(invented.article(chance, number))
        build.publish(journal=0)
    with engine.begin_build(full=False) as build:
        for number in range(100, ARTICLES + 20):
            build.add(invented.article(chance, number))
        for number in range(5):
            build.remove(f"t:{number}")
        build.publish(journal=1)
    engine.close()
    return folder


@pytest.fixture(scope="module")
def engine(index: Path) -> Iterator[Engine]:
    opened = open_engine(Settings.make(index=str(index)))
    yield opened
    opened.close()


def recomputed(leaf: LeafScore, articles: int) -> float:
    """The formula of `searchapp.engines.base`, from nothing but the leaf's numbers."""
    idf = math.log(1 + (articles - leaf.matching + 0.5) / (leaf.matching + 0.5))
    weight = sum(f.boost * f.tf / (1 - f.b + f.b * f.length / f.average) for f in leaf.fields if f.tf)
    assert leaf.idf == pytest.approx(idf)
    assert leaf.weight == pytest.approx(weight)
    return leaf.boost * idf * weight / (K1 + weight)


def test_the_numbers_multiply_out_to_the_score_of_a_search(engine: Engine) -> None:
    snapshot, chance, hits = engine.snapshot(), random.Random(7), 0
    for _ in range(150):
        tree = parse(invented.question(chance)[0], snapshot.languages).tree
        found = {hit.key.id: hit.key.score for hit in snapshot.search(EngineRequest(tree=tree, limit=1000)).hits}
        sample = [*list(found)[:3], f"t:{chance.randint(6, 139)}"]
        for article_id in sample:
            why = snapshot.explain(tree, article_id)
            assert why is not None
            assert why.articles == snapshot.info.articles
            assert why.matches == (article_id in found)
            total = sum(recomputed(leaf, why.articles) for leaf in why.leaves)
            assert why.score == pytest.approx(total)
            if why.matches:
                hits += 1
                assert why.score == pytest.approx(found[article_id], abs=1e-6)
    assert hits > 200


def test_a_leaf_for_each_scored_part_in_the_order_of_the_tree(engine: Engine) -> None:
    snapshot = engine.snapshot()
    query = 'bridge^2 ("flood river"~3 OR fire*) tea NEAR/4 garden section:local language:en date:2020.. -police bridge'
    tree = parse(query, snapshot.languages).tree
    why = snapshot.explain(tree, "t:50")
    assert why is not None
    scored = [
        leaf for leaf in wanted(tree) if not isinstance(leaf, Keyword | Days) and getattr(leaf, "fields", ()) != ("section",)
    ]
    assert [leaf.leaf for leaf in why.leaves] == scored
    assert [leaf.boost for leaf in why.leaves] == [2.0, 1.0, 1.0, 1.0, 1.0]
    for leaf in why.leaves:
        wide = leaf.leaf.left if isinstance(leaf.leaf, Near) else leaf.leaf
        assert tuple(field.field for field in leaf.fields) == wide.fields  # type: ignore[union-attr]
        assert all(
            (field.boost, field.b) == (BY_NAME[field.field].boost, BY_NAME[field.field].length_norm) for field in leaf.fields
        )


def test_counts_are_those_of_the_article_and_the_archive(engine: Engine) -> None:
    snapshot = engine.snapshot()
    everything = list(snapshot.stream(EngineRequest(tree=parse("").tree)))
    lengths = {name: [len(getattr(one, name).split()) for one in everything] for name in TEXT_FIELDS}
    one = next(one for one in everything if one.language == "en" and "bridge" in one.title.split() and one.body)
    why = snapshot.explain(Term("bridge", ("title", "furniture"), exact=True), one.id)
    assert why is not None
    title, furniture = why.leaves[0].fields
    assert title.tf == one.title.lower().split().count("bridge")
    assert furniture.tf == one.furniture.lower().split().count("bridge")
    # Odd words (vice-chancellor) have two tokens, so only bounds hold for lengths.
    assert title.length >= len(one.title.split())
    assert title.average >= sum(lengths["title"]) / len(everything) > title.average / 2
    assert why.leaves[0].matching == sum("bridge" in (x.title + " " + x.furniture).lower().split() for x in everything)


def test_nothing_to_explain(engine: Engine) -> None:
    snapshot = engine.snapshot()
    assert snapshot.explain(Term("bridge", ("body",)), "no-such-id") is None
    assert snapshot.explain(Term("bridge", ("body",)), "t:2") is None, "it was taken out"
    for query in ("", "language:en", "section:local", "NOT bridge"):
        why = snapshot.explain(parse(query).tree, "t:50")
        assert why is not None
        assert (why.score, why.leaves) == (0.0, ())


def test_a_word_past_its_limit_is_refused(tmp_path: Path) -> None:
    found = open_engine(Settings.make(index=str(tmp_path)))
    one = invented.article(random.Random(1), 1)
    text = " ".join(f"w{number}x9" for number in range(1100))
    with found.begin_build(full=True) as build:
        build.add(type(one)(id="many", title="many", body=text, provenance=one.provenance))
        build.publish(journal=0)
    snapshot = found.snapshot()
    with pytest.raises(QueryRefused):
        snapshot.explain(Wildcard("w*9", ("body",)), "many")


def test_an_article_that_is_not_to_be_seen_yet_is_none(tmp_path: Path) -> None:
    found = open_engine(Settings.make(index=str(tmp_path)))
    one = invented.article(random.Random(1), 1)
    with found.begin_build(full=True) as build:
        build.add(type(one)(id="later", title="bridge", body="", provenance=one.provenance, available_from="2025-03-06"))
        build.publish(journal=0)
    snapshot, tree = found.snapshot(), Term("bridge", ("title",))
    assert snapshot.explain(tree, "later", 1_600_000_000) is None
    assert isinstance(snapshot.explain(tree, "later", 1_800_000_000), Explanation)
    assert isinstance(snapshot.explain(tree, "later"), Explanation)
    assert snapshot.explain(Not(tree), "later", 1_800_000_000).matches is False  # type: ignore[union-attr]


# The command


def call(index: Path, *arguments: str) -> str:
    done = CliRunner().invoke(main, ["--index", str(index), *arguments], prog_name="searchapp")
    assert done.exit_code == 0, done.output
    return done.stdout


QUERIES = ("bridge flood*", '"flood river"~3 OR inquiry^2 OR tea', "election NEAR/6 minister", "body:police -bank~")


@pytest.mark.parametrize("query", QUERIES)
def test_json_multiplies_out_to_the_hits_score(index: Path, query: str) -> None:
    hits = json.loads(call(index, "search", query, "--json"))["hits"]
    assert hits
    for hit in hits[:3]:
        shown = json.loads(call(index, "explain", query, hit["id"], "--json"))
        assert (shown["id"], shown["matches"]) == (hit["id"], True)
        total = 0.0
        for leaf in shown["leaves"]:
            n = leaf["matching"]
            idf = math.log(1 + (shown["articles"] - n + 0.5) / (n + 0.5))
            weight = sum(
                f["boost"] * f["tf"] / (1 - f["b"] + f["b"] * f["length"] / f["average"]) for f in leaf["fields"] if f["tf"]
            )
            total += leaf["boost"] * idf * weight / (shown["k1"] + weight)
        assert total == pytest.approx(hit["score"], abs=2e-6)
        assert shown["score"] == pytest.approx(hit["score"], abs=2e-6)


@pytest.mark.parametrize("query", QUERIES)
def test_the_sums_on_the_screen_are_right(index: Path, query: str) -> None:
    """Every line ``a = b`` and every addend is computed again from what is written there."""
    hit = json.loads(call(index, "search", query, "--json"))["hits"][0]
    lines = call(index, "explain", query, hit["id"]).splitlines()
    assert f"{hit['id']}, which matches" in " ".join(lines)
    added, scores, score = 0.0, 0.0, None
    for line in lines:
        name, _, said = line.strip().partition("  ")
        said = said.strip()
        if name == "score" and not line.startswith(" "):
            score = float(said.rpartition("= ")[2])
        elif name == "idf":
            assert computed(said) == pytest.approx(float(said.rpartition("= ")[2]), rel=1e-4)
        elif re.match(r"\d+ times: ", said):
            added += computed(said.partition(": ")[2])
        elif name == "weight":
            assert added == pytest.approx(float(said), rel=1e-4)
            added = 0.0
        elif name == "score":
            assert computed(said) == pytest.approx(float(said.rpartition("= ")[2]), rel=1e-4)
            scores += computed(said)
    assert score == pytest.approx(hit["score"], rel=1e-4)
    assert scores == pytest.approx(hit["score"], rel=1e-4)


def computed(sums: str) -> float:
    """What the left side of a line comes to."""
    left = sums.rpartition(" = ")[0] or sums
    assert re.fullmatch(r"[\d\s().+×/ln-]+", left), left
    return float(eval(left.replace("×", "*").replace("ln", "log"), {"log": math.log, "__builtins__": {}}))  # noqa: S307 - checked


def test_without_an_id_the_reading_alone(index: Path) -> None:
    shown = json.loads(call(index, "explain", "the bridge", "--json"))
    assert shown.keys() == {"text", "read_as", "notes", "clauses", "total"}
    assert "idf" not in call(index, "explain", "the bridge")


def test_a_query_that_scores_nothing(index: Path) -> None:
    assert "no part of the query" in call(index, "explain", "language:en", "t:50")
