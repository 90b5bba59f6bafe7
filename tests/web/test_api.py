from __future__ import annotations

import base64
import csv
import io
import json
import re
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from samples import ARTICLES, HOSTILE, ODD_ID, Buffered
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse

from searchapp.exports import CSV_COLUMNS, HIT_FIELDS, link_of
from searchapp.fields import FACETS
from searchapp.query.limits import MAX_FILTERS
from searchapp.searching import Searcher
from searchapp.settings import Settings
from searchapp.web import create_app
from searchapp.web.errors import KINDS
from searchapp.web.state import SEARCHER

Json = dict[str, Any]


@pytest.fixture(scope="session")
def spec(app: Flask) -> Json:
    response = Buffered(app).get("/api/v1/openapi.json")
    assert response.status_code == 200
    return json.loads(response.data)


def holds(spec: Json, path: str, response: TestResponse) -> Json:
    """The answer, after the document has been asked whether it allows this status, media type and shape."""
    responses = spec["paths"][path]["get"]["responses"]
    described = responses.get(str(response.status_code)) or responses["default"]
    if "$ref" in described:
        described = spec["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    schema = described["content"][response.mimetype]["schema"]
    Draft202012Validator({**schema, "components": spec["components"]}).validate(response.json)
    return response.json


def problem(response: TestResponse, status: int) -> Json:
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    body = json.loads(response.data)
    assert body["status"] == status
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["type"] in {kind.uri for kind in KINDS}
    assert body["title"]
    assert body["detail"]
    assert response.headers["Cache-Control"] == "no-store"
    return body


@pytest.mark.parametrize(
    "query",
    ["", "q=bridge", "q=zzzz", "q=the+bridge", "q=tea&size=3&page=2", "facets=none&highlight=false", "q=bridge&fields=id,score",
     "section=National&not.byline=Arko+Sen", "from=2025&to=2025-02", "agency=(none)&size=100", "q=पुल", "page=50"],
)  # fmt: skip
def test_answers_have_the_documented_shape(client: FlaskClient, spec: Json, query: str) -> None:
    response = client.get(f"/api/v1/search?{query}")
    assert response.status_code == 200
    holds(spec, "/search", response)


def test_the_interface_s_keys(client: FlaskClient) -> None:
    body = client.get("/api/v1/search?q=bridge+inquiry&sort=oldest").json
    assert {"query", "total", "took_ms", "generation", "hits", "facets", "histogram", "next"} == body.keys()
    assert body["query"].keys() == {"text", "read_as", "notes", "clauses"}
    assert body["query"]["text"] == "bridge inquiry"
    assert body["total"] == 2
    assert body["next"] is None
    hit = next(hit for hit in body["hits"] if hit["id"] == "ridge:bridge-1")
    assert list(hit) == [name for name in HIT_FIELDS if name in hit]
    assert hit["byline"] == ["Banri Nong", "Zoë Dutta"]
    assert hit["places"] == ["New Delhi", "Laitdara"]
    assert hit["url"] == "https://ridge.example/bridge?a=1&b=2"
    assert hit["link"] == "/articles/ridge:bridge-1"
    start, end = hit["title_ranges"][0]
    assert hit["title"][start:end] == "Bridge"
    other = body["hits"][1 - body["hits"].index(hit)]
    assert other["url"] == other["link"], "no address of its own: its page here"
    assert body["facets"].keys() == set(FACETS)
    assert body["facets"]["section"]["values"][0].keys() == {"value", "count", "selected", "excluded"}
    assert body["facets"]["byline"]["missing"] == 1


def test_fields_limit_a_hit(client: FlaskClient) -> None:
    for hit in client.get("/api/v1/search?q=tea&fields=title,id").json["hits"]:
        assert list(hit) == ["id", "title"]


def test_pages_and_links_walk_every_hit(client: FlaskClient) -> None:
    address, seen, relations = "/api/v1/search?q=tea&size=4", [], []
    while address:
        response = client.get(address)
        seen += [hit["id"] for hit in response.json["hits"]]
        links = dict(reversed(pair) for pair in re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers.get("Link", "")))
        relations.append(set(links))
        assert links.get("first", "/api/v1/search?q=tea&size=4") == "/api/v1/search?q=tea&size=4"
        address = links.get("next", "")
    assert len(seen) == len(set(seen)) == 25
    assert relations == [{"next"}, *[{"first", "prev", "next"}] * 5, {"first", "prev"}]


def test_a_cursor_walks_every_hit(client: FlaskClient) -> None:
    seen, cursor = [], ""
    for _ in range(20):
        body = client.get(
            "/api/v1/search", query_string={"size": "7", "sort": "newest"} | ({"cursor": cursor} if cursor else {})
        ).json
        seen += [hit["id"] for hit in body["hits"]]
        cursor = body["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(article.id for article in ARTICLES)


def test_past_the_end_links_lead_back(client: FlaskClient) -> None:
    response = client.get("/api/v1/search?q=tea&size=10&page=9")
    assert response.json["hits"] == []
    assert 'page=3>; rel="prev"' in response.headers["Link"]
    assert 'rel="next"' not in response.headers["Link"]


def test_every_problem_is_listed(client: FlaskClient, spec: Json) -> None:
    response = client.get("/api/v1/search?size=0&sort=best&colour=red&from=x")
    body = problem(response, 400)
    assert {entry["parameter"] for entry in body["errors"]} == {"size", "sort", "colour", "from"}
    holds(spec, "/search", response)


@pytest.mark.parametrize("query", ["q=" + "a" * 600, "q=%ff", "q=a&q=b", "cursor=nonsense", "cursor=ff", "page=1001"])
def test_a_refused_request_is_a_problem(client: FlaskClient, query: str) -> None:
    assert problem(client.get(f"/api/v1/search?{query}"), 400)["errors"]


def test_one_article_whole(client: FlaskClient, spec: Json) -> None:
    for article in ARTICLES:
        response = client.get("/api/v1" + link_of(article.id))
        assert response.status_code == 200, article.id
        assert holds(spec, "/articles/{id}", response) == json.loads(json.dumps(article.to_json()))


def test_no_such_article(client: FlaskClient, spec: Json) -> None:
    response = client.get("/api/v1/articles/ridge:none")
    assert "ridge:none" in problem(response, 404)["detail"]
    holds(spec, "/articles/{id}", response)


def test_articles_and_status_take_no_parameters(client: FlaskClient) -> None:
    for path in ("articles/ridge:month", "status", "openapi.json"):
        assert problem(client.get(f"/api/v1/{path}?x=1"), 400)["errors"][0]["parameter"] == "x"


def test_export_ndjson(client: FlaskClient) -> None:
    response = client.get("/api/v1/export")
    assert response.content_type == "application/x-ndjson"
    lines = [json.loads(line) for line in response.data.splitlines()]
    assert sorted(line["id"] for line in lines) == sorted(article.id for article in ARTICLES)
    assert {line["id"]: line for line in lines}[ODD_ID]["title"] == "An article with an odd identifier"


def test_export_csv(client: FlaskClient) -> None:
    response = client.get("/api/v1/export?format=csv&from=2025&sort=oldest")
    assert response.mimetype == "text/csv"
    assert response.data.count(b"\r\n") >= 7
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert list(rows[0]) == list(CSV_COLUMNS)
    by_id = {row["id"]: row for row in rows}
    assert by_id["ridge:bridge-1"]["byline"] == "Banri Nong; Zoë Dutta"
    assert by_id["ridge:bridge-1"]["body"].count("\n\n") == 1
    assert by_id["ridge:hostile"]["tags"] == "'=cmd()"
    assert by_id["ridge:hostile"]["section"] == HOSTILE


def test_export_follows_filters_and_has_no_cap(client: FlaskClient) -> None:
    lines = client.get("/api/v1/export?q=tea&not.year=2024").data.splitlines()
    assert len(lines) == 25
    assert client.get("/api/v1/export?q=zzzz").data == b""
    assert client.get("/api/v1/export?q=zzzz&format=csv").data.decode().strip() == ",".join(CSV_COLUMNS)


def test_export_problems(client: FlaskClient) -> None:
    body = problem(client.get("/api/v1/export?format=xml&page=2"), 400)
    assert {entry["parameter"] for entry in body["errors"]} == {"format", "page"}
    problem(client.get("/api/v1/export?q=" + "a" * 600), 400)


def test_status(client: FlaskClient, spec: Json) -> None:
    answer = client.get("/api/v1/status")
    body = holds(spec, "/status", answer)
    again = client.get("/api/v1/status", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert body["articles"] == len(ARTICLES)
    assert [row["current"] for row in body["generations"]] == [True]
    assert body["generation"] == body["generations"][0]["name"]


def test_the_document_lists_what_there_is(app: Flask, spec: Json) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")}
    assert {"/api/v1" + re.sub(r"\{(\w+)\}", r"<path:article_\1>", path) for path in spec["paths"]} == rules
    assert spec["openapi"].startswith("3.1")
    Draft202012Validator.check_schema({"$defs": spec["components"]["schemas"]})


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/search", "/api/v1/search/"])
def test_unknown_addresses(client: FlaskClient, path: str) -> None:
    problem(client.get(path), 404)


@pytest.mark.parametrize("path", ["search", "articles/ridge:month", "export", "status", "openapi.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "BREW"])
def test_only_reading(client: FlaskClient, path: str, method: str) -> None:
    response = client.open(f"/api/v1/{path}", method=method)
    problem(response, 405)
    assert {"GET", "HEAD"} <= {name.strip() for name in response.headers["Allow"].split(",")}


@pytest.mark.parametrize(
    ("path", "described"),
    [
        ("search", "/search"),
        ("articles/ridge:month", "/articles/{id}"),
        ("export", "/export"),
        ("status", "/status"),
        ("openapi.json", "/openapi.json"),
    ],
)
def test_validators_are_described_where_there_are_any(client: FlaskClient, spec: Json, path: str, described: str) -> None:
    responses = spec["paths"][described]["get"]["responses"]
    answer = client.get(f"/api/v1/{path}")
    assert ("ETag" in answer.headers) == ("ETag" in responses["200"].get("headers", {})) == ("304" in responses)
    if "ETag" in answer.headers:
        assert client.get(f"/api/v1/{path}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["search?q=tea", "articles/ridge:month", "export?q=tea", "status", "openapi.json"])
def test_head_is_get_without_the_body(client: FlaskClient, path: str) -> None:
    got, head = client.get(f"/api/v1/{path}"), client.head(f"/api/v1/{path}")
    assert head.data == b""
    assert head.status_code == got.status_code == 200
    assert head.headers.get("ETag") == got.headers.get("ETag")
    assert head.content_type == got.content_type


def test_too_large_and_too_long(client: FlaskClient) -> None:
    problem(client.post("/api/v1/search", data=b"x" * 20_000), 413)
    problem(client.get("/api/v1/search?q=" + "a" * 9000), 414)


def test_nothing_indexed(empty: FlaskClient) -> None:
    for path in ("search", "search?q=a", "articles/x", "export", "status"):
        response = empty.get(f"/api/v1/{path}")
        problem(response, 503)
        assert int(response.headers["Retry-After"]) > 0
    assert empty.get("/api/v1/openapi.json").status_code == 200


def test_a_cursor_of_a_collected_generation(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from searchapp.errors import GenerationGone

    def gone(*_: object, **__: object) -> None:
        raise GenerationGone("generation 00000001 is no longer kept")

    cursor = client.get("/api/v1/search?q=tea").json["next"]
    monkeypatch.setattr(app.extensions[SEARCHER]._engine, "snapshot", gone)
    assert "cursor" in problem(client.get("/api/v1/search", query_string={"q": "tea", "cursor": cursor}), 410)["detail"]
    page = client.get("/search", query_string={"q": "tea", "cursor": cursor})
    assert page.status_code == 410
    assert b"<h1>The walk through the results has expired</h1>" in page.data


def test_faults_and_throttling(index: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings.make(index=str(index)))

    def slow_down() -> None:
        raise TooManyRequests(retry_after=7)

    app.add_url_rule("/api/v1/busy", view_func=slow_down)
    app.add_url_rule("/api/v1/teapot", endpoint="teapot", view_func=lambda: abort(418))
    busy = Buffered(app).get("/api/v1/busy")
    problem(busy, 429)
    assert busy.headers["Retry-After"] == "7"
    assert Buffered(app).get("/api/v1/teapot").status_code == 418

    def fail(*_: object) -> None:
        raise RuntimeError("secret query")

    monkeypatch.setattr(Searcher, "search", fail)
    body = problem(Buffered(app).get("/api/v1/search?q=private"), 500)
    assert "secret" not in json.dumps(body)
    logged = capfd.readouterr().err
    assert "RuntimeError" in logged
    assert "secret" not in logged
    assert "private" not in logged


def test_etags_are_strong_and_spare_the_search(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/api/v1/search?q=tea&size=5")
    tag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert client.get("/api/v1/search?size=5&q=tea").headers["ETag"] == tag
    assert client.get("/api/v1/search?q=tea&size=6").headers["ETag"] != tag
    assert client.get("/api/v1/search?q=tea&size=5&fields=id").headers["ETag"] != tag
    monkeypatch.setattr(Searcher, "search", None)
    again = client.get("/api/v1/search?q=tea&size=5", headers={"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == tag
    assert client.get("/api/v1/articles/ridge:month").headers["ETag"] != client.get("/api/v1/articles/ridge:year").headers["ETag"]


def test_a_page_of_a_cursor_is_not_modified_while_its_generation_lives(client: FlaskClient) -> None:
    cursor = client.get("/api/v1/search?q=tea").json["next"]
    first = client.get("/api/v1/search", query_string={"q": "tea", "cursor": cursor})
    again = client.get(
        "/api/v1/search", query_string={"q": "tea", "cursor": cursor}, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304


def test_an_article_not_modified(client: FlaskClient) -> None:
    tag = client.get("/api/v1/articles/ridge:month").headers["ETag"]
    assert client.get("/api/v1/articles/ridge:month", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/api/v1/articles/ridge:none", headers={"If-None-Match": "*"}).status_code == 404


def test_a_new_generation_changes_the_tag(index: Any, tmp_path: Any) -> None:
    import shutil

    from searchapp.engines.whoosh.engine import WhooshEngine

    shutil.copytree(index, tmp_path / "index")
    client = Buffered(create_app(Settings.make(index=str(tmp_path / "index"))))
    before = client.get("/api/v1/search?q=tea").headers["ETag"]
    with WhooshEngine(tmp_path / "index").begin_build(full=False) as build:
        build.remove("ridge:tea-01")
        build.publish(journal=1)
    import time

    time.sleep(1.1)
    response = client.get("/api/v1/search?q=tea", headers={"If-None-Match": before})
    assert response.status_code == 200
    assert response.json["total"] == 24


def test_other_origins_only_where_allowed(client: FlaskClient, index: Any) -> None:
    asking = {"Origin": "https://desk.example"}
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/search", headers=asking).headers
    open_to = Buffered(create_app(Settings.make(index=str(index), cors_origins="https://desk.example, https://b.example")))
    response = open_to.get("/api/v1/search", headers=asking)
    assert response.headers["Access-Control-Allow-Origin"] == "https://desk.example"
    assert "Origin" in response.headers["Vary"]
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    preflight = open_to.options("/api/v1/search", headers={**asking, "Access-Control-Request-Headers": "if-none-match"})
    assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    stranger = open_to.get("/api/v1/search", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    assert "Access-Control-Allow-Origin" not in open_to.get("/", headers=asking).headers


@pytest.mark.parametrize(
    "values",
    [
        ["g", "q", 10**400, 0, "a", 1, 1],
        ["g", "q", True, 0, "a", 1, 1],
        ["g", "q", 1, 0, "a", 1, 1],
        ["g", "q", 1.0, 10**30, "a", 1, 1],
        ["g", "q", 1.0, 0.5, "a", 1, 1],
        ["g", "q", 1.0, None, "a", -(10**40), 1],
        ["g", "q", 1.0, None, 7, 1, 1],
        {"g": 1},
        [],
        [[[[[]]]]],
    ],
)
def test_a_cursor_that_was_tampered_with_is_refused(client: FlaskClient, values: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    answer = client.get("/api/v1/search", query_string={"q": "bridge", "cursor": cursor})
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize("text", ["20250206", "2025-W01", "2025-02-06T10:00", "2025-13", "0000", "2025-02-30", "02/06/2025"])
def test_dates_are_years_months_or_days_and_nothing_else(client: FlaskClient, text: str) -> None:
    answer = client.get("/api/v1/search", query_string={"from": text, "to": text})
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.get_json()["errors"]] == ["from", "to"]


def test_a_page_reached_by_cursor_is_validated_too(client: FlaskClient) -> None:
    first = client.get("/api/v1/search?size=1").get_json()
    query = {"size": 1, "cursor": first["next"]}
    answer = client.get("/api/v1/search", query_string=query)
    again = client.get("/api/v1/search", query_string=query, headers={"If-None-Match": answer.headers["ETag"]})
    assert (answer.status_code, again.status_code) == (200, 304)


def test_no_more_facet_values_than_the_limit(client: FlaskClient) -> None:
    for number, status in ((MAX_FILTERS, 200), (MAX_FILTERS + 1, 400)):
        answer = client.get("/api/v1/search", query_string=[("tag", f"t{i}") for i in range(number)])
        assert answer.status_code == status
