"""NewsML-G2 (IPTC): news items alone, in messages (``newsMessage``) and with packages; one article a text item.

The text is the item's inline XHTML, NITF or plain text. Pictures, videos, packages, concepts, events and planning items
are no articles: each is a Reject that says what it is. An item whose ``pubStatus`` is not ``usable`` says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from searchapp.readers import nitf, xml
from searchapp.readers.bounds import MAX_XML
from searchapp.readers.declared import Declared
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source
from searchapp.readers.xml import Element, children, first, line, name_of, named, value

ITEMS = ("newsItem", "packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem")
_OTHERS = {
    "packageItem": "a package, which lists items and has no text of its own",
    "conceptItem": "a concept (a person, place, event …), not an article",
    "knowledgeItem": "a list of codes, not an article",
    "planningItem": "a plan for coverage, not an article",
    "catalogItem": "a catalogue of codes, not an article",
}
_PLACES = ("city", "geoarea", "poi", "statprov", "region", "country")
_HTML_ASIDE = ("script", "style", "head", "figcaption", "aside")


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every item of a document; a message without one is a Reject."""
    data = source.whole(MAX_XML)
    root, notes = xml.parse(data)
    items = [root] if name_of(root) in ITEMS else list(named(root, *ITEMS))
    if not items:
        yield Reject(source.name, "", f"NewsML-G2 without an item (found: <{name_of(root)}>)")
    for number, item in enumerate(items, start=1):
        position = f"item {number}" if len(items) > 1 else ""
        yield _item(source.name, position, item, data if len(items) == 1 else etree.tostring(item), notes)


def _item(file: str, position: str, item: Element, raw: bytes, notes: tuple[str, ...]) -> Extract | Reject:
    guid = value(item, "guid")
    if (reason := _OTHERS.get(name_of(item))) is not None:
        return Reject(file, position, f"{reason} (guid {guid or 'unknown'})")
    kind = _code(first(item, "itemMeta", "itemClass")) or "text"
    declared, furniture = _fields(item)
    if kind != "text" and "body" not in declared.values:
        return Reject(file, position, f"an item of the class {kind} without a text, not an article (guid {guid or 'unknown'})")
    status = _code(first(item, "itemMeta", "pubStatus")) or "usable"
    if status != "usable":
        notes = (*notes, f"its provider says that it is {status} (pubStatus)")
    if not declared.values.keys() & {"title", "body"}:
        told = "" if status == "usable" else f"; its provider says that it is {status}"
        return Reject(file, position, f"an item with neither headline nor text (guid {guid or 'unknown'}){told}")
    return declared.extract(file=file, format="newsml_g2", raw=raw, position=position, notes=notes, furniture=furniture)


def _fields(item: Element) -> tuple[Declared, list[str]]:
    declared = Declared()
    about, meta, rights = first(item, "contentMeta"), first(item, "itemMeta"), first(item, "rightsInfo")
    declared.put("id", "guid", value(item, "guid"))
    headlines = [part for part in children(about, "headline") if not _code_of(value(part, "role")).startswith("sub")]
    declared.put("title", "headline", next(filter(None, map(line, headlines)), None))
    furniture = _content(declared, item)
    declared.put("title", "title", line(next(iter(children(meta, "title")), None)))
    _dates(declared, meta, about)
    _people(declared, meta, about)
    _subjects(declared, about)
    declared.put("rights", "copyrightNotice", line(first(rights, "copyrightNotice")))
    declared.put("rights", "copyrightHolder", _name(first(rights, "copyrightHolder")))
    declared.put("language", "language", value(first(about, "language"), "tag"))
    declared.put("language", "xml:lang", value(item, "lang"))
    for part in children(about, "description"):
        if _code_of(value(part, "role")) != "caption":
            declared.put("summary", "description", "\n\n".join(xml.paragraphs(part)))
    return declared, furniture + [line(part) for part in children(meta, "edNote")]


def _content(declared: Declared, item: Element) -> list[str]:
    """The text: of several the longest. Gives what stands beside it."""
    found: list[tuple[str, str]] = []
    aside: list[str] = []
    for part in named(item, "inlineXML", "inlineData"):
        inner = first(part, "nitf")
        if inner is not None:
            carried, beside = nitf.fields(inner)
            aside += beside
            for name, text in carried.values.items():
                if name == "body":
                    found.append(("inline NITF", text))
                elif isinstance(text, str) and name not in ("id",):
                    declared.put(name, f"NITF {carried.origins[name]}", text)
                elif isinstance(text, list):
                    declared.add(name, f"NITF {carried.origins[name]}", text)
        elif name_of(part) == "inlineData" and value(part, "contenttype") not in ("", "text/plain", "text/html"):
            continue
        else:
            found.append((name_of(part), _inline(part)))
            declared.put("title", "html title", line(first(part, "title")))
    if found:
        origin, text = max(found, key=lambda pair: len(pair[1]))
        declared.put("body", origin, text)
    return aside


def _inline(part: Element) -> str:
    if name_of(part) == "inlineData" and not len(part):
        return (part.text or "").strip()
    return "\n\n".join(xml.paragraphs(part, without=_HTML_ASIDE))


def _dates(declared: Declared, meta: Element | None, about: Element | None) -> None:
    for parent, name in ((meta, "firstCreated"), (about, "contentCreated"), (meta, "versionCreated"), (about, "contentModified")):
        declared.put("published", name, line(next(iter(children(parent, name)), None)))
    declared.put("available_from", "embargoed", line(next(iter(children(meta, "embargoed")), None)))


def _people(declared: Declared, meta: Element | None, about: Element | None) -> None:
    declared.add("byline", "by", map(line, children(about, "by")))
    if "byline" not in declared.values:
        persons = (part for part in children(about, "creator") if children(part, "name"))
        declared.add("byline", "creator", map(_name, persons))
    declared.add("agency", "creditline", map(line, children(about, "creditline")))
    if "agency" not in declared.values:
        declared.add("agency", "infoSource", map(_name, children(about, "infoSource")))
    if "agency" not in declared.values:
        declared.add("agency", "provider", map(_name, children(meta, "provider")))
    declared.put("dateline", "dateline", line(next(iter(children(about, "dateline")), None)))
    if "dateline" not in declared.values:
        declared.add("places", "located", (_own_name(part) for part in children(about, "located")))


def _subjects(declared: Declared, about: Element | None) -> None:
    for subject in children(about, "subject"):
        kind = _code_of(value(subject, "type")).lower()
        name = _own_name(subject)
        if "department" in value(subject, "qcode").lower():
            declared.put("section", "subject (department)", name)
        elif kind not in _PLACES or name:
            declared.add("tags", "subject", [name])
    declared.add("tags", "keyword", map(line, children(about, "keyword")))


def _own_name(element: Element) -> str | None:
    """A concept's name, not the names of the broader ones within it."""
    return next(filter(None, map(line, children(element, "name"))), None) or value(element, "literal") or None


def _name(element: Element | None) -> str | None:
    """A party's name: as written, else its literal, else the code without its scheme."""
    if element is None:
        return None
    return _own_name(element) or _code(element) or None


def _code(element: Element | None) -> str:
    return _code_of(value(element, "qcode"))


def _code_of(qcode: str) -> str:
    """A code without the alias of its scheme (``stat:usable`` is ``usable``)."""
    return qcode.rpartition(":")[2]
