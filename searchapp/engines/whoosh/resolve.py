"""Which terms of a segment a leaf stands for: stems, forms, prefixes, wildcards, fuzzy words. Refuses too many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh import leaves
from searchapp.engines.whoosh.kernels import forms as kernels
from searchapp.engines.whoosh.layout import SEPARATOR, STEMMED_SETS
from searchapp.engines.whoosh.leaves import Group, Selection
from searchapp.engines.whoosh.lexicon import FormList
from searchapp.engines.whoosh.schema import stem_term
from searchapp.engines.whoosh.view import NO_NUMBERS, View
from searchapp.errors import Problem, QueryRefused
from searchapp.query.limits import MAX_EXPANSION
from searchapp.query.tree import Fuzzy, Prefix, Term, Wildcard

Expanding = Prefix | Wildcard | Fuzzy
NOTHING = Selection.whole(())


class Resolver:
    """Of one request. ``chains`` are those of the whole generation."""

    def __init__(self, views: Sequence[View], chains: Sequence[str]) -> None:
        self._views = views
        self._chains = chains
        self._allowed: set[Wildcard | Fuzzy] = set()
        self._known: dict[tuple[View, Group, str, bool], Selection] = {}
        self._expanded: dict[tuple[View, Group, Expanding], Selection] = {}

    def select(self, view: View, group: Group, leaf: Term | Expanding) -> Selection:
        """The terms of ``leaf`` in a group of fields."""
        if isinstance(leaf, Term):
            return self.agreeing(view, group, leaf.form, exact=leaf.exact)
        key = (view, group, leaf)
        found = self._expanded.get(key)
        if found is None:
            found = self._expanded[key] = _of_forms(view, group, self._forms(view, group, leaf))
        return found

    def agreeing(self, view: View, group: Group, form: str, *, exact: bool) -> Selection:
        """The terms of the tokens that agree with a form."""
        key = (view, group, form, exact)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._agreeing(view, group, form, exact)
        return found

    def _agreeing(self, view: View, group: Group, form: str, exact: bool) -> Selection:
        if group.of_set not in STEMMED_SETS:
            return _found([view.term("values", group.field + SEPARATOR + form)])
        if exact:
            number = forms_of(view, group).number(form)
            return NOTHING if number is None else _of_forms(view, group, np.array([number], np.int64))
        return _found([view.term(group.of_set, stem_term(form, chain)) for chain in self._chains])

    def check(self, leaf: Wildcard | Fuzzy) -> None:
        """Raise QueryRefused when a leaf stands for more forms than the limit in all its fields together."""
        if leaf in self._allowed:
            return
        groups = tuple(leaves.groups_of(leaf.fields))
        candidates = [(view, group, self._forms(view, group, leaf)) for view in self._views for group in groups]
        if sum(len(numbers) for _, _, numbers in candidates) > MAX_EXPANSION:
            distinct: set[str] = set()
            for view, group, numbers in candidates:
                forms = forms_of(view, group)
                for number in numbers.tolist():
                    form = forms.form(number)
                    if form not in distinct and _occurs(view, group, number):
                        distinct.add(form)
                        if len(distinct) > MAX_EXPANSION:
                            raise QueryRefused([Problem("q", refusal(leaf, len(distinct)))])
        self._allowed.add(leaf)

    def _forms(self, view: View, group: Group, leaf: Expanding) -> NDArray[np.int64]:
        forms = forms_of(view, group)
        match leaf:
            case Prefix(prefix):
                return np.arange(*forms.prefixed(prefix), dtype=np.int64)
            case Wildcard(pattern):
                return forms.matching(pattern)
            case Fuzzy(form, distance):
                return forms.near(form, distance)


def forms_of(view: View, group: Group) -> FormList:
    """The forms of a group of fields, those of deleted articles included."""
    return FormList.of(view.segment, "body" if group.of_set == "text" else group.field)


def _found(terms: Sequence[int | None]) -> Selection:
    known = [term for term in terms if term is not None]
    return Selection.whole(known) if known else NOTHING


def _of_forms(view: View, group: Group, numbers: NDArray[np.int64]) -> Selection:
    if not len(numbers):
        return NOTHING
    if group.of_set not in STEMMED_SETS:
        return Selection.whole(numbers.astype(np.uint32))
    segment, name = view.segment, group.of_set
    start = segment[f"{name}.forms.start"]
    rows = int((start[numbers + 1].astype(np.int64) - start[numbers]).sum())
    terms, ends, chosen = (np.empty(rows, np.uint32) for _ in range(3))
    found = kernels.group_forms(
        numbers, start, segment[f"{name}.forms.term"], segment[f"{name}.forms.code"], segment[f"{name}.nforms"],
        view.scratch.seen(name, len(segment[f"{name}.nforms"])), terms, ends, chosen,
    )  # fmt: skip
    ends = ends[:found]
    return Selection(terms[:found], ends, _sealed(chosen[: int(ends[-1]) if found else 0]))


def _sealed(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Read-only, as `NO_NUMBERS` is: the kernels are compiled for one of the two."""
    numbers.flags.writeable = False
    return numbers if len(numbers) else NO_NUMBERS


def _occurs(view: View, group: Group, number: int) -> bool:
    """Whether a form occurs in a live article, in the group's parts."""
    if not len(view.dead) and group.parts == leaves.BOTH:
        return True
    return len(leaves.weighed(view, group, _of_forms(view, group, np.array([number], np.int64))).docs) > 0


def refusal(leaf: Wildcard | Fuzzy, number: int) -> str:
    """Why a leaf is refused, and the way out."""
    if isinstance(leaf, Wildcard):
        return f"{leaf.pattern!r} stands for {number:,} words or more; write more letters (at most {MAX_EXPANSION:,})"
    return (
        f"'{leaf.form}~{leaf.distance}' stands for {number:,} words or more; write a longer word or fewer edits "
        f"(at most {MAX_EXPANSION:,})"
    )
