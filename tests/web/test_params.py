from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchapp.errors import BadRequest, Problem
from searchapp.exports import HIT_FIELDS
from searchapp.fields import FACETS
from searchapp.results import SORTS, SearchRequest
from searchapp.web.params import FILTERS, SEARCH, Asked, read, read_export, read_nothing, read_q, to_query, to_url

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
filters = st.dictionaries(
    st.sampled_from(FACETS),
    st.lists(text, min_size=1, max_size=3, unique=True).map(lambda values: tuple(sorted(values))),
    max_size=3,
)
dates = st.none() | st.sampled_from(["2024", "2024-06", "2024-06-30"])
in_order = st.lists(st.sampled_from(FACETS), unique=True).map(lambda names: tuple(n for n in FACETS if n in names))
requests = st.builds(
    lambda page, cursor, **values: SearchRequest(**values, **({"cursor": cursor} if cursor else {"page": page})),
    q=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    size=st.integers(1, 100),
    page=st.integers(1, 100),
    cursor=st.none() | text,
    sort=st.sampled_from(SORTS),
    first=dates,
    last=dates.map(lambda value: value and value.replace("2024", "2025")),
    where=filters,
    without=filters,
    facets=in_order,
    facet_size=st.integers(1, 1000),
    highlight=st.booleans(),
)
keys = st.none() | st.lists(st.sampled_from(HIT_FIELDS), unique=True, min_size=1).map(
    lambda names: tuple(n for n in HIT_FIELDS if n in names)
)


def problems(query: str, **kwargs: bool) -> dict[str, str]:
    with pytest.raises(BadRequest) as caught:
        read(query.encode(), **kwargs)
    return {problem.parameter: problem.message for problem in caught.value.problems}


@given(requests, keys)
def test_a_request_survives_the_url(request: SearchRequest, fields: tuple[str, ...] | None) -> None:
    pairs = to_query(request, fields)
    assert read(urlencode(pairs).encode()) == Asked(request, fields)


@given(requests)
def test_pairs_are_canonical(request: SearchRequest) -> None:
    pairs = to_query(request)
    shuffled = urlencode(sorted(pairs, reverse=True))
    assert to_query(read(shuffled.encode()).request) == pairs
    assert [SEARCH.index(name) for name, _ in pairs] == sorted(SEARCH.index(name) for name, _ in pairs)


def test_defaults_are_left_out() -> None:
    assert to_query(SearchRequest()) == []
    assert to_url("/search", SearchRequest()) == "/search"
    assert to_url("/search", SearchRequest(q="a b&c")) == "/search?q=a+b%26c"
    assert read(b"size=10&page=1&sort=relevance&highlight=true&facet_size=10&q=").request == SearchRequest()


def test_no_facets_has_a_word() -> None:
    assert read(b"facets=none").request.facets == ()
    assert to_query(SearchRequest(facets=())) == [("facets", "none")]
    assert read(b"facets=year,section").request.facets == ("section", "year")


def test_values_are_sorted_and_said_once() -> None:
    assert read(b"section=b&section=a&section=b").request.where == {"section": ("a", "b")}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("colour=red", {"colour"}),
        ("q=a&q=b", {"q"}),
        ("size=ten", {"size"}),
        ("size=0", {"size"}),
        ("size=101", {"size"}),
        ("size=%D9%A3", {"size"}),  # an Arabic digit
        ("size=1e3", {"size"}),
        ("size=" + "9" * 5000, {"size"}),
        ("page=-1", {"page"}),
        ("page=1001", {"page"}),
        ("page=2&cursor=x", {"cursor"}),
        ("sort=best", {"sort"}),
        ("from=yesterday", {"from"}),
        ("from=2025-02-30", {"from"}),
        ("from=2025&to=2024", {"from"}),
        ("facets=section,colour", {"facets"}),
        ("facets=none,section", {"facets"}),
        ("facet_size=1001", {"facet_size"}),
        ("highlight=yes", {"highlight"}),
        ("fields=id,colour", {"fields"}),
        ("fields=", {"fields"}),
        ("section=", {"section"}),
        ("from=", {"from"}),
        ("not.colour=red", {"not.colour"}),
        ("q=%ff", {"q"}),
        ("%ff=1", {"�"}),
        ("size=x&page=y&sort=z&from=w&colour=red&q=1&q=2", {"size", "page", "sort", "from", "colour", "q"}),
        ("size=500&facets=a&to=b&not.section=&highlight=maybe", {"size", "facets", "to", "not.section", "highlight"}),
    ],
)
def test_every_problem_is_named(query: str, names: set[str]) -> None:
    assert set(problems(query)) == names


def test_the_query_text_is_judged_in_the_same_breath() -> None:
    assert set(problems("size=0&q=" + "a" * 600)) == {"size", "q"}


def test_a_mistyped_name_meets_its_neighbour() -> None:
    assert "'section'" in problems("sektion=a")["sektion"]


def test_a_form_may_send_empty_fields() -> None:
    assert read(b"q=&from=&to=&section=&size=", form=True).request == SearchRequest()
    assert set(problems("size=x&from=", form=True)) == {"size"}


def test_an_export_takes_fewer() -> None:
    assert read_export(b"q=tea&format=csv&section=a") == (SearchRequest(q="tea", where={"section": ("a",)}), "csv")
    assert read_export(b"")[1] == "ndjson"
    with pytest.raises(BadRequest) as caught:
        read_export(b"format=xml&page=2&fields=id&sort=best")
    assert [problem.parameter for problem in caught.value.problems] == ["page", "fields", "format", "sort"]


def test_nothing_means_nothing() -> None:
    read_nothing(b"")
    with pytest.raises(BadRequest) as caught:
        read_nothing(b"a=1&b=")
    assert {problem.parameter for problem in caught.value.problems} == {"a", "b"}
    assert all(isinstance(problem, Problem) for problem in caught.value.problems)


def test_an_article_page_takes_what_it_can() -> None:
    assert read_q(b"q=tea+garden&utm_source=x") == "tea garden"
    assert read_q(b"q=a&q=b") == ""
    assert read_q(b"q=%ff") == ""


def test_the_list_of_parameters_is_whole() -> None:
    assert set(SEARCH) == {
        "q",
        "from",
        "to",
        "sort",
        "size",
        "page",
        "cursor",
        "facets",
        "facet_size",
        "highlight",
        "fields",
        *FILTERS,
    }
