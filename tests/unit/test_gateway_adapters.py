"""ThingsBoard's gateway API, Homie 5 and mapped JSON, one message at a time."""

import json
from decimal import Decimal

import pytest

from gateways.adapters.actions import (
    Action,
    Adapter,
    Arrived,
    Born,
    Described,
    Died,
    Observed,
    Rejected,
    metric_name,
)
from gateways.adapters.homie import HomieController
from gateways.adapters.mapped_json import (
    MappedJson,
    MappedMetric,
    PathMalformed,
    Rule,
    follow,
    read_path,
)
from gateways.adapters.thingsboard import ThingsBoardGateway
from gateways.profiles.profile import WireType

NOW = 1_795_000_000_000


def say(adapter: Adapter, topic: str, content: object, *, retain: bool = False) -> list[Action]:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return adapter.feed(Arrived(topic, payload, NOW, retain))


def values(actions: list[Action]) -> list[tuple[str, str, object, int]]:
    return [
        (action.device, reading.name, reading.value, reading.at_ms)
        for action in actions
        if isinstance(action, Observed)
        for reading in action.readings
    ]


def kinds(actions: list[Action]) -> list[type]:
    return [type(action) for action in actions]


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [("Temp/Chamber 1", "temp_chamber_1"), ("2nd", "m_2nd"), ("温度", "m_"), ("A" * 99, "a" * 63)],
)
def test_any_name_becomes_one_of_ours(foreign: str, ours: str) -> None:
    assert metric_name(foreign) == ours


# ThingsBoard.


def test_thingsboard_telemetry_of_several_devices_keeps_their_times() -> None:
    adapter = ThingsBoardGateway()
    say(adapter, "v1/gateway/connect", {"device": "Oven 1"})

    actions = say(
        adapter,
        "v1/gateway/telemetry",
        {
            "Oven 1": [
                {"ts": NOW - 2000, "values": {"temperature": 42, "door open": False}},
                {"ts": NOW - 1000, "values": {"temperature": 42.5}},
            ],
            "Scale": [{"mass": 12.25}],
        },
    )

    assert values(actions) == [
        ("Oven 1", "temperature", 42, NOW - 2000),
        ("Oven 1", "door_open", False, NOW - 2000),
        ("Oven 1", "temperature", 42.5, NOW - 1000),
        ("Scale", "mass", 12.25, NOW),
    ]
    assert [a.device for a in actions if isinstance(a, Born)] == ["Scale"]


def test_thingsboard_device_comes_and_goes() -> None:
    adapter = ThingsBoardGateway()

    assert say(adapter, "v1/gateway/connect", {"device": "A"}) == [Born("A", (), NOW)]
    assert say(adapter, "v1/gateway/disconnect", {"device": "A"}) == [Died("A", NOW)]


@pytest.mark.parametrize(
    ("topic", "content"),
    [
        pytest.param("v1/gateway/telemetry", b"{", id="no JSON"),
        pytest.param("v1/gateway/telemetry", [], id="no object"),
        pytest.param("v1/gateway/connect", {"device": 5}, id="no name"),
        pytest.param("v1/gateway/claim", {}, id="another topic"),
    ],
)
def test_thingsboard_nonsense_is_rejected(topic: str, content: object) -> None:
    assert kinds(say(ThingsBoardGateway(), topic, content)) == [Rejected]


def test_thingsboard_takes_what_it_can_of_a_partly_wrong_message() -> None:
    actions = say(
        ThingsBoardGateway(),
        "v1/gateway/telemetry",
        {"A": [{"ts": "soon", "values": {"x": 1}}, 7, {"x": {"deep": 1}, "y": 2}], "B": 3},
    )

    assert values(actions) == [("A", "y", 2, NOW)]
    assert sum(isinstance(a, Rejected) for a in actions) == 4


# Homie 5.

DESCRIPTION = {
    "homie": "5.0",
    "version": 7,
    "nodes": {
        "oven": {
            "properties": {
                "temp": {"datatype": "float", "unit": "°C"},
                "cycles": {"datatype": "integer"},
                "door": {"datatype": "boolean"},
                "mode": {"datatype": "enum", "format": "idle,run"},
                "look": {"datatype": "color", "format": "rgb"},
            }
        }
    },
}


def ready_homie() -> HomieController:
    adapter = HomieController()
    say(adapter, "homie/5/oven-1/$state", b"init")
    say(adapter, "homie/5/oven-1/$description", DESCRIPTION)
    say(adapter, "homie/5/oven-1/$state", b"ready")
    return adapter


def test_homie_device_is_born_when_described_and_ready_in_either_order() -> None:
    first = HomieController()
    say(first, "homie/5/oven-1/$description", DESCRIPTION, retain=True)
    born = say(first, "homie/5/oven-1/$state", b"ready", retain=True)
    second = HomieController()
    say(second, "homie/5/oven-1/$state", b"ready", retain=True)

    assert say(second, "homie/5/oven-1/$description", DESCRIPTION, retain=True) == born
    assert born == [
        Born(
            "oven-1",
            (
                Described("oven_temp", "Cel", WireType.FLOAT),
                Described("oven_cycles", "1", WireType.INTEGER),
                Described("oven_door", "1", WireType.BOOLEAN),
                Described("oven_mode", "1", WireType.STRING),
            ),
            NOW,
        )
    ]


@pytest.mark.parametrize(
    ("prop", "raw", "expected"),
    [
        ("temp", b"36.5", 36.5),
        ("cycles", b"-12", -12),
        ("door", b"true", True),
        ("mode", b"run", "run"),
    ],
)
def test_homie_value_is_read_as_its_datatype(prop: str, raw: bytes, expected: object) -> None:
    actions = say(ready_homie(), f"homie/5/oven-1/oven/{prop}", raw)

    assert values(actions) == [("oven-1", f"oven_{prop}", expected, NOW)]


@pytest.mark.parametrize(
    ("prop", "raw"),
    [
        ("temp", b"nan"),
        ("temp", b"warm"),
        ("cycles", b"1.5"),
        ("cycles", b" 1"),
        ("cycles", b"1_0"),
        ("door", b"True"),
        ("unknown", b"1"),
        ("temp", b"\xff"),
    ],
)
def test_homie_value_that_is_none_is_rejected(prop: str, raw: bytes) -> None:
    assert kinds(say(ready_homie(), f"homie/5/oven-1/oven/{prop}", raw)) == [Rejected]


def test_homie_value_kept_by_the_broker_has_no_known_age() -> None:
    actions = say(ready_homie(), "homie/5/oven-1/oven/temp", b"36.5", retain=True)

    assert kinds(actions) == [Rejected]


@pytest.mark.parametrize("state", [b"lost", b"disconnected", b"sleeping"])
def test_homie_device_that_leaves_is_offline_once(state: bytes) -> None:
    adapter = ready_homie()

    assert say(adapter, "homie/5/oven-1/$state", state) == [Died("oven-1", NOW)]
    assert say(adapter, "homie/5/oven-1/$state", state) == []
    assert values(say(adapter, "homie/5/oven-1/oven/temp", b"1")) == []


# Mapped JSON.

RULE = Rule(
    topic="plant/+/icp/+",
    device="icp-{2}",
    metrics=(
        MappedMetric(Described("gas_flow", "L/min"), read_path("$.gas[0].flow")),
        MappedMetric(Described("pump_rpm", "1", WireType.INTEGER), read_path('$."pump speed"')),
        MappedMetric(
            Described("energy_wh", "Wh", WireType.COUNTER), read_path("$.kwh"), Decimal(1000)
        ),
        MappedMetric(
            Described("status", "1", WireType.INTEGER),
            read_path("$.state"),
            labels={"IDLE": 0, "RUN": 2},
        ),
    ),
    time=read_path("$.t"),
    time_form="s",
)


def test_mapped_json_finds_values_by_their_paths() -> None:
    adapter = MappedJson(rules=(RULE,))

    actions = say(
        adapter,
        "plant/a/icp/7",
        {
            "t": 1_794_999_999.5,
            "gas": [{"flow": 12}],
            "pump speed": 30,
            "kwh": 1.2345,
            "state": "RUN",
        },
    )

    at_ms = 1_794_999_999_500
    assert values(actions) == [
        ("icp-7", "gas_flow", 12.0, at_ms),
        ("icp-7", "pump_rpm", 30, at_ms),
        ("icp-7", "status", 2, at_ms),
    ]
    # 1234.5 Wh is no whole count: a counter is not rounded, it is refused.
    assert [type(a) for a in actions].count(Rejected) == 1
    assert isinstance(actions[0], Born)


def test_mapped_json_scales_without_a_float_on_the_way() -> None:
    actions = say(MappedJson(rules=(RULE,)), "plant/a/icp/7", {"t": 1, "kwh": 0.007})

    assert values(actions) == [("icp-7", "energy_wh", 7, 1000)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param({"kwh": 1}, id="no time"),
        pytest.param({"t": "now", "kwh": 1}, id="time of another form"),
        pytest.param({"t": True, "kwh": 1}, id="time is a boolean"),
    ],
)
def test_mapped_json_nonsense_is_rejected(content: object) -> None:
    actions = say(MappedJson(rules=(RULE,)), "plant/a/icp/7", content)

    assert kinds(actions) == [Rejected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-11-20T12:00:00+08:00", 1795147200000), ("2026-11-20T12:00:00", None), ("noon", None)],
)
def test_mapped_json_time_needs_a_zone(text: str, expected: int | None) -> None:
    rule = Rule(
        "t", "d", (MappedMetric(Described("x"), read_path("$.x")),), read_path("$.at"), "iso"
    )

    actions = say(MappedJson(rules=(rule,)), "t", {"at": text, "x": 1})

    assert [at for *_, at in values(actions)] == ([] if expected is None else [expected])


def test_mapped_json_device_goes_offline_after_silence_and_comes_back() -> None:
    adapter = MappedJson(rules=(RULE,), silence_ms=1000)
    say(adapter, "plant/a/icp/7", {"t": 1, "pump speed": 1})

    assert adapter.tick(NOW + 1000) == []
    assert adapter.tick(NOW + 1001) == [Died("icp-7", NOW + 1001)]
    assert Born in kinds(say(adapter, "plant/a/icp/7", {"t": 2, "pump speed": 1}))


@pytest.mark.parametrize("text", ["a.b", "$.", "$[x]", "$..a", "$a", ""])
def test_text_that_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(PathMalformed):
        read_path(text)


def test_path_into_something_else_finds_nothing() -> None:
    for text, body in [
        ("$.a[0]", {"a": {"0": 1}}),
        ("$.a.b", {"a": [1]}),
        ("$[5]", [1]),
        ("$.a", 3),
    ]:
        assert follow(read_path(text), body) is None
