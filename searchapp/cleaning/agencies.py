"""Wire credits: which words name a news agency, and which line of a page is a credit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from searchapp.cleaning.calendar_names import fold_word

_NAMES = (
    "Reuters|Reuter|Thomson Reuters, AP|A.P., Associated Press|The Associated Press, AFP|A.F.P.,"
    " Agence France-Presse, UPI, IANS|Indo-Asian News Service, PTI|Press Trust of India,"
    " UNI|United News of India, ANI|Asian News International, NNIS, Univarta, The Conversation, 360info|360info.org,"
    " Hindusthan Samachar, IPA, INFA,"
    " Xinhua, Bernama, dpa, EFE, ANSA, TASS, ITAR-TASS, RIA Novosti, Interfax, Kyodo, Jiji, Yonhap, APA,"
    " APP, BSS, UNB, PNA, KUNA,"
    " WAM, MENA, Anadolu, Anadolu Agency, AAP, Press Association, PA Media, CP, The Canadian Press,"
    " Bloomberg, Dow Jones, NWS, TOP,"
    " Antara, VNA, CNA, SPA, IRNA, Belga, ANP, NTB, TT, Ritzau, STT, PAP, CTK, MTI, Lusa, Notimex,"
    " Inter Press Service, IPS, ADN,"
    " भाषा, वार्ता, आईएएनएस, पीटीआई, पीटीआई-भाषा, एएनआई, यूएनआई, रॉयटर्स, रायटर्स, एएफपी, एपी,"
    " हिन्दुस्थान समाचार, हिंदुस्थान समाचार,"
    " পিটিআই, এএনআই, আইএএনএস, রয়টার্স, এএফপি, এপি, ইউএনআই, বাসস, ইউএনবি"
)
KNOWN: dict[str, str] = {
    fold_word(spelling.strip()): row.split("|")[0].strip() for row in _NAMES.split(",") for spelling in row.split("|")
}
"""Folded spelling → the agency as the archive writes it."""

GENERIC = frozenset(
    fold_word(name)
    for name in [
        "Agencies",
        "Agency",
        "News agencies",
        "Wire agencies",
        "Agency reports",
        "एजेंसी",
        "एजेंसियां",
        "एजेंसियाँ",
        "समाचार एजेंसी",
        "এজেন্সি",
        "সংবাদ সংস্থা",
    ]
)
"""Words that credit agencies without naming one."""

_NOT_CREDITS_WORDS = (
    "END ENDS MORE FREE NEW LIVE PDF EOM FAQ MAP NOTE STOP MENU HOME RSS AD OK TV FM PM CM MP MLA MDC CEO DC SP DGP BJP "
    "INC CPI TMC NPP UDP VPP HSPDP AGP BPF UPPL NDA UPA VHP ABVP NSUI AASU KSU FKJGP HYC HNLC ULFA NDFB GNLA NSCN GSU "
    "AICC RBI SBI LIC GST RTI FIR CBI ED NIA NGT BSF CRPF CISF ITBP SSB NDRF SDRF ISRO DRDO IIT IIM NIT IIMS NEHU USTM "
    "MBOSE CBSE ICSE UPSC APSC MPSC NEET JEE UGC NEP ILP CAA NRC AFSPA LAC LOC COVID AIDS HIV TB IPL BCCI ICC AIFF FIFA "
    "ISL EVM ADC KHADC GHADC JHADC BTC BTR MUDA PHE PWD NEEPCO OIL ONGC UN US USA UK EU WHO UNESCO NATO ASEAN BRICS"
)
_NOT_CREDITS = frozenset(_NOT_CREDITS_WORDS.split())
"""Capitals that stand alone now and then and are parties, offices and the like."""
_SEPARATOR = re.compile(r"\s*(?:[,;/|&+]|\band\b|\bund\b|\bet\b|\bwith\b|(?<=\s)(?:और|एवं|व|ও)(?=\s))\s*", re.IGNORECASE)
_WRAPPING = " \t()[]{}—–-*_.…~:"
_DESK_MARKS = re.compile(r"(?:\s+[A-Z]{2,4}){1,4}|(?:/[A-Za-z]{1,4}){1,4}|\s+[a-z]{2,4}(?:/[a-z]{2,4}){0,3}")
"""What a wire's desk adds below a report: ``PTI SUM ANU``, ``IANS/sn/rs``."""
_WIRE_NAMES = ("PTI", "IANS", "UNI", "ANI", "AFP", "AP", "Reuters", "REUTERS", "HS", "Xinhua", "भाषा", "वार्ता", "पीटीआई")
"""Agencies whose bare name after a full stop is a credit, and below which desks sign."""
_BARE_INLINE = re.compile(
    rf"(?<=[.!?।”\"’'…])\s+(?:{'|'.join(_WIRE_NAMES)})(?:(?:\s+[A-Z]{{2,4}}){{1,4}}|(?:/[A-Za-z]{{1,4}}){{1,4}})?\.?\Z"
)
_LEAD = re.compile(
    r"(?:with\s+)?(?:additional\s+)?(?:agency\s+|wire\s+)?(?:inputs?|reports?|reporting|contributions?)\s+(?:from|by|of)\s+"
    r"|(?:sources?|credits?|courtesy|agency|inputs?|स्रोत|साभार|इनपुट|সূত্র)\s*[:：-]\s*|(?:courtesy|इनपुट)\s+",
    re.IGNORECASE,
)
_AROUND = re.compile(r"(?:with\s+)?(?P<names>.{2,40}?)\s+(?:inputs?|reports?)", re.IGNORECASE)
_GENERIC_LINE = re.compile(r"\(?\s*(?:with\s+)?(?:agency|agencies['’]?|wire)\s+(?:inputs?|reports?)\s*\.?\)?\Z", re.IGNORECASE)
_CAPITALS = re.compile(r"[A-Z][A-Z.]{1,6}[A-Z.]?\Z|[A-Z]{2,6}-[A-Z]{2,6}\Z")
_BOTH_SCRIPTS = re.compile(r"[^\W\d_a-zA-Z][^().,!?।”’\n]{0,40}\(([A-Z][A-Z-]{1,7})\)\Z")
_INLINE = re.compile(
    r"(?<=[.!?।”\"’'…])\s*(?:[—–-]{1,2}\s*(?P<dash>[^\s—–()][^—–()\n]{1,40}?)|[(\[](?P<paren>[^()\[\]\n]{2,60})[)\]])\s*\.?\Z"
)


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit: the agencies it names, the rule, how sure."""

    agencies: tuple[str, ...]
    rule: str
    confidence: float


def agency_named(text: str) -> str | None:
    """The known agency that a piece of text is, as the archive writes it."""
    return KNOWN.get(fold_word(text.strip(_WRAPPING)))


def is_generic(text: str) -> bool:
    """Whether a text says "agencies" without naming one."""
    return fold_word(text.strip(_WRAPPING)) in GENERIC


def credit_line(line: str) -> Credit | None:
    """The credit that a whole line is: known agencies, ``With inputs from …``, or a short line of capitals."""
    text = line.strip().replace("^M", "").strip()
    if not text or len(text) > 80:
        return None
    if (match := _BOTH_SCRIPTS.match(text)) is not None:
        return Credit((KNOWN.get(fold_word(match[1]), match[1]),), "credit in two scripts", 0.95)
    if _GENERIC_LINE.match(text) or is_generic(text):
        return Credit(("Agencies",), "agencies credited without a name", 0.7)
    core = _without_desk(text.strip(_WRAPPING))
    lead = _LEAD.match(core) or _AROUND.fullmatch(core)
    named = (lead["names"] if lead.re is _AROUND else core[lead.end() :]) if lead else core
    names = [piece.strip(_WRAPPING) for piece in _SEPARATOR.split(named)]
    names = [name for name in names if name]
    known = [found for name in names if (found := KNOWN.get(fold_word(name)))]
    if names and all(fold_word(name) in GENERIC for name in names):
        return Credit(("Agencies",), "agencies credited without a name", 0.9 if lead else 0.7)
    if names and len(known) == len(names):
        return Credit(tuple(dict.fromkeys(known)), "known agency", 0.98)
    if lead and known:
        return Credit(tuple(dict.fromkeys(known)), "credit with inputs", 0.9)
    capitals = [name for name in names if _CAPITALS.match(name) and name not in _NOT_CREDITS]
    if names and len(capitals) == len(names) <= 3 and (lead is None or lead.re is not _AROUND):
        agencies = tuple(dict.fromkeys(KNOWN.get(fold_word(name), name) for name in names))
        return Credit(agencies, "short line of capitals", 0.7)
    return None


def _without_desk(core: str) -> str:
    """A wire's name without the initials of those who handled the report."""
    if not core.startswith(_WIRE_NAMES):
        return core
    for wire in _WIRE_NAMES:
        marks = core.startswith(wire) and _DESK_MARKS.fullmatch(core, len(wire)) is not None
        if marks and not any(fold_word(piece) in KNOWN for piece in re.split(r"[\s/]+", core)[1:]):
            return wire
    return core


def inline_credit(paragraph: str) -> tuple[Credit, int] | None:
    """A known agency at the very end of a paragraph, in brackets, after a dash or (a great wire) bare, and where that begins."""
    after = max(0, len(paragraph) - 80)
    if (bare := _BARE_INLINE.search(paragraph, after)) is not None and (credit := credit_line(bare[0])) is not None:
        return Credit(credit.agencies, "agency after the last sentence", 0.9), bare.start()
    match = _INLINE.search(paragraph, after)
    if match is None:
        return None
    credit = credit_line(match["dash"] or match["paren"])
    if credit is None or credit.confidence < 0.9:
        return None
    return Credit(credit.agencies, "agency after the last sentence", 0.9), match.start()
