"""NITF, the News Industry Text Format (IPTC, versions 2.5 to 3.6): one article a document.

``body.content`` is the text, ``hl1`` the headline, ``docdata`` and ``pubdata`` what is known of it. A headline within
the text (``hl2``) is a paragraph of its own; captions and editors' notes are kept as furniture, which isn't searched.
``management-status`` other than ``usable`` is told, and an embargo (``date.release`` after ``date.issue``) kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from searchapp.readers import xml
from searchapp.readers.bounds import MAX_XML
from searchapp.readers.declared import Declared
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source
from searchapp.readers.xml import Element, children, first, line, named, value

_APART = ("media", "media-caption", "media-producer", "caption", "nitf-table-metadata", "abstract", "distributor")
"""Elements of a text that are about pictures and tables, not part of it."""
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?\d*)?(Z|[+-]\d\d:?\d\d)?\Z", re.ASCII)


def read(source: Source) -> Iterator[Extract | Reject]:
    """One Extract; a document with neither headline nor text is a Reject."""
    data = source.whole(MAX_XML)
    root, notes = xml.parse(data)
    declared, furniture = fields(root)
    if not declared.values.keys() & {"title", "body"}:
        yield Reject(source.name, "", "NITF with neither a headline (hl1) nor a text (body.content)")
        return
    status = value(first(root, "docdata"), "management-status").lower()
    if status not in ("", "usable"):
        notes = (*notes, f"its provider says that it is {status} (management-status)")
    yield declared.extract(file=source.name, format="nitf", raw=data, notes=notes, furniture=furniture)


def fields(root: Element) -> tuple[Declared, list[str]]:
    """What a document declares, and what stands beside its text; also of one that another format carries."""
    declared = Declared()
    _text(declared, root)
    _dates(declared, root)
    _people(declared, root)
    _subjects(declared, root)
    _identity(declared, root)
    aside = [text for part in named(root, "media-caption", "caption") for text in xml.paragraphs(part)]
    aside += [text for part in named(root, "ed-msg") if (text := value(part, "info"))]
    return declared, aside


def _text(declared: Declared, root: Element) -> None:
    head, content = first(root, "body.head"), first(root, "body.content")
    hedline = first(head if head is not None else root, "hedline")
    declared.put("title", "hl1", line(first(hedline, "hl1")))
    declared.put("title", "title", line(first(root, "head", "title")))
    declared.put("body", "body.content", "\n\n".join(xml.paragraphs(content, without=_APART)))
    declared.put("summary", "abstract", "\n\n".join(xml.paragraphs(first(head, "abstract"))))
    if "summary" in declared.values and "body" not in declared.values:
        declared.put("body", "abstract", declared.values.pop("summary"))


def _dates(declared: Declared, root: Element) -> None:
    issue, release = (iso(value(first(root, name), "norm")) for name in ("date.issue", "date.release"))
    declared.put("published", "date.issue", issue)
    declared.put("published", "pubdata date.publication", iso(value(first(root, "pubdata"), "date.publication")))
    declared.put("published", "story.date", iso(value(first(root, "story.date"), "norm")))
    declared.put("published", "date.release", release)
    if release and issue and release[:19] > issue[:19] and len(release) > 10:
        declared.put("available_from", "date.release", release)


def _people(declared: Declared, root: Element) -> None:
    head = first(root, "body.head")
    for byline in named(head, "byline") if head is not None else ():
        declared.add("byline", "byline", [line(byline, without=("byttl",))])
    distributor = line(first(head, "distributor"))
    declared.add("agency", "distributor", [distributor])
    if not distributor:
        declared.add("agency", "from-src", [value(part, "src-name") for part in named(root, "from-src")])
    dateline = first(head, "dateline")
    located = [line(part) for part in children(dateline, "location")] or [line(dateline, without=("story.date",))]
    declared.add("places", "dateline", [re.split(r"\s*[,(]", text)[0] for text in located if not _COMPACT.match(text)])


def _subjects(declared: Declared, root: Element) -> None:
    pubdata = first(root, "pubdata")
    declared.put("section", "pubdata position.section", value(pubdata, "position.section"))
    names = ("tobject.subject.detail", "tobject.subject.matter", "tobject.subject.type")
    for subject in named(root, "tobject.subject"):
        declared.add("tags", "tobject.subject", [next((text for name in names if (text := value(subject, name))), None)])
    declared.add("tags", "keyword", [value(part, "key") for part in named(root, "keyword")])
    types = [value(subject, "tobject.subject.type") for subject in named(root, "tobject.subject")]
    declared.put("section", "tobject.subject.type", next(filter(None, types), None))


def _identity(declared: Declared, root: Element) -> None:
    pubdata, rights = first(root, "pubdata"), first(root, "doc.copyright")
    declared.put("id", "doc-id", value(first(root, "doc-id"), "id-string"))
    declared.put("source", "pubdata name", value(pubdata, "name"))
    declared.put("page", "pubdata position.sequence", value(pubdata, "position.sequence"))
    declared.put("url", "pubdata ex-ref", value(pubdata, "ex-ref"))
    declared.put(
        "rights", "doc.copyright", " ".join(filter(None, ("©", value(rights, "year"), value(rights, "holder")))).lstrip("© ")
    )
    html = first(root, "body")
    for name, part in (("baselang", root), ("lang", root), ("lang", html)):
        declared.put("language", name, value(part, name))


def iso(norm: str) -> str | None:
    """A date in ISO 8601's basic form, as NITF writes it, in the extended one; any other text as it is."""
    match = _COMPACT.match(norm)
    if match is None:
        return norm or None
    year, month, day, hour, minute, second, zone = match.groups()
    date = f"{year}-{month}-{day}"
    if hour is None:
        return date
    offset = zone if zone in (None, "Z") or ":" in zone else f"{zone[:3]}:{zone[3:]}"
    return f"{date}T{hour}:{minute}:{second or '00'}{offset or ''}"
