"""How an article becomes postings: which terms, with which positions, in which of Whoosh's fields.

    text field f     ``f``: the stem and the chain that made it, ``run/en``, so that a stem agrees only with articles of a
                     language whose chain is the same; ``f_exact``: the form. Both with positions. A hyphenated word stands
                     there by its parts and, at the first one's position, in one (not counted in the length).
    name field f     ``f``: forms with positions; each value begins VALUE_GAP after the last one ended.
    keyword field f  ``f``: the folded whole value.
    record           a column: zlib of JSON {"article": `Article.to_stored`, "lengths": tokens of each text field}

Whoosh's analyzers and tokens are not used: `bulk` writes postings ready made.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.formats import Existence, Format

from searchapp import analysis
from searchapp.article import Article
from searchapp.fields import KEYWORD_FIELDS, NAME_FIELDS, TEXT_FIELDS, values_of
from searchapp.query.tree import VALUE_GAP

RECORD = "record"


def exact(field: str) -> str:
    """The field of Whoosh's that holds the forms of a text field."""
    return f"{field}_exact"


def stem_term(form: str, chain: str) -> str:
    """The term of a form in the stemmed field, as articles of that chain hold it."""
    return f"{analysis.stem(form, chain)}/{chain}"


STEMMED = TEXT_FIELDS
"""Whoosh's fields whose terms are stems; each has its `exact` one beside it."""

FORM_FIELDS: tuple[str, ...] = (*(exact(name) for name in TEXT_FIELDS), *NAME_FIELDS)
"""Whoosh's fields whose terms are forms: the ones prefixes, wildcards and fuzzy words look in."""

FIELDS_OF_WHOOSH: tuple[str, ...] = (*STEMMED, *FORM_FIELDS, *KEYWORD_FIELDS)
"""All that have postings."""


def form_field(field: str) -> str:
    """Where the forms of a text or name field are."""
    return exact(field) if field in TEXT_FIELDS else field


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


@dataclass(frozen=True, slots=True)
class Document:
    """An article as the index takes it: runs of terms (field of Whoosh's, first position, terms), and the record.

    Only forms are given; the stemmed fields follow from them and the chain.
    """

    chain: str
    runs: Sequence[tuple[str, int, Sequence[str]]]
    record: bytes


def document(article: Article) -> Document:
    """An article, analysed."""
    runs: list[tuple[str, int, Sequence[str]]] = []
    lengths = {}
    for name in TEXT_FIELDS:
        text = getattr(article, name)
        forms, starts, ends = analysis.columns(text, article.language)
        lengths[name] = len(forms)
        runs.append((exact(name), 0, forms))
        runs += [(exact(name), at, (form,)) for at, form in analysis.compounds(text, forms, starts, ends).items()]
    for name in NAME_FIELDS:
        start = 0
        for value in values_of(article, name):
            words = _words(value, article)
            runs.append((name, start, words))
            start += len(words) + VALUE_GAP
    for name in KEYWORD_FIELDS:
        values = dict.fromkeys(analysis.fold(value) for value in values_of(article, name))
        runs.append((name, 0, tuple(values)))
    record = zlib.compress(to_json({"article": article.to_stored(), "lengths": lengths}), 3)
    return Document(analysis.chain(article.language), runs, record)


def _words(text: str, article: Article) -> Sequence[str]:
    return analysis.columns(text, article.language)[0] if text else ()


def read_record(record: bytes) -> tuple[Article, dict[str, int]]:
    """The article, and the lengths of its text fields in tokens."""
    stored = from_json(zlib.decompress(record))
    return Article.from_stored(stored["article"]), stored["lengths"]


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
