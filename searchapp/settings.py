"""Settings: one table; YAML < environment < flag; an unknown key fails by name.

The only module that reads YAML or the environment. `read_yaml` serves the other tables that are kept as YAML.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from searchapp.errors import SettingsError

PREFIX = "SEARCHAPP_"
FILE = "searchapp.yml"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table."""

    name: str
    default: str | int | bool
    help: str


TABLE: tuple[Setting, ...] = (
    Setting("index", "index", "directory of the journal and the generations"),
    Setting("corpus", "corpus/corpus.yml", "the sources that `searchapp index` reads when no path is given"),
    Setting("engine", "whoosh", "whoosh (embedded) or opensearch"),
    Setting("bind", "127.0.0.1:8000", "address and port to serve on"),
    Setting("workers", 2, "worker processes"),
    Setting("threads", 40, "threads a worker: for searches that run or wait, 2 for exports, 4 for everything else"),
    Setting(
        "searches", 4, "searches a worker runs at once; as many as its threads leave room for wait a moment, more are refused"
    ),
    Setting("search_ms", 800, "milliseconds a request's searches may take together; then it is refused"),
    Setting("client_rate", 0, "requests a second a client's address may make of each worker; 0 = any number"),
    Setting("behind_proxy", False, "believe X-Forwarded-For's last address; only behind a proxy that sets it"),
    Setting("time_zone", "", "time zone of sources that don't name their own (IANA name); empty = as each record's time says"),
    Setting("language", "en", "language of articles in Latin script that don't say (BCP 47)"),
    Setting("archive_name", "The newspaper archive", "shown on every page"),
    Setting("base_url", "", "public address, for links in feeds and sitemaps; empty = as requested"),
    Setting("log_queries", False, "write query texts to the log"),
    Setting("cors_origins", "", "origins allowed to read the API from a browser, comma-separated; empty = none"),
)

_BY_NAME = {row.name: row for row in TABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, checked. Made by `load_settings`; passed down, never looked up."""

    index: Path
    corpus: Path
    engine: str
    bind: str
    workers: int
    threads: int
    searches: int
    search_ms: int
    client_rate: int
    behind_proxy: bool
    time_zone: str
    language: str
    archive_name: str
    base_url: str
    log_queries: bool
    cors_origins: str

    @classmethod
    def make(cls, **changes: Any) -> Self:
        """The defaults with some values changed, checked like any others."""
        return cls(**_paths(_checked({row.name: row.default for row in TABLE} | changes, origin="make")))


def load_settings(file: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read ``searchapp.yml`` (or ``file``, which must then exist), the environment and the flags that aren't None.

    Raises SettingsError naming the key, where it stands and the nearest known key.
    """
    values: dict[str, Any] = {row.name: row.default for row in TABLE}
    named = file or (Path(os.environ[PREFIX + "CONFIG"]) if os.environ.get(PREFIX + "CONFIG") else None)
    path = named or Path(FILE)
    if named is not None or path.exists():
        values |= _known(read_yaml(path), str(path))
    environment = {
        name[len(PREFIX) :].lower(): value
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and name not in _NOT_SETTINGS
    }
    values |= _known(environment, "the environment")
    values |= _known({name: value for name, value in (flags or {}).items() if value is not None}, "the command line")
    for origin, found in (("the command line", flags or {}), ("the environment", environment)):
        _checked({name: value for name, value in found.items() if value is not None}, origin)
    return Settings(**_paths(_checked(values, origin=str(path))))


_NOT_SETTINGS = frozenset({PREFIX + "CONFIG", PREFIX + "REQUIRE", PREFIX + "TEST_ALL"})


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping. Raises SettingsError with the file and the line."""
    import yaml  # when there is a file: it takes longer to load than all of this package's settings

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid YAML: {error}") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise SettingsError(f"{path}: expected names and values, found {type(loaded).__name__}")
    return loaded


def nearest(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """`` Did you mean 'x'?`` for a mistyped name, or nothing."""
    import difflib

    close = difflib.get_close_matches(name, list(known), 1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _known(values: Mapping[str, Any], origin: str) -> Mapping[str, Any]:
    for name in values:
        if name not in _BY_NAME:
            raise SettingsError(f"{origin}: unknown setting {name!r}.{nearest(str(name), _BY_NAME)}")
    return values


def _checked(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    checked: dict[str, Any] = {name: _typed(_BY_NAME[name], value, origin) for name, value in values.items()}
    if checked.get("engine", "whoosh") not in ("whoosh", "opensearch"):
        raise SettingsError(f"{origin}: engine must be whoosh or opensearch, not {checked['engine']!r}")
    if checked.get("time_zone"):
        _check_zone(checked["time_zone"], origin)
    return checked


def _check_zone(name: str, origin: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise SettingsError(f"{origin}: time_zone: no time zone {name!r}") from error


def _paths(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"index": Path(values["index"]), "corpus": Path(values["corpus"])}


def _typed(row: Setting, value: Any, origin: str) -> str | int | bool:
    wanted = type(row.default)
    if wanted is bool and isinstance(value, str):
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("", "0", "false", "no", "off"):
            return False
    elif wanted is int:
        try:
            number = 0 if isinstance(value, bool) else int(value)
        except (TypeError, ValueError):
            number = 0
        if number > 0 or (row.default == 0 and value in (0, "0")):
            return number
    elif wanted is str and isinstance(value, str | Path):
        return str(value)
    elif isinstance(value, wanted):
        return value
    raise SettingsError(f"{origin}: {row.name} must be {_KIND[wanted]}, not {value!r}")


_KIND: dict[type, str] = {str: "text", int: "a whole number above 0", bool: "true or false"}


def plain_output() -> bool:
    """Whether a person asked for text without colours and styles: NO_COLOR (https://no-color.org), or a dumb terminal."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
