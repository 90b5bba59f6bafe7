"""What a page declares about its article: JSON-LD, then meta elements, then microdata and customary markup.

schema.org NewsArticle; Open Graph and its ``article:`` names; Dublin Core; Highwire ``citation_``; Parse.ly; Sailthru.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from lxml import html

from searchapp.readers.html_blocks import squeezed

_ARTICLE_TYPES = ("article", "posting", "report")
_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "hasPart")

_LD: dict[str, tuple[str, ...]] = {
    "title": ("headline", "name"),
    "published": ("datePublished", "dateCreated", "uploadDate"),
    "byline": ("author", "creator"),
    "source": ("publisher", "sourceOrganization"),
    "section": ("articleSection",),
    "language": ("inLanguage",),
    "tags": ("keywords",),
    "url": ("url", "mainEntityOfPage", "@id"),
    "dateline": ("dateline",),
    "places": ("locationCreated", "contentLocation"),
    "page": ("pagination", "pageStart"),
    "rights": ("copyrightNotice", "license"),
    "id": ("identifier",),
}
_META: dict[str, tuple[str, ...]] = {
    "title": ("og:title", "twitter:title", "citation_title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title"),
    "published": (
        *(
            "article:published_time",
            "article:published",
            "og:published_time",
            "datepublished",
            "citation_publication_date",
            "citation_date",
            "parsely-pub-date",
        ),
        *("sailthru.date", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date", "dcterms.created", "dc.date.created"),
        *(
            "pubdate",
            "publishdate",
            "publish-date",
            "publish_date",
            "publication_date",
            "article_date_original",
            "cxenseparse:recs:publishtime",
        ),
        *("article.published", "published_time", "displaydate", "date"),
    ),
    "byline": (
        *("author", "article:author", "article:author_name", "og:author", "byl", "byline"),
        *("parsely-author", "sailthru.author", "citation_author", "dc.creator", "dcterms.creator", "cxenseparse:author"),
    ),
    "source": ("og:site_name", "citation_journal_title", "dc.publisher", "dcterms.publisher", "publisher", "application-name"),
    "section": ("article:section", "og:section", "section", "parsely-section", "dc.subject.section"),
    "language": ("dc.language", "dcterms.language", "content-language", "language", "og:locale"),
    "tags": ("article:tag", "og:article:tag", "news_keywords", "parsely-tags", "sailthru.tags", "citation_keywords", "keywords"),
    "url": ("og:url", "parsely-link", "twitter:url"),
    "rights": ("dc.rights", "dcterms.rights", "copyright", "rights"),
    "id": ("parsely-post-id", "article:id", "article_id", "dc.identifier"),
    "page": ("print-page", "citation_firstpage"),
    "dateline": ("dateline",),
}
_COMMENT = 'ancestor-or-self::*[contains(@class, "comment") or contains(@id, "comment")][not(self::body or self::article)]'
_CLASS = 'contains(concat(" ", normalize-space(@class), " "), " {} ")'
_MARKUP: dict[str, tuple[str, ...]] = {
    "title": ('//*[@itemprop="headline"]',),
    "published": (
        '//*[@itemprop="datePublished"]',
        "//article//time[@datetime]",
        "//header//time[@datetime]",
        "//time[@pubdate]",
        "//main//time[@datetime]",
        "//time[@datetime]",
        "//article//time",
        f"//*[{_CLASS.format('published')}]",
        f"//*[{_CLASS.format('dateline')}][not(self::p)]//time",
        "//time",
    ),
    "byline": (
        '//*[@itemprop="author"]//*[@itemprop="name"]',
        '//*[@itemprop="author"]',
        '//a[@rel="author"]',
        f"//*[{_CLASS.format('byline')}]",
        f"//*[{_CLASS.format('author-name')}]",
        f"//*[{_CLASS.format('author')}]",
    ),
    "section": (
        '//*[@itemprop="articleSection"]',
        *(f"//article//*[{_CLASS.format(name)}]" for name in ("section-name", "section", "sec", "category")),
        *(f"//main//*[{_CLASS.format(name)}][not(self::section)]" for name in ("section-name", "section", "sec", "category")),
        '//*[contains(@class, "breadcrumb")]//a[last()][not(text()="Home")]',
    ),
    "agency": (
        f"//*[{_CLASS.format('credit')}][not(ancestor-or-self::figure)]",
        f"//*[{_CLASS.format('agency')}]",
    ),
}
_ADDRESSES = frozenset({"url", "id", "rights"})
_MANY = frozenset({"byline", "tags", "places"})
_MAX_VALUE = 500
_SITE_SUFFIX = re.compile(r"\s+[|–—»·]\s+[^|–—»·]{2,60}$|\s+-\s+[^-]{2,40}$")

_PAPER = re.compile(r"(?P<title>.{10,300}?)\s+[|–—»·:-]\s+(?P<paper>[^|–—»·]{3,40})")


def facts(tree: html.HtmlElement) -> tuple[dict[str, Any], dict[str, str]]:
    """The declared fields under the archive's names, as the page spells their values, and where each was found."""
    declared: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for field, value, origin in (
        *_from_json_ld(tree),
        *_from_page(tree),
        *_from_meta(tree),
        *_from_markup(tree),
        *_last_resort(tree),
    ):
        if value and field not in declared:
            declared[field] = value
            origins[field] = origin
    return declared, origins


Found = Iterator[tuple[str, Any, str]]


def _from_json_ld(tree: html.HtmlElement) -> Found:
    article = _article(tree)
    if article is None:
        return
    others = {str(node["@id"]): node for node in _all_nodes(tree) if "@id" in node and "name" in node}
    for field, names in _LD.items():
        for name in names:
            told = _texts(_resolved(article.get(name), others))
            values = [value for value in told if field in _ADDRESSES or not value.startswith(("http", "#"))]
            values = [value for value in values if field != "url" or value.startswith("http")]
            if values:
                yield field, values if field in _MANY else values[0], f"json-ld {name}"
                break


def _resolved(value: Any, others: dict[str, dict[str, Any]]) -> Any:
    """A reference to another thing of the page (``{"@id": …}``) as that thing."""
    if isinstance(value, list):
        return [_resolved(item, others) for item in value[:100]]
    if isinstance(value, dict) and not value.get("name") and str(value.get("@id")) in others:
        return others[str(value["@id"])]
    return value


def _article(tree: html.HtmlElement) -> dict[str, Any] | None:
    for node in _all_nodes(tree):
        types = node.get("@type")
        kinds = [str(kind).lower() for kind in (types if isinstance(types, list) else [types])]
        if any(kind.endswith(_ARTICLE_TYPES) for kind in kinds):
            return node
    return None


def _all_nodes(tree: html.HtmlElement) -> Iterator[dict[str, Any]]:
    """Every thing that the page's JSON-LD describes."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        try:
            data = json.loads((script.text or "").strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _nodes(data, 0)


def declared_text(tree: html.HtmlElement) -> str:
    """The text of the article that JSON-LD gives, paragraphs parted by line feeds; empty when it gives none."""
    article = _article(tree) or {}
    text = article.get("articleBody") or article.get("text")
    if not isinstance(text, str):
        return ""
    text = unescape(text)
    if re.search(r"</p>|<br\s*/?>", text, re.IGNORECASE):
        text = re.sub(r"</(?:p|div|h[1-6]|li)>|<br\s*/?>", "\n", text, flags=re.IGNORECASE)
        text = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    return text


def _nodes(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 4:
        return
    if isinstance(data, list):
        for item in data[:200]:
            yield from _nodes(item, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in _CONTAINERS:
            yield from _nodes(data.get(name), depth + 1)


def _texts(value: Any) -> list[str]:
    """The texts of a JSON-LD value: a text, a thing with a name, or a list of either."""
    if isinstance(value, list):
        return [text for item in value[:100] for text in _texts(item)]
    if isinstance(value, dict):
        return _texts(
            value.get("name") or value.get("@value") or value.get("@id") or value.get("alternateName") or value.get("value")
        )
    text = squeezed(unescape(value)) if isinstance(value, str) else str(value) if isinstance(value, int) and value > 0 else ""
    return [text] if text and len(text) <= _MAX_VALUE else []


def _from_page(tree: html.HtmlElement) -> Found:
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and (link.get("href") or "").startswith("http"):
            yield "url", link.get("href").strip(), "link rel=canonical"
    language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
    yield "language", language, "html lang"
    paper = next((squeezed(name) for name in tree.xpath('//meta[@property="og:site_name"]/@content')), "")
    headings = [text for heading in tree.iter("h1") if (text := squeezed(heading.text_content())) and text != paper]
    inside = [text for heading in tree.xpath("//article//h1") if (text := squeezed(heading.text_content()))]
    for candidates, origin in ((inside, "h1 of the article"), (headings, "h1")):
        if len(set(candidates)) == 1 and len(candidates[0]) <= _MAX_VALUE:
            yield "title", candidates[0], origin


def _from_meta(tree: html.HtmlElement) -> Found:
    metas: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        named = [meta.get("property"), meta.get("name"), *(meta.get("itemprop") or "").split(), meta.get("http-equiv")]
        content = squeezed(unescape(meta.get("content") or ""))
        for name in dict.fromkeys(name.lower() for name in named if name):
            if content and len(content) <= _MAX_VALUE:
                metas.setdefault(name, []).append(content)
    for field, names in _META.items():
        for name in names:
            values = metas.get(name, [])
            if field == "byline":
                values = [value for value in values if "://" not in value]
            if field == "source":
                values = [value for value in values if not value.startswith("@")]
            if values:
                yield field, values if field in _MANY else values[0], f"meta {name}"
                break


def _from_markup(tree: html.HtmlElement) -> Found:
    for field, paths in _MARKUP.items():
        for path in paths:
            longest = 40 if field == "section" else 200
            found = [element for element in tree.xpath(path)[:20] if not element.xpath(_COMMENT)]
            values = [text for element in found if (text := _shown(element)) and len(text) <= longest]
            if values:
                yield field, list(dict.fromkeys(values)) if field in _MANY else values[0], f"markup of the {field}"
                break


def _shown(element: html.HtmlElement) -> str:
    return squeezed(element.get("datetime") or element.get("content") or element.text_content())


def _last_resort(tree: html.HtmlElement) -> Found:
    """The title element without the paper's name, which stands after it."""
    title = next((squeezed(element.text_content()) for element in tree.xpath("//head/title | //title[not(ancestor::svg)]")), "")
    heads = {squeezed(heading.text_content()) for heading in tree.iter("h1", "h2")}
    if (match := _PAPER.fullmatch(title)) is not None and match["title"] in heads:
        yield "source", match["paper"], "title element, after the headline"
    yield "title", _SITE_SUFFIX.sub("", title)[:_MAX_VALUE], "title element"
