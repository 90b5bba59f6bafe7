"""Wire text with control characters: IPTC 7901 and ANPA 1312 (ANPA-84), and agencies' variants of both.

A message is SOH, a header line, STX, the text, ETX, a trailer, and filler (EOT, DEL, SYN) between messages; a file may hold many.
The header's category becomes the section, its keyword line (slug) a tag, its service number the id. Of the text the
headline ends with ``=`` (7901) or is the line after ``^`` (ANPA); editors' lines (``Eds:``, ``AP Photo …``) are furniture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from searchapp.readers.bounds import MAX_PAGE
from searchapp.readers.declared import Declared
from searchapp.readers.encoding import decode, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source

ETX = "\x03"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MESSAGE = re.compile(r"(?:\x16*\x01)([^\x02]*)\x02(.*?)(?:\x03(.*?))?(?=\x16+\x01|\x01|\Z)", re.DOTALL)
_HEAD_7901 = re.compile(r"([a-z]{2,4})(\d{2,5})\s+(\d)\s+([a-z])\s+(\d+)\b(.*)", re.IGNORECASE | re.DOTALL)
_HEAD_ANPA = re.compile(r"([a-z])(\d{4})", re.IGNORECASE)
_FORMAT_ANPA = re.compile(
    r"^\s*([a-z])\s+([a-z])[\x11-\x14]+\s*(.*?)\s+(\d\d-\d\d)\s+(\d{3,5})\s*$", re.IGNORECASE | re.MULTILINE
)
_STAMP = re.compile(
    r"\b(\d\d)(\d\d)(\d\d)\s*(?:GMT|Z|UTC)?\s+([A-Z][a-z]{2})\w*\s+(\d{2,4})\b|(\d\d)-(\d\d)-(\d\d)\s+(\d\d)(\d\d)\s*(GMT|[A-Z]{3})"
)
_SECTION = {
    **dict.fromkeys("a", "Domestic"), **dict.fromkeys("i", "International"), **dict.fromkeys("f", "Financial"),
    **dict.fromkeys("s", "Sports"), **dict.fromkeys("p", "Politics"), **dict.fromkeys("w", "Washington"), "e": "Entertainment",
}  # fmt: skip
"""ANPA 1312's story categories (ANPA 84-2, table 4) and their use by dpa."""
_EDITORS = re.compile(r"^(?:Eds?:|AP Photos?\b|AP Video\b|With AP Photos|EDITOR'?S? NOTE|#+ )", re.IGNORECASE)
_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every message; a file without one is a Reject."""
    data = source.whole(MAX_PAGE)
    text, encoding = decode(data)
    found = [
        (match, message)
        for match in _MESSAGE.finditer(text.replace("\r\n", "\n").replace("\r", "\n"))
        if (message := match[2]).strip()
    ]
    if not found:
        yield Reject(source.name, "", "no message of a wire service in it (SOH … STX … ETX)")
    for number, (match, message) in enumerate(found, start=1):
        position = f"message {number}" if len(found) > 1 else ""
        declared, aside = _fields(match[1], message, match[3] or "")
        if not declared.values.keys() & {"title", "body"}:
            yield Reject(source.name, position, "a wire message without a text")
            continue
        yield declared.extract(
            file=source.name, format="wire", raw=match[0].encode("utf-8", "surrogatepass"), position=position,
            notes=note(encoding, message), furniture=aside,
        )  # fmt: skip


def _fields(header: str, message: str, trailer: str) -> tuple[Declared, list[str]]:
    declared = Declared()
    anpa = _FORMAT_ANPA.search(header)
    lines = [line.rstrip() for line in message.split("\n")]
    aside = _anpa(declared, header, anpa, lines) if anpa else _iptc(declared, header, lines)
    declared.put("published", "time of filing", _stamp(trailer) or _stamp(message[-200:].replace(ETX, " ")))
    if (day := declared.values.get("published")) and "id" in declared.values:
        declared.values["id"] += f":{day[:10]}"  # services begin their numbers anew each day
    return declared, aside


def _iptc(declared: Declared, header: str, lines: list[str]) -> list[str]:
    head, slug = header.strip().partition("\n")[::2]
    match = _HEAD_7901.match(_CONTROL.sub("", head).strip())
    if match is not None:
        declared.put("id", "service and number", f"{match[1]}{match[2]}")
        declared.put("section", "category", _SECTION.get(match[4].lower()))
        declared.add("agency", "service", re.findall(r"[A-Za-z]{2,}", match[6])[-1:])
    slug = _CONTROL.sub("", slug).strip().strip("/")
    declared.add("tags", "slug", [slug.replace("\n", " ")])
    ends = [number for number, line in enumerate(lines[:12]) if line.rstrip().endswith("=")]
    head_lines, text = (lines[: ends[-1] + 1], lines[ends[-1] + 1 :]) if ends else ([], lines)
    titles = [_CONTROL.sub("", line).rstrip(" =").strip() for line in head_lines if line.strip(" =")]
    byline = [line for line in titles if re.match(r"by\s", line, re.IGNORECASE)]
    notes = [line for line in titles if line.isupper() and len(line) < 40 and line not in byline]
    titles = [line for line in titles if line not in byline and line not in notes] or titles[:1]
    declared.put("title", "headline", " ".join(titles))
    declared.add("byline", "byline", byline)
    return notes + _body(declared, text)


def _anpa(declared: Declared, header: str, layout: re.Match[str], lines: list[str]) -> list[str]:
    match = _HEAD_ANPA.search(_CONTROL.sub("", header))
    if match is not None:
        declared.put("id", "service level and number", f"{match[1]}{match[2]}:{layout[4]}:{layout[3]}")
    declared.put("section", "category", _SECTION.get(layout[2].lower()))
    declared.add("tags", "keyword", [re.sub(r"^BC-+|\s+\S*Ld-\S*$", "", layout[3]).strip("- ")])
    lead, text = [], list(lines)
    while text and (text[0].lstrip("\x02").startswith("^") or re.search(r"[<=^]\s*$", text[0]) or not text[0].strip()):
        lead.append(_CONTROL.sub("", text.pop(0)).strip("^<= \t"))
        if text and text[0].startswith(("\t", "   ")):
            break
    lead = [line for line in lead if line]
    slug = lead[0] if lead and layout[3][:4].strip() and lead[0][:4] == layout[3][:4] else None
    rest = [line for line in lead if line != slug]
    byline = [line for line in rest if re.match(r"by\s", line, re.IGNORECASE)]
    aside = [line for line in rest if _EDITORS.match(line)]
    titles = [
        line for line in rest if line not in byline and line not in aside and not re.fullmatch(r"(?:The )?Associated Press", line)
    ]
    declared.put("title", "headline", titles[0] if titles else None)
    declared.put("title", "slug", re.sub(r"^BC-+|,\s*\d+$|,\s*(?:\d\w* Ld\S*).*$", "", slug).strip("-, ") if slug else None)
    declared.add("byline", "byline", byline)
    return aside + titles[1:] + _body(declared, text)


def _body(declared: Declared, lines: list[str]) -> list[str]:
    """Put the text; gives its editors' lines."""
    aside: list[str] = []
    paragraphs: list[list[str]] = [[]]
    for raw in lines:
        line = _CONTROL.sub("", raw).rstrip("<^ ").rstrip()
        if not line.strip():
            paragraphs.append([])
        elif _EDITORS.match(line.strip("^ \t")):
            aside.append(line.strip("^ \t"))
        elif re.match(r"(?:\t|\s{3,})", raw.replace("\x02", "")):
            paragraphs.append([line.strip()])
        else:
            paragraphs[-1].append(line.strip("^ "))
    found = ["\n".join(part) for part in paragraphs if part]
    while found and (_STAMP.search(found[-1]) and len(found[-1]) < 60):
        found.pop()
    declared.put("body", "text", "\n\n".join(found))
    return aside


def _stamp(text: str) -> str | None:
    """``212101 GMT Nov 18`` (day, hour, minute, month, year) or ``08-29-16 1626GMT`` as an ISO date-time."""
    match = _STAMP.search(text)
    if match is None:
        return None
    if match[1]:
        if (month := _MONTHS.get(match[4])) is None:
            return None
        day, hour, minute, year, zone = int(match[1]), int(match[2]), int(match[3]), int(match[5]), "Z"
    else:
        month, day, year, hour, minute = (int(match[number]) for number in (6, 7, 8, 9, 10))
        zone = "Z" if match[11] == "GMT" else ""
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:00{zone}"
