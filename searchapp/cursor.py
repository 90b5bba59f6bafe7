"""Cursors: where a walk through all hits stands, as an opaque word that a client hands back.

A cursor names its generation and carries a digest of the question, so that it can't be used for another one, and the
moment the walk began, so that an article becoming available on the way doesn't shift it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import orjson

from searchapp.engines.base import SortKey
from searchapp.errors import BadRequest, Problem
from searchapp.results import SearchRequest

_LARGEST = 2**62
"""Beyond any count and any instant of the calendar, within what arrays of 64-bit integers hold."""


def _to_json(values: list[Any]) -> bytes:
    try:
        return orjson.dumps(values)
    except TypeError:  # half of a surrogate pair
        return json.dumps(values, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """``seen`` hits of ``generation`` have been handed out, the last one at ``after``; ``now`` is seconds since 1970."""

    generation: str
    question: str
    after: SortKey
    seen: int
    now: int

    def encode(self) -> str:
        """URL-safe text; `decode` is its inverse."""
        values: list[Any] = [
            self.generation,
            self.question,
            self.after.score,
            self.after.instant,
            self.after.id,
            self.seen,
            self.now,
        ]
        return base64.urlsafe_b64encode(_to_json(values)).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, request: SearchRequest) -> Cursor:
        """Raises BadRequest for anything `encode` didn't make for the same question."""
        try:
            values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            generation, question, score, instant, article_id, seen, now = values
            texts, whole = (generation, question, article_id), (seen, now, 0 if instant is None else instant)
            if not all(isinstance(value, str) for value in texts) or not all(type(value) is int for value in whole):
                raise ValueError("a value of the wrong kind")
            if type(score) is not float or not math.isfinite(score) or any(abs(number) > _LARGEST for number in whole):
                raise ValueError("a number that no walk has")
        except (ValueError, TypeError, binascii.Error, RecursionError) as error:
            raise BadRequest([Problem("cursor", "not a cursor of this archive; begin again without one")]) from error
        if question != question_digest(request):
            message = "belongs to another search; begin again without a cursor, or repeat the search it came from"
            raise BadRequest([Problem("cursor", message)])
        return cls(generation=generation, question=question, after=SortKey(score, instant, article_id), seen=seen, now=now)


def question_digest(request: SearchRequest) -> str:
    """Equal for requests that have the same hits in the same order."""
    parts = [
        request.q,
        request.sort,
        request.first,
        request.last,
        sorted((name, sorted(values)) for name, values in request.where.items()),
        sorted((name, sorted(values)) for name, values in request.without.items()),
    ]
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
