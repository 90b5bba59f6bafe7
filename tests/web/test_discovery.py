from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree
from samples import ARTICLES, Buffered

from searchapp.exports import link_of
from searchapp.settings import Settings
from searchapp.web import create_app, discovery

SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
OPENSEARCH = {"o": "http://a9.com/-/spec/opensearch/1.1/"}


def test_alive_and_ready(client: FlaskClient, empty: FlaskClient) -> None:
    assert client.get("/healthz").json == empty.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json["generation"]
    not_ready = empty.get("/readyz")
    assert not_ready.status_code == 503
    assert not_ready.json["reason"]


def test_robots(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert "Disallow: /search" in lines
    assert "Disallow: /api/" in lines
    assert "Sitemap: http://localhost/sitemap.xml" in lines


def test_a_small_archive_has_one_site_map(client: FlaskClient) -> None:
    response = client.get("/sitemap.xml")
    assert response.mimetype == "application/xml"
    found = etree.fromstring(response.data).xpath("//s:loc/text()", namespaces=SITEMAP)
    assert sorted(found) == sorted("http://localhost" + link_of(article.id) for article in ARTICLES)


def test_a_large_archive_has_parts_that_hold_each_article_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "SITEMAP_WHOLE", 10)
    index = etree.fromstring(client.get("/sitemap.xml").data).xpath("//s:sitemap/s:loc/text()", namespaces=SITEMAP)
    assert "http://localhost/sitemaps/2023-01.xml" in index  # more than ten articles in that year
    assert "http://localhost/sitemaps/2025.xml" in index
    assert "http://localhost/sitemaps/undated.xml" in index
    found: list[str] = []
    for part in index:
        response = client.get(part.removeprefix("http://localhost"))
        found += etree.fromstring(response.data).xpath("//s:loc/text()", namespaces=SITEMAP)
    assert sorted(found) == sorted("http://localhost" + link_of(article.id) for article in ARTICLES)


def test_the_search_description(client: FlaskClient) -> None:
    response = client.get("/opensearch.xml")
    assert response.mimetype == "application/opensearchdescription+xml"
    description = etree.fromstring(response.data)
    assert len(description.findtext("o:ShortName", namespaces=OPENSEARCH) or "") <= 16
    template = description.xpath("//o:Url[@type='text/html']/@template", namespaces=OPENSEARCH)[0]
    filled = template.replace("{searchTerms}", "tea+garden").replace("{startPage?}", "").removeprefix("http://localhost")
    assert client.get(filled).status_code == 200


def test_the_public_address_is_the_configured_one(index: Any) -> None:
    client = Buffered(create_app(Settings.make(index=str(index), base_url="https://archive.example/")))
    assert b"https://archive.example/sitemap.xml" in client.get("/robots.txt").data
    assert b"https://archive.example/articles/ridge:month" in client.get("/articles/ridge:month").data
