"""ninjs, news in JSON (IPTC, versions 1.0 to 3.1): one article an object; associated items with a text are their own.

Version 2 made lists of version 1's objects (``headlines``, ``bodies``, ``subjects``): both are read. An item that is a picture,
a video, an event or a plan is a Reject that says so; ``pubstatus`` other than ``usable`` is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from searchapp.readers import nitf, xml
from searchapp.readers.bounds import MAX_DOCUMENT
from searchapp.readers.declared import Declared
from searchapp.readers.encoding import decode, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.jsonl import fault
from searchapp.readers.opening import Source, Unreadable
from searchapp.readers.records import scrubbed

_TEXTS = ("text", "composite", "")
_NESTED = 8
"""How deep associations are followed."""


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every item of a document: an object, a list of objects, or one a line."""
    data = source.whole(MAX_DOCUMENT)
    text, encoding = decode(data)
    try:
        found = _loaded(text)
    except (ValueError, RecursionError) as error:
        yield Reject(source.name, "", fault(error))
        return
    for number, record in enumerate(found, start=1):
        position = f"item {number}" if len(found) > 1 else ""
        if isinstance(record, dict):
            yield from _item(source.name, position, record, note(encoding, text), 0)
        else:
            yield Reject(source.name, position, "a ninjs item must be an object")


def _loaded(text: str) -> list[Any]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _item(file: str, position: str, given: Mapping[str, Any], notes: tuple[str, ...], depth: int) -> Iterator[Extract | Reject]:
    record, changed = scrubbed(dict(given))
    told = notes + (("characters that are no text are shown as \ufffd",) if changed else ())
    kind = str(record.get("type") or "")
    declared = _fields(record)
    status = str(_either(record, "pubstatus", "pubStatus") or "usable")
    uri = str(record.get("uri") or "unknown")
    if kind not in _TEXTS and "body" not in declared.values:
        yield Reject(file, position, f"a ninjs item of the type {kind} without a text, not an article (uri {uri})")
    elif not declared.values.keys() & {"title", "body"}:
        yield Reject(file, position, f"a ninjs item with neither headline nor text (uri {uri})")
    else:
        if status not in ("usable", ""):
            told += (f"its provider says that it is {status} (pubstatus)",)
        raw = json.dumps(record, sort_keys=True).encode()
        aside = [text for name in ("ednote", "edNote") if isinstance(text := record.get(name), str)]
        yield declared.extract(file=file, format="ninjs", raw=raw, position=position, notes=told, furniture=aside)
    for name, other in _associations(record):
        if depth < _NESTED and isinstance(other, dict) and _body(other)[1]:
            yield from _item(file, f"{position} association {name}".strip(), other, notes, depth + 1)


def _associations(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    found = record.get("associations")
    if isinstance(found, dict):
        yield from ((str(name), item) for name, item in found.items())
    elif isinstance(found, list):
        yield from ((str(item.get("name") or number), item) for number, item in enumerate(found, 1) if isinstance(item, dict))


def _fields(record: Mapping[str, Any]) -> Declared:
    declared = Declared()
    declared.put("id", "uri", _text(record.get("uri")))
    declared.put("title", "headline", _text(record.get("headline")) or _first(record.get("headlines"), "value"))
    declared.put("title", "title", _text(record.get("title")))
    declared.put("body", *_body(record))
    for name in ("firstcreated", "firstCreated", "contentcreated", "contentCreated", "versioncreated", "versionCreated"):
        declared.put("published", name, _text(record.get(name)))
    declared.put("available_from", "embargoed", _text(_either(record, "embargoed", "embargoedUntil")))
    declared.add("byline", "byline", [_text(record.get("byline"))])
    if "byline" not in declared.values:
        declared.add("byline", "by", _names(record, "by", "bylines", "creator"))
    declared.put("dateline", "dateline", _text(record.get("located")) or _text(record.get("dateline")))
    declared.add("agency", "provider", _names(record, "infosource", "infosources", "infoSources", "provider"))
    declared.add("tags", "subject", _names(record, "subject", "subjects", "keywords"))
    declared.put("section", "desk", next(iter(_names(record, "desk", "desks")), None))
    declared.put("language", "language", _text(record.get("language")))
    declared.put("rights", "copyrightnotice", _text(_either(record, "copyrightnotice", "copyrightNotice")))
    declared.put("summary", "description", _text(record.get("description_text")) or _first(record.get("descriptions"), "value"))
    uri = _text(record.get("uri")) or ""
    declared.put("url", "uri", uri if uri.startswith(("http://", "https://")) else None)
    return declared


def _body(record: Mapping[str, Any]) -> tuple[str, str | None]:
    """The text and where it stood: XHTML (cleaning takes it apart) before plain text before NITF; of several the longest."""
    found = [(name, value) for name, value in record.items() if name.startswith("body_") and isinstance(value, str)]
    bodies = record.get("bodies")
    for body in bodies if isinstance(bodies, list) else ():
        if isinstance(body, dict) and isinstance(body.get("value"), str):
            found.append((f"bodies {body.get('contenttype') or body.get('contentType') or ''}".strip(), body["value"]))
    ranked = [(_rank(name), name, value) for name, value in found if value.strip()]
    if not ranked:
        return "body", None
    rank, name, value = max(ranked, key=lambda item: (item[0], len(item[2])))
    return (name, value) if rank else (name, _out_of_nitf(value))


def _rank(name: str) -> int:
    if "nitf" in name or "event" in name:
        return 0
    return 2 if "html" in name else 1


def _out_of_nitf(text: str) -> str | None:
    try:
        root, _ = xml.parse(text.encode())
    except Unreadable:
        return text
    carried, _ = nitf.fields(root)
    body = carried.values.get("body")
    return body if isinstance(body, str) else "\n\n".join(xml.paragraphs(root)) or None


def _either(record: Mapping[str, Any], *names: str) -> Any:
    return next((record[name] for name in names if name in record), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _first(values: Any, name: str) -> str | None:
    items = values if isinstance(values, list) else []
    main = sorted((item for item in items if isinstance(item, dict)), key=lambda item: item.get("role") not in (None, "main"))
    return next((item[name] for item in main if isinstance(item.get(name), str)), None)


def _names(record: Mapping[str, Any], *keys: str) -> list[str]:
    """The names in the first of some lists that has any."""
    for key in keys:
        value = record.get(key)
        items = value if isinstance(value, list) else [value]
        found = [item.get("name") or item.get("literal") if isinstance(item, dict) else item for item in items]
        if texts := [text for text in found if isinstance(text, str) and text.strip()]:
            return texts
    return []
