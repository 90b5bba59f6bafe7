"""Numbers at an address: what a kernel reads and writes when it isn't handed arrays.

Handing a compiled function an array costs a quarter of a microsecond from Python, and some nanoseconds within a loop; a posting
list takes twenty of them. So a view keeps one table of addresses (`lists.Book`), and its owner keeps what they point to.
Addresses are int64, numbers little-endian at any alignment. Nothing is checked.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _reader(kind: Any, result: Any, *, signed: bool = False) -> Any:
    """``read(address, place)``: item ``place`` of an array; integers as int64."""

    def read(_typing: Any, _address: Any, _place: Any) -> Any:
        def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            base = builder.inttoptr(arguments[0], kind.as_pointer())
            value = builder.load(builder.gep(base, [arguments[1]]), align=1)
            if kind == result_kind:
                return value
            return builder.sext(value, result_kind) if signed else builder.zext(value, result_kind)

        return result(types.int64, types.int64), code

    result_kind = ir.DoubleType() if result == types.float64 else ir.IntType(64)
    return intrinsic(read)


def _writer(kind: Any, value_type: Any) -> Any:
    """``write(address, place, value)``: set item ``place`` of an array, to an integer's low bits if it is a narrow one."""

    def write(_typing: Any, _address: Any, _place: Any, _value: Any) -> Any:
        def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            base, value = builder.inttoptr(arguments[0], kind.as_pointer()), arguments[2]
            narrow = builder.trunc(value, kind) if kind == ir.IntType(32) else value
            builder.store(narrow, builder.gep(base, [arguments[1]]), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, value_type), code

    return intrinsic(write)


def _word(_typing: Any, _address: Any) -> Any:
    """``u64(address)``: the eight bytes from an address on, as uint64."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], ir.IntType(64).as_pointer()), align=1)

    return types.uint64(types.int64), code


def _address(_typing: Any, array: Any) -> Any:
    """``address(array)``: of its first item. The array must outlive the use of it, which the caller sees to."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(data, cgutils.intp_t)

    return types.int64(array), code


def _prefetch(_typing: Any, _address: Any) -> Any:
    """``prefetch(address)``: have the line that an address is in fetched, without waiting for it."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        to_read, near, data = (ir.Constant(number, value) for value in (0, 3, 1))
        builder.call(function, [builder.inttoptr(arguments[0], pointer), to_read, near, data])
        return context.get_dummy_value()

    return types.void(types.int64), code


u8: Any = _reader(ir.IntType(8), types.int64)
u32: Any = _reader(ir.IntType(32), types.int64)
i32: Any = _reader(ir.IntType(32), types.int64, signed=True)
i64: Any = _reader(ir.IntType(64), types.int64)
f64: Any = _reader(ir.DoubleType(), types.float64)
u64: Any = intrinsic(_word)
put_i32: Any = _writer(ir.IntType(32), types.int64)
put_i64: Any = _writer(ir.IntType(64), types.int64)
put_f64: Any = _writer(ir.DoubleType(), types.float64)
address: Any = intrinsic(_address)
prefetch: Any = intrinsic(_prefetch)
