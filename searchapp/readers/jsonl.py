"""JSON: one record a line (.jsonl, .ndjson), an array of records, or an object that is or holds them.

Lines and arrays are streamed; only an object that holds a list is parsed whole (`bounds.MAX_DOCUMENT`). RFC 8259.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from searchapp.readers.aliases import target
from searchapp.readers.bounds import MAX_DOCUMENT, MAX_RECORD, MIB
from searchapp.readers.encoding import as_utf8, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source, Unreadable
from searchapp.readers.records import extract_of, scrubbed

CONTAINERS = ("articles", "items", "records", "entries", "docs", "documents", "results", "data", "stories", "response", "hits")
"""Names under which an object may hold its list of records."""

STREAM_ERRORS = (OSError, EOFError, zlib.error, Unreadable)
_FAULTS = (ValueError, RecursionError)
_BLANK = " \t\r\n"


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every record, or why it is none; a stream that breaks off is one Reject after the records before it."""
    stream, encoding = as_utf8(source.stream, source.head)
    notes = note(encoding, "")
    head = source.head.decode(encoding, "replace").lstrip("\ufeff" + _BLANK)
    shape = _shape(head, source.extension)
    if shape == "array":
        yield from _array(source.name, stream, notes)
    elif shape == "object":
        yield from _object(source.name, stream, notes)
    else:
        yield from _lines(source.name, stream, notes)


def _shape(head: str, extension: str) -> str:
    """Lines, unless the first one is not a whole record by itself and no other one is."""
    lines = [line.strip() for line in head.split("\n")[:50]]
    first = next((line for line in lines if line), "")
    if (record := _object_on(first)) is not None:
        return "object" if sum(map(bool, lines)) == 1 and _members(record) is not None else "lines"
    if first.startswith("["):
        several = extension in (".jsonl", ".ndjson") and first.endswith("]") and any(_is_object(line) for line in lines[1:])
        return "lines" if several else "array"
    if any(_is_object(line) for line in lines[1:]) or not first.startswith("{"):
        return "lines"
    return "lines" if extension in (".jsonl", ".ndjson") and len(first) > 1 and not first.endswith(("{", "[", ",")) else "object"


def _is_object(line: str) -> bool:
    return _object_on(line) is not None


def _object_on(line: str) -> dict[str, Any] | None:
    """The object that a line is, or None."""
    if not (line.startswith("{") and line.endswith("}")):
        return None
    try:
        value = json.loads(line)
    except _FAULTS:
        return None
    return value if isinstance(value, dict) else None


class _Oddities:
    """What the decoder met in one record that a person should know."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.decoder = json.JSONDecoder(object_pairs_hook=self.pairs, parse_constant=self.constant)

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(pairs)
        if len(record) != len(pairs):
            names = [name for name, _ in pairs]
            repeated = sorted({name for name in names if names.count(name) > 1})
            self.notes.append(f"given twice, the last one holds: {', '.join(repeated)[:200]}")
        return record

    def constant(self, name: str) -> None:
        self.notes.append(f"{name} is not JSON; read as null")

    def taken(self) -> list[str]:
        notes, self.notes = self.notes, []
        return notes


def _record(
    value: Any, oddities: _Oddities, *, file: str, position: str, raw: bytes, offset: int | None, notes: tuple[str, ...]
) -> Extract | Reject:
    told = [*notes, *oddities.taken()]
    if not isinstance(value, dict):
        return Reject(file, position, f'a record must be an object {{"title": …, "body": …}}, found {_kind(value)}')
    if isinstance(value.get("_source"), dict):
        value = {name: value[name] for name in ("_id",) if name in value} | value["_source"]
    if b"\\u" in raw or b"\0" in raw:
        value, changed = scrubbed(value)
        if changed:
            told.append("characters that are no text (NUL, lone surrogates) are shown as \ufffd")
    return extract_of(value, file=file, format="jsonl", position=position, raw=raw, offset=offset, notes=told)


def _kind(value: Any) -> str:
    kinds = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")


def _lines(file: str, stream: io.BufferedReader, notes: tuple[str, ...]) -> Iterator[Extract | Reject]:
    oddities = _Oddities()
    number, offset, records = 0, 0, 0
    while True:
        number += 1
        try:
            line = stream.readline(MAX_RECORD + 1)
        except STREAM_ERRORS as error:
            yield broken_off(file, f"after line {number - 1}", error)
            return
        if not line:
            break
        start, offset = offset, offset + len(line)
        content = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if len(line) > MAX_RECORD and not line.endswith(b"\n"):
            records += 1
            yield Reject(file, f"line {number}", f"longer than {MAX_RECORD // MIB} MiB, the bound for a record; split it")
            try:
                offset += _skip_line(stream)
            except STREAM_ERRORS as error:
                yield broken_off(file, f"after line {number}", error)
                return
        elif content.strip():
            records += 1
            yield _line(content.strip(), oddities, file, number, start, notes)
    if not records:
        yield Reject(file, "", "no records in it")


def _line(line: bytes, oddities: _Oddities, file: str, number: int, offset: int, notes: tuple[str, ...]) -> Extract | Reject:
    position = f"line {number}"
    try:
        text, told = _text(line)
        value = oddities.decoder.decode(text)
    except _FAULTS as error:
        oddities.taken()
        return Reject(file, position, fault(error))
    return _record(value, oddities, file=file, position=position, raw=line, offset=offset, notes=notes + told)


def _text(line: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return line.decode("utf-8"), ()
    except UnicodeDecodeError:
        try:
            return line.decode("cp1252"), ("not UTF-8: read as cp1252",)
        except UnicodeDecodeError:
            return line.decode("utf-8", "replace"), ("some bytes are not UTF-8; they are shown as \ufffd",)


def _skip_line(stream: io.BufferedReader) -> int:
    length = 0
    while piece := stream.readline(MIB):
        length += len(piece)
        if piece.endswith(b"\n"):
            break
    return length


def fault(error: Exception) -> str:
    """Why something is not JSON, in words that name the way out."""
    if isinstance(error, RecursionError):
        return "nested too deeply; an article is a flat object"
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg} at character {error.pos + 1}; repair the record and index the file again"
    return f"not valid JSON: {error}"


def broken_off(file: str, position: str, error: Exception) -> Reject:
    """The Reject for a stream that ended with an error; everything before ``position`` has been read."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Reject(file, position, f"the rest can't be read: {reason}; records before were read, get a whole copy for the others")


def _array(file: str, stream: io.BufferedReader, notes: tuple[str, ...]) -> Iterator[Extract | Reject]:
    oddities = _Oddities()
    text = _Growing(stream)
    number = 0
    try:
        text.skip("\ufeff" + _BLANK)
        text.skip_one("[")
        text.skip(_BLANK)
        while (mark := text.peek()) != "]":
            if number:
                if mark != ",":
                    raise ValueError(f"expected , or ] after the item, found {mark!r}" if mark else "the array is not closed")
                text.skip_one(",")
                text.skip(_BLANK)
                if text.peek() == "]":
                    break
            number += 1
            value, raw = text.value(oddities.decoder)
            yield _record(value, oddities, file=file, position=f"item {number}", raw=raw, offset=None, notes=notes)
            text.skip(_BLANK)
        text.skip_one("]")
        text.skip(_BLANK)
        if text.peek():
            yield Reject(file, f"after item {number}", "something follows the array; put it into the array or into its own file")
        elif not number:
            yield Reject(file, "", "no records in it")
    except _FAULTS as error:
        yield Reject(file, f"item {max(number, 1)}", f"{fault(error)}; the items before were read, the ones after were not")
    except STREAM_ERRORS as error:
        yield broken_off(file, f"after item {max(number - 1, 0)}", error)


class _Growing:
    """The text of a stream from where the parser stands; more is read when it is needed."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
        self._text = ""
        self._at = 0
        self._ended = False

    def _more(self, size: int) -> bool:
        if not self._ended:
            piece = self._stream.read(size)
            self._ended = not piece
            self._text = self._text[self._at :] + piece
            self._at = 0
        return not self._ended

    def peek(self) -> str:
        while self._at >= len(self._text):
            if not self._more(MIB):
                return ""
        return self._text[self._at]

    def skip(self, characters: str) -> None:
        while (mark := self.peek()) and mark in characters:
            self._at += 1

    def skip_one(self, mark: str) -> None:
        if self.peek() != mark:
            raise ValueError(f"expected {mark}, found {self.peek()!r}")
        self._at += 1

    def value(self, decoder: json.JSONDecoder) -> tuple[Any, bytes]:
        """The next JSON value and its bytes; a longer piece is tried until it is whole or past the bound."""
        size = MIB
        while True:
            error: Exception | None = None
            try:
                value, end = decoder.raw_decode(self._text, self._at)
                if end < len(self._text) or self._ended:
                    raw = self._text[self._at : end].encode("utf-8", "replace")
                    self._at = end
                    return value, raw
            except json.JSONDecodeError as met:
                error = met
            if error is not None and (self._ended or len(self._text) - self._at > MAX_RECORD):
                raise ValueError(str(error))
            if not self._more(size) and error is not None:
                raise ValueError(str(error))
            size *= 2


def _object(file: str, stream: io.BufferedReader, notes: tuple[str, ...]) -> Iterator[Extract | Reject]:
    oddities = _Oddities()
    data = b""
    try:
        data = stream.read(MAX_DOCUMENT + 1)
        if len(data) > MAX_DOCUMENT:
            raise Unreadable(f"a JSON object larger than {MAX_DOCUMENT // MIB} MiB; write one article a line instead (.jsonl)")
        text, told = _text(data.removeprefix(b"\xef\xbb\xbf").strip())
        value = oddities.decoder.decode(text)
    except _FAULTS as error:
        if str(error).startswith("Extra data"):
            yield from _several(file, data, notes)
        else:
            yield Reject(file, "", fault(error))
        return
    except STREAM_ERRORS as error:
        yield broken_off(file, "", error)
        return
    held = _members(value)
    if held is None:
        yield _record(value, oddities, file=file, position="", raw=data, offset=0, notes=notes + told)
        return
    around = _around(value, held)
    for number, item in enumerate(held, start=1):
        raw = json.dumps(item, sort_keys=True).encode()
        whole = around | item if isinstance(item, dict) else item
        yield _record(whole, oddities, file=file, position=f"item {number}", raw=raw, offset=None, notes=notes + told)
    if not held:
        yield Reject(file, "", "no records in it")


def _several(file: str, data: bytes, notes: tuple[str, ...]) -> Iterator[Extract | Reject]:
    """Objects one after the other, each over several lines; a faulty one ends where a line begins the next."""
    oddities = _Oddities()
    text, told = _text(data.removeprefix(b"\xef\xbb\xbf").rstrip())
    at, number = _AFTER.match(text, 0).end(), 0  # type: ignore[union-attr]
    while at < len(text):
        number += 1
        try:
            value, end = oddities.decoder.raw_decode(text, at)
        except _FAULTS as error:
            oddities.taken()
            yield Reject(file, f"item {number}", fault(error))
            following = text.find("\n{", at + 1)
            end = following + 1 if following >= 0 else len(text)
        else:
            raw = text[at:end].encode("utf-8", "replace")
            yield _record(value, oddities, file=file, position=f"item {number}", raw=raw, offset=None, notes=notes + told)
        at = _AFTER.match(text, end).end()  # type: ignore[union-attr]


_AFTER = re.compile(r"[\s,]*")


def _around(value: dict[str, Any], held: list[Any]) -> dict[str, Any]:
    """What an object says of all its records: ``source``, ``language`` and the like; a JSON Feed's title is its source."""
    shared = {name: value[name] for name in ("source", "publisher", "language", "lang", "section", "rights") if value.get(name)}
    if "jsonfeed.org" in str(value.get("version")) and isinstance(value.get("title"), str):
        shared.setdefault("source", value["title"])
    return shared if any(isinstance(item, dict) for item in held) else {}


def _members(value: Any) -> list[Any] | None:
    """The records that an object holds; None for one that is a record itself."""
    if isinstance(value, dict) and isinstance(value.get("body"), str):
        return None
    held = _held(value)
    return _keyed(value) if held is None else held


def _held(value: Any, depth: int = 0) -> list[Any] | None:
    """The list of records in an object, at most two names deep."""
    if not isinstance(value, dict):
        return None
    for name in CONTAINERS:
        inner = value.get(name)
        if isinstance(inner, list) and (not inner or isinstance(inner[0], dict)):
            return inner
        if isinstance(inner, dict) and depth < 2 and (found := _held(inner, depth + 1)) is not None:
            return found
    return None


def _keyed(value: Any) -> list[Any] | None:
    """The records of an object that holds each under its id."""
    if not isinstance(value, dict) or not value or not all(isinstance(item, dict) for item in value.values()):
        return None
    known = [any((found := target(name)) and found[0] in ("title", "body") for name in item) for item in value.values()]
    if not all(known) or any(target(name) for name in value):
        return None
    return [{"id": name} | item for name, item in value.items()]
