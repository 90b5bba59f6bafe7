"""Invented articles and questions about them, drawn from a seed: what random tests search."""

from __future__ import annotations

from random import Random

from searchapp.article import Article, Provenance
from searchapp.fields import DEFAULT_SCOPE

WORDS = (
    "bridge bridges bridged flood floods flooding flooded inquiry inquiries report reported reporting election elections "
    "elected minister ministers ministry river rivers valley village villages teacher teachers teaching school schools exam "
    "exams leak leaked leaking police officer officers arrest arrested arrests tea garden gardens worker workers wage wages "
    "strike strikes striking bank banks banking agreement agreements defence patrol aircraft railway railways station "
    "stations steam museum museums library fire fires café résumé Zoë cooperation vice chancellor market markets night "
    "crane cranes lake census monsoon radar hospital oxygen plant plants rain rains rainfall roof roofs shelter shelters "
    "tender tenders vote votes voters voting recount margin party"
).split()
GLUE = "the of and in to a for on with was by at from".split()
ODD = ["U.S.", "U.N.", "don't", "O'Hara", "minister's", "1,250", "12,75,000", "104.2", "co-operation", "vice-chancellor", "3.5"]
HINDI = "बाढ़ पुल जाँच चुनाव मंत्री शिक्षक परीक्षा नदी गांव रिपोर्ट पुलिस अस्पताल".split()
FRENCH = "pont ponts inondation inondations ministre ministres rivière élection élections école écoles rapport rapports".split()
SECTIONS = ["Local", "National", "World", "Sports", "Opinion"]
SOURCES = ["The Ridge Courier", "The Plains Ledger", "Vallée Matin"]
BYLINES = ["Banri Nong", "Zoë Dutta", "Arko Sen", "Meenal Khos"]
AGENCIES = ["NWS", "PNA"]
PLACES = ["New Delhi", "Geneva", "Laitdara", "Sohbari East"]


def text(random: Random, language: str | None, words: int) -> str:
    """Running text with a few words again and again, and glue between them."""
    own = {"hi": HINDI, "fr": FRENCH}.get(language or "en", WORDS)
    chosen = []
    for _ in range(words):
        kind = random.random()
        pool = GLUE if kind < 0.25 and own is WORDS else ODD if kind < 0.3 and own is WORDS else own
        chosen.append(pool[min(int(random.expovariate(3 / len(pool))), len(pool) - 1)])
    return " ".join(chosen)


def some(random: Random, values: list[str], most: int) -> tuple[str, ...]:
    return tuple(random.sample(values, random.randint(0, most)))


def date(random: Random) -> str | None:
    day = f"{random.randint(2020, 2024)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    return random.choice([day, day, day, day, day[:7], day[:4], f"{day}T{random.randint(0, 23):02}:30:00", None])


def article(random: Random, number: int) -> Article:
    language = random.choice(["en", "en", "en", "en", "hi", "fr", None])
    published = date(random)
    precision = {4: "year", 7: "month", 10: "day", 19: "time"}.get(len(published or ""))
    return Article(
        id=f"t:{number}",
        title=text(random, language, random.randint(0, 8)) or f"untitled {number}",
        body=text(random, language, random.choice([0, 1, 8, 25, 80])),
        provenance=Provenance(file=f"{number}.txt", format="text_save", sha256="0"),
        published=published,
        published_precision=precision,  # type: ignore[arg-type]
        byline=some(random, BYLINES, 2),
        agency=some(random, AGENCIES, 1),
        places=some(random, PLACES, 2),
        section=random.choice([*SECTIONS, None]),
        source=random.choice(SOURCES),
        language=language,
        tags=some(random, ["water", "law", "sport"], 3),
        furniture=text(random, language, random.choice([0, 0, 10])),
    )


Question = tuple[str, tuple]  # type: ignore[type-arg]


def leaf(random: Random) -> Question:
    """One leaf as a reader types it, and what it means."""
    word = random.choice(WORDS)
    plain = word.lower().replace("é", "e").replace("ë", "e")
    other = random.choice(WORDS[:40])
    other_plain = other.lower().replace("é", "e")
    scope = DEFAULT_SCOPE
    choices: list[Question] = [
        (word, ("word", plain, scope)),
        (word.upper(), ("word", plain, scope)),
        (f"title:{word}", ("word", plain, ("title",))),
        (f"body:{word}", ("word", plain, ("body",))),
        (f"furniture:{word}", ("word", plain, ("furniture",))),
        (f"={word}", ("exact", plain, scope)),
        (f'"{word} {other}"~{(n := random.randint(1, 6))}', ("phrase", (plain, other_plain), scope, n)),
        (f'"{word} of {other}"~3', ("phrase", (plain, "of", other_plain), scope, 3)),
        (f"“{(g := random.choice(GLUE))} {word}”", ("phrase", (g, plain), scope, 0)),
        (
            f"{word} NEAR/{(d := random.randint(1, 9))} {other}",
            ("near", (("word", plain, scope), ("word", other_plain, scope)), scope, d),
        ),
        (f"{plain[:3]}*", ("prefix", plain[:3], scope)),
        (f"{plain[:2]}*{plain[-1]}", ("wild", f"{plain[:2]}*{plain[-1]}", scope)),
        (f"{plain[0]}?{plain[2:]}", ("wild", f"{plain[0]}?{plain[2:]}", scope)),
        (f"{plain}~", ("fuzzy", plain, scope, 1)),
        (f"{plain[:-1]}x~2", ("fuzzy", plain[:-1] + "x", scope, 2)),
        ("U.S.", ("word", "us", scope)),
        ("1250", ("word", "1250", scope)),
        ("co-operation", ("or", [("phrase", ("co", "operation"), scope, 0), ("word", "cooperation", scope)])),
        ("vicechancellor", ("word", "vicechancellor", scope)),
        (f'"{word} cooperation"~4', ("phrase", (plain, "cooperation"), scope, 4)),
        ((h := random.choice(HINDI)), ("word", _folded(h), scope)),
        ((f := random.choice(FRENCH)), ("word", f.replace("è", "e").replace("é", "e"), scope)),
        ("byline:banri", ("word", "banri", ("byline",))),
        ('place:"new delhi"', ("phrase", ("new", "delhi"), ("places",), 0)),
        ("section:opinion", ("word", "opinion", ("section",))),
        ("language:hi", ("keyword", "language", "hi")),
        (f"date:{(y := random.randint(2020, 2024))}", ("days", f"{y}-01-01", f"{y}-12-31")),
        (f"date:{y}-03..{y}-08", ("days", f"{y}-03-01", f"{y}-08-31")),
        (f"date:{y}-02-10..", ("days", f"{y}-02-10", "9999-12-31")),
    ]
    return random.choice(choices)


def question(random: Random, depth: int = 2) -> Question:
    """A query as typed, and what it means. Anything below an operator is put in parentheses when it must be."""
    kind = random.random()
    if depth == 0 or kind < 0.3:
        return leaf(random)
    if kind < 0.37:
        return "", ("all",)
    parts = [question(random, depth - 1) for _ in range(random.randint(2, 3))]
    parts = [part for part in parts if part[1] != ("all",)] or [leaf(random)]
    texts = [f"({text})" if needs(meaning) else text for text, meaning in parts]
    meanings = [meaning for _, meaning in parts]
    if kind < 0.62:
        return " ".join(texts), ("and", meanings)
    if kind < 0.85:
        return " OR ".join(texts), ("or", meanings)
    text, meaning = leaf(random)
    text = f"({text})" if needs(meaning) else text
    return f"{' '.join(texts)} {random.choice(['-', 'NOT '])}{text}", ("and", [*meanings, ("not", meaning)])


def needs(meaning: tuple) -> bool:  # type: ignore[type-arg]
    return meaning[0] in ("and", "or", "near")


def _folded(word: str) -> str:
    return word.replace("ढ़", "ढ").replace("ँ", "ं").replace("\u093c", "")
