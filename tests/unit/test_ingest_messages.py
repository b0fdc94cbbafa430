"""The payloads of lab/1: what is taken, and why the rest is set aside."""

import math
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.mqtt.batch import Batch, Sorter, add_readings, reject
from gateways.mqtt.bulk import read_length, read_publish
from gateways.mqtt.inbox import Arrived, Inbox
from gateways.mqtt.messages import SIZE_MAX, Unintelligible, decode, identify, require_time
from gateways.mqtt.rates import Rates
from gateways.mqtt.registry import Registry
from gateways.mqtt.topics import Kind
from telemetry.devices.sequences import as_ranges
from telemetry.devices.service import KnownDevice
from telemetry.quarantine.rules import Reason
from telemetry.readings.arrays import Float8, Instants
from telemetry.readings.service import Row

NOW = 1_900_000_000_000
DAY = 86_400_000
GOOD = {"s": 1, "boot": "b", "seq": 7, "ts": NOW, "m": [{"k": 1, "v": 1.5}]}


def why(body: object, *, kind: Kind = Kind.MEASUREMENTS) -> Reason:
    payload = body if isinstance(body, bytes) else msgspec.json.encode(body)
    with pytest.raises(Unintelligible) as caught:
        place(payload, kind)
    return caught.value.reason


def place(payload: bytes, kind: Kind = Kind.MEASUREMENTS) -> list[Row]:
    rows: list[Row] = []
    message = decode(kind, payload)
    if kind is Kind.MEASUREMENTS:
        add_readings(rows, message, {1: 11, 2: 12}, NOW)
    return rows


@pytest.mark.parametrize("encode", [msgspec.json.encode, msgspec.msgpack.encode])
def test_json_and_message_pack_are_told_apart_by_their_first_byte(encode: object) -> None:
    assert callable(encode)

    assert place(encode(GOOD)) == [(11, NOW, 1.5, 0, NOW)]


def test_values_keep_their_own_times_and_what_the_device_does_not_know_is_bad() -> None:
    body = {**GOOD, "m": [{"k": 1, "v": 1, "dt": 4}, {"k": 2, "v": None}, {"k": 2, "v": True}]}

    assert place(msgspec.json.encode(body)) == [
        (11, NOW + 4, 1.0, 0, NOW),
        (12, NOW, None, 3, NOW),
        (12, NOW, 1.0, 0, NOW),
    ]


def test_what_comes_long_after_it_was_taken_is_marked_late() -> None:
    old = {**GOOD, "ts": NOW - 11 * 60_000}

    assert place(msgspec.json.encode(old))[0][3] == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Reason.UNDECODABLE),
        (b"{", Reason.UNDECODABLE),
        (b"\xff\xfe", Reason.UNDECODABLE),
        (b"\x85\xa1s\x01", Reason.UNDECODABLE),
        (b"[" * 100_000, Reason.WRONG_TYPE),
        (b'{"s":1,"boot":"b","seq":1,"ts":1,"m":[{"k":1,"v":NaN}]}', Reason.UNDECODABLE),
        (b" " * (SIZE_MAX + 1), Reason.TOO_LARGE),
        ({**GOOD, "s": 2}, Reason.WRONG_TYPE),
        ({**GOOD, "seq": 0}, Reason.WRONG_TYPE),
        ({**GOOD, "seq": 2**70}, Reason.WRONG_TYPE),
        ({**GOOD, "m": [{"k": 1, "v": []}]}, Reason.WRONG_TYPE),
        ({**GOOD, "m": [{"k": 1, "v": 1}] * 201}, Reason.WRONG_TYPE),
        ({**GOOD, "m": [{"k": 9, "v": 1}]}, Reason.UNKNOWN_METRIC),
        ({**GOOD, "ts": NOW // 1000}, Reason.EPOCH_UNIT),
        ({**GOOD, "ts": NOW * 1000}, Reason.EPOCH_UNIT),
        ({**GOOD, "ts": NOW + 6 * 60_000}, Reason.OUT_OF_TIME_WINDOW),
        ({**GOOD, "ts": NOW - 91 * DAY}, Reason.OUT_OF_TIME_WINDOW),
        ({**GOOD, "m": [{"k": 1, "v": 1, "dt": 10**9}]}, Reason.OUT_OF_TIME_WINDOW),
        (
            {**GOOD, "m": [{"k": 1, "v": 1}, {"k": 1, "v": 1, "dt": -9 * DAY}]},
            Reason.CHUNK_SCATTER,
        ),
    ],
)
def test_nonsense_has_its_reason(body: object, expected: Reason) -> None:
    assert why(body) is expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused_in_message_pack_too(value: float) -> None:
    body = msgspec.msgpack.encode({**GOOD, "m": [{"k": 1, "v": value}]})

    assert why(body) is Reason.NOT_FINITE


def test_message_is_taken_whole_or_not_at_all() -> None:
    body = {**GOOD, "m": [{"k": 1, "v": 1}, {"k": 9, "v": 1}]}
    rows: list[Row] = []

    with pytest.raises(Unintelligible):
        add_readings(rows, decode(Kind.MEASUREMENTS, msgspec.json.encode(body)), {1: 11}, NOW)

    assert rows == []


@given(st.binary(max_size=300), st.sampled_from(sorted(Kind)))
def test_nothing_that_arrives_stops_the_sorter(payload: bytes, kind: Kind) -> None:
    device = KnownDevice(UUID(int=1), "dev", None)
    registry = Registry()
    registry._devices["dev"] = device  # noqa: SLF001 - without a database
    registry.learn(device, "b", {1: 11})
    arrived = Arrived(1, 1, False, f"lab/1/dev/{kind}", payload, NOW)  # noqa: FBT003

    batch = Sorter(registry).sort_out(None, [arrived], may_wait=False)  # type: ignore[arg-type]

    assert len(batch.rejected) <= 1


def test_refused_message_that_can_be_told_counts_as_arrived() -> None:
    batch = Batch()
    told = Arrived(1, 1, False, "lab/1/dev/m", b'{"boot":"b","seq":5,"m":"?"}', NOW)  # noqa: FBT003
    untold = Arrived(1, 2, False, "lab/1/dev/m", b"{", NOW)  # noqa: FBT003

    for message in (told, untold):
        reject(batch, message, Reason.WRONG_TYPE, "")

    assert dict(batch.sequences) == {("dev", "b"): [5]}
    assert identify(b"{") is None


def test_time_window_has_its_edges() -> None:
    require_time(NOW + 5 * 60_000, NOW)
    require_time(NOW - 90 * DAY, NOW)


def test_numbers_become_ranges() -> None:
    assert as_ranges([3, 1, 2, 7, 9, 8, 2]) == "{[1,4),[7,10)}"
    assert as_ranges([]) == "{}"


def test_columns_are_packed_as_postgresql_reads_them() -> None:
    # 2000-01-01 00:00:00.001 UTC is one thousand microseconds.
    packed = Instants([946_684_800_001]).data

    assert packed[-12:] == b"\x00\x00\x00\x08" + (1000).to_bytes(8, "big")
    assert Float8([None]).data[-4:] == b"\xff\xff\xff\xff"


def test_length_of_a_packet_may_be_cut_off() -> None:
    assert read_length(b"\x00\x80\x01", 1) == (128, 3)
    assert read_length(b"\x00\x80", 1) == (0, 0)
    with pytest.raises(OSError, match="no MQTT"):
        read_length(b"\x00\xff\xff\xff\xff\x01", 1)


@pytest.mark.parametrize(
    ("properties", "has_properties"),
    [(b"", False), (b"\x00", True), (b"\x05\x02\x00\x00\x00\x3c", True)],
)
def test_publish_is_read_with_and_without_properties(
    properties: bytes, *, has_properties: bool
) -> None:
    packet = b"\x00\x03a/b\x01\x02" + properties + b"{}"

    taken = read_publish(packet, 0x33, 0, len(packet), has_properties=has_properties)

    assert taken == (0x0102, True, b"a/b", b"{}")


def test_long_properties_are_passed_over() -> None:
    words = b"\x26\x00\x01k\x00\xc8" + b"v" * 200
    packet = b"\x00\x01t" + bytes((len(words) & 0x7F | 0x80, len(words) >> 7)) + words + b"x"

    assert read_publish(packet, 0x30, 0, len(packet), has_properties=True) == (0, False, b"t", b"x")


def test_inbox_gives_what_it_took_in_order_and_counts_bytes() -> None:
    inbox = Inbox(messages_max=3)
    messages = [Arrived(1, n, False, "t", b"xy", NOW) for n in range(1, 4)]  # noqa: FBT003

    inbox.put(messages)
    assert inbox.is_full
    taken = inbox.take(2, wait_s=0, linger_s=0)

    assert [one.mid for one in taken] == [1, 2]
    assert not inbox.is_full


def test_flood_of_one_device_is_cut_and_a_day_of_arrears_is_not() -> None:
    rates = Rates(rate=10, burst=20)

    burst = [rates.allows("a", NOW) for _ in range(25)]
    later = [rates.allows("a", NOW + 1_000) for _ in range(15)]

    assert burst == [True] * 20 + [False] * 5
    assert later == [True] * 10 + [False] * 5
    assert rates.allows("b", NOW)
