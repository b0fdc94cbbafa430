"""PostgreSQL's binary arrays, packed a column at a time: a third of the price of a value at a time.

The layout is PostgreSQL's `array_send`: dimensions, whether there are NULLs, element type,
length, lower bound; then each element behind its length, where −1 is NULL.
"""

import struct
from collections.abc import Sequence
from typing import ClassVar, Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from typing_extensions import override

HEADER: Final = struct.Struct("!iiIii")
NULL: Final = struct.pack("!i", -1)
EPOCH_2000_MS: Final = 946_684_800_000


class Packed:
    """One column, ready to be sent."""

    __slots__ = ("data",)
    element: ClassVar[int]
    array: ClassVar[int]
    code: ClassVar[str]
    size: ClassVar[int]

    def __init__(self, values: Sequence[float]) -> None:
        count, size = len(values), self.size
        flat = [part for value in values for part in (size, value)]
        self.data = HEADER.pack(1, 0, self.element, count, 1) + struct.pack(
            f"!{('i' + self.code) * count}", *flat
        )


class Int2(Packed):
    element, array, code, size = 21, 1005, "h", 2


class Int8(Packed):
    element, array, code, size = 20, 1016, "q", 8


class Instants(Packed):
    """Epoch milliseconds, as timestamptz."""

    element, array, code, size = 1184, 1185, "q", 8

    def __init__(self, values: Sequence[int]) -> None:
        super().__init__([(value - EPOCH_2000_MS) * 1000 for value in values])


class Float8(Packed):
    element, array, code, size = 701, 1022, "d", 8

    def __init__(self, values: Sequence[float | None]) -> None:
        if None not in values:
            super().__init__(values)  # type: ignore[arg-type] # just looked
            return
        one = struct.Struct("!id")
        self.data = HEADER.pack(1, 1, self.element, len(values), 1) + b"".join(
            [NULL if value is None else one.pack(8, value) for value in values]
        )


class PackedDumper(Dumper):
    """Hands psycopg what is packed already."""

    format = Format.BINARY

    @override
    def dump(self, obj: Packed) -> bytes:
        return obj.data


def register(connection: psycopg.Connection[object]) -> None:
    """Teach a connection to send these."""
    for kind in (Int2, Int8, Instants, Float8):
        dumper = type(f"{kind.__name__}Dumper", (PackedDumper,), {"oid": kind.array})
        connection.adapters.register_dumper(kind, dumper)
