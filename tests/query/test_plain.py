"""What is read at once is read as the whole grammar reads it."""

from __future__ import annotations

from random import Random

from searchapp.query import plain
from searchapp.query.language import parse, parse_whole
from searchapp.query.limits import MAX_LEAVES

SEED = 20_251_122
WORDS = (
    *(
        "flood",
        "Floods",
        "bridge",
        "US",
        "us",
        "A",
        "a",
        "IT",
        "it",
        "THE",
        "the",
        "to",
        "I",
        "x",
        "zz",
        "le",
        "la",
        "et",
        "und",
        "or",
    ),
    *("OR", "OR", "OR", "AND", "NOT", "NEAR", "NEARBY", "near", "TO", "and", "not", "Or", "x" * 40, "x" * 41, "in", "title"),
)
LANGUAGES = ((), ("en",), ("en", "fr"), ("fr", "en", "hi"), ("hi",), ("de", "en"))


def query(random: Random) -> str:
    words = random.choices(WORDS, k=random.choice([1, 1, 2, 3, 3, 5, 7]))
    if random.random() < 0.3:
        words = [word for pair in zip(words, ["OR"] * len(words), strict=True) for word in pair][:-1]
    text = " ".join(words)
    shape = random.choice(["{}", "{}", "{}", '"{}"', "{}*", " {}", "{} ", '{}"', '"{}', '"{}"*', "{}**", "({})", "-{}", "{}'s"])
    return shape.format(text)


def test_it_is_what_the_grammar_reads() -> None:
    random = Random(SEED)
    usual = 0
    for _ in range(8_000):
        text, languages = query(random), random.choice(LANGUAGES)
        assert parse(text, languages) == parse_whole(text, languages), (text, languages)
        usual += plain.read(text, languages[0] if languages else "en") is not None
    assert usual > 500


def test_every_shape_is_read_at_once() -> None:
    for text in ("flood", "THE", "flood bridge", "flood OR the OR bridge", '"the flood"', "fl*", "or", "Near"):
        assert plain.read(text, "en") is not None, text


def test_what_needs_the_grammar_is_left_to_it() -> None:
    texts = [
        "",
        " ",
        "flood ",
        "the flood",
        "flood AND bridge",
        "flood OR",
        "a b OR c",
        '"flood"',
        "f*",
        "flood*s",
        "pont-neuf",
        "état",
    ]
    for text in (
        *texts,
        '"a OR b"',
        "NEAR",
        "flood NEAR bridge",
        "NEARBY",
        "flood\n",
        " ".join(["x"] * (MAX_LEAVES + 1)),
        "x" * 41,
    ):
        assert plain.read(text, "en") is None, text
