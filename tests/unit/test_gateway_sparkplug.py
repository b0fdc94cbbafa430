"""What a Sparkplug B host application must do; payloads are encoded here by hand."""

import re
import struct
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateways.adapters import sparkplug_payload
from gateways.adapters.actions import (
    Action,
    Arrived,
    Born,
    Died,
    Observed,
    Reading,
    Rejected,
    Said,
)
from gateways.adapters.sparkplug import SparkplugHost
from gateways.modbus.registers import Quality
from gateways.profiles.profile import WireType

NOW = 1_795_000_000_000
INT8, INT32, INT64, UINT64, FLOAT, DOUBLE, BOOLEAN, STRING = 1, 3, 4, 8, 9, 10, 11, 12


# Protobuf's wire format, by hand, so that our own description is not tested against itself.


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def whole(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def chunk(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def metric(
    name: str | None = None,
    *,
    alias: int | None = None,
    kind: int | None = None,
    value: Any = None,
    at_ms: int | None = None,
    historical: bool = False,
    unit: str | None = None,
    as_kind: int | None = None,
) -> bytes:
    """Encode a metric; `as_kind` says how the value is written where the kind is left out."""
    out = chunk(1, name.encode()) if name is not None else b""
    out += whole(2, alias) if alias is not None else b""
    out += whole(3, at_ms) if at_ms is not None else b""
    out += whole(4, kind) if kind is not None else b""
    out += whole(5, 1) if historical else b""
    if unit is not None:
        prop = whole(1, STRING) + chunk(8, unit.encode())
        out += chunk(9, chunk(1, b"engUnit") + chunk(2, prop))
    if value is None:
        return out + whole(7, 1)
    write = {
        INT8: lambda: whole(10, value & 0xFFFFFFFF),
        INT32: lambda: whole(10, value & 0xFFFFFFFF),
        INT64: lambda: whole(11, value & 0xFFFFFFFFFFFFFFFF),
        UINT64: lambda: whole(11, value & 0xFFFFFFFFFFFFFFFF),
        FLOAT: lambda: varint(12 << 3 | 5) + struct.pack("<f", value),
        DOUBLE: lambda: varint(13 << 3 | 1) + struct.pack("<d", value),
        BOOLEAN: lambda: whole(14, int(value)),
        STRING: lambda: chunk(15, value.encode()),
    }
    written = kind if as_kind is None else as_kind
    assert written is not None
    return out + write[written]()


def body(*metrics: bytes, seq: int | None = None, at_ms: int = NOW) -> bytes:
    out = whole(1, at_ms) + b"".join(chunk(2, m) for m in metrics)
    return out + (whole(3, seq) if seq is not None else b"")


def bd_seq(number: int) -> bytes:
    return metric("bdSeq", kind=INT64, value=number)


class Field:
    """An edge node under test: writes its messages, and collects what the host does."""

    def __init__(self, *, reorder_timeout_ms: int = 2_000) -> None:
        self.host = SparkplugHost("our-host", reorder_timeout_ms=reorder_timeout_ms)

    def say(self, kind: str, data: bytes, device: str = "", *, at_ms: int = NOW) -> list[Action]:
        topic = f"spBv1.0/lab/{kind}/node-1" + (f"/{device}" if device else "")
        return self.host.feed(Arrived(topic, data, at_ms))

    def bear(self, *, number: int = 3, seq: int = 0) -> list[Action]:
        return self.say(
            "NBIRTH",
            body(
                bd_seq(number),
                metric("Node Control/Rebirth", kind=BOOLEAN, value=False),
                metric("Supply", alias=1, kind=FLOAT, value=24.5, unit="V"),
                seq=seq,
            ),
        )

    def bear_device(self, seq: int = 1) -> list[Action]:
        return self.say(
            "DBIRTH",
            body(
                metric("Temp/Chamber", alias=7, kind=DOUBLE, value=36.5, unit="Cel"),
                metric("Count", alias=8, kind=UINT64, value=41),
                seq=seq,
            ),
            "oven",
        )

    def data(self, value: float, seq: int, *, at_ms: int = NOW) -> list[Action]:
        return self.say(
            "DDATA",
            body(metric(alias=7, value=value, as_kind=DOUBLE), seq=seq, at_ms=at_ms),
            "oven",
            at_ms=at_ms,
        )


def readings(actions: list[Action]) -> list[tuple[str, str, object]]:
    return [
        (action.device, reading.name, reading.value)
        for action in actions
        if isinstance(action, Observed)
        for reading in action.readings
    ]


def rebirths(actions: list[Action]) -> list[Said]:
    return [a for a in actions if isinstance(a, Said) and "/NCMD/" in a.topic]


@pytest.fixture
def born() -> Field:
    field = Field()
    field.bear()
    field.bear_device()
    return field


# STATE: how a host shows that it is there.


def test_will_is_a_retained_death_certificate_of_the_moment() -> None:
    will = SparkplugHost("our-host").will(NOW)

    assert will is not None
    assert (will.topic, will.qos, will.retain) == ("spBv1.0/STATE/our-host", 1, True)
    assert msgspec.json.decode(will.payload) == {"online": False, "timestamp": NOW}


def test_first_message_is_a_birth_with_the_wills_time() -> None:
    host = SparkplugHost("our-host")
    host.will(NOW)

    [said] = host.connected(NOW + 50)

    assert isinstance(said, Said)
    assert (said.topic, said.qos, said.retain) == ("spBv1.0/STATE/our-host", 1, True)
    assert msgspec.json.decode(said.payload) == {"online": True, "timestamp": NOW}


def test_own_state_and_the_namespace_are_subscribed_to() -> None:
    topics = [topic for topic, _ in SparkplugHost("our-host").subscriptions()]

    assert topics == ["spBv1.0/STATE/our-host", "spBv1.0/#"]


def test_clean_leave_says_offline_at_that_moment() -> None:
    host = SparkplugHost("our-host")
    host.will(NOW)

    [said] = host.farewell(NOW + 900)

    assert (said.qos, said.retain) == (1, True)
    assert msgspec.json.decode(said.payload) == {"online": False, "timestamp": NOW + 900}


def test_host_said_to_be_offline_contradicts_at_once_with_its_wills_time() -> None:
    host = SparkplugHost("our-host")
    host.will(NOW)
    offline = msgspec.json.encode({"online": False, "timestamp": NOW})

    [said] = host.feed(Arrived("spBv1.0/STATE/our-host", offline, NOW + 9, retain=True))

    assert isinstance(said, Said)
    assert msgspec.json.decode(said.payload) == {"online": True, "timestamp": NOW}
    assert host.feed(Arrived("spBv1.0/STATE/another", offline, NOW + 9)) == []


# Births, aliases, data.


def test_birth_names_metrics_with_their_units_and_types() -> None:
    field = Field()

    actions = [*field.bear(), *field.bear_device()]

    births = {a.device: a.metrics for a in actions if isinstance(a, Born)}
    assert [(m.name, m.unit, m.wire) for m in births["lab/node-1"]] == [
        ("supply", "V", WireType.FLOAT)
    ]
    assert [(m.name, m.unit, m.wire) for m in births["lab/node-1/oven"]] == [
        ("temp_chamber", "Cel", WireType.FLOAT),
        ("count", "1", WireType.INTEGER),
    ]
    assert readings(actions) == [
        ("lab/node-1", "supply", 24.5),
        ("lab/node-1/oven", "temp_chamber", 36.5),
        ("lab/node-1/oven", "count", 41),
    ]


def test_data_by_alias_takes_name_and_type_from_the_birth(born: Field) -> None:
    assert readings(born.data(37.25, 2)) == [("lab/node-1/oven", "temp_chamber", 37.25)]


def test_data_by_name_is_understood_too(born: Field) -> None:
    data = body(metric("Count", kind=UINT64, value=42), seq=2)

    assert readings(born.say("DDATA", data, "oven")) == [("lab/node-1/oven", "count", 42)]


def test_alias_of_another_device_is_not_ours(born: Field) -> None:
    born.say("DBIRTH", body(metric("Flow", alias=9, kind=FLOAT, value=1.0), seq=2), "pump")

    actions = born.say("DDATA", body(metric(alias=9, value=5.0, as_kind=FLOAT), seq=3), "oven")

    assert readings(actions) == []
    assert len(rebirths(actions)) == 1


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        pytest.param(INT8, 0xFFFFFFFE, -2, id="int8 filled up"),
        pytest.param(INT8, 0xFE, -2, id="int8 bare"),
        pytest.param(INT32, 0xFFFFFFFE, -2, id="int32"),
        pytest.param(INT64, 2**64 - 2, -2, id="int64"),
        pytest.param(UINT64, 2**64 - 2, 2**64 - 2, id="uint64"),
    ],
)
def test_integers_are_read_as_their_type_says(kind: int, written: int, expected: int) -> None:
    field = Field()
    field.bear()

    birth = body(metric("x", kind=kind, value=written), seq=1)
    actions = field.say("DBIRTH", birth, "d")

    assert readings(actions) == [("lab/node-1/d", "x", expected)]


def test_null_is_null_and_bad(born: Field) -> None:
    actions = born.say("DDATA", body(metric(alias=7), seq=2), "oven")

    [observed] = [a for a in actions if isinstance(a, Observed)]
    assert observed.readings == (Reading("temp_chamber", None, NOW, Quality.BAD),)


def test_each_metric_keeps_its_own_time_also_a_historical_one(born: Field) -> None:
    old = metric(alias=7, value=30.0, as_kind=DOUBLE, at_ms=NOW - 3_600_000, historical=True)
    actions = born.say("DDATA", body(old, seq=2), "oven")

    [observed] = [a for a in actions if isinstance(a, Observed)]
    assert observed.readings[0].at_ms == NOW - 3_600_000


# Order: seq 0…255, then 0 again.


def test_sequence_wraps_from_255_to_0(born: Field) -> None:
    for seq in [*range(2, 256), 0, 1]:
        assert readings(born.data(float(seq), seq)) == [
            ("lab/node-1/oven", "temp_chamber", float(seq))
        ]


def test_missing_message_that_comes_in_time_is_put_in_its_place(born: Field) -> None:
    assert born.data(4.0, 4) == []
    assert born.data(3.0, 3) == []

    actions = born.data(2.0, 2)

    assert [value for _, _, value in readings(actions)] == [2.0, 3.0, 4.0]
    assert born.host.tick(NOW + 60_000) == []


def test_missing_message_that_never_comes_brings_a_rebirth_request(born: Field) -> None:
    born.data(3.0, 3)
    assert born.host.tick(NOW + 1_999) == []

    actions = born.host.tick(NOW + 2_000)

    [request] = rebirths(actions)
    assert (request.topic, request.qos, request.retain) == (
        "spBv1.0/lab/NCMD/node-1",
        0,
        False,
    )
    assert request.payload == body(
        metric("Node Control/Rebirth", kind=BOOLEAN, value=True, at_ms=NOW + 2_000),
        at_ms=NOW + 2_000,
    )
    assert rebirths(born.host.tick(NOW + 2_500)) == []


def test_without_a_reorder_timeout_a_rebirth_is_asked_for_at_once() -> None:
    field = Field(reorder_timeout_ms=0)
    field.bear()

    assert len(rebirths(field.say("NDATA", body(seq=5)))) == 1


def test_rebirth_begins_a_new_session(born: Field) -> None:
    born.data(3.0, 3)
    born.host.tick(NOW + 2_000)

    born.bear(seq=0)
    born.bear_device(seq=1)

    assert readings(born.data(8.0, 2)) == [("lab/node-1/oven", "temp_chamber", 8.0)]


def test_data_of_a_node_never_born_brings_one_rebirth_request() -> None:
    field = Field()

    first = field.data(1.0, 0)
    second = field.data(2.0, 1)
    later = field.data(3.0, 2, at_ms=NOW + 20_000)

    assert [len(rebirths(a)) for a in (first, second, later)] == [1, 0, 1]


def test_data_of_a_device_never_born_brings_a_rebirth_request() -> None:
    field = Field()
    field.bear()

    assert len(rebirths(field.data(1.0, 1))) == 1


# Deaths.


def test_death_of_a_node_takes_its_devices_with_it(born: Field) -> None:
    actions = born.say("NDEATH", body(bd_seq(3)), at_ms=NOW + 77)

    assert actions == [
        Died("lab/node-1/oven", NOW + 77),
        Died("lab/node-1", NOW + 77),
    ]


def test_late_death_of_an_earlier_session_is_no_death(born: Field) -> None:
    actions = born.say("NDEATH", body(bd_seq(2)))

    assert [type(a) for a in actions] == [Rejected]
    assert readings(born.data(5.0, 2)) != []


def test_bd_seq_of_0_follows_255(born: Field) -> None:
    born.bear(number=255)
    assert [type(a) for a in born.say("NDEATH", body(bd_seq(255)))] == [Died]
    born.bear(number=0)

    assert [type(a) for a in born.say("NDEATH", body(bd_seq(255)))] == [Rejected]
    assert [type(a) for a in born.say("NDEATH", body(bd_seq(0)))] == [Died]


def test_death_of_a_device_has_the_payloads_time(born: Field) -> None:
    actions = born.say("DDEATH", body(seq=2, at_ms=NOW - 5), "oven", at_ms=NOW + 100)

    assert actions == [Died("lab/node-1/oven", NOW - 5)]


# Bad input.


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        pytest.param("spBv1.0/lab/NDATA/node-1", b"\xff\xff\xff", id="no protobuf"),
        pytest.param("spBv1.0/lab/NBIRTH/node-1", body(), id="birth without seq"),
        pytest.param("spBv1.0/lab/NBIRTH/node-1", body(seq=256), id="seq too large"),
        pytest.param("spBv1.0/lab/XDATA/node-1", body(seq=1), id="unknown kind"),
        pytest.param("spBv1.0/lab/NDATA/node-1/a/b", body(seq=1), id="too many levels"),
        pytest.param("spAv1.0/lab/NDATA/node-1", body(seq=1), id="another namespace"),
        pytest.param("spBv1.0/STATE/our-host", b"{", id="no JSON"),
    ],
)
def test_nonsense_is_rejected_and_nothing_else_happens(topic: str, data: bytes) -> None:
    host = SparkplugHost("our-host")
    host.will(NOW)

    actions = host.feed(Arrived(topic, data, NOW))

    assert [type(a) for a in actions] == [Rejected]


def test_retained_session_message_is_rejected(born: Field) -> None:
    data = body(metric(alias=7, value=1.0, as_kind=DOUBLE), seq=2)

    actions = born.host.feed(Arrived("spBv1.0/lab/DDATA/node-1/oven", data, NOW, retain=True))

    assert [type(a) for a in actions] == [Rejected]


def test_commands_of_other_hosts_are_none_of_our_business(born: Field) -> None:
    assert born.say("NCMD", body()) == []
    assert born.say("DCMD", body(), "oven") == []


def test_value_that_does_not_fit_its_type_is_null() -> None:
    raw = chunk(2, metric("x", kind=FLOAT, value="text", as_kind=STRING))

    read = sparkplug_payload.parse(raw)

    assert sparkplug_payload.read_metric(read.metrics[0]).value is None


def test_page_of_assertions_names_tests_that_exist() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "sparkplug.md").read_text(encoding="utf-8")
    files = [Path(__file__), root / "tests" / "devices" / "test_gateway_foreign.py"]
    written = {
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }

    named = set(re.findall(r"\b(test_(?!gateway)\w+)", page))

    assert named - written == set()
    assert len(set(re.findall(r"tck-id-[\w-]+", page))) >= 60
