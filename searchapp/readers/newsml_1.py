"""NewsML 1.0 to 1.2 (IPTC): one article a component with a text of its own.

A ``NewsItem`` may nest components: translations of a release, a story with its pictures, contacts beside a text. A
component with a headline is a story: its longest text (XHTML, NITF or plain) is the article, the others are furniture. What it
doesn't say itself it takes from the components around it. ``Status`` other than ``Usable`` is told.
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

_NO_TEXT = ("Photo", "Picture", "Graphic", "Video", "Audio", "ComplexData", "Animation")
_STYLES = ("text/css", "application/css")
_HTML_ASIDE = ("script", "style", "head", "figcaption")


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every article of every item; an item without one is a Reject."""
    data = source.whole(MAX_XML)
    root, notes = xml.parse(data)
    items = [root] if name_of(root) == "NewsItem" else list(named(root, "NewsItem"))
    if not items:
        yield Reject(source.name, "", f"NewsML without a NewsItem (found: <{name_of(root)}>)")
    several = len(items) > 1
    for number, item in enumerate(items, start=1):
        yield from _item(source.name, f"item {number}" if several else "", item, notes)


def _item(file: str, position: str, item: Element, notes: tuple[str, ...]) -> Iterator[Extract | Reject]:
    identifier = line(first(item, "NewsIdentifier", "PublicIdentifier")) or "unknown"
    status = value(first(item, "NewsManagement", "Status"), "FormalName")
    if status and status.lower() != "usable":
        notes = (*notes, f"its provider says that it is {status.lower()} (Status)")
    stories = _stories(item)
    if not stories:
        told = f"; its provider says that it is {status.lower()}" if status and status.lower() != "usable" else ""
        yield Reject(file, position, f"an item without a text, not an article (id {identifier}){told}")
    for number, (component, texts) in enumerate(stories, start=1):
        declared = _fields(item, component, texts[0])
        if len(stories) > 1 and "id" in declared.values:
            declared.values["id"] += f":{declared.values.get('language') or number}"
        where = position if len(stories) == 1 else f"{position} component {number}".strip()
        aside = [paragraph for text in texts[1:] for paragraph in xml.paragraphs(text, without=_HTML_ASIDE)]
        yield declared.extract(
            file=file, format="newsml_1", raw=etree.tostring(component), position=where, notes=notes, furniture=aside
        )


def _stories(item: Element) -> list[tuple[Element, list[Element]]]:
    """Each component that is a story, with its texts, the longest first."""
    stories: dict[Element, list[Element]] = {}
    for component in named(item, "NewsComponent"):
        text = _text(component)
        if text is not None:
            stories.setdefault(_story(component), []).append(text)
    return [(story, sorted(texts, key=lambda text: -len(line(text)))) for story, texts in stories.items()]


def _story(component: Element) -> Element:
    """The nearest component around (or this one) that has a headline; itself if none has."""
    for part in (component, *component.iterancestors()):
        lines = next(iter(children(part, "NewsLines")), None)
        if name_of(part) == "NewsComponent" and children(lines, "HeadLine"):
            return part
    return component


def _text(component: Element) -> Element | None:
    """The component's own text (not one of a component within it): a ``DataContent``, None when it has none."""
    for content in children(component, "ContentItem"):
        kind = value(first(content, "MediaType"), "FormalName") or "Text"
        mime = value(first(content, "MimeType"), "FormalName")
        data = first(content, "DataContent")
        if data is not None and kind not in _NO_TEXT and mime not in _STYLES and line(data):
            return data
    return None


def _fields(item: Element, component: Element, text: Element) -> Declared:
    declared = Declared()
    around = [component, *(part for part in component.iterancestors() if name_of(part) == "NewsComponent")]
    _content(declared, text)
    for part in around:
        lines = next(iter(children(part, "NewsLines")), None)
        declared.put("title", "HeadLine", line(next(iter(children(lines, "HeadLine")), None)))
        declared.add("byline", "ByLine", map(line, children(lines, "ByLine")))
        declared.put("dateline", "DateLine", line(next(iter(children(lines, "DateLine")), None)))
        declared.add("agency", "CreditLine", map(line, children(lines, "CreditLine")))
        declared.put("rights", "CopyrightLine", line(next(iter(children(lines, "CopyrightLine")), None)))
        declared.add("tags", "KeywordLine", map(line, children(lines, "KeywordLine")))
        _descriptive(declared, next(iter(children(part, "DescriptiveMetadata")), None))
        about = next(iter(children(part, "AdministrativeMetadata")), None)
        for name in ("Provider", "Source"):
            if "agency" not in declared.values:
                declared.add("agency", name, [value(first(about, name, "Party"), "FormalName")])
        for found in children(part, "Metadata"):
            keywords = (prop for prop in children(found, "Property") if "keyword" in value(prop, "FormalName").lower())
            declared.add("tags", "keywords", (value(prop, "Value") for prop in keywords))
    management, named_as = first(item, "NewsManagement"), first(item, "NewsIdentifier")
    declared.put("id", "PublicIdentifier", _unversioned(named_as))
    for name in ("FirstCreated", "ThisRevisionCreated"):
        declared.put("published", name, nitf.iso(line(first(management, name))))
    declared.put("published", "DateId", nitf.iso(line(first(named_as, "DateId"))))
    declared.put("title", "NameLabel", line(first(item, "Identification", "NameLabel")))
    declared.put("language", "xml:lang", value(item, "lang"))
    return declared


def _content(declared: Declared, text: Element) -> None:
    inner = first(text, "nitf")
    if inner is not None:
        carried, _ = nitf.fields(inner)
        for name, held in carried.values.items():
            if isinstance(held, str) and name in ("title", "body", "dateline", "summary"):
                declared.put(name, f"NITF {carried.origins[name]}", held)
            elif name in ("byline", "places", "agency"):
                declared.add(name, f"NITF {carried.origins[name]}", held)
    declared.put("body", "DataContent", "\n\n".join(xml.paragraphs(text, without=_HTML_ASIDE)))


def _descriptive(declared: Declared, about: Element | None) -> None:
    declared.put("language", "Language", value(first(about, "Language"), "FormalName"))
    places = (part for part in children(about, "Location") if value(part, "HowPresent") in ("Origin", "Dateline"))
    for location in places:
        names = (value(part, "Value") for part in named(location, "Property") if value(part, "FormalName") == "City")
        declared.add("places", "Location", names)


def _unversioned(identifier: Element | None) -> str | None:
    """The public identifier without its revision, which other versions of the article don't share (NewsML 1.2, 5.4.4)."""
    public, revision = line(first(identifier, "PublicIdentifier")), line(first(identifier, "RevisionId"))
    tail = f":{revision}"
    return public.removesuffix(tail).removesuffix(tail + "N") if revision else public or None
