"""Tables: CSV and TSV with a heading row, any of , ; tab | as the delimiter. RFC 4180.

Rows are streamed. A row that can't be read is rejected with its line and reading goes on with the next.
``csv.field_size_limit`` belongs to the whole process; it is raised to `bounds.MAX_RECORD` here and left there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from searchapp.readers.aliases import target
from searchapp.readers.bounds import MAX_RECORD, MAX_REREAD, MIB
from searchapp.readers.encoding import as_utf8, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.jsonl import STREAM_ERRORS, broken_off
from searchapp.readers.opening import Source, Unreadable
from searchapp.readers.records import extract_of

DELIMITERS = (",", "\t", ";", "|")
_SEP = re.compile(r"\s*\"?sep=(.)\"?\s*\Z", re.IGNORECASE)
"""The line by which spreadsheet programs name the delimiter."""
_ABOVE = 6
"""Lines in which the heading is looked for; a title or note may stand above it."""


def delimiter_of(heading: str, extension: str = "") -> str:
    """The delimiter that gives the heading row the most names the archive knows, then the most columns."""
    if extension == ".tsv" and "\t" in heading:
        return "\t"
    return max(DELIMITERS, key=lambda mark: _known(_cells(heading, mark)))


def is_heading(line: str) -> bool:
    """Whether a first line is plainly the heading of a table of articles: a headline or text, and another known name."""
    fields = {found[0] for cell in _cells(line, delimiter_of(line)) if (found := target(cell.strip())) is not None}
    return len(fields) >= 2 and bool(fields & {"title", "body"})


def is_table(text: str) -> bool:
    """Whether the beginning of a text has a heading in its first lines, or the rows of a table."""
    lines = text.splitlines()
    if any(_names_article(line) for line in lines[:_ABOVE]):
        return True
    for mark in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=mark) if row]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count, default=0)
        if (usual >= 3 or {usual} == set(widths) == {2}) and widths.count(usual) >= 0.6 * len(widths):
            return True
    return False


def _names_article(line: str, extension: str = "") -> bool:
    """Whether a line names a column for the headline or the text, with some delimiter."""
    cells = _cells(line, delimiter_of(line, extension))
    return any((found := target(cell.strip())) is not None and found[0] in ("title", "body") for cell in cells)


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


def _known(cells: list[str]) -> tuple[int, int]:
    return sum(target(cell.strip()) is not None for cell in cells), len(cells)


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every row as a record; an empty cell is an unknown value."""
    csv.field_size_limit(MAX_RECORD)
    stream, encoding = as_utf8(source.stream, source.head)
    lines = _Lines(stream)
    try:
        mark, names = _heading(lines, source)
        yield from _rows(source.name, lines, mark, names, note(encoding, ""))
    except csv.Error as error:
        yield Reject(source.name, f"line {lines.number}", f"not a heading row: {error}")
    except STREAM_ERRORS as error:
        yield _ended_by(source.name, lines, error)


def _ended_by(file: str, lines: _Lines, error: Exception) -> Reject:
    """The Reject for what ended a table."""
    if isinstance(error, Unreadable):
        return Reject(file, error.position, str(error))
    return broken_off(file, f"after line {lines.number}", error)


def _heading(lines: _Lines, source: Source) -> tuple[str, list[str]]:
    text, mark = _heading_line(lines, source.extension)
    mark = mark or delimiter_of(text, source.extension)
    names = [name.strip() for name in _first_row(text, lines, mark)]
    if not any((found := target(name)) and found[0] in ("title", "body") for name in names):
        shown = ", ".join(names[:12])
        raise Unreadable(
            f"no column for the headline or the text (found: {shown}); name them in the first row, see docs/formats.md",
            f"line {lines.number}",
        )
    return mark, [name or f"column {number}" for number, name in enumerate(_distinct(names), start=1)]


def _heading_line(lines: _Lines, extension: str) -> tuple[str, str]:
    """The first of the upper lines that names a headline or text, else the first line; and the delimiter given above it."""
    mark = ""
    above: list[str] = []
    for text in lines:
        if (match := _SEP.match(text)) is not None and match[1] in DELIMITERS:
            mark = match[1]
        elif text.strip():
            if _names_article(text, extension):
                return text, mark
            above.append(text)
            if len(above) >= _ABOVE or text.count('"') % 2:
                break
    if not above:
        raise Unreadable("no records in it")
    lines.push_back(above[1:])
    return above[0], mark


def _first_row(text: str, lines: _Lines, mark: str) -> list[str]:
    lines.push_back([text])
    return next(csv.reader(lines, delimiter=mark), [])


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 or not name else f"{name} ({seen[name]})")
    return distinct


class _Lines:
    """Lines of a stream with their numbers and byte offsets; lines can be given back to be read again."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._back: list[str] = []
        self.number = 0
        self.offset = 0
        self.taken: list[str] = []
        self.broken = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else self._read()
        self.number += 1
        self.offset += len(line.encode("utf-8", "surrogateescape"))
        self.taken.append(line)
        return line

    def _read(self) -> str:
        data = self._stream.readline(MAX_RECORD + 1)
        if not data:
            raise StopIteration
        if len(data) > MAX_RECORD:
            raise Unreadable(f"a line longer than {MAX_RECORD // MIB} MiB; the rest was not read", f"line {self.number + 1}")
        if self.number == 0:
            data = data.removeprefix(b"\xef\xbb\xbf")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self.broken = True
            try:
                return data.decode("cp1252")
            except UnicodeDecodeError:
                return data.decode("utf-8", "replace")

    def begin_row(self) -> None:
        self.taken = []
        self.broken = False

    def push_back(self, lines: list[str]) -> None:
        """Give back the last lines taken."""
        self.number -= len(lines)
        self.offset -= sum(len(line.encode("utf-8", "surrogateescape")) for line in lines)
        self._back.extend(reversed(lines))


def _rows(file: str, lines: _Lines, mark: str, names: list[str], notes: tuple[str, ...]) -> Iterator[Extract | Reject]:
    records, reread = 0, 0
    while True:
        lines.begin_row()
        first, offset = lines.number + 1, lines.offset
        told = list(notes)
        try:
            cells = next(csv.reader(_bounded(lines), delimiter=mark, strict=True), None)
        except csv.Error as error:
            reread += sum(map(len, lines.taken[1:]))
            if reread > MAX_REREAD:
                raise Unreadable("too many unclosed quotes; the rest was not read: repair the quotes", f"line {first}") from error
            lines.push_back(lines.taken[1:])
            cells = _lenient(lines.taken[0], mark, len(names))
            told.append("quotes were not closed as RFC 4180 wants; read leniently")
            if cells is None:
                records += 1
                yield Reject(file, f"line {first}", f"not a row: {error}; a quote within a cell is written twice")
                continue
            lines.taken = lines.taken[:1]
        if cells is None:
            break
        if any(cell.strip() for cell in cells):
            records += 1
            raw = "".join(lines.taken)
            told += ["not UTF-8: read as cp1252"] if lines.broken else []
            yield _row(file, cells, names, f"line {first}", raw, offset, told)
    if not records:
        yield Reject(file, "", "a heading and no rows")


def _bounded(lines: _Lines) -> Iterator[str]:
    length = 0
    for line in lines:
        length += len(line)
        if length > MAX_RECORD:
            raise csv.Error(f"longer than {MAX_RECORD // MIB} MiB, probably an unclosed quote")
        yield line


def _lenient(line: str, mark: str, columns: int) -> list[str] | None:
    try:
        cells = next(csv.reader([line.rstrip("\r\n").replace("\r", " ")], delimiter=mark), [])
    except csv.Error:
        return None
    return cells if len(cells) == columns else None


def _row(
    file: str, cells: list[str], names: list[str], position: str, raw: str, offset: int, told: list[str]
) -> Extract | Reject:
    if len(cells) < len(names):
        told.append(f"{len(cells)} cells under {len(names)} headings; the last ones are unknown")
    if len(cells) > len(names):
        told.append(f"{len(cells)} cells under {len(names)} headings; a delimiter within a cell needs quotes")
    names = names + [f"column {number}" for number in range(len(names) + 1, len(cells) + 1)]
    if "\0" in raw:
        told.append("NUL characters are shown as \ufffd")
        cells = [cell.replace("\0", "\ufffd") for cell in cells]
    record = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
    return extract_of(
        record, file=file, format="csv", position=position, raw=raw.encode("utf-8", "replace"), offset=offset, notes=told
    )
