"""Binary search in mapped lists, against Python's."""

from __future__ import annotations

from bisect import bisect_left
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from searchapp.engines.whoosh.kernels.lexicon import lower_bound, lower_bound_ordered


def listed(items: list[bytes], gap: int) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Items as a segment holds them, read-only as mapped arrays are."""
    blob = np.frombuffer(b"".join(item + b"\n" * gap for item in items), np.uint8)
    ends = np.array(np.cumsum([len(item) + gap for item in items]) - gap, np.uint32)
    ends.flags.writeable = False
    return blob, ends


@pytest.mark.parametrize("gap", [0, 1])
def test_binary_search(gap: int) -> None:
    random = Random(5)
    for size in (0, 1, 2, 3, 500):
        items = sorted({bytes(random.choices((1, 9, 65, 200, 255), k=random.randint(0, 5))) for _ in range(size)})
        blob, ends = listed(items, gap)
        for wanted in (*items, *(item + b"\x01" for item in items), *(item[:-1] for item in items), b"", b"\xff" * 9):
            assert lower_bound(blob, ends, gap, np.frombuffer(wanted, np.uint8)) == bisect_left(items, wanted)


def test_binary_search_through_an_order() -> None:
    random = Random(6)
    items = [f"site:{random.randrange(10**6)}".encode() for _ in range(300)]
    order = np.array(sorted(range(300), key=items.__getitem__), np.uint32)
    order.flags.writeable = False
    blob, ends = listed(items, 0)
    for wanted in (*items, b"", b"site:5", b"z"):
        at = lower_bound_ordered(blob, ends, order, np.frombuffer(wanted, np.uint8))
        assert at == bisect_left(sorted(items), wanted)
