"""Where the leaves of a tree occur in one text: the sentences of `searchapp.query.tree`, token by token.

Used to mark what matched; an engine answers from its postings instead.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from searchapp.analysis import stem
from searchapp.fields import BY_NAME
from searchapp.query.matching import fuzzy_matches, literal_start, wildcard_matches
from searchapp.query.tree import Days, Fuzzy, Keyword, Leaf, Near, Phrase, Positional, Prefix, Term, Wildcard

Occurrence = tuple[int, ...]
"""Numbers of the tokens that make up one match, ascending."""

NO_COMPOUNDS: Mapping[int, str] = MappingProxyType({})

Pattern = Prefix | Wildcard | Fuzzy
"""The leaves that stand for many forms."""


class Places(Protocol):
    """Where forms are in one text: numbers of tokens, ascending."""

    def agreeing(self, form: str, *, exact: bool) -> Sequence[int]:
        """The tokens that agree with ``form``."""

    def matching(self, leaf: Pattern) -> Sequence[int]:
        """The tokens whose form a leaf stands for."""


class TokenText:
    """A text's forms with the numbers of the tokens that have each of them.

    ``compounds`` are hyphenated words in one, by the number of their first token.
    """

    def __init__(self, forms: Sequence[str], chain: str, compounds: Mapping[int, str] = NO_COMPOUNDS) -> None:
        self.chain = chain
        self.places: dict[str, list[int]] = {}
        for number, form in enumerate(forms):
            self.places.setdefault(form, []).append(number)
            if number in compounds:
                self.places.setdefault(compounds[number], []).append(number)
        self._stems: dict[str, list[str]] | None = None

    def agreeing(self, form: str, *, exact: bool) -> list[int]:
        """Numbers of the tokens that agree with ``form``, ascending."""
        if exact:
            return self.places.get(form, [])
        if self._stems is None:
            self._stems = {}
            for known in self.places:
                self._stems.setdefault(stem(known, self.chain), []).append(known)
        return self._at(self._stems.get(stem(form, self.chain), ()))

    def matching(self, leaf: Pattern) -> list[int]:
        """Numbers of the tokens whose form a leaf stands for, ascending."""
        test = form_test(leaf)
        return self._at([form for form in self.places if test(form)])

    def _at(self, forms: Sequence[str]) -> list[int]:
        if len(forms) == 1:
            return self.places[forms[0]]
        return sorted(number for form in forms for number in self.places[form])


def form_test(leaf: Pattern) -> Callable[[str], bool]:
    """Whether a leaf stands for a form."""
    match leaf:
        case Prefix(prefix):
            return lambda form: form.startswith(prefix)
        case Wildcard(pattern):
            start = literal_start(pattern)
            return lambda form: form.startswith(start) and wildcard_matches(pattern, form)
        case Fuzzy(form, distance):
            return lambda other: fuzzy_matches(form, other, distance)


def occurrences(leaf: Leaf, field: str, text: Places) -> list[Occurrence]:
    """Every occurrence of ``leaf`` in a text of ``field``; empty when it doesn't look there or has no position."""
    match leaf:
        case Keyword() | Days():
            return []
        case Near(left, right, distance):
            if field not in left.fields or field not in right.fields:
                return []
            return list(_near(_positional(left, field, text), _positional(right, field, text), distance))
        case _:
            return _positional(leaf, field, text) if field in leaf.fields else []


def _positional(leaf: Positional, field: str, text: Places) -> list[Occurrence]:
    names = BY_NAME[field].kind != "text"
    match leaf:
        case Term(form, _, exact):
            found = text.agreeing(form, exact=exact or names)
        case Phrase(forms, _, slop, exact):
            return list(_phrases([text.agreeing(form, exact=exact or names) for form in forms], slop))
        case _:
            found = text.matching(leaf)
    return [(number,) for number in found]


def _phrases(places: Sequence[Sequence[int]], slop: int) -> Iterator[Occurrence]:
    """For each first place, the nearest following place of each next word, when the last is near enough."""
    if not all(places):
        return
    if slop == 0:
        firsts = set.intersection(*({place - number for place in found} for number, found in enumerate(places)))
        yield from (tuple(range(first, first + len(places))) for first in sorted(firsts))
        return
    allowed = len(places) - 1 + slop
    for first in places[0]:
        found = [first]
        for following in places[1:]:
            at = bisect_right(following, found[-1])
            if at == len(following) or following[at] - first > allowed:
                break
            found.append(following[at])
        else:
            yield tuple(found)


def _near(lefts: Sequence[Occurrence], rights: Sequence[Occurrence], distance: int) -> Iterator[Occurrence]:
    """The occurrences of each side that have one of the other side near enough, not overlapping."""
    if not lefts or not rights:
        return
    for some, others in ((lefts, rights), (rights, lefts)):
        longest = max((other[-1] - other[0] for other in others), default=0)
        for one in some:
            low = bisect_left(others, (one[0] - distance - longest,))
            high = bisect_left(others, (one[-1] + distance + 1,))
            if any(_apart(one, others[at]) <= distance for at in range(low, high)):
                yield one


def _apart(one: Occurrence, other: Occurrence) -> float:
    """From the last token of the earlier to the first of the later; infinite when they overlap."""
    if one[-1] < other[0]:
        return other[0] - one[-1]
    return one[0] - other[-1] if other[-1] < one[0] else float("inf")
