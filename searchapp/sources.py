"""Sources: what `corpus.yml` says about the papers, and which of them a path given on the command line belongs to.

A source is a paper: its rules (name, language, time zone …, applied by cleaning) and the files that hold it. Paths in
``corpus.yml`` are relative to that file, and so is ``provenance.file`` of what is read through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from searchapp.cleaning import SourceRules
from searchapp.errors import SettingsError
from searchapp.readers import FORMATS, walk
from searchapp.settings import Settings, nearest, read_yaml

SOURCE_KEYS: Mapping[str, str] = {
    "id": "short name in article ids: letters, digits, hyphens",
    "name": "the paper's name, shown and counted as `source`",
    "paths": "files and directories, relative to corpus.yml",
    "format": "force a reader instead of recognising the format",
    "language": "language of articles that don't say (BCP 47)",
    "time_zone": "the paper's days are this zone's (IANA name)",
    "section": "section of articles that don't say",
    "url": "the paper's address",
    "rights": "rights statement of articles that carry none",
}
"""Every key a source in corpus.yml may have, with its help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where to read (``paths``), what file names are relative to (``root``), and how to clean what is read.

    ``configured``: these are all the paths of a source of corpus.yml. A path that isn't there is rejected when it is read,
    so that one missing disk doesn't keep the other papers from being indexed.
    """

    rules: SourceRules
    root: Path
    paths: tuple[Path, ...]
    format: str | None = None
    configured: bool = True


def configured_sources(settings: Settings) -> list[Source]:
    """The sources of ``corpus.yml``. Raises SettingsError naming the file, the source and the key."""
    file = settings.corpus
    loaded = read_yaml(file)
    for key in loaded:
        if key != "sources":
            raise SettingsError(f"{file}: unknown key {key!r}; expected 'sources'")
    entries = loaded.get("sources")
    if not isinstance(entries, list) or not entries:
        raise SettingsError(f"{file}: 'sources' must be a list with at least one source")
    sources = [_source(entry, f"{file}: source {number}", file.parent, settings) for number, entry in enumerate(entries, 1)]
    ids = [source.rules.id for source in sources]
    for source_id in ids:
        if ids.count(source_id) > 1:
            raise SettingsError(f"{file}: two sources have the id {source_id!r}")
    return sources


def sources_of(paths: Iterable[Path], settings: Settings, format: str | None = None) -> list[Source]:
    """What to read for paths given by hand, in their order: each file as the configured source it belongs to, else as one
    without a name; a ``corpus.yml`` as its sources. The index itself is never read.

    Raises SettingsError for a path that isn't there.
    """
    configured = configured_sources(settings) if settings.corpus.exists() else []
    return [source for path in paths for source in _by_hand(path, configured, settings, format)]


def source_of(file: Path, settings: Settings, format: str | None = None) -> Source:
    """The source one file belongs to, whatever the file is."""
    configured = configured_sources(settings) if settings.corpus.exists() else []
    return _part(_owner(file, configured), file.parent, (file,), settings, format)


def _by_hand(path: Path, configured: list[Source], settings: Settings, format: str | None) -> list[Source]:
    if not path.exists():
        raise SettingsError(f"{path}: no such file or directory")
    if path.suffix in (".yml", ".yaml"):
        return configured_sources(replace(settings, corpus=path))
    owner = _owner(path, configured)
    inside = [settings.index, *(top for source in configured for top in source.paths)]
    if owner is None and any(_within(top, path) for top in inside):
        owners = [(file, _owner(file, configured)) for file in walk(path) if not _within(file, settings.index)]
        return [_part(found, path, (file,), settings, format) for file, found in owners]
    return [_part(owner, path if path.is_dir() else path.parent, (path,), settings, format)]


def _part(owner: Source | None, root: Path, paths: tuple[Path, ...], settings: Settings, format: str | None) -> Source:
    """Some files of a configured source, or of none."""
    if owner is not None:
        return Source(rules=owner.rules, root=owner.root, paths=paths, format=format or owner.format, configured=False)
    rules = SourceRules(time_zone=settings.time_zone, default_language=settings.language)
    return Source(rules=rules, root=root, paths=paths, format=format, configured=False)


def _owner(path: Path, configured: list[Source]) -> Source | None:
    return next((source for source in configured if any(_within(path, top) for top in source.paths)), None)


def _within(path: Path, top: Path) -> bool:
    return path.resolve().is_relative_to(top.resolve())


def _source(entry: Any, where: str, root: Path, settings: Settings) -> Source:
    if not isinstance(entry, dict):
        raise SettingsError(f"{where}: expected keys such as id, name and paths, found {entry!r}")
    for key in entry:
        if key not in SOURCE_KEYS:
            raise SettingsError(f"{where}: unknown key {key!r}.{nearest(str(key), tuple(SOURCE_KEYS))}")
    values = dict(_texts(entry, where))
    for key in ("id", "name"):
        if not values.get(key):
            raise SettingsError(f"{where}: {key!r} is missing: {SOURCE_KEYS[key]}")
    where = f"{where} ({values['id']})"
    if not values["id"].replace("-", "").isalnum() or not values["id"].isascii():
        raise SettingsError(f"{where}: id: {SOURCE_KEYS['id']}")
    if values.get("format", FORMATS[0]) not in FORMATS:
        raise SettingsError(f"{where}: no format is called {values['format']!r}.{nearest(values['format'], tuple(FORMATS))}")
    zone = values.get("time_zone", settings.time_zone)
    try:
        ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(f"{where}: time_zone: no time zone {zone!r}") from error
    rules = SourceRules(
        id=values["id"],
        name=values["name"],
        language=values.get("language"),
        time_zone=zone,
        default_language=settings.language,
        section=values.get("section"),
        url=values.get("url"),
        rights=values.get("rights"),
    )
    return Source(rules=rules, root=root, paths=_paths(entry.get("paths"), where, root), format=values.get("format"))


def _texts(entry: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    for key, value in entry.items():
        if key == "paths":
            continue
        if not isinstance(value, str):
            raise SettingsError(f"{where}: {key} must be text, not {value!r} (put it in quotes)")
        yield key, value


def _paths(value: Any, where: str, root: Path) -> tuple[Path, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"{where}: paths must be a list of files and directories")
    return tuple(root / item for item in value)
