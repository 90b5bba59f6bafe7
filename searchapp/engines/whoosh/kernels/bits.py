"""Runs of unsigned integers of a width of 0 to 32 bits: packing and unpacking.

`searchapp.engines.whoosh.layout` gives the format. Unpacking loads eight bytes from each integer's first one, so at least eight
bytes must be readable after a run. All arrays are little-endian, as the machines we run on are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from searchapp.engines.whoosh.kernels import bare


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.gep(array.data, [arguments[1]])


def _load(_typing: Any, data: Any, at: Any) -> Any:
    """``load(data, at)``: the eight bytes of an array of bytes from ``at`` on, as one uint64."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, at), code


def _store(_typing: Any, data: Any, at: Any, word: Any) -> Any:
    """``store(data, at, word)``: put a uint32 into an array of bytes, as four of them from ``at`` on."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        builder.store(arguments[2], builder.bitcast(place, ir.IntType(32).as_pointer()), align=1)

    return types.void(data, at, word), code


load: Any = intrinsic(_load)
store: Any = intrinsic(_store)


@bare
def width(value: Any) -> Any:
    """Bits that an unsigned integer takes."""
    left, bits = np.uint64(value), 0
    while left:
        left >>= np.uint64(1)
        bits += 1
    return bits


@bare
def packed(count: Any, bits: Any) -> Any:
    """Bytes of a run."""
    return (count * bits + 7) >> 3


@bare
def pack(values: Any, first: Any, count: Any, bits: Any, out: Any, at: Any) -> Any:
    """Write ``values[first : first + count]`` as a run from ``out[at]`` on; gives where it ends. ``out`` needs 4 bytes more."""
    if bits == 0:
        return at
    held, number = np.uint64(0), 0
    for place in range(first, first + count):
        held |= np.uint64(values[place]) << np.uint64(number)
        number += bits
        if number >= 32:
            store(out, at, np.uint32(held))
            at += 4
            held >>= np.uint64(32)
            number -= 32
    if number > 0:
        store(out, at, np.uint32(held))
        at += (number + 7) >> 3
    return at


@bare
def unpack(data: Any, at: Any, count: Any, bits: Any, out: Any, first: Any) -> None:
    """Read a run that begins at ``data[at]`` into ``out[first : first + count]``, an array of integers of any kind."""
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    for number in range(count):
        bit = number * bits
        out[first + number] = (load(data, at + (bit >> 3)) >> np.uint64(bit & 7)) & mask
