"""Bylines: which line is one, whose names it has, and which of them is an agency."""

from __future__ import annotations

import re
from dataclasses import dataclass

from searchapp.cleaning.agencies import agency_named, is_generic
from searchapp.cleaning.calendar_names import fold_word
from searchapp.cleaning.places import is_place

_LEAD = re.compile(
    r"\s*(?:(?:written|reported|story|text|words|edited|compiled|report|posted|published)\s+)?(?:by|from|von|par|por)\s*[:：]\s*(?:by\s+(?=[A-Z]))?"
    r"|\s*by\s*[–—-]\s+|\s*from\s+(?=(?:our|a|an|staff|special)\s)"
    r"|\s*(?:(?:written|reported|story|text|words|edited|compiled)\s+)?by\s+(?=\S)"
    r"|\s*(?:author|authors|byline|reporter|correspondent|लेखक|संवाददाता|द्वारा|রিপোর্ট|লেখক|প্রতিবেদক)\s*[:：]\s*",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\s*(?:[,;|·•/]|&|\band\b|\bund\b|\bet\b|(?-i:\by\b)|\bwith\b|(?<=\s)(?:और|एवं|व|तथा|ও|এবং)(?=\s))\s*", re.IGNORECASE
)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?d|m\.?d|md|ias|retd)\.?\Z", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.[\s-]?){1,4}\Z")
"""What follows the comma of ``Smith, J. R.``"""
_ROLE_WORDS = (
    r"(?:correspondent|reporter|reporters|writer|editor|bureau|desk|columnist|contributor|network|service|team|journalist|staff|"
    r"photographer|editors|correspondents|newsroom)"
)
_ROLE = re.compile(
    rf"(?:(?:our|staff|special|senior|chief|political|city|state|national|foreign|sports|business|legal|crime|science|own|news|web|"
    rf"editorial|deputy|assistant|managing|associate|investigations|health|education|diplomatic|\w+)\s+){{0,3}}{_ROLE_WORDS}\Z",
    re.IGNORECASE,
)
_SIMPLE_ROLE = re.compile(
    rf"(?:(?:from\s+|by\s+)?(?:our|staff|special|senior|chief|political|city|own|news|web|state|sports)\s+){{1,3}}{_ROLE_WORDS}\Z"
    r"|an?\s+(?:(?:staff|special)\s+)?(?:correspondent|reporter)\Z"
    r"|(?:[A-Z][\w.]*\s+){1,3}(?:(?:news\s+)?bureau|news\s+(?:service|network)|(?:news|web|digital|online|sports|city)\s+desk|correspondent)\Z"
    r"|(?:press\s+release|news\s+desk|web\s+desk|staff\s+reporter|correspondent|by\s+a\s+(?:staff\s+)?(?:correspondent|reporter))\Z",
    re.IGNORECASE,
)
_OTHER_ROLES = frozenset(
    fold_word(name)
    for name in [
        "विशेष संवाददाता",
        "हमारे संवाददाता",
        "हमारे विशेष संवाददाता",
        "हमारे प्रतिनिधि",
        "संवाददाता",
        "कार्यालय संवाददाता",
        "स्टाफ रिपोर्टर",
        "नगर संवाददाता",
        "ब्यूरो",
        "न्यूज़ डेस्क",
        "संवाद सूत्र",
        "जागरण संवाददाता",
        "নিজস্ব সংবাদদাতা",
        "নিজস্ব প্রতিবেদক",
        "নিজস্ব প্রতিনিধি",
        "স্টাফ রিপোর্টার",
        "বিশেষ প্রতিনিধি",
    ]
)
_AFTER_NAME = re.compile(
    r"\s+in\s+(?:[A-Z]|new\s)[\w ]*\Z|\s*\((?!mrs|retd|ms|mr|dr)[^()]*\)\Z|\s*\((?!mrs|retd|ms|mr|dr)[^()]*\Z", re.IGNORECASE
)
"""What a byline adds to a name: where the writer is."""
_OFFICES = frozenset("mp mla mdc ips ifs".split())
_DESKS = frozenset(
    "new delhi|delhi|mumbai|kolkata|chennai|bengaluru|hyderabad|guwahati|shillong|imphal|kohima|dimapur|itanagar|aizawl|agartala|"
    "gangtok|tura|jowai|nongpoh|silchar|jorhat|dibrugarh|tezpur|siliguri|patna|ranchi|lucknow|bhopal|jaipur|chandigarh|srinagar|"
    "jammu|dehradun|bhubaneswar|raipur|ahmedabad|pune|london|washington|new york|beijing|dhaka|kathmandu".split("|")
)
"""Where the reporters of the region's papers sit; elsewhere a place and a name look alike."""
_NOISE = re.compile(r"\S+@\S+|@\w+|https?://\S+|\d+\s*(?:min|mins|minutes?)\s*read|updated.*|published.*", re.IGNORECASE)
_PARTICLES_WORDS = "de da di du del della van von der den la le al el bin ibn and of the ap y e with in for dos das ten ter"
_PARTICLES = frozenset(_PARTICLES_WORDS.split())
_MAX_NAME = 80
_SOURCE_AND_PLACE = re.compile(r"([^,|]{2,40}?)\s*[,|]\s*([^,|:]{2,30}):?\Z")
"""``PTI, New Delhi`` or ``Our Correspondent | Tura``, alone on a line."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a byline with its range in the text, and the agency it is, if it is one."""

    text: str
    start: int
    end: int
    agency: str | None = None


def is_role(text: str) -> bool:
    """Whether a text stands for a person without a name: Our Correspondent, Staff Reporter, विशेष संवाददाता."""
    return _SIMPLE_ROLE.match(text.strip(" .")) is not None or fold_word(" ".join(text.split())) in _OTHER_ROLES


def read_byline(text: str) -> list[Name]:
    """The names in a byline, in order; roles after a name, addresses and the like are left out."""
    lead = _LEAD.match(text)
    at = lead.end() if lead else len(text) - len(text.lstrip())
    names: list[Name] = []
    for start, end in _parts(text, at):
        piece = text[start:end]
        if names and (lead := _LEAD.match(piece)) is not None and lead.end() < len(piece):
            start, piece = start + lead.end(), piece[lead.end() :]
        if (after := _AFTER_NAME.search(piece)) is not None and after.start() > 0:
            end, piece = start + after.start(), piece[: after.start()]
        if names and (fold_word(piece) in _DESKS or fold_word(piece) in _OFFICES or _where_from(text, names[-1], start)):
            continue
        if names and names[-1].agency is None and (_SUFFIX.match(piece) or _INITIALS.match(piece)):
            names[-1] = Name(text[names[-1].start : end], names[-1].start, end)
            continue
        if _NOISE.fullmatch(piece) or len(piece) > _MAX_NAME or not any(mark.isalpha() for mark in piece):
            continue
        if names and not is_generic(names[-1].text) and (is_role(piece) or _ROLE.match(piece)):
            continue
        names.append(Name(piece, start, end, agency_named(piece)))
    return names


def _where_from(text: str, name: Name, start: int) -> bool:
    """Whether a piece after ``Our Correspondent,`` or ``PTI |`` can only be a place."""
    between = text[name.end : start].strip()
    return between in (",", "|") and (is_role(name.text) or name.agency is not None) and is_place(text[start:].strip(" :"))


def _parts(text: str, at: int) -> list[tuple[int, int]]:
    ranges = []
    for match in [*_PART.finditer(text, at), None]:
        end = match.start() if match else len(text)
        start, stop = _trimmed(text, at, end)
        if start < stop:
            ranges.append((start, stop))
        at = match.end() if match else end
    return ranges


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t\n\r.:–—-(":
        start += 1
    while start < end and (
        text[end - 1] in " \t\n\r\u00a0:–—-"
        or (text[end - 1] == ")" and "(" not in text[start:end])
        or (text[end - 1] == "." and not _ends_short(text[start:end]))
    ):
        end -= 1
    return start, end


def _ends_short(piece: str) -> bool:
    """Whether the last dot belongs to an initial or an abbreviation."""
    last = piece.split()[-1] if piece.split() else ""
    return _SUFFIX.match(last) is not None or bool(re.fullmatch(r"(?:[^\W\d_]\.)+", last))


def byline_line(line: str) -> float:
    """How surely a line of a page's head is a byline, 0 when it is none."""
    text = line.strip()
    if not 3 <= len(text) <= 120:
        return 0.0
    lead = _LEAD.match(text)
    if lead is not None and re.search(r"[:：]\s*\Z", lead[0]):
        return 0.98 if read_byline(text) else 0.0
    if is_role(text) or is_generic(text):
        return 0.85
    if agency_named(text):
        return 0.8
    if lead is None and (match := _SOURCE_AND_PLACE.match(text)) is not None:
        named = match[1]
        return 0.8 if (agency_named(named) or is_generic(named) or is_role(named)) and is_place(match[2]) else 0.0
    if lead is None or text.endswith(("?", "!", ":", ";", "।")):
        return 0.0
    words = [word.strip(".,’'“”()") for word in text[lead.end() :].split()]
    proper = all(
        word[:1].isupper() or not word[:1].isascii() or word.lower() in _PARTICLES or word in ("&", "/", "|", "")
        for word in words
    )
    return 0.9 if proper and 1 <= len(words) <= 14 and words[0][:1].upper() == words[0][:1] and words[0].lower() != "the" else 0.0
