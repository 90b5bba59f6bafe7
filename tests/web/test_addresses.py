"""Addresses put together from parts are those of the changed requests."""

from __future__ import annotations

import random

from searchapp.fields import FACETS, MISSING
from searchapp.results import SORTS, SearchRequest
from searchapp.web.addresses import Addresses
from searchapp.web.listing import changed
from searchapp.web.params import to_url

VALUES = ["Local", "New Delhi", MISSING, "a & b=c", "Zoë?", "बाढ़", "1+1", "x/y", "%41", '"']


def some_request(chance: random.Random) -> SearchRequest:
    def filters() -> dict[str, tuple[str, ...]]:
        names = chance.sample(FACETS, chance.randint(0, 3))
        return {name: tuple(sorted(chance.sample(VALUES, chance.randint(1, 3)))) for name in names}

    walking = chance.random() < 0.2
    return SearchRequest(
        q=chance.choice(["", "flood relief", '"a b"~3 &c=d', "बाढ़ +x"]),
        size=chance.choice([10, 25]),
        page=1 if walking else chance.randint(1, 9),
        cursor="abc-_" if walking else None,
        sort=chance.choice(SORTS),  # type: ignore[arg-type]
        first=chance.choice([None, "2020"]),
        last=chance.choice([None, "2024-05-06"]),
        where=filters(),
        without=filters(),
        facets=chance.choice([FACETS, (), ("source", "year")]),
        facet_size=chance.choice([10, 100]),
        highlight=chance.random() < 0.8,
    )


def with_value(request: SearchRequest, side: str, name: str, value: str) -> SearchRequest:
    """One more value on one side; a value is never both selected and excluded."""
    other = "without" if side == "where" else "where"
    request = without_value(request, other, name, value)
    filters = getattr(request, side)
    return changed(request, **{side: {**filters, name: tuple(sorted({*filters.get(name, ()), value}))}})


def without_value(request: SearchRequest, side: str, name: str, value: str) -> SearchRequest:
    """One value less on one side."""
    filters = getattr(request, side)
    left = {key: tuple(item for item in values if (key, item) != (name, value)) for key, values in filters.items()}
    return changed(request, **{side: {key: values for key, values in left.items() if values}})


def test_they_are_those_of_the_changed_requests() -> None:
    chance = random.Random(5)
    for _ in range(400):
        request = some_request(chance)
        fields = chance.choice([None, ("id", "score")])
        addresses = Addresses("/search", request, fields)
        name, value, number = chance.choice(FACETS), chance.choice(VALUES), chance.randint(1, 20)

        def url(wanted: SearchRequest, fields: tuple[str, ...] | None = fields) -> str:
            return to_url("/search", wanted, fields)

        assert addresses.selecting(name, value) == url(with_value(request, "where", name, value))
        assert addresses.excluding(name, value) == url(with_value(request, "without", name, value))
        assert addresses.not_selecting(name, value) == url(without_value(request, "where", name, value))
        assert addresses.not_excluding(name, value) == url(without_value(request, "without", name, value))
        assert addresses.between("2021-02", "2021-03") == url(changed(request, first="2021-02", last="2021-03"))
        assert addresses.page(number) == url(changed(request, page=number))
        assert addresses.cursor("x=-_y") == url(changed(request, cursor="x=-_y"))


def test_nothing_asked_is_the_bare_path() -> None:
    assert Addresses("/search", SearchRequest()).page(1) == "/search"
    assert Addresses("/search", SearchRequest()).page(2) == "/search?page=2"
