"""A request's tags, compiled: how a reply's bytes become values in few steps. Pure."""

import struct
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from gateways.modbus.registers import (
    FLOATS,
    FORMAT_OF,
    INTEGERS,
    Encoding,
    Finish,
    Order,
    Quality,
    Ratio,
    Table,
    Tag,
    Value,
    finisher,
    scaler,
)


class LayoutMismatch(ValueError):
    """A reply of another length than was asked for: never taken as a value."""


# What follows the unpacking; the first three are done for many tags in one go. Plain numbers,
# because looking up a member of an Enum costs as much as decoding two tags.
NOTHING: Final = 0
CHECK_FLOATS: Final = 1
DIVIDE: Final = 2
FINISH: Final = 3


@dataclass(frozen=True, slots=True)
class Lane:
    """Tags of one byte order and one treatment, taken out of a reply by one `struct`."""

    tags: tuple[Tag, ...]
    finish: tuple[Finish | None, ...]


Unpack = Callable[["bytes | array[int]"], tuple[Any, ...]]
# How to unpack, whether from exchanged bytes, the treatment, a divisor, and the lane.
Step = tuple[Unpack, bool, int, int, Lane]


def treatment_of(tag: Tag) -> tuple[int, int]:
    """Sort a tag into the commonest kinds, which cost least, or the rest; with its divisor."""
    is_simple = not (tag.sentinels or tag.clamp or tag.valid or tag.labels or tag.exact)
    has_scale = scaler(tag) is not None
    if is_simple and tag.encoding in FLOATS and not has_scale:
        return CHECK_FLOATS, 1
    if is_simple and tag.encoding in INTEGERS and tag.mask is None and has_scale:
        ratio = Ratio.of(tag)
        if ratio.times == 1 and ratio.plus == 0:
            return DIVIDE, ratio.bottom
    return (NOTHING if finisher(tag) is None else FINISH), 1


class Layout:
    """The tags of one request; `tags` is in the order of the values that `decode` returns.

    Each byte order is one way to read the whole reply: BADC is ABCD, and CDAB is DCBA, once
    the two bytes of every word are exchanged.
    """

    __slots__ = ("_has_bits", "_size", "_steps", "address", "count", "table", "tags")

    def __init__(self, table: Table, address: int, count: int, tags: Sequence[Tag]) -> None:
        self.table, self.address, self.count = table, address, count
        self._has_bits = table.has_bits
        if table.has_bits:
            self._size = (count + 7) // 8
            self._steps: list[Step] = []
            self.tags = tuple(sorted(tags, key=lambda tag: tag.address))
            return
        self._size = 2 * count
        kinds: dict[tuple[Order, int, int], list[Tag]] = {}
        for tag in sorted(tags, key=lambda tag: tag.address):
            kinds.setdefault((tag.order, *treatment_of(tag)), []).append(tag)
        self._steps = []
        for (order, treatment, divisor), members in kinds.items():
            left = members
            while left:
                left = self._add_lane(order, treatment, divisor, left)
        self.tags = tuple(tag for step in self._steps for tag in step[-1].tags)

    def _add_lane(self, order: Order, treatment: int, divisor: int, tags: list[Tag]) -> list[Tag]:
        """Compile as many tags as do not overlap; return those left for a further lane."""
        shape, at = ("<" if order in {Order.DCBA, Order.CDAB} else ">"), self.address
        taken: list[Tag] = []
        left: list[Tag] = []
        for tag in tags:
            if tag.address < at:
                left.append(tag)
                continue
            if tag.address > at:
                shape += f"{2 * (tag.address - at)}x"
            is_text = tag.encoding is Encoding.STRING
            shape += f"{2 * tag.words}s" if is_text else FORMAT_OF[tag.encoding]
            taken.append(tag)
            at = tag.end
        shape += f"{2 * (self.address + self.count - at)}x"
        unpack: Unpack = struct.Struct(shape).unpack
        is_swapped = order in {Order.BADC, Order.CDAB}
        lane = Lane(tuple(taken), tuple(finisher(tag) for tag in taken))
        self._steps.append((unpack, is_swapped, treatment, divisor, lane))
        return left

    def decode(self, raw: bytes) -> tuple[list[Value], dict[int, Quality]]:
        """Return the values in the order of `tags`, and the quality of those not good."""
        if len(raw) != self._size:
            raise LayoutMismatch(f"{len(raw)} bytes where {self._size} were asked for")
        if self._has_bits:
            bits, base = int.from_bytes(raw, "little"), self.address
            return [bool(bits >> (tag.address - base) & 1) for tag in self.tags], {}
        values: list[Value] = []
        quality: dict[int, Quality] = {}
        swapped: array[int] | None = None
        for unpack, is_swapped, treatment, divisor, lane in self._steps:
            if is_swapped:
                if swapped is None:
                    swapped = array("H", raw)
                    swapped.byteswap()
                got = unpack(swapped)
            else:
                got = unpack(raw)
            # A NaN or an infinity would show in the sum: all are as they should be.
            if treatment == NOTHING or (treatment == CHECK_FLOATS and isfinite(sum(got))):
                values += got
            elif treatment == DIVIDE:
                values += [number / divisor for number in got]
            else:
                finish_all(lane, got, values, quality)
        return values, quality


def finish_all(
    lane: Lane, raws: tuple[Any, ...], values: list[Value], quality: dict[int, Quality]
) -> None:
    for finish, raw in zip(lane.finish, raws, strict=True):
        value, good = (raw, Quality.GOOD) if finish is None else finish(raw)
        if good is not Quality.GOOD:
            quality[len(values)] = good
        values.append(value)
