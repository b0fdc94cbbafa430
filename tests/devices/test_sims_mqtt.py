"""The chromatograph that speaks lab/1 itself, through a real broker."""

import json
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sims.faults import Fault
from sims.running import RunningLab, running
from sims.scenario import Scenario, load, parse
from tests.servers import BrokerUnderTest

LIMIT_S = 10.0
HPLC = """
[[device]]
name = "hplc-01"
model = "YX-LC30"
"""


class Server:
    """The platform's end of the wire: hears all, acknowledges when told."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.heard: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self.messages: list[tuple[str, dict[str, Any], bool]] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.username_pw_set(parts.username or "", parts.password)
        self.client.on_message = lambda _client, _data, message: self.heard.put(message)
        self.client.connect(str(parts.hostname), parts.port or 1883)
        self.client.subscribe("lab/1/+/+", qos=1)
        self.client.loop_start()

    def wait_for(self, check: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT_S
        while not check():
            assert time.monotonic() < end, (
                f"not yet, after {[kind for kind, _, _ in self.messages]}"
            )
            try:
                message = self.heard.get(timeout=0.05)
            except queue.Empty:
                continue
            kind = message.topic.rpartition("/")[2]
            if kind in {"cmd", "ack"}:
                continue
            is_json = message.payload[:1] == b"{"
            body = (msgspec.json if is_json else msgspec.msgpack).decode(message.payload)
            self.messages.append((kind, body, message.retain))

    def of(self, kind: str) -> list[dict[str, Any]]:
        # What is retained was said to somebody else, perhaps in the test before.
        return [body for said, body, retained in self.messages if said == kind and not retained]

    def events(self) -> list[str]:
        return [body["e"] for body in self.of("evt")]

    def command(self, **body: object) -> None:
        whole = {"s": 1, "do": "set", "target": "interlock", **body}
        self.client.publish("lab/1/hplc-01/cmd", json.dumps(whole), qos=1)

    def acknowledge(self, boot: str, seq: int) -> None:
        body = json.dumps({"s": 1, "boot": boot, "seq": seq})
        self.client.publish("lab/1/hplc-01/ack", body, qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def server(broker: BrokerUnderTest) -> Iterator[Server]:
    server = Server(broker.url())
    yield server
    server.close()


@pytest.fixture
def hplc_url(broker: BrokerUnderTest) -> str:
    return broker.gateway_url("hplc-01", ["hplc-01"])


@pytest.fixture
def scenario() -> Scenario:
    return parse(HPLC)


@pytest.fixture
def lab(server: Server, hplc_url: str, scenario: Scenario) -> Iterator[RunningLab]:
    with running(scenario, broker=hplc_url, stepped=True) as lab:
        server.wait_for(lambda: len(server.of("state")) == 1)
        yield lab


def unlock(server: Server, lab: RunningLab, command_id: str = "c1", for_s: int = 3600) -> None:
    now = lab.stamp_ms()
    server.command(id=command_id, exp=now + 5000, value="unlocked", lease_until=now + for_s * 1000)
    server.wait_for(lambda: any(result["id"] == command_id for result in server.of("res")))


def test_birth_and_state_are_said_first_and_kept_for_latecomers(
    lab: RunningLab, server: Server, broker: BrokerUnderTest
) -> None:
    said = [kind for kind, _, retained in server.messages if not retained]
    assert said[:2] == ["birth", "state"]
    names = {metric["n"]: metric for metric in server.of("birth")[0]["metrics"]}
    assert names["run_ms"] == {"k": 4, "n": "run_ms", "u": "ms", "t": "c"}
    assert server.of("state")[0]["op"] == "not_executing"

    late = Server(broker.url())
    late.wait_for(lambda: len(late.messages) == 2)
    late.close()

    assert [retained for _, _, retained in late.messages] == [True, True]
    del lab


def test_run_is_told_with_cumulative_counters_and_unbroken_numbers(
    lab: RunningLab, server: Server
) -> None:
    unlock(server, lab)
    lab.step(130_000)
    now = lab.stamp_ms()
    server.command(id="c2", exp=now + 5000, value="locked")
    server.wait_for(lambda: len(server.of("res")) == 2)
    lab.step(30_000)
    server.wait_for(lambda: "stop" in server.events())

    events = server.of("evt")
    assert [event["e"] for event in events] == ["start", "hb", "hb", "stop"]
    assert [event["run_ms"] for event in events[:3]] == [0, 60_000, 120_000]
    assert events[3]["run_ms"] > 140_000
    assert {event["lease"] for event in events} == {"c1"}
    assert len({event["session"] for event in events}) == 1
    server.wait_for(lambda: len(server.of("m")) >= 160)
    numbers = [body["seq"] for kind, body, _ in server.messages if kind in {"m", "evt"}]
    assert numbers == list(range(1, len(numbers) + 1))
    modes = [(state["op"], state["mode"]) for state in server.of("state")]
    assert modes == [
        ("not_executing", "none"),
        ("executing", "setup"),
        ("executing", "processing"),
        ("not_executing", "setup"),
        ("not_executing", "none"),
    ]


def test_same_command_twice_is_carried_out_once_and_answered_twice(
    lab: RunningLab, server: Server
) -> None:
    until = lab.stamp_ms() + 60_000
    command = {"id": "c1", "exp": until, "value": "unlocked", "lease_until": until}
    server.command(**command)
    server.wait_for(lambda: len(server.of("res")) == 1)
    lab.act("hplc-01", "lock")

    server.command(**command)
    server.wait_for(lambda: len(server.of("res")) == 2)

    assert server.of("res")[0] == server.of("res")[1]
    assert lab.shown("hplc-01")["interlock"] == "locked"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"exp": -1, "value": "unlocked", "lease_until": 60_000}, "expired"),
        ({"exp": 5000, "value": "unlocked", "lease_until": 0}, "lease_over"),
        ({"exp": 5000, "value": "unlocked"}, "lease_over"),
        ({"exp": 5000, "value": "toggle", "lease_until": 60_000}, "unknown_value"),
        ({"exp": 5000, "target": "door", "value": "unlocked"}, "unknown_command"),
    ],
)
def test_command_is_refused_with_a_reason(
    lab: RunningLab, server: Server, body: dict[str, Any], error: str
) -> None:
    now = lab.stamp_ms()
    times = {key: now + value for key, value in body.items() if isinstance(value, int)}

    server.command(id="c9", **{**body, **times})
    server.wait_for(lambda: len(server.of("res")) == 1)

    result = server.of("res")[0]
    assert (result["ok"], result["error"], result["state"]) == (False, error, "locked")
    assert lab.shown("hplc-01")["interlock"] == "locked"


def test_nonsense_on_the_command_topic_stops_nothing(lab: RunningLab, server: Server) -> None:
    for payload in (b"", b"{", b"[]", b"\xff\xfe", b'{"id":7}', b'{"id":"x","exp":"soon"}'):
        server.client.publish("lab/1/hplc-01/cmd", payload, qos=1)

    unlock(server, lab, "after")

    assert lab.shown("hplc-01")["interlock"] == "unlocked"


def test_relay_locks_when_the_lease_ends_without_a_word_from_anyone(
    lab: RunningLab, server: Server
) -> None:
    unlock(server, lab, for_s=60)
    lab.step(59_000)
    assert lab.shown("hplc-01")["interlock"] == "unlocked"

    lab.step(1_000)

    assert lab.shown("hplc-01")["interlock"] == "locked"
    assert lab.shown("hplc-01")["phase"] == "cool_down"


def test_events_are_kept_until_the_server_says_they_are_committed(
    lab: RunningLab, server: Server
) -> None:
    unlock(server, lab)
    lab.step(70_000)
    server.wait_for(lambda: server.events() == ["start", "hb"])
    start, heartbeat = server.of("evt")
    assert lab.shown("hplc-01")["unacknowledged"] == 2

    server.acknowledge(start["boot"], start["seq"])
    server.wait_for(lambda: lab.shown("hplc-01")["unacknowledged"] == 1)
    server.acknowledge("another-boot", heartbeat["seq"])
    # The answer to a command shows that what was said before it has been heard.
    unlock(server, lab, "c2")
    assert lab.shown("hplc-01")["unacknowledged"] == 1
    lab.switch_on("hplc-01", Fault("offline"))
    lab.switch_off("hplc-01", "offline")
    server.wait_for(lambda: len(server.of("evt")) == 3)

    assert server.of("evt")[2] == heartbeat
    server.acknowledge(heartbeat["boot"], heartbeat["seq"])
    server.wait_for(lambda: lab.shown("hplc-01")["unacknowledged"] == 0)


def test_events_survive_a_restart_under_the_boot_they_happened_in(
    server: Server, hplc_url: str, scenario: Scenario, tmp_path: Path
) -> None:
    with running(scenario, broker=hplc_url, stepped=True, state=tmp_path) as lab:
        server.wait_for(lambda: len(server.of("state")) == 1)
        unlock(server, lab)
        lab.step(70_000)
        server.wait_for(lambda: server.events() == ["start", "hb"])
    server.wait_for(lambda: "stop" in server.events())
    first_boot = server.of("evt")[0]["boot"]
    server.acknowledge(first_boot, server.of("evt")[0]["seq"])
    told = server.of("evt")[1:]
    server.messages.clear()

    with running(scenario, broker=hplc_url, stepped=True, state=tmp_path) as lab:
        server.wait_for(lambda: "stop" in server.events())
        second_boot = lab.shown("hplc-01")["boot"]

    assert [event for event in server.of("evt") if event["e"] != "start"] == told
    assert second_boot != first_boot


def test_lost_network_raises_the_will_and_measurements_are_made_up_for(
    lab: RunningLab, server: Server
) -> None:
    lab.step(5_000)
    server.wait_for(lambda: len(server.of("m")) == 5)
    lab.switch_on("hplc-01", Fault("offline"))
    server.wait_for(lambda: server.of("state")[-1]["online"] is False)
    lab.step(20_000)
    assert len(server.of("m")) == 5

    lab.switch_off("hplc-01", "offline")
    # One that was under way when the line broke may come twice.
    server.wait_for(lambda: {body["seq"] for body in server.of("m")} >= set(range(1, 26)))

    assert max(body["seq"] for body in server.of("m")) == 25
    server.wait_for(lambda: server.of("state")[-1]["online"] is True)


def test_proper_shutdown_ends_the_session_and_says_offline(
    server: Server, hplc_url: str, scenario: Scenario
) -> None:
    with running(scenario, broker=hplc_url, stepped=True) as lab:
        server.wait_for(lambda: len(server.of("state")) == 1)
        unlock(server, lab)
        lab.step(10_000)
        server.wait_for(lambda: server.events() == ["start"])

    server.wait_for(lambda: server.of("state")[-1]["online"] is False)
    assert server.events() == ["start", "stop"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("duplicate"), [1, 1, 2, 2, 3, 3]),
        (Fault("seq_gap", times=1), [2, 3, 4]),
        (Fault("silent"), []),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_wire_fault_is_exact(
    lab: RunningLab, server: Server, fault: Fault, said: list[int]
) -> None:
    lab.switch_on("hplc-01", fault)
    lab.step(3_000)
    if not said:
        lab.switch_off("hplc-01", "silent")
        lab.step(1_000)
        said = [1]

    server.wait_for(lambda: len(server.of("m")) >= len(said))

    assert [body["seq"] for body in server.of("m")] == said


def test_skewed_clock_shows_in_every_stamp(lab: RunningLab, server: Server) -> None:
    lab.switch_on("hplc-01", Fault("clock_skew", ms=-600_000))
    lab.step(1_000)
    server.wait_for(lambda: len(server.of("m")) == 1)

    assert lab.stamp_ms() - server.of("m")[0]["ts"] >= 600_000


def test_breakdown_is_an_alarm_and_ends_the_session(lab: RunningLab, server: Server) -> None:
    unlock(server, lab)
    lab.step(60_000)
    lab.switch_on("hplc-01", Fault("trip", code=17))
    lab.step(1_000)
    server.wait_for(lambda: "stop" in server.events())
    lab.switch_off("hplc-01", "trip")
    lab.step(1_000)
    server.wait_for(lambda: len(server.of("alarm")) == 2)

    assert [(alarm["code"], alarm["active"]) for alarm in server.of("alarm")] == [
        ("FAULT_17", True),
        ("FAULT_17", False),
    ]


def test_device_may_speak_messagepack(server: Server, hplc_url: str) -> None:
    scenario = parse(HPLC + 'form = "msgpack"\n')
    with running(scenario, broker=hplc_url, stepped=True) as lab:
        lab.step(2_000)
        server.wait_for(lambda: len(server.of("m")) == 2)

    first, second = server.of("m")
    assert (first["s"], first["seq"], second["seq"]) == (1, 1, 2)
    assert {reading["k"] for reading in first["m"]} >= {1, 4, 10}


def test_meter_says_a_measured_load_with_the_stamps_it_was_measured_with(
    server: Server, broker: BrokerUnderTest, tmp_path: Path
) -> None:
    (tmp_path / "load.csv").write_text(
        "01/02/2012 10:00:00;5;5\n01/02/2012 10:00:03;1200;600\n"
        "01/02/2012 10:00:03;1210;700\n01/02/2012 10:00:02;1190;800\n"
    )
    path = tmp_path / "lab.toml"
    path.write_text('[[device]]\nname = "meter-01"\nmodel = "YX-PM10"\ntrace = "load.csv"\n')
    url = broker.gateway_url("meter-01", ["meter-01"])

    with running(load(path), broker=url, stepped=True) as lab:
        began = lab.stamp_ms()
        lab.step(10_000)
        server.wait_for(lambda: len(server.of("m")) == 4)

    said = [(body["ts"] - began, body["m"][0]["v"]) for body in server.of("m")]
    assert said == [(0, 5.0), (3000, 1200.0), (3000, 1210.0), (2000, 1190.0)]


def test_alarm_that_a_power_cut_ended_is_said_to_be_over(lab: RunningLab, server: Server) -> None:
    lab.switch_on("hplc-01", Fault("trip", code=4))
    lab.step(1_000)
    server.wait_for(lambda: len(server.of("alarm")) == 1)
    lab.switch_off("hplc-01", "trip")
    lab.switch_on("hplc-01", Fault("power_cut"))
    server.wait_for(lambda: server.of("state")[-1]["online"] is False)
    lab.switch_off("hplc-01", "power_cut")
    lab.step(1_000)
    server.wait_for(lambda: not all(alarm["active"] for alarm in server.of("alarm")))

    raised, over = server.of("alarm")[0], server.of("alarm")[-1]
    assert (raised["code"], raised["active"]) == ("FAULT_4", True)
    assert (over["code"], over["active"], over["seq"]) == ("FAULT_4", False, 1)
    assert over["boot"] != raised["boot"]
