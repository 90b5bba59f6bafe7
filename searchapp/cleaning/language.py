"""Languages: codes made regular (BCP 47), or told from the script when nobody says."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

_THREE = (
    "eng en|hin hi|ben bn|asm as|urd ur|pan pa|guj gu|ori or|ory or|tam ta|tel te|kan kn|mal ml|mar mr|"
    "nep ne|sin si|san sa|kha kha|"
    "fra fr|fre fr|deu de|ger de|spa es|por pt|ita it|nld nl|dut nl|rus ru|ukr uk|pol pl|ces cs|cze cs|"
    "dan da|swe sv|nor no|fin fi|"
    "hun hu|ron ro|rum ro|ell el|gre el|tur tr|ara ar|fas fa|per fa|heb he|zho zh|chi zh|jpn ja|kor ko|"
    "vie vi|tha th|ind id|msa ms|"
    "may ms|cym cy|wel cy|gle ga|afr af|swa sw|bul bg|srp sr|hrv hr|slk sk|slo sk|slv sl|est et|lav lv|"
    "lit lt|cat ca|eus eu|baq eu"
)
_NAMES = (
    "english en|hindi hi|bengali bn|bangla bn|assamese as|urdu ur|punjabi pa|gujarati gu|odia or|oriya or|"
    "tamil ta|telugu te|kannada kn|"
    "malayalam ml|marathi mr|nepali ne|sinhala si|french fr|français fr|german de|deutsch de|spanish es|"
    "español es|portuguese pt|"
    "português pt|italian it|italiano it|dutch nl|nederlands nl|russian ru|polish pl|danish da|swedish sv|"
    "norwegian no|finnish fi|"
    "hungarian hu|romanian ro|greek el|turkish tr|arabic ar|persian fa|farsi fa|hebrew he|chinese zh|japanese ja|korean ko|"
    "vietnamese vi|thai th|indonesian id|malay ms|हिन्दी hi|हिंदी hi|বাংলা bn"
)
_CODES = dict(pair.split() for pair in f"{_THREE}|{_NAMES}".split("|"))
_TAG = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|\d{3}))?((?:-[A-Za-z0-9]{2,8})*)\Z")

_SCRIPTS: tuple[tuple[int, int, str, str, float], ...] = (
    (0x0041, 0x024F, "Latin", "", 0.0),
    (0x0370, 0x03FF, "Greek", "el", 0.95),
    (0x0400, 0x052F, "Cyrillic", "ru", 0.5),
    (0x0590, 0x05FF, "Hebrew", "he", 0.9),
    (0x0600, 0x06FF, "Arabic", "ar", 0.5),
    (0x0900, 0x097F, "Devanagari", "hi", 0.7),
    (0x0980, 0x09FF, "Bengali", "bn", 0.8),
    (0x0A00, 0x0A7F, "Gurmukhi", "pa", 0.95),
    (0x0A80, 0x0AFF, "Gujarati", "gu", 0.95),
    (0x0B00, 0x0B7F, "Odia", "or", 0.95),
    (0x0B80, 0x0BFF, "Tamil", "ta", 0.95),
    (0x0C00, 0x0C7F, "Telugu", "te", 0.95),
    (0x0C80, 0x0CFF, "Kannada", "kn", 0.95),
    (0x0D00, 0x0D7F, "Malayalam", "ml", 0.95),
    (0x0D80, 0x0DFF, "Sinhala", "si", 0.95),
    (0x0E00, 0x0E7F, "Thai", "th", 0.95),
    (0x1000, 0x109F, "Burmese", "my", 0.9),
    (0x10A0, 0x10FF, "Georgian", "ka", 0.95),
    (0x0530, 0x058F, "Armenian", "hy", 0.95),
    (0x3040, 0x30FF, "Kana", "ja", 0.95),
    (0xAC00, 0xD7AF, "Hangul", "ko", 0.95),
    (0x4E00, 0x9FFF, "Han", "zh", 0.7),
)
_SAMPLE = 2000
_LETTERS = {"ৰ": "as", "ৱ": "as"}
"""Letters that one language of a shared script has to itself."""


@lru_cache(maxsize=1024)
def normalised(value: str) -> str | None:
    """A language as BCP 47 (``en_US`` → ``en-US``, ``eng`` and ``English`` → ``en``); None when it names none."""
    text = value.strip().replace("_", "-").split(".")[0]
    if (code := _CODES.get(text.casefold())) is not None:
        return code
    match = _TAG.match(text)
    if match is None:
        return None
    language, script, region, rest = match.groups()
    parts = [_CODES.get(language.lower(), language.lower())]
    if parts[0] in ("und", "mul", "zxx", "xx"):
        return None
    if script:
        parts.append(script.capitalize())
    if region:
        parts.append(region.upper())
    return "-".join(parts) + rest.lower()


def by_script(text: str, default: str) -> tuple[str, str, float] | None:
    """Language, rule and confidence by the letters of a text; Latin letters say only that it may be the default one."""
    sample = text[:_SAMPLE]
    if sample.isascii():
        return (default, "default", 0.5) if any(mark.isalpha() for mark in sample) else None
    counts: Counter[int] = Counter()
    for mark in sample:
        if mark.isalpha():
            counts[_row(ord(mark))] += 1
    counts.pop(-1, None)
    if not counts:
        return None
    row, count = counts.most_common(1)[0]
    if counts.get(_KANA) and row == _HAN:
        row = _KANA
    _, _, script, language, confidence = _SCRIPTS[row]
    if script == "Latin":
        return default, "default", 0.5
    language = next((code for letter, code in _LETTERS.items() if letter in sample and script == "Bengali"), language)
    return language, f"script: {script}", round(confidence * count / counts.total(), 2)


def _row(code: int) -> int:
    return next((row for row, (first, last, *_) in enumerate(_SCRIPTS) if first <= code <= last), -1)


_KANA = next(row for row, entry in enumerate(_SCRIPTS) if entry[2] == "Kana")
_HAN = next(row for row, entry in enumerate(_SCRIPTS) if entry[2] == "Han")
