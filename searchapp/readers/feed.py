"""RSS and Atom by feedparser: one record an item, bodies as the feed has them (HTML is taken apart by cleaning).

``content:encoded`` and Atom's ``content`` come before ``summary`` and ``description``. The feed's own title, language
and rights hold for items that don't name theirs. A single category is the section, several are tags. Nothing is
fetched: feedparser gets bytes, never an address.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from searchapp.article import Provenance
from searchapp.readers.bounds import MAX_FEED
from searchapp.readers.encoding import decode
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source, Unreadable
from searchapp.readers.records import scrubbed

_MAILBOX = re.compile(r"\S+@\S+\s+\(([^()]+)\)")
"""RSS 2.0's form of an author; feedparser takes longer addresses apart in the wrong place."""
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*\[", re.IGNORECASE)


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every item; a feed that is not well-formed is read as far as it goes, with a note."""
    data = source.whole(MAX_FEED)
    feed = _parse(data)
    notes = ("the feed is not well-formed XML; read leniently",) if feed.get("bozo") and _is_fault(feed) else ()
    if not feed.entries:
        why = f": {str(feed.get('bozo_exception'))[:200]}" if notes else ""
        yield Reject(source.name, "", f"no items of a feed in it{why}")
        return
    for number, entry in enumerate(feed.entries, start=1):
        yield _item(source.name, number, entry, feed.feed, notes)


def _parse(data: bytes) -> Any:
    import feedparser

    if _DOCTYPE.search(decode(data[:4096], declared=True)[0]):
        raise Unreadable("a feed with its own entity declarations; take the <!DOCTYPE …> out")
    try:
        return feedparser.parse(io.BytesIO(_recoded(data)), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        raise Unreadable(f"not a feed that can be read: {type(error).__name__}: {str(error)[:200]}") from error


def _recoded(data: bytes) -> bytes:
    """The feed as UTF-8 when it declares an older encoding: browsers read more into some labels than Python does."""
    text, encoding = decode(data, declared=True)
    if encoding == "utf-8" or encoding.startswith("utf-"):
        return data
    return _DECLARATION.sub('<?xml version="1.0" encoding="utf-8"?>', text, count=1).encode("utf-8", "replace")


def _is_fault(feed: Any) -> bool:
    from feedparser import CharacterEncodingOverride, NonXMLContentType

    return not isinstance(feed.get("bozo_exception"), CharacterEncodingOverride | NonXMLContentType)


def _item(file: str, number: int, entry: Any, channel: Any, notes: tuple[str, ...]) -> Extract:
    found = {name: pair for name, pair in _fields(entry, channel).items() if pair[1] not in (None, "", [])}
    declared, changed = scrubbed({name: value for name, (_, value) in found.items()})
    raw = json.dumps(declared, sort_keys=True, ensure_ascii=True).encode()
    identifier = declared.get("id")
    provenance = Provenance(
        file=file,
        format="feed",
        sha256=hashlib.sha256(raw).hexdigest(),
        record_id=identifier[:200] if isinstance(identifier, str) else None,
    )
    told = notes + (("characters that are no text are shown as \ufffd",) if changed else ())
    origins = {name: origin for name, (origin, _) in found.items()}
    return Extract(provenance=provenance, position=f"item {number}", declared=declared, notes=told, origins=origins)


def _fields(entry: Any, channel: Any) -> Mapping[str, tuple[str, Any]]:
    body_name, body = _body(entry)
    categories = [name for tag in entry.get("tags", ()) if (name := tag.get("label") or tag.get("term"))]
    fields: dict[str, tuple[str, Any]] = {
        "id": ("id", entry.get("id")),
        "title": ("title", entry.get("title")),
        "body": (body_name, body),
        "published": ("published", entry.get("published")) if entry.get("published") else ("updated", entry.get("updated")),
        "byline": ("author", _names(entry)),
        "section": ("category", categories[0] if len(categories) == 1 else None),
        "tags": ("category", categories if len(categories) > 1 else []),
        "url": ("link", entry.get("feedburner_origlink") or entry.get("link")),
        "rights": ("rights", entry.get("rights") or channel.get("rights")),
        "source": ("feed title", (entry.get("source") or {}).get("title") or channel.get("title")),
        "language": ("feed language", _language(entry) or channel.get("language")),
    }
    if body_name != "summary" and (summary := entry.get("summary")) and summary != body:
        fields["summary"] = ("summary", summary)
    return fields


def _body(entry: Any) -> tuple[str, str | None]:
    contents = [(content.get("type") or "", content.get("value") or "") for content in entry.get("content", ())]
    texts = [
        (kind, value) for kind, value in contents if value.strip() and (not kind or "html" in kind or kind.startswith("text"))
    ]
    if texts:
        return "content", max(texts, key=lambda pair: len(pair[1]))[1]
    return "summary", entry.get("summary")


def _names(entry: Any) -> list[str]:
    if (match := _MAILBOX.fullmatch(str(entry.get("author", "")))) is not None:
        return [match[1].strip()]
    names = [author.get("name") or author.get("email") for author in entry.get("authors", ())]
    return [name for name in names if name] or ([entry["author"]] if entry.get("author") else [])


def _language(entry: Any) -> str | None:
    for part in (*entry.get("content", ()), entry.get("title_detail") or {}):
        if part.get("language"):
            return str(part["language"])
    return None
