"""Why an article scores what it does, in the numbers of the formula in `searchapp.engines.base`.

Looks at one row at leisure; nothing that answers a search comes through here.
"""

from __future__ import annotations

import math

import numpy as np

from searchapp.engines.base import K1, Explanation, FieldScore, LeafScore
from searchapp.engines.whoosh.evaluate import Evaluation
from searchapp.engines.whoosh.postings import Postings
from searchapp.engines.whoosh.table import Table
from searchapp.fields import BY_NAME, TEXT_FIELDS
from searchapp.query.tree import Days, Keyword, Near, Node, Positional, wanted


def explain(table: Table, tree: Node, row: int) -> Explanation:
    """The score of a live row, leaf by leaf. Raises QueryRefused when a leaf stands for too many forms."""
    evaluation = Evaluation(table)
    leaves = tuple(
        found
        for leaf in wanted(tree)
        if not isinstance(leaf, Keyword | Days) and (found := _leaf(table, evaluation, leaf, row)) is not None
    )
    return Explanation(
        score=sum(leaf.score for leaf in leaves),
        matches=bool(evaluation.mask(tree)[row]),
        articles=table.articles,
        leaves=leaves,
    )


def _leaf(table: Table, evaluation: Evaluation, leaf: Positional | Near, row: int) -> LeafScore | None:
    """None for a leaf that looks in no text field: it decides what matches, never how high."""
    match = evaluation._match(leaf)
    fields = tuple(_field(table, name, postings, row) for name, postings in match.fields if name in TEXT_FIELDS)
    if not fields:
        return None
    matching = len(match.rows)
    idf = math.log(1 + (table.articles - matching + 0.5) / (matching + 0.5))
    weight = sum(_adds(field) for field in fields)
    score = leaf.boost * idf * weight / (K1 + weight)
    return LeafScore(leaf=leaf, boost=leaf.boost, idf=idf, matching=matching, weight=weight, score=score, fields=fields)


def _field(table: Table, name: str, postings: Postings, row: int) -> FieldScore:
    known = BY_NAME[name]
    place = int(np.searchsorted(postings.docs, row))
    here = place < len(postings.docs) and int(postings.docs[place]) == row
    lengths = table._column(f"length.{name}", np.int32)
    return FieldScore(
        field=name,
        tf=int(postings.counts[place]) if here else 0,
        length=int(lengths[row]),
        average=float(lengths[table.live].mean()),
        boost=known.boost,
        b=known.length_norm,
    )


def _adds(field: FieldScore) -> float:
    if not field.tf:
        return 0.0
    return field.boost * field.tf / (1 - field.b + field.b * field.length / field.average)
