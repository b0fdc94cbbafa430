import math
import random
import struct
from decimal import Decimal

import pytest

from gateways.modbus.layout import Layout, LayoutMismatch
from gateways.modbus.registers import Encoding, Order, Quality, Table, Tag, Value
from tests.devices.register_bytes import CASES, Case


def decode_one(tag: Tag, raw: bytes) -> tuple[Value, Quality]:
    values, quality = Layout(tag.table, tag.address, tag.count, [tag]).decode(raw)
    return values[0], quality.get(0, Quality.GOOD)


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.encoding}-{case.value}")
def test_value_is_read_in_each_byte_order(case: Case, order: Order) -> None:
    value, quality = decode_one(case.tag(order, Table.HOLDING), case.registers(order))

    assert (value, type(value), quality) == (case.value, type(case.value), Quality.GOOD)


def test_every_encoding_is_among_the_cases() -> None:
    assert {case.encoding for case in CASES} == set(Encoding) - {Encoding.BOOL}


def test_all_orders_and_encodings_are_read_together_from_one_request() -> None:
    tags, raw, expected, address = [], b"", {}, 0
    for case in CASES:
        for order in Order:
            tag = case.tag(order, Table.HOLDING, address)
            tags.append(tag)
            raw += case.registers(order)
            expected[tag.address] = case.value
            address = tag.end + 1
            raw += b"\xab\xcd"

    layout = Layout(Table.HOLDING, 0, len(raw) // 2, tags)
    values, quality = layout.decode(raw)

    assert {tag.address: v for tag, v in zip(layout.tags, values, strict=True)} == expected
    assert quality == {}


def test_bits_of_coils_come_lowest_first() -> None:
    tags = [Tag(f"b{i}", Table.COIL, 20 + i, Encoding.BOOL) for i in (0, 3, 9)]

    values, _ = Layout(Table.COIL, 20, 10, tags).decode(bytes([0b0000_1000, 0b0000_0010]))

    assert values == [False, True, True]


@pytest.mark.parametrize("size", [0, 2, 3, 5, 6])
def test_reply_of_another_length_is_no_value(size: int) -> None:
    tag = Tag("x", Table.INPUT, 0, Encoding.UINT32)

    with pytest.raises(LayoutMismatch):
        Layout(Table.INPUT, 0, 2, [tag]).decode(bytes(size))


@pytest.mark.parametrize(
    ("raw", "scale", "offset", "expected"),
    [
        pytest.param(3, "0.1", "0", 0.3, id="a tenth is rounded once"),
        pytest.param(235, "0.1", "0", 23.5, id="plain tenth"),
        pytest.param(1000, "0.01", "-40", -30.0, id="scale and offset"),
        pytest.param(7, "10", "0", 70, id="whole scale stays whole"),
        pytest.param(7, "1", "-273", -266, id="whole offset stays whole"),
        pytest.param(1, "0.00390625", "0", 0.00390625, id="a 256th"),
    ],
)
def test_scale_is_applied(raw: int, scale: str, offset: str, expected: float) -> None:
    tag = Tag("x", Table.INPUT, 0, Encoding.UINT16, scale=Decimal(scale), offset=Decimal(offset))

    value, _ = decode_one(tag, raw.to_bytes(2, "big"))

    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("raw", "scale", "expected"),
    [
        pytest.param(
            2**64 - 1, "0.001", Decimal("18446744073709551.615"), id="no float on the way"
        ),
        pytest.param(2**64 - 1, "10", 184467440737095516150, id="whole stays whole"),
        pytest.param(123400, "0.01", 1234, id="whole after scaling"),
    ],
)
def test_billed_register_is_exact(raw: int, scale: str, expected: Decimal | int) -> None:
    tag = Tag("x", Table.INPUT, 0, Encoding.UINT64, scale=Decimal(scale), exact=True)

    value, _ = decode_one(tag, raw.to_bytes(8, "big"))

    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("encoding", "sentinel", "raw"),
    [
        pytest.param(Encoding.INT16, 0x8000, "8000", id="int16"),
        pytest.param(Encoding.UINT16, 0xFFFF, "FFFF", id="uint16"),
        pytest.param(Encoding.INT32, 0x80000000, "80000000", id="int32"),
        pytest.param(Encoding.FLOAT32, 0x7FC00000, "7FC00000", id="float32 NaN"),
        pytest.param(Encoding.FLOAT32, 0x4E6E6B28, "4E6E6B28", id="float32 pattern"),
        pytest.param(Encoding.UINT64, 2**64 - 1, "F" * 16, id="uint64"),
    ],
)
def test_not_implemented_pattern_is_null(encoding: Encoding, sentinel: int, raw: str) -> None:
    tag = Tag("x", Table.INPUT, 0, encoding, sentinels=frozenset({sentinel}), scale=Decimal("0.1"))

    assert decode_one(tag, bytes.fromhex(raw)) == (None, Quality.BAD)


@pytest.mark.parametrize("raw", ["7FC00000", "FF800000", "7F800000", "7F800001"])
def test_float_that_is_no_number_is_null_and_its_neighbours_are_not(raw: str) -> None:
    tags = [Tag(f"f{i}", Table.INPUT, 2 * i, Encoding.FLOAT32) for i in range(3)]

    values, quality = Layout(Table.INPUT, 0, 6, tags).decode(
        struct.pack(">f", 1.0) + bytes.fromhex(raw) + struct.pack(">f", 2.0)
    )

    assert values == [1.0, None, 2.0]
    assert quality == {1: Quality.BAD}


def test_floats_whose_sum_overflows_are_all_kept() -> None:
    biggest = 1.7976931348623157e308
    tags = [Tag(f"f{i}", Table.INPUT, 4 * i, Encoding.FLOAT64) for i in range(2)]

    values, quality = Layout(Table.INPUT, 0, 8, tags).decode(struct.pack(">dd", biggest, biggest))

    assert math.isinf(sum([biggest, biggest]))
    assert (values, quality) == ([biggest, biggest], {})


@pytest.mark.parametrize(
    ("tag", "raw", "expected"),
    [
        pytest.param(
            Tag("x", Table.INPUT, 0, Encoding.BCD16), "12A4", (None, Quality.BAD), id="no digit"
        ),
        pytest.param(
            Tag("x", Table.INPUT, 0, Encoding.STRING, words=2),
            "41FF4243",
            (None, Quality.BAD),
            id="no text",
        ),
        pytest.param(
            Tag("x", Table.INPUT, 0, Encoding.UINT16, mask=0x0F00),
            "AB12",
            (0xB, Quality.GOOD),
            id="mask is shifted down",
        ),
        pytest.param(
            Tag("x", Table.INPUT, 0, Encoding.UINT16, labels={1: "on"}),
            "0001",
            (1, Quality.GOOD),
            id="known code",
        ),
        pytest.param(
            Tag("x", Table.INPUT, 0, Encoding.UINT16, labels={1: "on"}),
            "0002",
            (None, Quality.BAD),
            id="unknown code",
        ),
        pytest.param(
            Tag("x", Table.INPUT, 0, Encoding.INT16, clamp=(0, 100)),
            "FFFF",
            (0, Quality.LIMITED),
            id="limited",
        ),
        pytest.param(
            Tag("x", Table.INPUT, 0, Encoding.INT16, valid=(-40, 125)),
            "7FFF",
            (None, Quality.BAD),
            id="cannot be",
        ),
    ],
)
def test_value_with_a_further_step(tag: Tag, raw: str, expected: tuple[Value, Quality]) -> None:
    assert decode_one(tag, bytes.fromhex(raw)) == expected


def test_flags_of_one_register_are_read_side_by_side() -> None:
    tags = [Tag(f"b{i}", Table.HOLDING, 7, Encoding.BIT, bit=i) for i in range(16)]

    layout = Layout(Table.HOLDING, 7, 1, tags)
    values, _ = layout.decode(bytes.fromhex("8421"))

    on = {tag.bit for tag, value in zip(layout.tags, values, strict=True) if value}
    assert on == {0, 5, 10, 15}


def test_tags_read_together_are_read_as_each_alone() -> None:
    chance = random.Random(11)
    encodings = sorted(set(Encoding) - {Encoding.BOOL})
    for _ in range(40):
        tags, address = [], 100
        for i in range(chance.randrange(1, 30)):
            encoding = chance.choice(encodings)
            is_number = encoding not in {Encoding.BIT, Encoding.STRING}
            tag = Tag(
                f"t{i}",
                Table.HOLDING,
                address + chance.randrange(3),
                encoding,
                chance.choice(list(Order)),
                words=3,
                bit=chance.randrange(16),
                scale=Decimal(chance.choice(["1", "0.1", "10"])) if is_number else Decimal(1),
                offset=Decimal(chance.choice(["0", "-40"])) if is_number else Decimal(0),
                sentinels=frozenset({0xFFFF}) if encoding is Encoding.UINT16 else frozenset(),
            )
            tags.append(tag)
            # Now and then the next one lies over this one.
            address = chance.choice([tag.end, tag.end, tag.address])
        count = max(tag.end for tag in tags) - 100
        words = [chance.choice([0xFFFF, 0x7FC0, chance.randrange(65536)]) for _ in range(count)]
        raw = struct.pack(f">{count}H", *words)

        layout = Layout(Table.HOLDING, 100, count, tags)
        values, quality = layout.decode(raw)

        for i, tag in enumerate(layout.tags):
            alone = raw[2 * (tag.address - 100) : 2 * (tag.end - 100)]
            assert (values[i], quality.get(i, Quality.GOOD)) == decode_one(tag, alone), tag
