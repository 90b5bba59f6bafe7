"""Sorted lists of byte strings, against Python's own sorting."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from searchapp.engines.whoosh.vocabulary import Rows, Strings, code_widths, united, with_feeds


def invented(random: Random, count: int) -> list[str]:
    """Texts that share beginnings of all lengths, some of them odd."""
    pool = ["", "a", "ab", "inter", "internation", "internationalis", "zürich", "\x00", "\x00\x00", "\ud800", "時", "\x1f"]
    found = {"".join(random.choices(pool, k=random.randint(0, 4))) for _ in range(count)}
    return random.sample(sorted(found), len(found))


def listed(data: np.ndarray, ends: np.ndarray) -> list[bytes]:
    text, stops = data.tobytes(), ends.tolist()
    return [text[a:b] for a, b in zip([0, *stops], stops, strict=False)]


@pytest.mark.parametrize("seed", range(20))
def test_order_is_that_of_the_bytes(seed: int) -> None:
    random = Random(seed)
    texts = invented(random, random.choice([0, 1, 2, 50, 400]))
    strings = Strings.of(texts)
    expected = sorted(text.encode("utf-8", "surrogatepass") for text in texts)
    assert listed(*strings.chosen(strings.order())) == expected


@pytest.mark.parametrize("seed", range(20))
def test_united_lists_are_their_sorted_union(seed: int) -> None:
    random = Random(seed)
    lists = [sorted(text.encode("utf-8", "surrogatepass") for text in invented(random, 60)) for _ in range(random.randint(0, 5))]
    kept = [np.array([random.random() < 0.8 for _ in texts], np.bool_) for texts in lists]
    strings = [
        Strings.of_run(np.frombuffer(b"".join(texts), np.uint8), np.cumsum([len(text) for text in texts])) for texts in lists
    ]
    data, ends, ranks = united(strings, kept)
    union = sorted({text for texts, keep in zip(lists, kept, strict=True) for text, one in zip(texts, keep, strict=True) if one})
    assert listed(data, ends) == union
    for texts, keep, places in zip(lists, kept, ranks, strict=True):
        assert places.tolist() == [union.index(text) if one else -1 for text, one in zip(texts, keep, strict=True)]


def test_line_feeds_go_behind_each() -> None:
    lines, feeds = with_feeds(np.frombuffer(b"abcc", np.uint8), np.array([1, 1, 4], np.uint32))
    assert lines.tobytes() == b"a\n\nbcc\n"
    assert feeds.tolist() == [1, 2, 6]
    assert listed(*Strings.of_lines(lines, feeds).chosen(np.arange(3))) == [b"a", b"", b"bcc"]


def test_rows_are_numbered_within_their_term() -> None:
    rows = Rows.of(np.array([2, 0, 2, 2, 0]), np.array([5, 1, 3, 5, 0]))
    assert list(zip(*rows, strict=True)) == [(0, 0, 0), (0, 1, 1), (2, 3, 0), (2, 5, 1)]
    assert rows.codes(np.array([2, 0]), np.array([5, 0])).tolist() == [1, 0]
    arrays = rows.arrays("text", 3, 6)
    assert arrays["text.nforms"].tolist() == [2, 0, 2]
    again = Rows.from_arrays(arrays, "text")  # type: ignore[arg-type]
    assert [column.tolist() for column in again] == [column.tolist() for column in rows]


def test_widths_of_codes() -> None:
    assert code_widths(np.array([1, 2, 3, 4, 5, 256, 257, 2**31, 2**31 + 1])).tolist() == [0, 1, 2, 2, 3, 8, 9, 31, 32]
