"""Turning register words into values. Pure: bytes in, values out, no socket in sight."""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Final

Value = float | int | Decimal | bool | str | bytes | None


class Table(StrEnum):
    """The four tables of a Modbus device."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def has_bits(self) -> bool:
        return self in {Table.COIL, Table.DISCRETE}


class Order(StrEnum):
    """How the bytes of a 32-bit value lie in its two registers; longer values likewise.

    CDAB is a full reversal of the words and DCBA of the bytes, also for 64 bits.
    """

    ABCD = "ABCD"
    DCBA = "DCBA"
    BADC = "BADC"
    CDAB = "CDAB"


class Encoding(StrEnum):
    """How a value is written in registers, or that it is one bit."""

    BOOL = "bool"
    BIT = "bit"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT16 = "float16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    BCD64 = "bcd64"
    STRING = "string"


class Quality(IntEnum):
    """How far a value may be trusted."""

    GOOD = 0
    LIMITED = 1  # outside its clamp, replaced by the limit
    BAD = 2  # the device says it has no such value, or sent nonsense: the value is null


FORMAT_OF: Final = {
    Encoding.BIT: "H",
    Encoding.INT16: "h",
    Encoding.UINT16: "H",
    Encoding.INT32: "i",
    Encoding.UINT32: "I",
    Encoding.INT64: "q",
    Encoding.UINT64: "Q",
    Encoding.FLOAT16: "e",
    Encoding.FLOAT32: "f",
    Encoding.FLOAT64: "d",
    Encoding.BCD16: "H",
    Encoding.BCD32: "I",
    Encoding.BCD64: "Q",
}
WORDS_OF: Final = {encoding: struct.calcsize(f">{c}") // 2 for encoding, c in FORMAT_OF.items()}
FLOATS: Final = frozenset({Encoding.FLOAT16, Encoding.FLOAT32, Encoding.FLOAT64})
BCDS: Final = frozenset({Encoding.BCD16, Encoding.BCD32, Encoding.BCD64})
ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
NINE: Final = 9


class LayoutMismatch(ValueError):
    """A reply of another length than was asked for: never taken as a value."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One value of a device: where it lies and how its registers become a number."""

    name: str
    table: Table
    address: int
    encoding: Encoding
    order: Order = Order.ABCD
    words: int = 1  # length of a string; other encodings know theirs
    bit: int = 0
    mask: int | None = None
    scale: Decimal = ONE
    offset: Decimal = ZERO
    exact: bool = False  # a billed register: scaled without a float anywhere
    clamp: tuple[float, float] | None = None
    valid: tuple[float, float] | None = None
    sentinels: frozenset[int] = frozenset()  # raw patterns that mean "not implemented"
    labels: dict[int, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many registers, or bits, the tag covers."""
        if self.table.has_bits:
            return 1
        return self.words if self.encoding is Encoding.STRING else WORDS_OF[self.encoding]

    @property
    def end(self) -> int:
        return self.address + self.count


Finish = Callable[[Value], tuple[Value, Quality]]
BAD_VALUE: Final[tuple[Value, Quality]] = (None, Quality.BAD)


def raw_pattern(tag: Tag, value: Value) -> int:
    """Give back the unsigned pattern of a raw number, as manuals write their sentinels."""
    if isinstance(value, float):
        packed = struct.pack(f">{FORMAT_OF[tag.encoding]}", value)
        return int.from_bytes(packed, "big")
    assert isinstance(value, int)
    return value & ((1 << (16 * tag.count)) - 1)


def decode_bcd(raw: int, words: int) -> int | None:
    """Read packed decimal digits; None where a nibble is no digit."""
    value = 0
    for shift in range(16 * words - 4, -1, -4):
        digit = raw >> shift & 0xF
        if digit > NINE:
            return None
        value = value * 10 + digit
    return value


def finish_text(tag: Tag) -> Finish:
    backwards = tag.order in {Order.DCBA, Order.CDAB}

    def finish(raw: Value) -> tuple[Value, Quality]:
        assert isinstance(raw, bytes)
        text = raw[::-1] if backwards else raw
        try:
            decoded = text.split(b"\0", 1)[0].decode("utf-8").strip()
        except UnicodeDecodeError:
            return BAD_VALUE
        return (decoded, Quality.GOOD) if decoded.isprintable() else BAD_VALUE

    return finish


def scaler(tag: Tag) -> Callable[[Value], Value] | None:
    """Make the step from the raw number to the measured one; None where they are the same."""
    if tag.scale == ONE and tag.offset == ZERO:
        return None
    scale, offset = tag.scale, tag.offset
    if tag.exact:

        def exactly(raw: Value) -> Value:
            assert isinstance(raw, int)
            value = raw * scale + offset
            whole = value.to_integral_value()
            return int(whole) if whole == value else value

        return exactly
    if tag.encoding in FLOATS:
        by, add = float(scale), float(offset)
        return lambda raw: raw * by + add  # type: ignore[operator]  # the encoding says float

    # One true division of whole numbers is rounded once and correctly: 3 × 0.1 is 0.3.
    factor, plus = Fraction(scale), Fraction(offset)
    bottom = math.lcm(factor.denominator, plus.denominator)
    times = factor.numerator * (bottom // factor.denominator)
    addend = plus.numerator * (bottom // plus.denominator)
    if bottom == 1:
        return lambda raw: raw * times + addend  # type: ignore[operator]  # an integer encoding
    return lambda raw: (raw * times + addend) / bottom  # type: ignore[operator]  # as above


def is_plain(tag: Tag) -> bool:
    """Say whether the unpacked number, scaled or not, is the value as it stands."""
    has_steps = tag.sentinels or tag.labels or tag.clamp or tag.valid or tag.mask is not None
    return not has_steps and tag.encoding not in FLOATS | BCDS | {Encoding.BIT}


def finisher(tag: Tag) -> Finish | None:  # noqa: C901  # the closure is counted in
    """Make what follows the unpacking of one tag; None where the raw number is the value."""
    if tag.encoding is Encoding.STRING:
        return finish_text(tag)
    scaled = scaler(tag)
    is_float = tag.encoding in FLOATS
    is_bit = tag.encoding is Encoding.BIT
    is_bcd = tag.encoding in BCDS
    mask = tag.mask
    if scaled is None and is_plain(tag):
        return None
    shift = (mask & -mask).bit_length() - 1 if mask else 0

    def finish(raw: Value) -> tuple[Value, Quality]:  # noqa: PLR0911, C901  # one way out a reason
        if tag.sentinels and raw_pattern(tag, raw) in tag.sentinels:
            return BAD_VALUE
        value = raw
        if is_float and not math.isfinite(value):  # type: ignore[arg-type]  # a float here
            return BAD_VALUE
        if is_bit:
            return bool(value >> tag.bit & 1), Quality.GOOD  # type: ignore[operator]  # an int here
        if mask is not None:
            value = (value & mask) >> shift  # type: ignore[operator]  # only integers have masks
        if is_bcd:
            value = decode_bcd(value, tag.count)  # type: ignore[arg-type]  # an int here
            if value is None:
                return BAD_VALUE
        if tag.labels and value not in tag.labels:
            return BAD_VALUE
        if scaled is not None:
            value = scaled(value)
        if isinstance(value, float) and not math.isfinite(value):
            return BAD_VALUE
        if tag.valid and not tag.valid[0] <= value <= tag.valid[1]:  # type: ignore[operator]  # numeric
            return BAD_VALUE
        if tag.clamp and not tag.clamp[0] <= value <= tag.clamp[1]:  # type: ignore[operator]  # numeric
            low, high = tag.clamp
            return (low if value < low else high), Quality.LIMITED  # type: ignore[operator]  # numeric
        return value, Quality.GOOD

    return finish


@dataclass(frozen=True, slots=True)
class Lane:
    """Tags of one byte order that one `struct` takes out of a reply in one go."""

    unpack: Callable[[bytes], tuple[Value, ...]]
    swapped: bool


class Layout:
    """The tags of one request, compiled: a reply's bytes become values with few steps.

    `tags` is in the order of the values that `decode` returns. Each byte order is one
    `struct` over the whole reply: BADC is ABCD, and CDAB is DCBA, once the two bytes of
    every word are exchanged, which is one slice assignment for the whole reply.
    """

    __slots__ = ("_finish", "_floats", "_lanes", "_size", "address", "count", "table", "tags")

    def __init__(self, table: Table, address: int, count: int, tags: Sequence[Tag]) -> None:
        self.table, self.address, self.count = table, address, count
        self._lanes: list[Lane] = []
        ordered: list[Tag] = []
        if table.has_bits:
            self._size = (count + 7) // 8
            ordered = sorted(tags, key=lambda tag: tag.address)
        else:
            self._size = 2 * count
            for order in Order:
                waiting = sorted((t for t in tags if t.order is order), key=lambda t: t.address)
                while waiting:
                    waiting = self._add_lane(order, waiting, ordered)
        self.tags = tuple(ordered)
        # A NaN or an infinity shows in the sum, so floats without further steps are checked
        # together, and one by one only when the sum is not finite.
        self._floats = [i for i, tag in enumerate(self.tags) if self._is_bare_float(tag)]
        bare = set(self._floats)
        self._finish = [
            (i, finish)
            for i, tag in enumerate(self.tags)
            if not table.has_bits and i not in bare and (finish := finisher(tag)) is not None
        ]

    @staticmethod
    def _is_bare_float(tag: Tag) -> bool:
        return (
            tag.encoding in FLOATS
            and scaler(tag) is None
            and not (tag.sentinels or tag.clamp or tag.valid or tag.labels)
        )

    def _add_lane(self, order: Order, tags: Sequence[Tag], taken: list[Tag]) -> list[Tag]:
        """Compile as many tags as do not overlap; return those left for a further lane."""
        shape, at, left = ("<" if order in {Order.DCBA, Order.CDAB} else ">"), self.address, []
        for tag in tags:
            if tag.address < at:
                left.append(tag)
                continue
            shape += "2x" * (tag.address - at)
            is_text = tag.encoding is Encoding.STRING
            shape += f"{2 * tag.words}s" if is_text else FORMAT_OF[tag.encoding]
            taken.append(tag)
            at = tag.end
        shape += "2x" * (self.address + self.count - at)
        unpack = struct.Struct(shape).unpack
        self._lanes.append(Lane(unpack, swapped=order in {Order.BADC, Order.CDAB}))
        return left

    def decode(self, raw: bytes) -> tuple[list[Value], dict[int, Quality]]:
        """Return the values in the order of `tags`, and the quality of those not good."""
        if len(raw) != self._size:
            raise LayoutMismatch(f"{len(raw)} bytes where {self._size} were asked for")
        quality: dict[int, Quality] = {}
        if self.table.has_bits:
            bits, base = int.from_bytes(raw, "little"), self.address
            return [bool(bits >> (tag.address - base) & 1) for tag in self.tags], quality
        values: list[Value] = []
        swapped: bytes | None = None
        for lane in self._lanes:
            if lane.swapped:
                swapped = swapped or swap_bytes(raw)
                values += lane.unpack(swapped)
            else:
                values += lane.unpack(raw)
        for i, finish in self._finish:
            values[i], good = finish(values[i])
            if good:
                quality[i] = good
        floats = self._floats
        if floats and not math.isfinite(math.fsum(map(values.__getitem__, floats))):  # type: ignore[arg-type]  # floats
            for i in floats:
                if not math.isfinite(values[i]):  # type: ignore[arg-type]  # a float here
                    values[i], quality[i] = BAD_VALUE
        return values, quality


def swap_bytes(raw: bytes) -> bytes:
    """Exchange the two bytes of every word."""
    swapped = bytearray(len(raw))
    swapped[0::2] = raw[1::2]
    swapped[1::2] = raw[0::2]
    return bytes(swapped)
