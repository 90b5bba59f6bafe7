"""Indexing as an archivist meets it: counts that add up, nothing lost, nothing twice, old answers until the new are there."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from searchapp import building, intake
from searchapp.article import Article
from searchapp.cleaning import SourceRules
from searchapp.engines.base import Engine, EngineRequest
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.errors import SettingsError
from searchapp.indexing import IndexReport, run_index
from searchapp.query.tree import Everything
from searchapp.readers.extract import Extract
from searchapp.results import SearchRequest
from searchapp.searching import Searcher
from searchapp.settings import Settings

SHARED = Path(__file__).parents[2] / "shared"

SAVE = """Tuesday, March 4, 2025
Ropeway to Pine Hill opens after six years

By: Agencies

Laitdara/Sohbari, March 4:  The ropeway to Pine Hill carried its first passengers on Tuesday, six years after work began.

“We had almost stopped believing in it,” said a shopkeeper at the lower station.

NWS

Council of elders meets over grazing rights
About Us

The Pine Hill Post first appeared as a weekly sheet in 1932 under the editorship of a schoolmaster.
"""


class House:
    """An archive in a temporary directory, used as the command line uses it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = Settings.make(index=root / "index", corpus=root / "corpus.yml", time_zone="Asia/Kolkata")
        self.engine: Engine = WhooshEngine(self.settings.index)
        self.searcher = Searcher(self.engine)

    def index(self, *paths: Path, **options: bool) -> IndexReport:
        report = run_index(self.settings, self.engine, paths, **options)
        assert report.read == report.added + report.changed + report.unchanged + report.duplicates + report.rejected
        return report

    def total(self, q: str, **more: str) -> int:
        return self.searcher.search(SearchRequest(q=q, **more)).total  # type: ignore[arg-type]

    def write(self, name: str, text: str) -> Path:
        path = self.root / "papers" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_saved_page_becomes_one_clean_article(house: House) -> None:
    report = house.index(house.write("a.txt", SAVE).parent)
    assert (report.read, report.added) == (1, 1)
    page = house.searcher.search(SearchRequest(q="ropeway passengers"))
    (hit,) = page.hits
    article = hit.article
    assert article.published == "2025-03-04"
    assert article.places == ("Laitdara", "Sohbari")
    assert article.dateline_date == "2025-03-04"
    assert article.byline == ("Agencies",)
    assert article.agency == ("NWS",)
    assert article.title == "Ropeway to Pine Hill opens after six years"
    assert hit.title.ranges
    assert any(snippet.ranges for snippet in hit.snippets)


def test_furniture_makes_no_hit_but_is_findable(house: House) -> None:
    house.index(house.write("a.txt", SAVE))
    assert house.total("grazing elders") == 0
    assert house.total("schoolmaster") == 0
    assert house.total("in:furniture grazing elders") == 1
    assert house.total("in:furniture schoolmaster") == 1


def test_indexing_again_changes_nothing_and_makes_no_generation(house: House) -> None:
    top = house.write("a.txt", SAVE).parent
    house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alpha."}, {"id": "2", "title": "Two", "body": "Beta."}))
    first = house.index(top)
    second = house.index(top)
    assert (first.added, second.unchanged, second.added) == (3, 3, 0)
    assert second.generation == first.generation


def test_a_corrected_article_replaces_its_older_version(house: House) -> None:
    path = house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alphaville."}))
    house.index(path)
    path.write_text(lines({"id": "1", "title": "One", "body": "Betaville."}))
    report = house.index(path)
    assert report.changed == 1
    assert (house.total("alphaville"), house.total("betaville"), house.total("")) == (0, 1, 1)


def test_pointing_at_one_file_never_makes_others_disappear(house: House) -> None:
    house.index(house.write("a.txt", SAVE))
    report = house.index(house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alpha."})))
    assert report.removed == 0
    assert house.total("") == 2


def test_the_same_record_twice_is_a_duplicate(house: House) -> None:
    one = {"title": "One", "body": "Alpha.", "date": "2021-02-03", "source": "P"}
    path = house.write("b.jsonl", lines({**one, "id": "1"}, {**one, "id": "2"}, {**one, "id": "3", "date": "2021-02-04"}))
    for _ in range(2):
        report = house.index(path)
        assert report.duplicates == 1
    assert house.total("") == 2


def test_a_bad_record_is_rejected_with_its_place_and_the_rest_is_read(house: House) -> None:
    good = lines({"id": "1", "title": "One", "body": "Alpha."})
    path = house.write("b.jsonl", good + "{broken\n" + lines({"id": "3"}, {"id": "4", "title": "Headline only", "body": ""}))
    report = house.index(path)
    assert (report.read, report.added, report.rejected) == (4, 2, 2)
    places = [(reject.file, reject.position) for reject in report.rejects]
    assert places == [("b.jsonl", "line 2"), ("b.jsonl", "line 3")]
    assert all(reject.reason for reject in report.rejects)


def test_files_left_out_by_rule_are_named(house: House) -> None:
    top = house.write("a.txt", SAVE).parent
    for name in (".hidden.txt", "README.md"):
        house.write(name, "Notes on these files.")
    report = house.index(top)
    assert (report.read, report.rejected) == (1, 0)
    assert sorted(left.file for left in report.passed_over) == [".hidden.txt", "README.md"]
    assert all(left.reason for left in report.passed_over)


def test_rejects_can_be_fed_back_after_repair(house: House) -> None:
    path = house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alpha."}) + "{broken\n")
    report = house.index(path)
    assert report.rejects_file is not None
    path.write_text(lines({"id": "1", "title": "One", "body": "Alpha."}, {"id": "2", "title": "Two", "body": "Beta."}))
    again = house.index(Path(report.rejects_file))
    assert (again.added, again.unchanged, again.rejected) == (1, 1, 0)
    assert not Path(report.rejects_file).exists()


def test_a_dry_run_writes_nothing(house: House) -> None:
    report = house.index(house.write("a.txt", SAVE), dry_run=True)
    assert (report.added, report.generation) == (1, None)
    assert not house.settings.index.exists()


def test_what_was_journalled_but_not_built_is_built_by_the_next_run(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.index(house.write("a.txt", SAVE))
    with monkeypatch.context() as patch:
        patch.setattr(house.engine, "begin_build", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            house.index(house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alphaville."})))
    assert house.total("alphaville") == 0
    report = house.index(house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alphaville."})))
    assert report.unchanged == 1
    assert house.total("alphaville") == 1


def test_a_full_build_gives_the_same_answers_as_increments(house: House) -> None:
    for number in range(6):
        house.index(
            house.write("b.jsonl", lines({"id": str(number % 4), "title": f"No {number}", "body": "same words " * number}))
        )
    before = house.searcher.search(SearchRequest(q="same OR words OR no"))
    house.index(house.root / "papers", full=True)
    after = house.searcher.search(SearchRequest(q="same OR words OR no"))
    assert [(hit.article, hit.score) for hit in before.hits] == [(hit.article, hit.score) for hit in after.hits]
    assert before.facets == after.facets
    assert before.generation != after.generation


def test_the_journal_alone_gives_every_article_back(house: House) -> None:
    house.index(house.write("a.txt", SAVE))
    (house.root / "papers" / "a.txt").unlink()
    house.engine.close()
    for path in sorted(house.settings.index.rglob("*"), reverse=True):
        if "journal" not in path.parts and path.name != "articles.journal":
            path.unlink() if path.is_file() else path.rmdir() if not any(path.iterdir()) else None
    fresh = House(house.root)
    fresh.index(fresh.write("empty.jsonl", lines({"id": "1", "title": "Other", "body": ""})))
    assert fresh.total("ropeway") == 1


def test_sources_give_name_language_and_time_zone(house: House) -> None:
    house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alpha.", "date": "2021-02-03T22:30:00Z"}))
    house.settings.corpus.write_text(
        "sources:\n- id: ridge\n  name: The Ridge\n  paths: [papers]\n  language: en-IN\n  time_zone: Asia/Kolkata\n"
    )
    report = house.index()
    assert report.added == 1
    article = house.searcher.article("ridge:1")
    assert article is not None
    assert (article.source, article.language, article.published) == ("The Ridge", "en-IN", "2021-02-04T04:00:00+05:30")
    assert article.provenance.file == "papers/b.jsonl"
    assert house.index(house.root / "papers" / "b.jsonl").unchanged == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sources:\n- id: a\n  name: A\n  paths: [papers]\n  pahts: []\n", "unknown key 'pahts'. Did you mean 'paths'"),
        ("sources:\n- id: a\n  paths: [papers]\n", "'name' is missing"),
        ("sources:\n- {id: a, name: A, paths: [papers]}\n- {id: a, name: B, paths: [papers]}\n", "two sources have the id 'a'"),
        ("sources:\n- {id: a, name: A, paths: [papers], time_zone: Mars/Base}\n", "no time zone 'Mars/Base'"),
        ("sources:\n- {id: a, name: A, paths: [papers], format: htlm}\n", "no format is called 'htlm'. Did you mean 'html'"),
        ("sources: []\n", "at least one source"),
        ("papers: []\n", "unknown key 'papers'"),
        ("- a\n", "expected names and values"),
    ],
)
def test_a_mistake_in_corpus_yml_is_named(house: House, text: str, told: str) -> None:
    house.write("a.txt", SAVE)
    house.settings.corpus.write_text(text)
    with pytest.raises(SettingsError, match=told):
        house.index()


PAPER = "sources:\n- {id: ridge, name: The Ridge, paths: [papers]}\n"
ONE = {"id": "1", "title": "One", "body": "Alpha."}


def test_what_corpus_yml_says_holds_for_what_was_indexed_before(house: House) -> None:
    house.write("b.jsonl", lines(ONE))
    house.settings.corpus.write_text(PAPER)
    house.index()
    house.settings.corpus.write_text(PAPER.replace("The Ridge", "The Ridge Post"))
    report = house.index()
    assert (report.unchanged, report.changed) == (1, 0)
    assert any("ridge has changed" in note for note in report.notes)
    article = house.searcher.article("ridge:1")
    assert article is not None
    assert article.source == "The Ridge Post"
    assert house.index().notes == []


def test_a_missing_path_is_a_reject_and_the_rest_is_read(house: House) -> None:
    house.write("b.jsonl", lines(ONE))
    house.settings.corpus.write_text(PAPER + "- {id: gone, name: Gone, paths: [nowhere]}\n")
    report = house.index()
    assert (report.added, report.rejected) == (1, 1)
    assert report.rejects[0].file == "nowhere"


def test_articles_no_longer_met_are_kept_and_told(house: House) -> None:
    path = house.write("b.jsonl", lines(ONE, {"id": "2", "title": "Two", "body": "Beta."}))
    house.settings.corpus.write_text(PAPER)
    house.index()
    path.write_text(lines(ONE))
    report = house.index()
    assert (report.unmet, report.removed) == (1, 0)
    assert "ridge:2" in report.notes[0]
    assert house.total("") == 2
    assert house.index(path).unmet == 0, "one file by hand says nothing about the others"


def test_a_directory_above_a_source_is_read_as_that_source(house: House) -> None:
    house.write("b.jsonl", lines(ONE))
    (house.root / "stray.jsonl").write_text(lines({"id": "9", "title": "Stray", "body": "Gamma.", "source": "Elsewhere"}))
    house.settings.corpus.write_text(PAPER)
    house.index()
    report = house.index(house.root)
    assert (report.unchanged, report.added) == (1, 1)
    assert house.total("source:elsewhere") == 1


def test_a_corpus_yml_by_hand_names_its_sources(house: House) -> None:
    house.write("b.jsonl", lines(ONE))
    other = house.root / "other.yml"
    other.write_text(PAPER.replace("ridge", "hill"))
    assert house.index(other).added == 1
    assert house.searcher.article("hill:1") is not None


def test_rejects_of_files_not_read_again_stay_listed(house: House) -> None:
    bad = house.write("bad.jsonl", "{broken\n")
    house.index(bad)
    report = house.index(house.write("b.jsonl", lines(ONE)))
    assert report.rejected == 0
    assert report.rejects_file is not None
    listed = Path(report.rejects_file).read_text()
    assert str(bad) in listed
    bad.unlink()
    assert house.index(house.write("b.jsonl", lines(ONE))).rejects_file is None


def test_days_are_the_record_s_own_where_no_zone_is_configured(house: House) -> None:
    settings = Settings.make(index=house.root / "other", corpus=house.root / "none.yml")
    path = house.write("b.jsonl", lines({**ONE, "date": "2025-02-06T00:30:00+05:30", "source": "P"}))
    engine = WhooshEngine(settings.index)
    run_index(settings, engine, [path])
    article = Searcher(engine).article("p:1")
    assert article is not None
    assert article.published == "2025-02-06T00:30:00+05:30"


def test_another_process_sees_a_swap_within_a_second(house: House) -> None:
    import time

    house.index(house.write("a.txt", SAVE))
    other = Searcher(WhooshEngine(house.settings.index))
    assert other.search(SearchRequest(q="alphaville")).total == 0
    house.index(house.write("b.jsonl", lines({"id": "1", "title": "One", "body": "Alphaville."})))
    deadline = time.monotonic() + 1.0
    while other.search(SearchRequest(q="alphaville")).total == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def corpus(name: str) -> Path:
    path = SHARED / "corpora" / name
    if not path.exists():
        pytest.skip(f"{name}: the shared corpora are not beside this checkout; real news is not tested")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["harvard_newsarticles.jsonl.gz", "reuters21578.jsonl.gz"])
def test_real_news_is_indexed_without_a_lost_record(house: House, name: str) -> None:
    if name.startswith("reuters") and not os.environ.get("SEARCHAPP_TEST_ALL", os.environ.get("CI")):
        pytest.skip("takes a minute: set SEARCHAPP_TEST_ALL=1")
    path = corpus(name)
    report = house.index(path)
    read, seen, kept = 0, set(), []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for record in map(json.loads, file):
            read += 1
            key = (record["source"], record["date"], record["title"].strip(), record["body"].strip())
            if (key[2] or key[3]) and key not in seen:
                seen.add(key)
                kept.append(record)
    assert (report.read, report.added) == (read, len(kept))
    page = house.searcher.search(SearchRequest(facet_size=1000))
    assert page.total == len(kept)
    counted = {
        "section": Counter(record["section"] for record in kept),
        "source": Counter(record["source"] for record in kept),
        "year": Counter(record["date"] and record["date"][:4] for record in kept),
        "place": Counter(place for record in kept for place in set(record.get("places", ()))),
    }
    for facet, counts in counted.items():
        counts.pop(None, None)
        assert {value.value: value.count for value in page.facets[facet].values} == counts, facet
    assert page.histogram is not None
    length = {"day": 10, "month": 7, "year": 4}[page.histogram.interval]
    dates = Counter(record["date"][:length] for record in kept if record["date"])
    assert {day.isoformat()[:length]: count for day, count in page.histogram.buckets} == dates


def test_a_new_article_is_cleaned_once_and_indexed_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned: list[str] = []
    plain = building.clean

    def counted(extract: Extract, rules: SourceRules) -> Article:
        cleaned.append(extract.provenance.file)
        return plain(extract, rules)

    monkeypatch.setattr(intake, "clean", counted)
    monkeypatch.setattr(building, "clean", counted)
    stored = []
    for room, times in ((1_000_000, 1), (0, 2)):
        monkeypatch.setattr(intake, "KEPT_CHARACTERS", room)
        cleaned.clear()
        (tmp_path / str(room)).mkdir()
        house = House(tmp_path / str(room))
        house.write("a.txt", SAVE)
        house.write("b.txt", SAVE.replace("Pine Hill", "Fern Hill"))
        house.index(house.root / "papers")
        assert sorted(cleaned) == sorted(["a.txt", "b.txt"] * times)
        everything = EngineRequest(tree=Everything(), sort="oldest")
        stored.append([article.to_stored() for article in house.engine.snapshot().stream(everything)])
        cleaned.clear()
        house.index(house.root / "papers", full=True)
        assert sorted(cleaned) == ["a.txt", "b.txt"], "a full build reads the journal; what is known at its place isn't cleaned"
    assert stored[0] == stored[1]
    assert len(stored[0]) == 2
