"""A request's tags, compiled: how a reply's bytes become values in few steps. Pure.

Decoding is what a gateway does most, so each layout is turned into one function of straight
code, as `collections.namedtuple` and `dataclasses` do: one `struct` takes all tags of a byte
order out of the reply, and only tags that need a further step have one.
"""

import struct
from array import array
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Final

from gateways.modbus.registers import (
    FLOATS,
    FORMAT_OF,
    INTEGERS,
    Encoding,
    Order,
    Quality,
    Ratio,
    Table,
    Tag,
    Value,
    finisher,
    scaler,
    sentinel_values,
)

Decoded = tuple[list[Value], dict[int, Quality]]
LITTLE: Final = frozenset({Order.DCBA, Order.CDAB})
SWAPPED: Final = frozenset({Order.BADC, Order.CDAB})


class LayoutMismatch(ValueError):
    """A reply of another length than was asked for: never taken as a value."""


def swap_bytes(raw: bytes) -> "array[int]":
    """Exchange the two bytes of every word."""
    words = array("H", raw)
    words.byteswap()
    return words


class Layout:
    """The tags of one request; `tags` is in the order of the values that `decode` returns."""

    __slots__ = ("address", "count", "decode", "table", "tags")

    decode: Callable[[bytes], Decoded]

    def __init__(self, table: Table, address: int, count: int, tags: Sequence[Tag]) -> None:
        self.table, self.address, self.count = table, address, count
        ordered = sorted(tags, key=lambda tag: tag.address)
        if table.has_bits:
            self.tags = tuple(ordered)
            self.decode = self._decode_bits
            return
        lanes = []
        for order in Order:
            left = [tag for tag in ordered if tag.order is order]
            while left:
                lane, left = divide(left)
                lanes.append(lane)
        self.tags = tuple(tag for lane in lanes for tag in lane)
        self.decode = compile_decoder(address, count, lanes)

    def _decode_bits(self, raw: bytes) -> Decoded:
        size = (self.count + 7) // 8
        if len(raw) != size:
            raise LayoutMismatch(f"{len(raw)} bytes where {size} were asked for")
        bits, base = int.from_bytes(raw, "little"), self.address
        return [bool(bits >> (tag.address - base) & 1) for tag in self.tags], {}


def divide(tags: list[Tag]) -> tuple[list[Tag], list[Tag]]:
    """Take as many tags as do not overlap; return them, and those left for a further lane."""
    taken, left = [], []
    at = 0
    for tag in tags:
        if tag.address < at:
            left.append(tag)
        else:
            taken.append(tag)
            at = tag.end
    return taken, left


def lane_format(address: int, count: int, tags: Sequence[Tag]) -> str:
    """Write the format that takes these tags out of a whole reply.

    BADC is ABCD, and CDAB is DCBA, once the two bytes of every word are exchanged.
    """
    shape, at = "<" if tags[0].order in LITTLE else ">", address
    for tag in tags:
        if tag.address > at:
            shape += f"{2 * (tag.address - at)}x"
        is_text = tag.encoding is Encoding.STRING
        shape += f"{2 * tag.words}s" if is_text else FORMAT_OF[tag.encoding]
        at = tag.end
    return f"{shape}{2 * (address + count - at)}x"


class Steps:
    """The statements and constants of one decoder, tag by tag."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.results: list[str] = []
        self.floats: list[str] = []
        self.known: dict[str, Any] = {"BAD": Quality.BAD, "isfinite": isfinite}  # any constant
        self.known |= {"swap_bytes": swap_bytes, "LayoutMismatch": LayoutMismatch}

    def add(self, i: int, tag: Tag) -> None:
        """Write what follows the unpacking of one tag; the commonest kinds without a call."""
        value = f"v{i}"
        is_simple = not (tag.clamp or tag.valid or tag.labels or tag.exact or tag.mask is not None)
        ratio = Ratio.of(tag)
        has_scale = scaler(tag) is not None
        result = value
        if is_simple and tag.encoding in FLOATS and not has_scale and not tag.sentinels:
            self.floats.append(value)
        elif is_simple and tag.encoding in INTEGERS and ratio.times == 1 and ratio.plus == 0:
            result = f"{value} / {ratio.bottom}" if ratio.bottom != 1 else value
            if tag.sentinels:
                self.known[f"S{i}"] = sentinel_values(tag)
                self.lines.append(f"if {value} in S{i}: {value} = None; quality[{i}] = BAD")
                result = f"None if {value} is None else {result}"
        elif (finish := finisher(tag)) is not None:
            self.known[f"F{i}"] = finish
            self.lines.append(f"{value}, good = F{i}({value})")
            self.lines.append(f"if good: quality[{i}] = good")
        self.results.append(result)

    def check_floats(self) -> None:
        """Look at all bare floats at once: a NaN or an infinity shows in their sum."""
        if not self.floats:
            return
        self.lines.append(f"if not isfinite({' + '.join(self.floats)}):")
        for value in self.floats:
            index = value.removeprefix("v")
            self.lines.append(f"    if not isfinite({value}): {value}=None; quality[{index}]=BAD")


def compile_decoder(
    address: int, count: int, lanes: Sequence[Sequence[Tag]]
) -> Callable[[bytes], Decoded]:
    """Make the function that decodes one request's reply.

    Its text holds nothing from outside but numbers: constants come in by name.
    """
    steps = Steps()
    unpackings, i = [], 0
    if any(lane[0].order in SWAPPED for lane in lanes):
        unpackings.append("swapped = swap_bytes(raw)")
    for j, lane in enumerate(lanes):
        steps.known[f"U{j}"] = struct.Struct(lane_format(address, count, lane)).unpack
        names = "".join(f"v{i + k}, " for k in range(len(lane)))
        source = "swapped" if lane[0].order in SWAPPED else "raw"
        unpackings.append(f"{names}= U{j}({source})")
        for tag in lane:
            steps.add(i, tag)
            i += 1
    steps.check_floats()
    size = 2 * count
    body = [
        f"if len(raw) != {size}:",
        f"    raise LayoutMismatch(f'{{len(raw)}} bytes where {size} were asked for')",
        "quality = {}",
        *unpackings,
        *steps.lines,
        f"return [{', '.join(steps.results)}], quality",
    ]
    text = "def decode(raw):\n" + "".join(f"    {line}\n" for line in body)
    exec(compile(text, "<layout>", "exec"), steps.known)  # noqa: S102  # see above
    decoder: Callable[[bytes], Decoded] = steps.known["decode"]
    return decoder
