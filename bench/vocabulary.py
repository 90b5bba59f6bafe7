"""Invented words with the frequencies of news: no real news text, and no word list but English's function words.

Content words are made of syllables and inflected as English is (s, ed, ing, 's). Their endings are chosen so that Porter's
two stemmers and Snowball's agree on nearly all of them: engines with different stemmers then find the same articles.
Frequencies are Zipf–Mandelbrot (Mandelbrot 1953); names and numbers are log-uniform, which is what makes the vocabulary
of news grow without end (Heaps' law).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LEMMAS = 42_000
NAMES = 2_400_000
"""Surnames that can occur; log-uniform, so that most of those met are met once."""
TOPICS = 480
TOPIC_WORDS = 320
COLLOCATIONS = 60_000
FORMS = 5
"""Forms of a lemma: as it is, s, ed, ing, 's."""

_FUNCTION = (
    "the of to and in a for that on is was with he it as said by at from be has his have an will are its not but they which "
    "were their after who had this been more also one or would two about her she we you up when than all out over other some "
    "if there what into could last first so can most before no years new since now only many just three against him them because "
    "then any where such between under while during still our through my made being both should these those how did do much very"
).split()
_ONSETS = "b br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sc sh sl sp st str t th tr v w".split()
_VOWELS = "a e i o u ai ea ou".split()
_MIDDLES = "b c d g l m n p r t v nd mp rt st ll nt rm lt sc ct".split()
_ENDINGS = "ark old und omp arn ost ump ulm orp irk olm ort ack ook ulk elm ond oft awk unk orm eld urn ild elk off amp".split()
_NAME_ENDINGS = "ov ak ura olo amo eko ano undo arro ino olm ark orn ova uka ilo anko emi ado oku".split()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All that articles are made of.

    ``words``: [function words, then `FORMS` a lemma], as object arrays in lower case and ``capitals`` capitalised.
    ``function``, ``content``, ``topical``: cumulative frequencies of function words, lemmas and a topic's words.
    ``topics`` [TOPICS, TOPIC_WORDS]: lemmas. ``phrases`` [COLLOCATIONS, 3]: word numbers, -1 where it has two words.
    """

    words: NDArray[np.object_]
    capitals: NDArray[np.object_]
    function: NDArray[np.float64]
    content: NDArray[np.float64]
    topical: NDArray[np.float64]
    topics: NDArray[np.int64]
    phrases: NDArray[np.int64]
    phrase_share: NDArray[np.float64]

    @property
    def first_lemma(self) -> int:
        """The number of the first word that is not a function word."""
        return len(_FUNCTION)


@lru_cache(maxsize=2)
def make(seed: int) -> Vocabulary:
    """The vocabulary of a seed: the same on every machine with the same NumPy."""
    rng = np.random.default_rng([seed, 1])
    lemmas = _lemmas(rng)
    words = [*_FUNCTION, *(form for lemma in lemmas for form in (lemma, lemma + "s", lemma + "ed", lemma + "ing", lemma + "'s"))]
    content = zipf(LEMMAS, 1.03, 25.0)
    topics = np.stack([_topic(rng) for _ in range(TOPICS)])
    return Vocabulary(
        words=np.array(words, dtype=object),
        capitals=np.array([word[0].upper() + word[1:] for word in words], dtype=object),
        function=zipf(len(_FUNCTION), 1.0, 1.5),
        content=content,
        topical=zipf(TOPIC_WORDS, 1.0, 6.0),
        topics=topics,
        phrases=_phrases(rng, content),
        phrase_share=zipf(COLLOCATIONS, 0.85, 30.0),
    )


def zipf(size: int, exponent: float, shift: float) -> NDArray[np.float64]:
    """Cumulative Zipf–Mandelbrot frequencies: of rank r, 1 / (r + shift) ** exponent."""
    weights = 1.0 / (np.arange(1, size + 1) + shift) ** exponent
    cumulative: NDArray[np.float64] = np.cumsum(weights) / weights.sum()
    return cumulative


def draw(rng: np.random.Generator, cumulative: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """``size`` ranks, counted from 0, with those cumulative frequencies."""
    return np.minimum(np.searchsorted(cumulative, rng.random(size), side="right"), len(cumulative) - 1)


def name(number: int) -> str:
    """The surname of a number, capitalised: mixed radix over syllables, scrambled so that neighbours don't look alike."""
    scrambled = (number * 0x9E3779B1 + 0x7F4A7C15) % (1 << 32)
    ending = _NAME_ENDINGS[number % len(_NAME_ENDINGS)]
    rest, onset = divmod(number // len(_NAME_ENDINGS), len(_ONSETS))
    rest, vowel = divmod(rest, len(_VOWELS))
    middle = ""
    while rest:
        rest, consonant = divmod(rest, len(_MIDDLES))
        middle += _MIDDLES[consonant] + _VOWELS[(scrambled >> len(middle)) % 5]
    return (_ONSETS[onset] + _VOWELS[vowel] + middle + _MIDDLES[scrambled % 9] + ending).capitalize()


def _lemmas(rng: np.random.Generator) -> list[str]:
    """Distinct lemmas, short ones first as in a language."""
    found: dict[str, None] = dict.fromkeys(_FUNCTION)
    shares = {len(parts): zipf(len(parts), 0.7, 1.0).tolist() for parts in (_ONSETS, _VOWELS, _MIDDLES)}

    def one_of(parts: list[str]) -> str:
        return parts[min(bisect_right(shares[len(parts)], rng.random()), len(parts) - 1)]

    while len(found) < LEMMAS + len(_FUNCTION):
        inner = 0 if len(found) < 2_500 else 1 if len(found) < 16_000 else 2
        word = one_of(_ONSETS)
        for _ in range(inner):
            word += one_of(_VOWELS) + one_of(_MIDDLES)
        found.setdefault(word + _ENDINGS[int(rng.integers(len(_ENDINGS)))])
        if inner == 0 and len(found) >= len(_ONSETS) * len(_ENDINGS) * 0.8:
            word = _ONSETS[int(rng.integers(len(_ONSETS)))] + _VOWELS[int(rng.integers(5))] + word
            found.setdefault(word + _ENDINGS[int(rng.integers(len(_ENDINGS)))])
    lemmas = list(found)[len(_FUNCTION) :][:LEMMAS]
    return [lemmas[number] for number in np.argsort(np.arange(LEMMAS) + rng.normal(0, 0.25, LEMMAS) * np.arange(LEMMAS))]


def _topic(rng: np.random.Generator) -> NDArray[np.int64]:
    """A topic's lemmas, most of them neither very common nor very rare."""
    ranks = np.exp(rng.uniform(np.log(60), np.log(LEMMAS - 1), TOPIC_WORDS * 2)).astype(np.int64)
    return rng.permutation(np.unique(ranks))[:TOPIC_WORDS]


def _phrases(rng: np.random.Generator, content: NDArray[np.float64]) -> NDArray[np.int64]:
    """Two or three content words that go together, by word number."""
    lemmas = np.exp(rng.uniform(0, np.log(LEMMAS), (COLLOCATIONS, 3))).astype(np.int64) % LEMMAS
    lemmas[:, 1] = draw(rng, content, COLLOCATIONS)
    forms = rng.choice(FORMS, size=(COLLOCATIONS, 3), p=[0.72, 0.2, 0.04, 0.04, 0.0])
    numbers = len(_FUNCTION) + lemmas * FORMS + forms
    numbers[rng.random(COLLOCATIONS) < 0.6, 2] = -1
    return numbers
