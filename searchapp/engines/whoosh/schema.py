"""How an article becomes postings: which terms, with which positions, in which of Whoosh's fields.

    text field f     ``f``: the stem and the chain that made it, ``run/en``, so that a stem agrees only with articles of a
                     language whose chain is the same; ``f_exact``: the form. Both with positions.
    name field f     ``f``: forms with positions; each value begins VALUE_GAP after the last one ended.
    keyword field f  ``f``: the folded whole value.
    record           a column: zlib of JSON {"article": `Article.to_stored`, "lengths": tokens of each text field}

Whoosh's analyzers and tokens are not used: a field is given its postings ready made.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.formats import Existence, Format

from searchapp import analysis
from searchapp.article import Article
from searchapp.fields import KEYWORD_FIELDS, NAME_FIELDS, TEXT_FIELDS, values_of
from searchapp.query.tree import VALUE_GAP

Posting = tuple[bytes, int, float, bytes]
"""Term, frequency, weight, positions: what Whoosh asks of a field."""

RECORD = "record"


def exact(field: str) -> str:
    """The field of Whoosh's that holds the forms of a text field."""
    return f"{field}_exact"


def stem_term(form: str, chain: str) -> str:
    """The term of a form in the stemmed field, as articles of that chain hold it."""
    return f"{analysis.stem(form, chain)}/{chain}"


FORM_FIELDS: tuple[str, ...] = (*(exact(name) for name in TEXT_FIELDS), *NAME_FIELDS)
"""Whoosh's fields whose terms are forms: the ones prefixes, wildcards and fuzzy words look in."""


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
    """A field of Whoosh's that is given postings, not text."""

    def __init__(self, positions: bool) -> None:
        super().__init__(Positions() if positions else Existence(), None, scorable=False)

    def index(self, value: Iterable[Posting], **_: Any) -> Iterable[Posting]:
        """Hand the postings through."""
        return value


def make_schema() -> Schema:
    """The schema of every generation; it is this code, never what a file says."""
    fields: dict[str, FieldType] = {name: ReadyField(positions=True) for name in (*TEXT_FIELDS, *FORM_FIELDS)}
    fields |= {name: ReadyField(positions=False) for name in KEYWORD_FIELDS}
    return Schema(**fields, **{RECORD: COLUMN(VarBytesColumn())})


def document(article: Article) -> dict[str, Any]:
    """An article as Whoosh's ``add_document`` takes it."""
    chain = analysis.chain(article.language)
    fields: dict[str, Any] = {}
    lengths = {}
    for name in TEXT_FIELDS:
        words = analysis.columns(getattr(article, name), article.language)[0]
        forms: defaultdict[str, array[int]] = defaultdict(_positions)
        for position, form in enumerate(words):
            forms[form].append(position)
        lengths[name] = len(words)
        fields[name] = _postings(_stems(forms, chain))
        fields[exact(name)] = _postings(forms)
    for name in NAME_FIELDS:
        fields[name] = _postings(_name_forms(article, name))
    for name in KEYWORD_FIELDS:
        fields[name] = [(_bytes(analysis.fold(value)), 1, 1.0, b"") for value in values_of(article, name)]
    fields[RECORD] = zlib.compress(to_json({"article": article.to_stored(), "lengths": lengths}), 3)
    return fields


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


def _positions() -> array[int]:
    return array("I")


def _stems(forms: dict[str, array[int]], chain: str) -> dict[str, array[int]]:
    stems: dict[str, array[int]] = {}
    for form, positions in forms.items():
        term = stem_term(form, chain)
        known = stems.get(term)
        stems[term] = positions if known is None else array("I", sorted(known + positions))
    return stems


def _name_forms(article: Article, name: str) -> dict[str, array[int]]:
    forms: defaultdict[str, array[int]] = defaultdict(_positions)
    start = 0
    for value in values_of(article, name):
        words = analysis.columns(value, article.language)[0]
        for position, form in enumerate(words, start):
            forms[form].append(position)
        start += len(words) + VALUE_GAP
    return forms


def _postings(terms: dict[str, array[int]]) -> Iterator[Posting]:
    for term, positions in terms.items():
        yield _bytes(term), len(positions), float(len(positions)), positions.tobytes()


def _bytes(term: str) -> bytes:
    return term.encode("utf-8", "surrogatepass")
