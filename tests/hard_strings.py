"""Random strings that are hard to take apart: what tests hold two ways of finding tokens against each other with."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

POOLS = (
    "abcdefgSsTtMmzZ",
    "aAsS.'’-",
    "0123456789",
    "12,.",
    "12²,.١",
    "'’‘‛＇`´",
    ".,-\u2010\u2011–_/&:;",
    " \n\t\u00a0\u3000",
    "\u0301\u0308\u0327\u0e34\u0e48\u3099\u309a\uff9e\uff9f\u20dd\ufe0f",
    "\u00ad\u200b\u200c\u200d\u2060\ufeff",
    "éßÆøłıİςΣσẞǅŉﬁΆϓΐ",
    "नमस्तेहिन्दीक्षिज्ञक़ँ०१२",
    "বাংলাঁ০১২தமிழ்",
    "日本語カタガナひらﾀｶーｰ々〇〡",
    "ไทยที่นี่ລາວខ្មែរမြန်မာ๑໑",
    "한국어서울",
    "עבריתשָׁלוֹםʼʻʾ",
    "العربيةمُحَمَّدـ٠١٢٫٬",
    "русскийЁёйѐ",
    "²³½ⅣⅧ①ⓐ㊿௰",
    "𝔘𐐀𞤀𠀀😀🇺🏽",
    "\ud800\udfff\x00",
    "lLdDqQuU'’éÉ ",
)
PHRASES = (
    *(
        "U.S.",
        "a.m.",
        "J.K.’s",
        "A.b.C.d.'S",
        "a." * 24,
        "á.b́.",
        "c\u0301\u0301a",
        "don't",
        "rock'n'roll'n'jazz'n'blues",
        "Modi’s",
    ),
    *("1,00,000.50", "22,333,", "1,222", "1,22,333,44,555,66,777,88,999", "1,234.5678901234567890123456789", "1" * 40, "x" * 130),
    *("06.02.2025", "1.2.3.4.5.6.7", "3.5bn", "٣٫٥", "l’état", "qu’il", "dell’arte", "l’ـ", "ـ-a", "a-ـ", "ʼ", "東京タワー", "ｶﾞ"),
    *("d" + "\u0308" * 128 + ".e", "á.c\u0301\u0308.d", "U.S,s", "U.S٫S", "U.S..s", "U.S.,s"),
    *("mother-in-law", "co-operation", "F-16", "вице-мэр"),
)


def hard_strings(count: int, seed: int, longest: int = 60) -> Iterator[str]:
    """``count`` strings: of any code points, of a few pools, or of phrases with something between."""
    random = Random(seed)
    for _ in range(count):
        kind = random.random()
        size = random.randrange(longest)
        if kind < 0.1:
            yield "".join(chr(random.randrange(0x110000)) for _ in range(size))
        elif kind < 0.7:
            pools = random.sample(POOLS, random.choice((1, 2, 3, 3, 4, 8)))
            yield "".join(random.choice(random.choice(pools)) for _ in range(size))
        else:
            between = random.choice(POOLS)
            yield "".join(
                random.choice(PHRASES) + random.choice(("", " ", "-", random.choice(between))) for _ in range(size // 6)
            )
