"""Runs of bits, against Python's own integers."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from searchapp.engines.whoosh.kernels.bits import pack, packed, unpack, width


@pytest.mark.parametrize("bits", range(33))
def test_what_is_packed_is_the_layouts_bits_and_comes_back(bits: int) -> None:
    random = Random(bits)
    for count in (0, 1, 2, 7, 31, 128, 1000):
        numbers = [random.choice([0, (1 << bits) - 1, random.getrandbits(bits) if bits else 0]) for _ in range(count)]
        out = np.full(4 * count + 32, 0xAA, np.uint8)
        end = pack(np.array(numbers, np.uint32), 0, count, bits, out, 3)
        assert end - 3 == packed(count, bits) == -(-count * bits // 8)
        whole = int.from_bytes(out[3:end].tobytes(), "little")
        assert whole == sum(number << (place * bits) for place, number in enumerate(numbers))
        data = np.append(out[:end], np.zeros(24, np.uint8))
        data.flags.writeable = False
        back = np.full(count + 2, 9, np.int64)
        unpack(data, 3, count, bits, back, 1)
        assert back.tolist() == [9, *numbers, 9]


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.int64])
def test_into_arrays_of_any_integers(dtype: Any) -> None:
    out = np.zeros(64, np.uint8)
    pack(np.array([5, 0, 7], np.uint32), 1, 2, 3, out, 0)
    back = np.zeros(2, dtype)
    unpack(out, 0, 2, 3, back, 0)
    assert back.tolist() == [0, 7]


def test_width() -> None:
    assert [width(number) for number in (0, 1, 2, 3, 4, 255, 256, 2**32 - 1)] == [0, 1, 2, 2, 3, 8, 9, 32]
