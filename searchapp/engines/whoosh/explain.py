"""Why an article scores what it does, in the numbers of the formula in `searchapp.engines.base`.

Looks at one document at leisure; nothing that answers a search comes through here.
"""

from __future__ import annotations

import math

from searchapp.engines.base import K1, Explanation, FieldScore, LeafScore
from searchapp.engines.whoosh.evaluation import Evaluation, Text
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.fields import BY_NAME, TEXT_FIELDS
from searchapp.query.tree import Days, Keyword, Near, Node, wanted


def explain(generation: OpenGeneration, tree: Node, number: int, doc: int) -> Explanation:
    """The score of a live document of a segment, leaf by leaf. Raises QueryRefused when a leaf stands for too many forms."""
    evaluation = Evaluation(generation.views, generation.chains)
    evaluation.check(tree)
    leaves = tuple(
        found
        for leaf in wanted(tree)
        if not isinstance(leaf, Keyword | Days) and (found := _leaf(generation, evaluation, leaf, number, doc)) is not None
    )
    bits = evaluation.bits(tree, number)
    return Explanation(
        score=sum(leaf.score for leaf in leaves),
        matches=bool(bits.item(doc >> 6) >> (doc & 63) & 1),
        articles=generation.articles,
        leaves=leaves,
    )


def _leaf(generation: OpenGeneration, evaluation: Evaluation, leaf: Text, number: int, doc: int) -> LeafScore | None:
    """None for a leaf that looks in no text field: it decides what matches, never how high."""
    names = [name for name in _fields(leaf) if name in TEXT_FIELDS]
    if not names:
        return None
    fields = tuple(_field(generation, name, evaluation.occurrences(leaf, name, number, doc), number, doc) for name in names)
    matching = evaluation.matching(leaf)
    idf = math.log(1 + (generation.articles - matching + 0.5) / (matching + 0.5))
    weight = sum(_adds(field) for field in fields)
    score = leaf.boost * idf * weight / (K1 + weight)
    return LeafScore(leaf=leaf, boost=leaf.boost, idf=idf, matching=matching, weight=weight, score=score, fields=fields)


def _fields(leaf: Text) -> tuple[str, ...]:
    if isinstance(leaf, Near):
        return tuple(name for name in dict.fromkeys(leaf.left.fields) if name in leaf.right.fields)
    return tuple(dict.fromkeys(leaf.fields))


def _field(generation: OpenGeneration, name: str, tf: int, number: int, doc: int) -> FieldScore:
    known = BY_NAME[name]
    return FieldScore(
        field=name,
        tf=tf,
        length=generation.views[number].segment[f"length.{name}"].item(doc),
        average=generation.averages[name],
        boost=known.boost,
        b=known.length_norm,
    )


def _adds(field: FieldScore) -> float:
    if not field.tf:
        return 0.0
    return field.boost * field.tf / (1 - field.b + field.b * field.length / field.average)
