"""Articles that others collected: any JSONL, plain or gzipped, under the names that readers of this project understand."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import orjson

from searchapp.readers.aliases import rename

_LISTS = ("byline", "places", "tags")


def named(directory: Path | None) -> list[Path]:
    """The JSONL files of a directory."""
    return sorted([*directory.glob("*.jsonl"), *directory.glob("*.jsonl.gz")]) if directory else []


def normalised(source: Path, work: Path) -> Path:
    """The same articles in the interface's JSON, with distinct ids; ``source`` itself when it is that already."""
    with _opened(source) as file:
        if source.suffix == ".jsonl" and {"title", "body", "provenance"} <= orjson.loads(next(iter(file))).keys():
            return source
    target = work / f"{source.name.split('.')[0]}.normalised.jsonl"
    with _opened(source) as file, target.open("wb") as out:
        out.writelines(orjson.dumps(article, option=orjson.OPT_APPEND_NEWLINE) for article in _articles(file, source.name))
    return target


def first(articles: Path, size: int, work: Path) -> Path:
    """A file of the first ``size`` articles."""
    target = work / f"{articles.stem}-first-{size}.jsonl"
    with articles.open("rb") as file, target.open("wb") as out:
        out.writelines(islice(file, size))
    return target


def _opened(source: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(source, "rb")) if source.suffix == ".gz" else source.open("rb")


def _articles(file: IO[bytes], name: str) -> Iterator[dict[str, Any]]:
    seen = set()
    for number, line in enumerate(file):
        record, _, _ = rename(orjson.loads(line))
        article: dict[str, Any] = {key: str(record.get(key) or "") for key in ("title", "body")}
        article_id = str(record.get("id") or number)
        if article_id in seen or not (article["title"] or article["body"]):
            continue
        seen.add(article_id)
        article |= {key: str(record[key]) for key in ("section", "source") if record.get(key)}
        article |= {key: values for key in _LISTS if (values := _list(record.get(key)))}
        article |= _date(str(record.get("published") or ""))
        digest = hashlib.sha256(line).hexdigest()
        provenance = {"file": name, "format": "jsonl", "sha256": digest, "offset": number}
        yield {"id": article_id, **article, "language": str(record.get("language") or "en"), "provenance": provenance}


def _list(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


def _date(text: str) -> dict[str, str]:
    """The day; a text that is no ISO date is left out."""
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        return {}
    return {"published": day.isoformat(), "published_precision": "day"}
