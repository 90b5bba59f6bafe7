"""A withdrawn article on every surface, asked by clients: gone from all of them, and its own address says why."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from samples import ARTICLES, ODD_ID, Buffered
from test_gunicorn import ROOT, running

from searchapp.archive.withdrawals import COPY, LOG, Withdrawals
from searchapp.exports import link_of
from searchapp.fields import FACETS, values_of
from searchapp.results import SearchRequest
from searchapp.settings import Settings
from searchapp.web import create_app
from searchapp.web.state import SEARCHER

GONE = ("ridge:bridge-2", "ridge:tea-07", "ridge:hindi", ODD_ID, "ridge:undated")
REASON = "A court in Laitdara ordered it <b>gone</b> & 'forgotten'"
LEFT = [one for one in ARTICLES if one.id not in GONE]
BODIES = {one.id: (one.title, one.body) for one in ARTICLES if one.id in GONE}


@pytest.fixture
def own(index: Path, tmp_path: Path) -> Path:
    """An index to withdraw from."""
    return Path(shutil.copytree(index, tmp_path / "index"))


@pytest.fixture
def reader(own: Path) -> FlaskClient:
    """Of an application that has answered before anything was withdrawn."""
    client = Buffered(create_app(Settings.make(index=str(own))))
    assert client.get("/api/v1/search").json["total"] == len(ARTICLES)
    return client


def withdraw(own: Path) -> None:
    for one in GONE:
        Withdrawals(own).withdraw(one, REASON, "desk")


def everything(client: FlaskClient, **more: Any) -> Any:
    response = client.get("/api/v1/search", query_string={"size": 100, "facet_size": 100} | more)
    assert response.status_code == 200
    return response.json


def test_hits_totals_facets_and_histogram_are_those_of_the_others(reader: FlaskClient, own: Path) -> None:
    withdraw(own)
    answer = everything(reader)
    assert sorted(hit["id"] for hit in answer["hits"]) == sorted(one.id for one in LEFT)
    assert answer["total"] == len(LEFT)
    for name in FACETS:
        values = [set(values_of(one, name)) for one in LEFT]
        counted = {row["value"]: row["count"] for row in answer["facets"][name]["values"]}
        assert counted == Counter(value for some in values for value in some), name
        assert answer["facets"][name]["missing"] == sum(not some for some in values), name
    months = answer["histogram"]
    assert sum(bucket["count"] for bucket in months["buckets"]) + months["missing"] == len(LEFT)
    for word, found in (("bridge", "bridge"), ("tea", "tea garden"), ("पुल", "पुल"), ("drawer", "drawer"), ("inquiry", "inquiry")):
        expected = sum(found in f"{one.title} {one.body}".lower() for one in LEFT)
        answer = everything(reader, q=word)
        assert (answer["total"], answer["query"]["clauses"][0]["total"]) == (expected, expected), word
    assert everything(reader, q="rust")["total"] == everything(reader, section="राज्य")["total"] == 0


def test_no_page_feed_or_export_has_a_word_of_them(reader: FlaskClient, own: Path) -> None:
    addresses = ["/", "/about", "/search", "/search?size=100", "/search?q=bridge", "/search?q=tea&sort=newest&size=100",
                 "/days/2025-02-06", "/days/2025-02-07", "/days/2025-02-10", "/sitemap.xml", "/sitemaps/2025.xml",
                 "/sitemaps/2025-02.xml", "/sitemaps/undated.xml", "/api/v1/search?size=100&q=bridge",
                 "/api/v1/export?format=ndjson", "/api/v1/export?format=csv", "/api/v1/export?q=inquiry"]  # fmt: skip
    addresses += [link_of(one.id) for one in LEFT]
    pages = {address: reader.get(address).get_data(as_text=True) for address in addresses}
    seen = {key for key, (title, _) in BODIES.items() for page in pages.values() if title in page}
    assert seen == set(GONE), "or this test shows nothing"
    withdraw(own)
    for address in addresses:
        page = reader.get(address)
        assert page.status_code == 200, address
        for key, (title, body) in BODIES.items():
            text = page.get_data(as_text=True)
            assert title not in text, (address, key)
            assert link_of(key) not in text, (address, key)
            assert key in ("ridge:tea-07",) or body not in text, (address, key)
    site = ElementTree.fromstring(reader.get("/sitemap.xml").data)
    assert len([one for one in site.iter() if one.tag.endswith("loc")]) == len(LEFT)
    lines = reader.get("/api/v1/export?format=ndjson").data.splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(one.id for one in LEFT)


def test_neighbours_pass_over_them(reader: FlaskClient, own: Path) -> None:
    assert link_of("ridge:bridge-2") in reader.get("/articles/ridge:bridge-1").get_data(as_text=True)
    withdraw(own)
    page = reader.get("/articles/ridge:bridge-1").get_data(as_text=True)
    assert link_of("ridge:bridge-3") in page
    assert reader.get("/days/2025-02-07").status_code == 200


@pytest.mark.parametrize("key", GONE)
def test_its_own_address_says_why(reader: FlaskClient, own: Path, key: str) -> None:
    before = reader.get("/api/v1" + link_of(key))
    assert before.status_code == 200
    withdraw(own)
    since = Withdrawals(own).known().by_id[key].when
    for headers in ({}, {"If-None-Match": before.headers["ETag"]}, {"If-None-Match": "*"}):
        answer = reader.get("/api/v1" + link_of(key), headers=headers)
        assert (answer.status_code, answer.content_type) == (410, "application/problem+json")
        assert answer.json["type"] == "/help/errors#withdrawn"
        assert (answer.json["reason"], answer.json["withdrawn"]) == (REASON, since)
        assert REASON in answer.json["detail"]
        assert "ETag" not in answer.headers
        page = reader.get(link_of(key) + "?q=bridge", headers=headers)
        assert (page.status_code, page.headers["X-Robots-Tag"], page.headers["Cache-Control"]) == (410, "noindex", "no-store")
        text = page.get_data(as_text=True)
        assert "A court in Laitdara ordered it &lt;b&gt;gone&lt;/b&gt; &amp; &#39;forgotten&#39;" in text
        assert '<meta name="robots" content="noindex">' in text
        assert "This article has been withdrawn" in text
        assert all(part not in text for part in BODIES[key] if part)
    assert reader.get("/api/v1/articles/nothing-like-it").status_code == 404


def test_the_documented_shape_of_410(reader: FlaskClient, own: Path) -> None:
    from test_api import holds

    withdraw(own)
    spec = reader.get("/api/v1/openapi.json").json
    holds(spec, "/articles/{id}", reader.get("/api/v1/articles/ridge:bridge-2"))


def test_no_validator_of_before_is_good_after(reader: FlaskClient, own: Path) -> None:
    """Also not of an answer that has none of them: that nothing else changed isn't known without searching."""
    first = "/api/v1/search?q=tea&size=5"
    for address in (first, f"{first}&cursor={reader.get(first).json['next']}"):
        answer = reader.get(address)
        same = {"If-None-Match": answer.headers["ETag"]}
        assert reader.get(address, headers=same).status_code == 304
        Withdrawals(own).withdraw("ridge:tea-07", REASON)
        after = reader.get(address, headers=same)
        assert after.status_code == 200
        assert after.headers["ETag"] != answer.headers["ETag"]
        Withdrawals(own).restore("ridge:tea-07")
        assert reader.get(address, headers=same).status_code == 200


@pytest.mark.parametrize("sort", ["relevance", "newest"])
def test_a_walk_begun_before(reader: FlaskClient, own: Path, sort: str) -> None:
    """Each of the others once, none missed; of an older generation too, and after going back to it."""
    whole = [hit["id"] for hit in everything(reader, q="tea", sort=sort)["hits"]]
    seen, cursor = [], None
    for turn in range(100):
        more = {} if cursor is None else {"cursor": cursor}
        answer = everything(reader, q="tea", sort=sort, size=4, **more)
        seen += [hit["id"] for hit in answer["hits"]]
        cursor = answer["next"]
        if turn == 1:  # one that was seen, and two that would follow
            for key in (whole[0], whole[10], whole[-1]):
                Withdrawals(own).withdraw(key, REASON)
        if turn == 2:
            app = create_app(Settings.make(index=str(own)))
            engine = app.extensions[SEARCHER]._engine
            with engine.begin_build(full=False) as build:
                build.publish(journal=1)
        if cursor is None:
            break
    assert seen == [key for key in whole if key not in (whole[10], whole[-1])]
    assert everything(reader, q="tea")["generation"] == "00000002"
    engine.rollback("00000001")
    time.sleep(1.1)
    answer = everything(reader, q="tea", sort=sort)
    assert answer["generation"] == "00000001"
    assert [hit["id"] for hit in answer["hits"]] == [key for key in whole if key not in (whole[0], whole[10], whole[-1])]


def test_a_stream_that_is_being_read(own: Path) -> None:
    """What was asked for before, and is sent after."""
    asked = create_app(Settings.make(index=str(own))).extensions[SEARCHER]
    articles, ids = asked.stream(SearchRequest(sort="oldest")), asked.ids(SearchRequest(sort="oldest"))
    first = [next(articles).id, next(ids)]
    withdraw(own)
    assert not {one.id for one in articles} & set(GONE)
    assert not set(ids) & set(GONE)
    assert first[0] == first[1]


def test_restored_it_is_back_everywhere(reader: FlaskClient, own: Path) -> None:
    before = everything(reader)
    page = reader.get("/days/2025-02-06").data
    withdraw(own)
    for one in GONE:
        Withdrawals(own).restore(one)
    after = everything(reader)
    assert {**after, "took_ms": 0} == {**before, "took_ms": 0}
    assert reader.get("/days/2025-02-06").data == page
    assert reader.get(link_of(GONE[0])).status_code == 200


def test_a_damaged_log(reader: FlaskClient, own: Path) -> None:
    """Both files: who runs goes on with what is known, who starts refuses everything, and says so without a path."""
    withdraw(own)
    assert everything(reader)["total"] == len(LEFT)
    for name in (LOG, COPY):
        data = (own / name).read_bytes()
        (own / name).write_bytes(data[:300] + b"?" + data[301:])
    assert everything(reader)["total"] == len(LEFT)
    assert reader.get("/articles/ridge:bridge-2").status_code == 410
    assert reader.get("/readyz").json["status"] == "degraded"
    fresh = Buffered(create_app(Settings.make(index=str(own))))
    for address in (
        "/",
        "/search?q=tea",
        "/articles/ridge:bridge-1",
        "/api/v1/search",
        "/api/v1/export",
        "/sitemap.xml",
        "/readyz",
    ):
        answer = fresh.get(address)
        assert answer.status_code == 503, address
        assert str(own) not in answer.get_data(as_text=True)
        assert int(answer.headers["Retry-After"]) > 0


def test_a_server_obeys_the_command_line_within_five_seconds(own: Path) -> None:
    """Every one of its workers."""

    def command(*words: str) -> None:
        environment = [sys.executable, "-m", "searchapp", *words, "--index", str(own), "--json"]
        subprocess.run(environment, cwd=ROOT, check=True, timeout=60, stdout=subprocess.PIPE)

    def statuses(port: int) -> set[int]:
        from test_gunicorn import get

        return {get(port, "/api/v1/articles/ridge:bridge-2")[0] for _ in range(40)}

    with running(own, workers=3) as (port, _):
        assert statuses(port) == {200}
        command("withdraw", "ridge:bridge-2", "--reason", REASON)
        done = time.monotonic()
        while statuses(port) != {410}:
            assert time.monotonic() - done < 5
        command("restore", "ridge:bridge-2")
        done = time.monotonic()
        while statuses(port) != {200}:
            assert time.monotonic() - done < 5
