"""Reuters-21578: the SGML files of the collection (Lewis 1997), one article a ``<REUTERS>`` element.

The files are neither valid SGML nor XML (control characters as references, unescaped ``&``), so elements are found by
their tags, which never nest under the same name.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from searchapp.readers.bounds import MAX_FEED
from searchapp.readers.declared import Declared
from searchapp.readers.encoding import decode
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source

_ARTICLE = re.compile(r"<REUTERS\b([^>]*)>(.*?)(?:</REUTERS>|(?=<REUTERS\b)|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_ITEM = re.compile(r"<D>(.*?)</D>", re.DOTALL)
_REFERENCE = re.compile(r"&#(?:[0-8]|1[1-9]|2\d|3[01]|127);")
_END = re.compile(r"\n\s*(?:Reuter|REUTER)\s*\Z")
_MONTHS = {name: number for number, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)}
_DATE = re.compile(r"(\d{1,2})-([A-Z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d)")


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every article of a file."""
    text, _ = decode(source.whole(MAX_FEED))
    number = 0
    for number, match in enumerate(_ARTICLE.finditer(text), start=1):
        yield _article(source.name, f"article {number}", match)
    if not number:
        yield Reject(source.name, "", "no <REUTERS> element in it")


def _article(file: str, position: str, match: re.Match[str]) -> Extract | Reject:
    attributes = dict(_ATTRIBUTE.findall(match[1]))
    declared, content = Declared(), match[2]
    text = _element(content, "TEXT") or ""
    declared.put("id", "NEWID", attributes.get("NEWID"))
    declared.put("title", "TITLE", _plain(_element(text, "TITLE")))
    declared.put("dateline", "DATELINE", _plain(_element(text, "DATELINE")))
    declared.add("byline", "AUTHOR", [_plain(_element(text, "AUTHOR")).strip(" ,")])
    body = _element(text, "BODY")
    if body is None:
        body = re.sub(r"<(TITLE|DATELINE|AUTHOR)>.*?</\1>", "", text, flags=re.DOTALL)
    declared.put("body", "BODY", _paragraphs(_plain(body, lines=True)))
    declared.put("published", "DATE", _date(_element(content, "DATE") or ""))
    for name in ("TOPICS", "PLACES", "PEOPLE", "ORGS", "EXCHANGES"):
        found = [_plain(item) for item in _ITEM.findall(_element(content, name) or "")]
        declared.add("tags", "TOPICS, PLACES …", found)
    declared.add("agency", "Reuters-21578", ["Reuters"])
    if not declared.values.keys() & {"title", "body"}:
        return Reject(file, position, f"neither headline nor text (NEWID {attributes.get('NEWID', 'unknown')})")
    raw = match[0].encode("utf-8", "surrogatepass")
    return declared.extract(file=file, format="reuters", raw=raw, position=position)


def _element(text: str, name: str) -> str | None:
    match = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", text, re.DOTALL)
    return match[1] if match else None


def _plain(text: str | None, *, lines: bool = False) -> str:
    found = html.unescape(_REFERENCE.sub("", text or ""))
    return found if lines else " ".join(found.split())


def _paragraphs(text: str) -> str:
    """The wire's paragraphs, which begin with four blanks, with the agency's name at the end left out."""
    text = _END.sub("", text.rstrip())
    return re.sub(r"\n {3,}", "\n\n", text).strip()


def _date(text: str) -> str | None:
    match = _DATE.search(text)
    if match is None or match[2] not in _MONTHS:
        return text.strip() or None
    return f"{match[3]}-{_MONTHS[match[2]]:02d}-{int(match[1]):02d}T{match[4]}:{match[5]}:{match[6]}"
