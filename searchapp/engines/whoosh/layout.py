"""What a segment of this codec is made of: its files, and every array in them.

A segment is seven array files (`searchapp.engines.whoosh.arrays`), ``MAIN_<id>.<part>``. N documents, numbered from 0 in the
order of writing. Three *sets* of postings, X: ``text`` (title and body together, by stem), ``furniture`` (by stem), ``values``
(name and keyword fields). T terms in the order of their bytes, B blocks, F forms.

Terms are bytes (UTF-8, surrogates passed): ``stem/chain`` in text and furniture, ``field`` + ``\\x1f`` + form or value in values.

A posting is a document with its number of occurrences; in ``text`` these are split into two *parts*, first those in the
title, then those in the body (elsewhere all are of the second part). A term's postings, by ascending document, are cut into
blocks of `BLOCK`; only a term's last block may be shorter. A block of n postings:

    in X.post    n document gaps (document - the one before - 1; before a term's first posting: -1), n × (occurrences - 1),
                 n × occurrences in the first part: three runs of unsigned integers of the widths X.widths[4b], [4b+1], [4b+2]
    in X.pos     every occurrence's position, posting after posting, in each the first part's, then the second's: the first one of a
                 posting's part as it is, the next ones as differences; one run of width X.widths[4b+3]
    in X.code    (text, furniture) every occurrence's form, in the order of X.pos: its number among the term's forms; one run of
                 width bit_length(X.nforms[t] - 1)

A run of width w is its integers one after the other, the least significant bit first, beginning at a byte's lowest bit, filled
to whole bytes; width 0 takes no bytes. Widths are the smallest that fit; at most 32.

`ARRAYS` lists every array; ARCHITECTURE.md shows the same table.
"""

from __future__ import annotations

from typing import NamedTuple

BLOCK = 128
"""Postings in a block: what one decoding step handles, and what pruning can skip."""

POSTINGS, POSITIONS, FORMS, DICTIONARY, COLUMNS, STORED, OFFSETS = (
    ".postings", ".positions", ".forms", ".dictionary", ".columns", ".stored", ".offsets",
)  # fmt: skip
PARTS = (POSTINGS, POSITIONS, FORMS, DICTIONARY, COLUMNS, STORED, OFFSETS)
"""Extensions of a segment's files."""

SETS = ("text", "furniture", "values")
STEMMED_SETS = ("text", "furniture")
SEPARATOR = "\x1f"
"""Between field and value in a term of the set ``values``."""
MOST_BYTES = 2**32 - 1
"""Offsets are 32 bits: a stream of a segment can't be longer; the builder begins a new segment long before."""

NO_BOUND = 255
"""The value of X.max that promises nothing."""
BOUND_ZERO, BOUND_STEPS = 96, 8
"""X.max of a block is c: no posting of it weighs more than 2 ** ((c - BOUND_ZERO) / BOUND_STEPS)."""


class Column(NamedTuple):
    """One row of `ROW`: what a row of the array ``rows`` holds from byte ``at`` on."""

    name: str
    dtype: str
    at: int
    meaning: str


ROW: tuple[Column, ...] = (
    Column("instant", "int64", 0, "seconds since 1970 at which the article's period begins; the smallest integer when undated"),
    Column("first", "int32", 8, "first day of its period (`date.toordinal`); beyond every day when undated"),
    Column("last", "int32", 12, "last day of its period; 0 when undated"),
    Column("month", "uint16", 16, "12 × year + month - 1 of the first day; 0 when undated"),
    Column("grain", "uint8", 18, "how exact the date is: 0 undated, 1 year, 2 month, 3 day or time"),
    Column("length.title", "uint32", 20, "tokens of the title"),
    Column("length.body", "uint32", 24, "tokens of the body"),
    Column("length.furniture", "uint32", 28, "tokens of the furniture"),
)  # fmt: skip
"""A row, 32 bytes: half a line of a processor's cache. Byte 19 is 0."""
WORDS = 8
"""Of 32 bits in a row. In such words: `FIRST`, `LAST`, `MONTH` (the grain is in its third byte), `LENGTHS`; in those of 64, `INSTANT`."""
FIRST, LAST, MONTH, INSTANT = 2, 3, 4, 0
LENGTHS = {"title": 5, "body": 6, "furniture": 7}


class Array(NamedTuple):
    """One row of the table. ``X`` and ``F`` in a name stand for each set and each facet."""

    name: str
    part: str
    dtype: str
    shape: str
    meaning: str


ARRAYS: tuple[Array, ...] = (
    Array("X.post", POSTINGS, "uint8", "bytes", "blocks of postings: document gaps, occurrences - 1, occurrences in the title"),
    Array("X.pos", POSITIONS, "uint8", "bytes", "positions of the occurrences, block by block"),
    Array("X.code", FORMS, "uint8", "bytes", "which of its term's forms each occurrence is (text, furniture)"),
    Array("X.cat", FORMS, "uint32", "B", "where in X.code a block begins"),
    Array("X.nforms", FORMS, "uint32", "T", "number of forms of the term"),
    Array("X.forms", FORMS, "uint8", "bytes", "the distinct forms in the order of their bytes, one after the other, each ended by a line feed"),
    Array("X.forms.ends", FORMS, "uint32", "F", "where each form ends: the place of its line feed"),
    Array("X.forms.start", FORMS, "uint32", "F + 1", "which rows of the next two arrays belong to each form: one for each chain it occurs in"),
    Array("X.forms.term", FORMS, "uint32", "rows", "the term"),
    Array("X.forms.code", FORMS, "uint32", "rows", "the form's number among the term's forms (these in the order of their bytes)"),
    Array("X.terms", DICTIONARY, "uint8", "bytes", "the terms one after the other"),
    Array("X.terms.ends", DICTIONARY, "uint32", "T", "where each term ends"),
    Array("X.df", DICTIONARY, "uint32", "T", "postings of the term, deleted documents included"),
    Array("X.block", DICTIONARY, "uint32", "T + 1", "the term's first block; its blocks end where the next term's begin"),
    Array("X.at", DICTIONARY, "uint32", "T", "where in X.post the term's first block begins"),
    Array("X.last", DICTIONARY, "int32", "B", "the block's last document"),
    Array("X.widths", DICTIONARY, "uint8", "4 B", "bits of a document gap, of occurrences - 1, of occurrences in the title, of a position"),
    Array("X.max", DICTIONARY, "uint8", "B", "bound of the weights in the block, with the segment's own average lengths (text only; else 255)"),
    Array("X.pat", DICTIONARY, "uint32", "B", "where in X.pos the block begins"),
    Array("rows", COLUMNS, "uint32", "8 N", "what is sorted and weighed by: 32 bytes an article, as `ROW` has them"),
    Array("codes", COLUMNS, "uint8", "bytes", "what is counted and filtered by: of each article as many bits as its codes take, filled to whole bytes"),
    Array("available", COLUMNS, "int64", "N or 0", "seconds since 1970 before which the article is hidden, the smallest integer when it never is; empty when none ever is"),
    Array("facet.F.values", COLUMNS, "uint8", "bytes", "the facet's distinct values in code point order, one after the other"),
    Array("facet.F.values.ends", COLUMNS, "uint32", "V", "where each value ends"),
    Array("facet.F.sets", COLUMNS, "uint32", "numbers", "the distinct sets of more values than the facet has planes, in the order of the articles that have them first: places 1 … V, ascending"),
    Array("facet.F.sets.ends", COLUMNS, "uint32", "sets", "where each set ends"),
    Array("ids", COLUMNS, "uint8", "bytes", "the articles' ids one after the other"),
    Array("ids.ends", COLUMNS, "uint32", "N", "where each id ends"),
    Array("ids.order", COLUMNS, "uint32", "N", "documents in the order of their ids' bytes"),
    Array("ids.rank", COLUMNS, "uint32", "N", "each document's place in that order"),
    Array("stored", STORED, "uint8", "bytes", "the articles as JSON (`Article.to_stored`), each a zstd frame made with the dictionary"),
    Array("stored.ends", STORED, "uint32", "N", "where each frame ends"),
    Array("stored.dictionary", STORED, "uint8", "bytes", "zstd dictionary of all frames; empty: none"),
    Array("offsets", OFFSETS, "uint8", "bytes", "where the tokens of title, body and furniture are: for each token a byte, code points × 8 + those skipped since "
          "the token before (in its field), 31 and 7 standing for more: the rest follows, low 7 bits first, first of the length"),
    Array("offsets.ends", OFFSETS, "uint32", "N", "where each article's offsets end"),
)  # fmt: skip
