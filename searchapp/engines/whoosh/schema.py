"""Which fields Whoosh sees, and what their terms are. It holds no text: segments are written whole, and only read through Whoosh.

    text field f     ``f``: the stem and the chain that made it, ``run/en``, so that a stem agrees only with articles of a
                     language whose chain is the same; ``f_exact``: the form. Both with positions. A hyphenated word stands
                     there by its parts and, at the first one's position, in one (not counted in the length).
    name field f     ``f``: forms with positions; each value begins VALUE_GAP after the last one ended.
    keyword field f  ``f``: the folded whole value.
    record           a column: the article as JSON (`Article.to_stored`)

The table of contents holds this schema as a pickle by its classes' paths, which stay: Whoosh's own ``open_dir`` needs them.
"""

from __future__ import annotations

import json
from array import array
from typing import Any

import orjson
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.formats import Existence, Format

from searchapp import analysis
from searchapp.fields import KEYWORD_FIELDS, NAME_FIELDS, TEXT_FIELDS

RECORD = "record"


def exact(field: str) -> str:
    """The field of Whoosh's that holds the forms of a text field."""
    return f"{field}_exact"


def stem_term(form: str, chain: str) -> str:
    """The term of a form in the stemmed field, as articles of that chain hold it."""
    return f"{analysis.stem(form, chain)}/{chain}"


STEMMED = TEXT_FIELDS
"""Whoosh's fields whose terms are stems; each has its `exact` one beside it."""


class Positions(Format):  # type: ignore[misc]
    """A posting's payload: its positions as unsigned 32-bit integers in the machine's order (which Whoosh checks)."""

    posting_size = -1
    field_boost = 1.0

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}

    def decode_positions(self, value: bytes) -> list[int]:
        """The positions, in order (the name is Whoosh's)."""
        return array("I", value).tolist()

    def decode_frequency(self, value: bytes) -> int:
        """Number of occurrences (the name is Whoosh's)."""
        return len(value) // 4

    decode_weight = decode_frequency


class ReadyField(FieldType):  # type: ignore[misc]
    """A field of Whoosh's that is given postings, not text. ``scorable``: it has lengths."""

    def __init__(self, positions: bool, scorable: bool = False) -> None:
        super().__init__(Positions() if positions else Existence(), None, scorable=scorable)

    def to_bytes(self, value: str | bytes) -> bytes:
        """A term as it is kept, half surrogate pairs too."""
        return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")

    def from_bytes(self, term: bytes) -> str:
        """What `to_bytes` was given."""
        return term.decode("utf-8", "surrogatepass")


def make_schema() -> Schema:
    """The schema of every generation; it is this code, never what a file says."""
    fields: dict[str, FieldType] = {name: ReadyField(positions=True) for name in NAME_FIELDS}
    fields |= {name: ReadyField(positions=True, scorable=True) for text in STEMMED for name in (text, exact(text))}
    fields |= {name: ReadyField(positions=False) for name in KEYWORD_FIELDS}
    return Schema(**fields, **{RECORD: COLUMN(VarBytesColumn())})


def to_json(value: Any) -> bytes:
    """JSON; also of text that isn't Unicode (half a surrogate pair), which orjson refuses."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode("ascii")


def from_json(data: bytes) -> Any:
    """What `to_json` was given."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)
