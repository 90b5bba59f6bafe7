"""Saved HTML pages: the main text by trafilatura, the facts from what the page declares, the rest as furniture.

Nothing is fetched. The text goes to cleaning as paragraphs joined by blank lines; every other visible block of the page
becomes furniture.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from searchapp.article import Provenance
from searchapp.readers.bounds import MAX_PAGE
from searchapp.readers.encoding import decode, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.html_blocks import blocks, squeezed
from searchapp.readers.html_facts import facts
from searchapp.readers.opening import Source, Unreadable
from searchapp.readers.records import scrubbed

_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_PARAGRAPHS = ("p", "head", "quote", "item", "code", "cell", "fw", "ab")
_MAX_BLOCKS = 200_000
"""Elements of one page. A news page has some thousands."""


def read(source: Source) -> Iterator[Extract | Reject]:
    """One Extract, or a Reject for a page without any text."""
    data = source.whole(MAX_PAGE)
    text, encoding = decode(data, declared=True)
    tree = _parse(text)
    declared, origins = facts(tree)
    paragraphs, how = _main_text(tree, declared.get("title"))
    shown = blocks(tree)
    if not paragraphs and not shown:
        yield Reject(source.name, "", "a page without visible text; it may have been saved before its script had run")
        return
    if paragraphs:
        declared["body"] = "\n\n".join(paragraphs)
        origins["body"] = how
    furniture = _furniture(shown, paragraphs, declared.get("title"))
    notes = list(note(encoding, text))
    if not paragraphs:
        notes.append("no main text found on the page; all of its text is kept as furniture")
    clean, changed = scrubbed(declared)
    if changed:
        notes.append("characters that are no text are shown as \ufffd")
    yield Extract(
        provenance=Provenance(file=source.name, format="html", sha256=hashlib.sha256(data).hexdigest()),
        declared=clean,
        furniture=tuple(furniture),
        notes=tuple(notes),
        origins=origins,
    )


def _parse(text: str) -> html.HtmlElement:
    content = _XML_DECLARATION.sub("", text.replace("\0", "\ufffd"))
    try:
        tree = html.document_fromstring(content.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8", **_PARSER))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable(f"not a page that can be parsed: {error}") from error
    if sum(1 for _ in zip(tree.iter(), range(_MAX_BLOCKS + 1), strict=False)) > _MAX_BLOCKS:
        raise Unreadable(f"more than {_MAX_BLOCKS:,} elements; not a page of an article")
    return tree


_PARSER: dict[str, Any] = {"no_network": True, "remove_comments": True, "remove_pis": True, "huge_tree": False}


def _main_text(tree: html.HtmlElement, title: Any) -> tuple[list[str], str]:
    body = _by_trafilatura(tree)
    if body is not None:
        paragraphs = _paragraphs(body, title)
        if paragraphs:
            return paragraphs, "trafilatura"
    return _by_markup(tree), "paragraphs of the article element"


def _by_trafilatura(tree: html.HtmlElement) -> etree._Element | None:
    from trafilatura import bare_extraction

    try:
        document = bare_extraction(
            html.fromstring(etree.tostring(tree, encoding="unicode", method="html")), include_comments=False
        )
    except Exception:  # a library's failure on one page must not stop the others; the fallback reads the page
        return None
    return None if document is None or isinstance(document, dict) else document.body


def _paragraphs(body: etree._Element, title: Any) -> list[str]:
    found: list[str] = []
    for element in body.iter(*_PARAGRAPHS):
        if any(parent.tag in _PARAGRAPHS for parent in element.iterancestors()):
            continue
        text = squeezed("".join(map(str, element.itertext())))
        if text and not (not found and isinstance(title, str) and text == squeezed(title)):
            found.append(text)
    return found


def _by_markup(tree: html.HtmlElement) -> list[str]:
    for path in ('//*[@itemprop="articleBody"]', "//article", "//main", '//*[@role="main"]', "//body"):
        for element in tree.xpath(path):
            found = [text for p in element.iter("p") if (text := squeezed(p.text_content()))]
            if found:
                return found
    return []


def _furniture(shown: list[str], paragraphs: list[str], title: Any) -> list[str]:
    """Visible blocks that are neither headline nor text, each once."""
    kept = {squeezed(paragraph) for paragraph in paragraphs}
    whole = "\n".join(kept)
    if isinstance(title, str):
        kept.add(squeezed(title))
    furniture: dict[str, None] = {}
    for block in shown:
        if block not in kept and not (len(block) > 20 and block in whole):
            furniture.setdefault(block)
    return list(furniture)
