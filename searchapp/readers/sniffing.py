"""What format a file has: by what its first bytes say, then by its name."""

from __future__ import annotations

import re

from searchapp.readers import csv, mail_start, wire_start
from searchapp.readers.encoding import detect, is_binary
from searchapp.readers.opening import Unreadable

FORMATS = (
    *("text", "html", "jsonl", "csv", "feed"),
    *("nitf", "newsml_g2", "newsml_1", "ninjs", "wire", "mail", "reuters"),
)
"""Names for ``--format``. ``jsonl`` is JSON in every arrangement, ``csv`` every delimiter, ``feed`` RSS and Atom, ``wire``
IPTC 7901 and ANPA 1312, ``mail`` messages, mailboxes and MHTML."""

_BY_EXTENSION = {
    **dict.fromkeys((".txt", ".text", ""), "text"),
    **dict.fromkeys((".html", ".htm", ".xhtml", ".shtml"), "html"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".rss", ".atom", ".rdf"), "feed"),
    **dict.fromkeys((".eml", ".mbox", ".mht", ".mhtml"), "mail"),
    **dict.fromkeys((".sgm", ".sgml"), "reuters"),
    ".nitf": "nitf",
}
_BY_ROOT = {
    "nitf": "nitf",
    **dict.fromkeys(("newsItem", "newsMessage", "packageItem", "conceptItem", "knowledgeItem", "planningItem"), "newsml_g2"),
    **dict.fromkeys(("NewsML", "NewsItem"), "newsml_1"),
    **dict.fromkeys(("contentSet", "groupSet", "catalogItem"), "newsml_g2"),
    "REUTERS": "reuters",
}
"""An XML document's root → its format."""
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or office document; unpack it or save it as text"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BZh", "bzip2; unpack it or pack it with gzip"),
    (b"\xfd7zXZ", "xz; unpack it or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd; unpack it or pack it with gzip"),
    (b"\x1f\x8b", "gzip within gzip; unpack it once"),
    (b"SQLite format 3", "a database; export the articles as JSONL"),
    (b"WARC/", "a WARC, which is not read yet"),
)
_NINJS = re.compile(
    r'\A\[?\s*\{(?=.{0,20000}?"uri"\s*:)(?=.{0,20000}?"(?:versioncreated|pubstatus|body_xhtml|headlines|bodies|renditions)"\s*:)',
    re.DOTALL | re.IGNORECASE,
)
"""A name that all versions require, and one that other JSON hardly has: records that only have a ``uri`` and a ``type`` are not
ninjs, and their other fields would be lost on its reader."""
_FEED = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf:RDF|channel)[\s>]", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|article|main|section|div|p|h1|meta|title)\b", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w:.-]*)")
_PROLOGUE = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?\s*>)*", re.DOTALL | re.IGNORECASE)

_LINE_END = re.compile(r"\r\n?|\n")
_TRIED = 16 * 1024
"""Code points in which the rows of a table are counted."""


def sniff(head: bytes, extension: str) -> str:
    """The format of a file that begins with ``head``. Raises Unreadable for what no reader takes."""
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise Unreadable(f"{what}: not a format that is read; see docs/formats.md")
    if wire_start.is_wire(head):
        return "wire"
    if is_binary(head):
        raise Unreadable("not text; see docs/formats.md for what is read")
    text = head.decode(detect(head, declared=True, cut=True), "replace").lstrip("\ufeff \t\r\n")
    by_name = _BY_EXTENSION.get(extension)
    if mail_start.is_mail(head):
        return "mail"
    if text.startswith("<") and (found := _markup(text, by_name)) is not None:
        return found
    if (text.startswith("{") and _looks_like_json(text)) or re.match(r"\[\s*[{\]]", text):
        return "ninjs" if _NINJS.search(text) else "jsonl"
    if csv.is_heading(_LINE_END.split(text, maxsplit=1)[0].strip()):
        return "csv"
    if by_name is not None and by_name != "text" and not _may_be(by_name, text):
        return "text"
    return by_name or ("feed" if extension == ".xml" else "text")


def _may_be(by_name: str, text: str) -> bool:
    """Whether a text can be what its file's name says; what can't is read as the page of an article."""
    if by_name == "csv":
        return csv.is_table(text[:_TRIED])
    if by_name == "jsonl":
        return re.search(r"^\s*[{\[]", text, re.MULTILINE) is not None or "\n" not in text.strip()
    return by_name == "feed" or re.search(r"<[a-z!/?]", text, re.IGNORECASE) is not None


def _looks_like_json(text: str) -> bool:
    return re.match(r'\{\s*(?:"|\}|$)', text) is not None


def _markup(text: str, by_name: str | None) -> str | None:
    """The format of a text that begins with ``<``, None when that is no markup."""
    body = text[_prologue(text) :]
    start = body[:2000]
    if re.match(r"<(?:\w+:)?(?:rss|feed|rdf)\b", start, re.IGNORECASE):
        return "feed"
    if by_name == "html" or re.match(r"<(?:!doctype\s+)?html\b", start, re.IGNORECASE) or text[:15].lower() == "<!doctype html>":
        return "html"
    if by_name == "feed":
        return by_name
    root = _ROOT.match(start)
    if root is not None and (known := _BY_ROOT.get(root[1].rpartition(":")[2])) is not None:
        return known
    if re.match(r"<!DOCTYPE\s+lewis\b", text, re.IGNORECASE):
        return "reuters"
    if text.startswith("<?xml") and not _HTML.match(start):
        if _FEED.search(start):
            return "feed"
        raise Unreadable(f"XML with the root <{root[1] if root else '?'}>: not a format that is read; see docs/formats.md")
    return "html" if _HTML.match(start) else None


def _prologue(text: str) -> int:
    match = _PROLOGUE.match(text)
    return match.end() if match else 0
