"""A small archive to be hurt: its papers, what is done to it, and what it must answer before and after.

Everything goes through the doors that the commands use: `run_index`, the writer's lock, `Engine.rollback`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from searchapp import intake
from searchapp.archive import Journal, WriterLock
from searchapp.archive.withdrawals import Withdrawals
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import build
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.manifest import MANIFEST, Manifest
from searchapp.errors import NoIndex
from searchapp.indexing import run_index
from searchapp.purging import purge
from searchapp.query.tree import And, Days, Everything, Not, Or, Phrase, Prefix, Term
from searchapp.settings import Settings
from searchapp.withdrawing import restore, withdraw

WORDS = "rain bridge council ferry market school river ropeway orchard strike harvest census tram lantern".split()
BOTH = ("title", "body")
QUESTIONS = (
    Everything(),
    Or((Term("rain", BOTH), Prefix("la", BOTH), Phrase(("river", "ropeway"), BOTH))),
    And((Term("bridge", BOTH), Not(Term("ferry", BOTH)), Days(date(2024, 3, 1), date(2024, 9, 30)))),
)
NOTHING = "nothing is indexed"


def paper(path: Path, numbers: range, edition: str = "") -> Path:
    """A file of invented articles; another ``edition`` is a correction of them."""
    records = []
    for number in numbers:
        chosen = [WORDS[(number * step + step) % len(WORDS)] for step in range(1, 9)]
        records.append(
            {
                "id": f"n{number}",
                "title": f"{chosen[0]} and {chosen[1]} {number} {edition}".strip(),
                "body": " ".join([*chosen, f"word{number}", edition] * 4),
                "published": f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}",
                "byline": [f"Writer {number % 5}"],
                "section": "Local" if number % 3 else "World",
                "source": "The Ridge Courier",
                "language": "en",
            }
        )
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


class World:
    """An archive below ``top`` and the papers it reads, which lie elsewhere."""

    def __init__(self, top: Path, papers: Path) -> None:
        self.top = top
        self.index = top / "index"
        self.papers = papers
        self.settings = Settings.make(index=self.index, corpus=papers / "corpus.yml")

    def engine(self) -> WhooshEngine:
        """An engine that believes nothing."""
        return WhooshEngine(self.index, verify="full")

    def run(self, *names: str, full: bool = False) -> None:
        """As `searchapp index NAMES`."""
        run_index(self.settings, self.engine(), [self.papers / name for name in names], full=full)

    def rollback(self, generation: str | None = None) -> None:
        """As `searchapp rollback`."""
        with WriterLock(self.index):
            self.engine().rollback(generation)

    def answers(self) -> str:
        """Everything the archive answers, as a checksum; NOTHING when there is no index."""
        try:
            snapshot = self.engine().snapshot(withheld=Withdrawals(self.index).known().ids)
        except NoIndex:
            return NOTHING
        found = hashlib.sha256()
        for tree in QUESTIONS:
            answer = snapshot.search(
                EngineRequest(tree=tree, limit=100, facets=("section", "byline", "year"), histogram=True, highlight=True)
            )
            found.update(repr((answer.total, answer.hits, answer.facets, answer.histogram)).encode())
        return found.hexdigest()[:16]

    def ids(self) -> set[str]:
        """What is indexed."""
        return set(self.engine().snapshot().ids(EngineRequest(tree=Everything())))

    def withdraw(self, article_id: str) -> None:
        """As `searchapp withdraw`; done again, nothing."""
        if article_id not in Withdrawals(self.index).known().ids:
            withdraw(self.settings, self.engine(), article_id, "as asked")

    def purge(self, article_id: str) -> None:
        """As `searchapp withdraw --purge`, of a withdrawn one."""
        purge(self.settings, self.engine(), article_id)

    def restore(self, article_id: str) -> None:
        """As `searchapp restore`; done again, nothing."""
        if article_id in Withdrawals(self.index).known().ids or article_id not in self.ids():
            restore(self.settings, self.engine(), article_id)

    def current(self) -> str | None:
        """The generation that CURRENT names."""
        return self.engine().generations_on_disk.pointed()

    def stray(self) -> list[str]:
        """What lies where nothing should: everything but tmp/, generations as their manifests say, and the known files."""
        found = []
        for path in sorted(self.index.iterdir()) if self.index.is_dir() else []:
            if path.name == "generations":
                for generation in path.iterdir():
                    listed = {*Manifest.read(generation).files, MANIFEST, ".used"}
                    found += [f"{generation.name}/{name}" for name in os.listdir(generation) if name not in listed]
            elif path.name.removesuffix(".new") not in KNOWN:  # one that was being replaced, which the next writes over
                found.append(path.name)
        return found


KNOWN = {"CURRENT", "learnt", "writer.lock", "journal", "rejects.jsonl", "last-run.json"}
KNOWN |= {"tmp", "rejects", "purging.json", "withdrawals.log", "withdrawals.copy", "withdrawals.lock"}


def make_papers(directory: Path) -> Path:
    """The papers all scenarios read."""
    directory.mkdir(parents=True, exist_ok=True)
    paper(directory / "a.jsonl", range(14))
    paper(directory / "b.jsonl", range(14, 21))
    paper(directory / "b2.jsonl", range(18, 23), "corrected")
    paper(directory / "c.jsonl", range(3, 6), "corrected")
    with (directory / "c.jsonl").open("a") as file:
        file.write(paper(directory / "c1.part", range(30, 36)).read_text())
    paper(directory / "d.jsonl", range(40, 44))
    return directory


def prepare(mark: Callable[[str], None]) -> None:
    """Small batches, so that there are several; and every acknowledgement is told."""
    intake.BATCH = 3
    build.WORTH_KEEPING = 1
    plain = Journal.append

    def append(self: Journal, records: Any) -> list[int]:
        listed = list(records)
        positions = plain(self, listed)
        mark("ack " + " ".join(record["id"] for record in listed if "id" in record))
        return positions

    Journal.append = append  # type: ignore[method-assign]
