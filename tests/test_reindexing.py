"""A generation from the journal alone: the same bytes each time, and a dry run that tells what would change."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from searchapp import building
from searchapp.archive import Journal
from searchapp.archive.withdrawals import Withdrawals
from searchapp.article import Article
from searchapp.cleaning import SourceRules
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.errors import ArticleError
from searchapp.indexing import run_index
from searchapp.query.tree import Everything
from searchapp.readers.extract import Extract
from searchapp.reindexing import ReindexReport, run_reindex
from searchapp.settings import Settings
from searchapp.verifying import run_verify


class House:
    """An archive in a temporary directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = Settings.make(index=root / "index", corpus=root / "corpus.yml")
        self.engine = WhooshEngine(self.settings.index)
        root.joinpath("papers").mkdir()
        root.joinpath("corpus.yml").write_text("sources:\n- {id: p, name: The Post, paths: [papers]}\n")

    def write(self, *records: object) -> None:
        text = "".join(json.dumps(record) + "\n" for record in records)
        (self.root / "papers" / "a.jsonl").write_text(text)

    def index(self) -> str:
        return str(run_index(self.settings, self.engine).generation)

    def reindex(self, **options: bool) -> ReindexReport:
        return run_reindex(self.settings, self.engine, **options)

    def stored(self) -> list[object]:
        return [one.to_stored() for one in self.engine.snapshot().stream(EngineRequest(tree=Everything(), sort="oldest"))]

    def files(self, generation: str) -> dict[str, str]:
        """Every file's sha256; of the manifest without its name, time and checksum."""
        found = {}
        for path in sorted((self.settings.index / "generations" / generation).iterdir()):
            content = path.read_bytes()
            if path.name == "MANIFEST.json":
                manifest = json.loads(content)
                content = json.dumps(
                    {key: manifest[key] for key in manifest if key not in ("generation", "created", "checksum")}
                ).encode()
            if path.name != ".used":
                found[path.name] = sha256(content).hexdigest()
        return found

    def sound(self) -> None:
        assert run_verify(self.settings, WhooshEngine(self.settings.index)).problems == []


def article(number: int, text: str = "Alpha beta.") -> dict[str, object]:
    return {"id": str(number), "title": f"No {number}", "body": f"{text} {number}", "date": f"2021-02-{number % 27 + 1:02d}"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.write(*[article(number) for number in range(30)])
    house.index()
    house.write(*[article(number, "Gamma." if number < 5 else "Alpha beta.") for number in range(33)])
    house.index()
    return house


def test_the_journal_gives_the_same_bytes_each_time(house: House) -> None:
    before = house.stored()
    reports = [house.reindex() for _ in range(2)]
    one, other = (house.files(str(report.generation)) for report in reports)
    assert one == other
    assert "MANIFEST.json" in one
    assert reports[0].generation != reports[1].generation
    assert house.stored() == before
    assert reports[0].articles == 33
    house.sound()


def test_several_processes_give_the_same_bytes(house: House) -> None:
    one = house.files(str(house.reindex().generation))
    assert house.files(str(run_reindex(house.settings, house.engine, jobs=2).generation)) == one


def test_compacting_keeps_the_index_to_the_byte_and_what_is_judged(house: House) -> None:
    journal = Journal(house.settings.index / "journal")
    before, last = house.files(str(house.reindex().generation)), journal.position
    report = house.reindex(compact=True)
    assert report.journal_bytes is not None
    assert report.journal_bytes[0] > report.journal_bytes[1]
    after = house.files(str(report.generation))
    assert {**after, "MANIFEST.json": ""} == {**before, "MANIFEST.json": ""}, "but for the position in the journal"
    fresh = Journal(house.settings.index / "journal")
    texts = [entry["extract"]["declared"]["body"] for _, entry in fresh.read() if "extract" in entry]
    assert len(texts) == 33
    assert sum("Gamma" in text for text in texts) == 5
    assert fresh.position > last
    current = house.index()
    assert current == report.generation, "nothing is new"
    house.write(*[article(number) for number in range(5)])
    again = run_index(house.settings, house.engine)
    assert (again.changed, again.generation != current) == (5, True), "a version that was superseded is not the latest"
    house.write(*[article(number) for number in range(5)], article(99))
    assert run_index(house.settings, house.engine).added == 1
    house.sound()


def test_a_generation_made_before_compacting_is_built_on_when_it_had_everything(house: House) -> None:
    from searchapp.archive import WriterLock
    from searchapp.reindexing import compacted

    before = house.engine.snapshot().info.name
    with WriterLock(house.settings.index):
        compacted(Journal(house.settings.index / "journal"))
    assert house.index() == before
    house.write(article(50))
    report = run_index(house.settings, house.engine)
    assert not [note for note in report.notes if "rewritten" in note]
    assert house.engine.snapshot().info.articles == 34
    house.engine.rollback("00000001")
    house.write(article(51))
    report = run_index(house.settings, house.engine)
    assert [note for note in report.notes if "rewritten after generation 00000001" in note]
    assert house.engine.snapshot().info.articles == 35
    house.sound()


def test_a_dry_run_tells_what_would_change_and_changes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = house.reindex(dry_run=True)
    assert [kind.count for kind in (nothing.added, nothing.changed, nothing.removed)] == [0, 0, 0]
    plain = building.clean

    def other_rules(extract: Extract, rules: SourceRules) -> Article:
        found = plain(extract, rules)
        if found.id == "p:7":
            raise ArticleError("nothing left of it")
        return replace(found, section="News") if found.id in ("p:8", "p:9") else found

    def everything() -> dict[str, bytes]:
        top = house.settings.index
        return {str(path): path.read_bytes() for path in top.rglob("*") if path.is_file() and path.name != ".used"}

    before = everything()
    monkeypatch.setattr(building, "clean", other_rules)
    report = house.reindex(dry_run=True)
    assert (report.articles, report.generation) == (32, None)
    assert (report.added.count, report.changed.ids, report.removed.ids) == (0, ["p:8", "p:9"], ["p:7"])
    assert any("p:7: no longer an article: nothing left of it" in note for note in report.notes)
    assert everything() == before
    done = house.reindex()
    assert done.articles == 32
    assert house.reindex(dry_run=True).to_json()["changed"] == {"count": 0, "ids": []}


def test_a_dry_run_without_a_generation_adds_everything(house: House) -> None:
    import shutil

    shutil.rmtree(house.settings.index / "generations")
    (house.settings.index / "CURRENT").unlink()
    house.engine = WhooshEngine(house.settings.index)
    report = house.reindex(dry_run=True)
    assert (report.added.count, len(report.added.ids)) == (33, 20)
    assert house.reindex().articles == 33


def test_withdrawn_articles_stay_out_and_count_as_nothing(house: House) -> None:
    Withdrawals(house.settings.index).withdraw("p:3", "by request")
    report = house.reindex(dry_run=True)
    assert (report.articles, report.removed.count) == (32, 0)
    house.reindex()
    assert house.engine.snapshot().article("p:3") is None
    house.sound()
