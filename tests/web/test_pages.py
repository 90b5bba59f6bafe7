from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from samples import ARTICLES, HOSTILE, ODD_ID, Buffered
from werkzeug.test import TestResponse

from searchapp.fields import FIELDS
from searchapp.query import limits
from searchapp.settings import Settings
from searchapp.web import create_app
from searchapp.web.errors import KINDS
from searchapp.web.examples import EXAMPLES
from searchapp.web.headers import POLICY

PAGES = [
    "/",
    "/search",
    "/search?q=bridge",
    "/search?q=bridge+inquiry&section=National&not.byline=Arko+Sen&from=2025&to=2025-03&sort=newest&facet_size=1",
    "/search?q=the+tea&size=5&page=3",
    "/search?q=zzzz+bridge&section=Local",
    "/search?q=bridge&section=Nowhere",
    "/search?page=50",
    "/search?byline=(none)&not.tag=(none)",
    "/articles/ridge:bridge-1?q=bridge+ministers",
    "/articles/ridge:bridge-2",
    "/articles/ridge:undated",
    "/articles/ridge:month",
    "/articles/ridge:headline",
    "/articles/ridge:hindi?q=" + quote("पुल"),
    "/articles/" + quote(ODD_ID, safe=""),
    "/articles/ridge:hostile?q=Hostile",
    "/days/2025-02-06",
    "/days/2025-02-05",
    "/help",
    "/help/errors",
    "/about",
]
WRONG = {
    "/nothing": 404,
    "/articles/ridge:none": 404,
    "/days/yesterday": 404,
    "/days/2025-02-30": 404,
    "/days/20250206": 404,
    "/trends": 404,
    "/desk": 404,
    "/feed.atom": 404,
    "/search/": 404,
    "/search?size=0": 400,
    "/search?colour=red&q=a": 400,
    "/search?q=" + "a" * 600: 400,
    "/search?cursor=x": 400,
    "/search?q=" + "a" * 9000: 414,
    "/sitemaps/none.xml": 404,
    "/sitemaps/2025-02-06.xml": 404,
}
VOID = {"img", "br", "hr", "meta", "link", "input"}


def tree(response: TestResponse) -> Any:
    """The page, which must be HTML without a single parse error."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("lxml"), namespaceHTMLElements=False)
    document = parser.parse(response.data, transport_encoding="utf-8")
    assert [code for _, code, _ in parser.errors] == []
    return document


def text_of(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_whole(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    page = tree(response)
    check_outline(page)
    check_inert(page)
    assert len(response.data) < 60_000


@pytest.mark.parametrize("path", WRONG)
def test_errors_are_pages_too(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == WRONG[path]
    page = tree(response)
    check_outline(page)
    check_inert(page)
    assert page.xpath("//form[@role='search']")


def check_outline(page: Any) -> None:
    """One h1, headings in order, landmarks, labels, unique ids, a language, a title."""
    assert page.getroot().get("lang") == "en"
    assert text_of(page.find(".//title"))
    levels = [int(element.tag[1]) for element in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    for landmark in ("//main", "//header", "//footer", "//nav", "//form[@role='search']"):
        assert page.xpath(landmark), landmark
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for name in ("for", "aria-labelledby", "aria-describedby"):
        assert set(page.xpath(f"//@{name}")) <= set(ids)
    for field in page.xpath("//input[not(@type='hidden')]"):
        assert page.xpath(f"//label[@for='{field.get('id')}']")
    for link in page.xpath("//a"):
        assert text_of(link), etree.tostring(link)
    navigation = page.xpath("//nav/@aria-label")
    assert len(navigation) == len(set(navigation)) == len(page.xpath("//nav"))
    assert page.xpath("//a[@href='#main']")
    for moment in page.xpath("//time/@datetime"):
        assert re.match(r"\d{4}(-\d\d(-\d\d(T.*)?)?)?\Z", moment)


def check_inert(page: Any) -> None:
    """No script, no inline style, no handler, no address but http(s) and our own."""
    assert not page.xpath("//script | //style | //iframe | //object | //embed | //img | //base")
    for element in page.iter(etree.Element):
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert name != "style"
            if name in ("href", "src", "action"):
                assert urlsplit(value).scheme in ("", "http", "https"), value


def internal_links(page: Any, base: str) -> Iterator[str]:
    for address in page.xpath("//@href | //@action | //@src"):
        whole = urljoin("http://localhost" + base, address)
        if whole.startswith("http://localhost/"):
            yield whole.removeprefix("http://localhost").partition("#")[0]


def test_every_internal_link_leads_somewhere(client: FlaskClient) -> None:
    checked = set()
    for path in PAGES:
        for link in internal_links(tree(client.get(path)), path):
            if link not in checked:
                checked.add(link)
                assert client.get(link).status_code == 200, f"{path} -> {link}"
    assert len(checked) > 150


def test_the_start_page_says_what_there_is(client: FlaskClient) -> None:
    page = tree(client.get("/"))
    said = text_of(page.find(".//main"))
    assert "The Ridge Archive" in said
    assert "36 articles from three papers, 2023 to 2025" in said
    days = page.xpath("//a[starts-with(@href, '/days/')]/time/@datetime")
    assert days[0] == "2025-02-10"
    assert days == sorted(days, reverse=True)
    assert len(days) == 7


def test_a_hit_shows_why(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=inquiry&from=2025-02-06&to=2025-02-06&sort=oldest"))
    assert text_of(page.find(".//h1")).startswith("Two articles")
    hit = next(one for one in page.xpath("//ol[@class='hits']/li") if "opens" in text_of(one))
    assert [mark.text.lower() for mark in hit.iter("mark")].count("inquiry") >= 2
    said = text_of(hit)
    for fact in ("The Ridge Courier", "Thursday, 6 February 2025", "National", "Banri Nong, Zoë Dutta", "New Delhi, Laitdara"):
        assert fact in said
    assert hit.xpath(".//h3/@lang") == ["en"]
    assert hit.xpath(".//time/@datetime") == ["2025-02-06"]
    assert hit.xpath(".//h3/a/@href") == ["/articles/ridge:bridge-1?q=inquiry"]


def test_filters_can_be_taken_off(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=bridge&section=National&not.year=2024&from=2025-02"))
    chips = page.xpath("//ul[@aria-label='Active filters']/li/a")
    addresses = {text_of(chip): chip.get("href") for chip in chips}
    assert addresses == {
        "Remove: Section: National×": "/search?q=bridge&not.year=2024&from=2025-02",
        "Remove: not Year: 2024×": "/search?q=bridge&section=National&from=2025-02",
        "Remove: From: February 2025×": "/search?q=bridge&section=National&not.year=2024",
        "Remove all filters": "/search?q=bridge",
    }


def test_facets_choose_leave_out_and_take_back(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=bridge&section=National"))
    rows = {text_of(row.find(".//span[@class='label']")): row for row in page.xpath("//ul[@aria-labelledby='facet-section']/li")}
    assert set(rows) == {"National", "Local", "World"}
    assert rows["National"].xpath("a/@href") == ["/search?q=bridge", "/search?q=bridge&not.section=National"]
    assert rows["National"].xpath("a[1]/@aria-current") == ["true"]
    assert rows["Local"].xpath("a/@href")[0] == "/search?q=bridge&section=Local&section=National"
    missing = page.xpath("//ul[@aria-labelledby='facet-byline']/li[last()]")[0]
    assert "no author" in text_of(missing)
    assert "byline=%28none%29" in missing.xpath("a/@href")[0]


def test_more_values_can_be_asked_for(client: FlaskClient) -> None:
    page = tree(client.get("/search?facet_size=1"))
    assert page.xpath("//section[h3/@id='facet-section']/p[@class='other']/a/@href") == ["/search#facet-section"]


def test_the_histogram_is_also_a_table(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=tea"))
    rows = page.xpath("//table[@class='counts']/tbody/tr")
    assert sum(int(row.find("td").text) for row in rows) == 25
    assert len(rows) == 12
    links = [row.xpath("th/a/@href")[0] for row in rows]
    assert links[0] == "/search?q=tea&from=2023-01&to=2023-01"
    assert page.xpath("//*[local-name()='svg']/@aria-hidden") == ["true"]
    assert len(page.xpath("//*[local-name()='rect'][@class='bar']")) == 12


def test_forms_carry_the_rest_of_the_request(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=bridge&section=National&from=2025&sort=newest&page=1"))
    box, dates = page.xpath("//form")
    assert {(i.get("name"), i.get("value")) for i in box.iter("input")} == {
        ("q", "bridge"),
        ("section", "National"),
        ("from", "2025"),
        ("sort", "newest"),
    }
    assert {(i.get("name"), i.get("value")) for i in dates.iter("input")} == {
        ("q", "bridge"),
        ("section", "National"),
        ("sort", "newest"),
        ("from", "2025"),
        ("to", ""),
    }
    assert client.get("/search?q=bridge&from=&to=").status_code == 200


def test_pages_of_results(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=tea&size=5&page=3"))
    assert "25 articles; here are 11 to 15" in text_of(page.find(".//h1"))
    nav = page.xpath("//nav[@aria-label='Pages']")[0]
    assert nav.xpath(".//b[@aria-current='page']/text()") == ["3"]
    assert nav.xpath(".//a[@rel='next']/@href") == ["/search?q=tea&size=5&page=4"]
    assert nav.xpath(".//a[@rel='prev']/@href") == ["/search?q=tea&size=5&page=2"]
    past = tree(client.get("/search?q=tea&page=9"))
    assert "past the last result" in text_of(past.find(".//main"))


def test_an_empty_page_names_the_culprit_and_the_ways_out(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=zzzz+bridge&section=Local"))
    said = text_of(page.find(".//main"))
    assert "No articles" in said
    assert "“zzzz” is in no article" in said.replace("zzzz is", "“zzzz” is")
    ways = {text_of(a): a.get("href") for a in page.xpath("//ul[@class='ways']//a")}
    assert ways == {"Search without “zzzz”": "/search?q=bridge&section=Local"}


def test_each_part_can_be_searched_for_alone(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=zzzz+bridge+%22two+ministers%22&section=Local"))
    parts = {text_of(a): a.get("href") for a in page.xpath("//ul[@class='clauses']//a")}
    assert parts == {"bridge": "/search?q=bridge", '"two ministers"': "/search?q=%22two+ministers%22"}


def test_filters_that_empty_a_page_can_be_dropped(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=bridge&section=Nowhere"))
    ways = {text_of(a): a.get("href") for a in page.xpath("//ul[@class='ways']//a")}
    assert ways == {"Search without any filter": "/search?q=bridge"}
    assert "The filters leave none of them" in text_of(page.find(".//main"))


def test_two_culprits_are_dropped_together(client: FlaskClient) -> None:
    page = tree(client.get("/search?q=zzzz+bridge&section=Nowhere"))
    ways = {text_of(a): a.get("href") for a in page.xpath("//ul[@class='ways']//a")}
    assert ways == {"Search without “zzzz” and without any filter": "/search?q=bridge"}


def test_an_article_page(client: FlaskClient) -> None:
    page = tree(client.get("/articles/ridge:bridge-1?q=bridge+ministers"))
    assert [mark.text for mark in page.xpath("//article//mark")] == ["Bridge", "bridge", "ministers", "bridges"]
    assert len(page.xpath("//div[@class='text']/p")) == 2
    assert page.xpath("//div[@class='text']/@lang") == ["en"]
    original = page.xpath("//a[@rel='noopener noreferrer']")[0]
    assert original.get("href") == "https://ridge.example/bridge?a=1&b=2"
    said = text_of(page.find(".//main"))
    for part in ("by line", "90 %", "About Us: a weekly since 1951", "p. 4", "© The Ridge Courier", "Wednesday, 5 February 2025"):
        assert part in said
    assert page.xpath("//a[@class='permalink']/text()") == ["http://localhost/articles/ridge:bridge-1"]
    assert "/days/2025-02-06" in page.xpath("//a/@href")
    assert page.xpath("//nav[@aria-label='Search']//a/@href") == ["/search?q=bridge%20ministers"]


def test_neighbours_of_the_day(client: FlaskClient) -> None:
    page = tree(client.get("/articles/ridge:bridge-2"))
    around = page.xpath("//nav[@aria-label='Same day, same paper']")[0]
    assert around.xpath(".//a/@href") == ["/articles/ridge:bridge-1", "/articles/ridge:bridge-3"]


def test_a_day_by_paper(client: FlaskClient) -> None:
    page = tree(client.get("/days/2025-02-06"))
    assert [text_of(h) for h in page.iter("h2")] == ["The Ridge Courier"]
    assert len(page.xpath("//section[@class='issue']//li/h3")) == 3
    around = page.xpath("//nav[@aria-label='Days with articles']//a/@href")
    assert around == ["/days/2025-01-02", "/days/2025-02-07"]


def test_a_day_without_articles_leads_on(client: FlaskClient) -> None:
    page = tree(client.get("/days/2025-01-20"))
    assert "No articles of this day" in text_of(page.find(".//main"))
    assert page.xpath("//nav[@aria-label='Days with articles']//a/@href") == ["/days/2025-01-02", "/days/2025-02-06"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar(client: FlaskClient, day: str) -> None:
    assert client.get(f"/days/{day}").status_code == 200
    assert date.fromisoformat(day)


def test_help_shows_every_field_and_limit(client: FlaskClient) -> None:
    said = text_of(tree(client.get("/help")).find(".//main"))
    for field in FIELDS:
        assert field.description in said
    for name in ("MAX_CHARACTERS", "MAX_LEAVES", "MAX_DEPTH", "MAX_EXPANSION", "MAX_FUZZY", "MAX_SLOP", "MAX_WINDOW", "MAX_SIZE"):
        assert f"{getattr(limits, name):,}" in said


def test_examples_are_understood(client: FlaskClient) -> None:
    for _, rows in EXAMPLES:
        for row in rows:
            body = client.get("/api/v1/search", query_string={"q": row.q}).json
            assert body["query"]["notes"] == [], row.q


def test_problem_types_are_explained(client: FlaskClient) -> None:
    page = tree(client.get("/help/errors"))
    assert {kind.name for kind in KINDS} <= set(page.xpath("//@id"))


def test_texts_cannot_run(client: FlaskClient) -> None:
    """Wherever a hostile value is shown, it is shown: as text, whole."""
    paths = [
        "/articles/ridge:hostile",
        "/search?q=hostile",
        "/search?" + "section=" + quote(HOSTILE),
        "/search?q=" + quote(HOSTILE),
        "/search?size=" + quote(HOSTILE),
        "/search?" + quote(HOSTILE) + "=1",
        "/articles/ridge:bridge-1?q=" + quote(HOSTILE),
        "/days/2025-02-09",
        "/days/" + quote(HOSTILE, safe=""),
        "/" + quote(HOSTILE, safe=""),
        "/about",
        "/",
    ]
    for path in paths:
        response = client.get(path)
        assert b"<script" not in response.data
        assert b"<img" not in response.data
        check_inert(tree(response))
    hostile = tree(client.get("/articles/ridge:hostile"))
    assert text_of(hostile.find(".//h1")) == f"Hostile {HOSTILE}"
    assert hostile.xpath("//h1/@lang") == [""]
    assert "javascript:alert(3)" in text_of(hostile.find(".//main"))
    assert "49" not in text_of(hostile.find(".//h1"))


def test_every_answer_is_dressed(client: FlaskClient, empty: FlaskClient) -> None:
    paths = [*PAGES, *WRONG, "/robots.txt", "/sitemap.xml", "/opensearch.xml", "/healthz", "/readyz", "/metrics",
             "/static/style.css", "/static/no",
             "/api/v1/search", "/api/v1/export", "/api/v1/nothing", "/api/v1/search?size=x", "/api/v1/openapi.json"]  # fmt: skip
    answers = [client.get(path) for path in paths]
    answers += [client.post("/search"), client.options("/search"), client.head("/"), client.post("/", data=b"x" * 20_000)]
    answers += [empty.get(path) for path in ("/", "/search", "/readyz", "/api/v1/search")]
    assert {response.status_code for response in answers} >= {200, 400, 404, 405, 413, 414, 503}
    for response in answers:
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response.headers["Cache-Control"]
        assert "Set-Cookie" not in response.headers
    assert "'unsafe" not in POLICY
    assert "script-src" not in POLICY


def test_only_reading(client: FlaskClient) -> None:
    response = client.post("/search")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    check_outline(tree(response))


def test_a_fault_is_a_page(index: Any) -> None:
    app = create_app(Settings.make(index=str(index)))
    app.add_url_rule("/broken", view_func=lambda: 1 // 0, endpoint="broken")
    response = Buffered(app).get("/broken")
    assert response.status_code == 500
    check_outline(tree(response))


def test_nothing_indexed(empty: FlaskClient) -> None:
    for path in ("/", "/search?q=a", "/articles/x", "/days/2025-02-06", "/about", "/sitemap.xml"):
        response = empty.get(path)
        assert response.status_code == 503, path
        check_outline(tree(response))
    for path in ("/help", "/help/errors", "/healthz", "/robots.txt", "/opensearch.xml"):
        assert empty.get(path).status_code == 200


def test_results_are_not_for_crawlers(client: FlaskClient) -> None:
    response = client.get("/search?q=tea")
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert tree(response).xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_static_files_are_kept_by_their_content(client: FlaskClient) -> None:
    address = tree(client.get("/")).xpath("//link[@rel='stylesheet']/@href")[0]
    response = client.get(address)
    assert response.mimetype == "text/css"
    assert "immutable" in response.headers["Cache-Control"]
    assert len(response.data) <= 15 * 1024
    assert client.get("/static/style.css?v=old").headers["Cache-Control"] == "no-cache"
    assert b"url(" not in response.data


def test_templates_escape_everything(app: Flask) -> None:
    source = "".join(path.read_text("utf-8") for path in __import__("pathlib").Path(app.root_path).parent.glob("templates/*"))
    assert "|safe" not in source.replace(" ", "")
    assert "autoescape" not in source
    assert len(ARTICLES) == 36
