"""Journal -> clean -> engine: a generation that holds all that was acknowledged. Reads no source.

The caller holds the writer lock and has the catalogue open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from searchapp.archive import Catalogue
from searchapp.archive.withdrawals import Withdrawn
from searchapp.article import Article
from searchapp.cleaning import SourceRules, clean
from searchapp.engines.base import Engine
from searchapp.errors import ArticleError, IndexDamaged, IndexMismatch, NoIndex
from searchapp.readers.extract import Extract

Progress = Callable[[str, int], None]
"""Told the stage (``reading``, ``indexing``) and how many records it has done."""


def silent(_stage: str, _done: int) -> None:
    """Progress nobody watches."""


def build(
    engine: Engine,
    catalogue: Catalogue,
    notes: list[str],
    *,
    withdrawn: Withdrawn,
    full: bool = False,
    jobs: int = 1,
    cleaned: MutableMapping[int, Article] | None = None,
    tell: Progress = silent,
) -> str:
    """Bring a generation up to the journal's end; the current one's name when it is there already.

    ``full``: from nothing. ``withdrawn`` articles are left out; restored ones that were left out are put in again. ``cleaned``
    are articles of the journal's entries, by position; they are taken out as they are used.
    Raises EngineError when the generation can't be built (the old one stays current), JournalDamaged.
    """
    journal = catalogue.journal
    start, back = 0, list[Article]()
    if not full:
        current, start = _start(engine, catalogue, notes)
        full = current is None
        back = [] if current is None else _left_out(engine, catalogue, withdrawn, start, notes)
        if current is not None and start == journal.position and engine.trouble is None and not back:
            return current  # with trouble, CURRENT names another one or none: what is published next mends it
    size = journal.position - max(start, journal.begins)
    with engine.begin_build(full=full, jobs=jobs, size=size) as made:
        for done, (_, article) in enumerate(articles(catalogue, start, notes, cleaned), 1):
            if article.id not in withdrawn.ids:
                made.add(article)
            tell("indexing", done)
        for article in back:
            made.add(article)
        for article_id in () if full else sorted(withdrawn.ids):
            made.remove(article_id)
        return made.publish(journal=journal.position).name


def _left_out(engine: Engine, catalogue: Catalogue, withdrawn: Withdrawn, start: int, notes: list[str]) -> list[Article]:
    """Restored articles that an earlier build left out, and that what is journalled from ``start`` on won't bring back."""
    snapshot, journal = engine.snapshot(), catalogue.journal
    missing = {
        held.position: article_id
        for article_id in withdrawn.restored
        if (held := catalogue.article(article_id)) and held.position < start and snapshot.article(article_id) is None
    }
    if not missing:
        return []
    entries = [entry for position, entry in journal.read() if position in missing]
    return [article for entry in entries if "extract" in entry and (article := _article(catalogue, entry, notes))]


def articles(
    catalogue: Catalogue, start: int, notes: list[str], cleaned: MutableMapping[int, Article] | None = None
) -> Iterator[tuple[int, Article]]:
    """The articles journalled from ``start`` on, each in its latest version only, with its position.

    Records that are no articles any more are left out, with a note. Raises ArchiveError at the end when the catalogue hid one.
    """
    found = 0
    for position, entry in catalogue.journal.read(start):
        if "record" not in entry:
            continue
        latest = catalogue.article(entry["id"])
        if latest is None or latest.position < position:
            raise catalogue.wrong(f"it lacks {entry['id']}, which is in the journal at {position}")
        if latest.position != position or "extract" not in entry:
            continue
        found += 1
        article = (cleaned.pop(position, None) if cleaned else None) or _article(catalogue, entry, notes)
        if article is not None:
            yield position, replace(article, id=entry["id"])
    catalogue.check(found, start)


def _article(catalogue: Catalogue, entry: Mapping[str, Any], notes: list[str]) -> Article | None:
    """The article of a journal's entry; None, and a note, when it is none any more."""
    try:
        return replace(clean(Extract.from_json(entry["extract"]), rules_of(catalogue, entry)), id=entry["id"])
    except ArticleError as error:  # it was an article once: the cleaning rules have changed since
        notes.append(f"{entry['id']}: no longer an article: {error}; it stays in the journal")
        return None


def rules_of(catalogue: Catalogue, entry: Mapping[str, Any]) -> SourceRules:
    """The rules a journal's entry is read with: what is known last of its source."""
    rules = entry.get("rules") or catalogue.rules(entry["source"])
    if rules is None:
        raise catalogue.wrong(f"it lacks the rules of {entry['source']!r}")
    return SourceRules(**rules)


def _start(engine: Engine, catalogue: Catalogue, notes: list[str]) -> tuple[str | None, int]:
    """The generation to build on and where in the journal to go on; no name: from nothing."""
    journal = catalogue.journal
    try:
        current = engine.snapshot().info
    except NoIndex:
        return None, 0
    except (IndexMismatch, IndexDamaged) as error:
        notes.append(f"{error}; everything is indexed again from the journal")
        return None, 0
    start = journal.resume(current.journal)
    if start is None:
        notes.append(f"the journal was rewritten after generation {current.name}: everything is indexed again")
        return None, 0
    if changed := catalogue.changes(start):
        notes.append(f"what corpus.yml says of {', '.join(changed)} has changed: everything is indexed again")
        return None, 0
    return current.name, start
