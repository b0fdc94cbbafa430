"""Turning register words into values. Pure: bytes in, values out, no socket in sight."""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any, Final

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
INTEGERS: Final = frozenset(
    {
        Encoding.INT16,
        Encoding.UINT16,
        Encoding.INT32,
        Encoding.UINT32,
        Encoding.INT64,
        Encoding.UINT64,
    }
)
FLOATS: Final = frozenset({Encoding.FLOAT16, Encoding.FLOAT32, Encoding.FLOAT64})
BCDS: Final = frozenset({Encoding.BCD16, Encoding.BCD32, Encoding.BCD64})
ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
# Room for 64 bits times any scale a profile may hold, so that nothing is ever rounded.
EXACTLY: Final = Context(prec=80)
NINE: Final = 9


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


Finish = Callable[[Any], tuple[Value, Quality]]
BAD_VALUE: Final[tuple[Value, Quality]] = (None, Quality.BAD)


def sentinel_values(tag: Tag) -> frozenset[Value]:
    """Turn raw patterns, as manuals write them, into what unpacking makes of them."""
    shape = FORMAT_OF[tag.encoding]
    patterns = [pattern.to_bytes(2 * tag.count, "big") for pattern in tag.sentinels]
    return frozenset(struct.unpack(f">{shape}", pattern)[0] for pattern in patterns)


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

    def finish(raw: bytes) -> tuple[Value, Quality]:
        text = raw[::-1] if backwards else raw
        try:
            decoded = text.split(b"\0", 1)[0].decode("utf-8").strip()
        except UnicodeDecodeError:
            return BAD_VALUE
        return (decoded, Quality.GOOD) if decoded.isprintable() else BAD_VALUE

    return finish


@dataclass(frozen=True, slots=True)
class Ratio:
    """An integer's scale as whole numbers: (raw × times + plus) / bottom.

    One true division of whole numbers is rounded once and correctly: 3 × 0.1 is 0.3.
    """

    times: int
    plus: int
    bottom: int

    @classmethod
    def of(cls, tag: Tag) -> "Ratio":
        factor, plus = Fraction(tag.scale), Fraction(tag.offset)
        bottom = math.lcm(factor.denominator, plus.denominator)
        return cls(
            factor.numerator * (bottom // factor.denominator),
            plus.numerator * (bottom // plus.denominator),
            bottom,
        )


def scaler(tag: Tag) -> Callable[[Any], Value] | None:
    """Make the step from the raw number to the measured one; None where they are the same."""
    if tag.scale == ONE and tag.offset == ZERO:
        return None
    scale, offset = tag.scale, tag.offset
    if tag.exact:

        def exactly(raw: int) -> Value:
            value = EXACTLY.fma(raw, scale, offset)
            whole = value.to_integral_value()
            return int(whole) if whole == value else value

        return exactly
    if tag.encoding in FLOATS:
        by, add = float(scale), float(offset)
        return lambda raw: raw * by + add
    ratio = Ratio.of(tag)
    times, plus, bottom = ratio.times, ratio.plus, ratio.bottom
    if bottom == 1:
        return lambda raw: raw * times + plus
    return lambda raw: (raw * times + plus) / bottom


def reader(tag: Tag) -> Callable[[Any], Any]:
    """Make the step from what was unpacked to the raw number; its None means nonsense."""
    mask, labels, count = tag.mask, tag.labels, tag.count
    if tag.encoding is Encoding.BIT:
        return lambda raw: bool(raw >> tag.bit & 1)
    if tag.encoding in BCDS:
        return lambda raw: decode_bcd(raw, count)
    if tag.encoding in FLOATS:
        return lambda raw: raw if math.isfinite(raw) else None
    shift = (mask & -mask).bit_length() - 1 if mask else 0

    def read(raw: int) -> int | None:
        number = raw if mask is None else (raw & mask) >> shift
        return None if labels and number not in labels else number

    return read


def limiter(tag: Tag) -> Finish | None:
    """Make the last step: what lies outside is refused or limited; None where all is in."""
    valid, clamp = tag.valid, tag.clamp
    if valid is None and clamp is None:
        return None

    def limit(value: Any) -> tuple[Value, Quality]:  # noqa: ANN401  # any kind of number
        if valid is not None and not valid[0] <= value <= valid[1]:
            return BAD_VALUE
        if clamp is not None and not clamp[0] <= value <= clamp[1]:
            return (clamp[0] if value < clamp[0] else clamp[1]), Quality.LIMITED
        return value, Quality.GOOD

    return limit


def finisher(tag: Tag) -> Finish | None:
    """Make what follows the unpacking of one tag; None where the raw number is the value."""
    if tag.encoding is Encoding.STRING:
        return finish_text(tag)
    has_steps = tag.sentinels or tag.labels or tag.clamp or tag.valid or tag.mask is not None
    scaled = scaler(tag)
    if scaled is None and not has_steps and tag.encoding not in FLOATS | BCDS | {Encoding.BIT}:
        return None
    sentinels = sentinel_values(tag) if tag.sentinels else frozenset()
    read, limit = reader(tag), limiter(tag)

    def finish(raw: Any) -> tuple[Value, Quality]:  # noqa: ANN401  # whatever was unpacked
        if raw in sentinels:
            return BAD_VALUE
        value = read(raw)
        if value is None:
            return BAD_VALUE
        if scaled is not None:
            value = scaled(value)
            if isinstance(value, float) and not math.isfinite(value):
                return BAD_VALUE
        return (value, Quality.GOOD) if limit is None else limit(value)

    return finish
