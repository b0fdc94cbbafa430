"""Instruments of other conventions, through real brokers, as our own."""

import json
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from gateways.edge.config import load_settings
from gateways.profiles.tomlfile import FileRefused
from tests.devices.field import Platform, gateway_on, platform_at, until
from tests.servers import BrokerUnderTest
from tests.unit.test_gateway_sparkplug import BOOLEAN, DOUBLE, bd_seq, body, metric

pytestmark = pytest.mark.skipif(
    shutil.which("mosquitto") is None, reason="the foreign broker of these tests is a mosquitto"
)


def now_ms() -> int:
    return time_ns() // 1_000_000


class Foreign:
    """A broker with no accounts, as a laboratory's own often is, and a client at it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = folder / "foreign.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self._process = subprocess.Popen(
            ["mosquitto", "-c", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.heard: list[MQTTMessage] = []
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _client, _userdata, message: self.heard.append(message)
        subscribed = threading.Event()
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.on_subscribe = lambda *_: subscribed.set()
        until(self._is_there, what="the foreign broker")
        self.client.loop_start()
        assert subscribed.wait(10)

    def _is_there(self) -> bool:
        try:
            self.client.connect("127.0.0.1", self.port)
        except OSError:
            return False
        return True

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain)

    def on(self, topic: str) -> list[bytes]:
        return [bytes(m.payload) for m in self.heard if m.topic == topic]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(5)


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Foreign]:
    foreign = Foreign(tmp_path)
    yield foreign
    foreign.close()


@pytest.fixture
def platform(broker: BrokerUnderTest) -> Iterator[Platform]:
    with platform_at(broker.url("yixiang")) as platform:
        yield platform


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"fgn-{abs(hash(request.node.nodeid)) % 10**8}"


def write(folder: Path, broker: BrokerUnderTest, name: str, port: int, source: str) -> Path:
    url = broker.gateway_url(f"gw-{name}", [name])
    path = folder / "gateway.toml"
    path.write_text(
        f'[gateway]\nname = "gw-{name}"\nbroker = "{url}"\nspool = "spool.sqlite"\n'
        f'[[source]]\nname = "lab"\nbroker = "mqtt://127.0.0.1:{port}"\n{source}',
        encoding="utf-8",
    )
    return path


def test_sparkplug_device_reports_as_ours(
    broker: BrokerUnderTest, platform: Platform, foreign: Foreign, name: str, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        broker,
        name,
        foreign.port,
        'kind = "sparkplug"\nhost_id = "yixiang-test"\nreorder_timeout = "200ms"\n'
        f'[[source.device]]\nforeign = "lab/node-1/oven"\nname = "{name}"\nmodel = "Oven"\n',
    )
    state = "spBv1.0/STATE/yixiang-test"
    with gateway_on(path):
        until(lambda: bool(foreign.on(state)), what="the host's birth")
        foreign.say("spBv1.0/lab/DDATA/node-1/oven", body(seq=9))
        until(lambda: bool(foreign.on("spBv1.0/lab/NCMD/node-1")), what="a rebirth request")
        foreign.say("spBv1.0/lab/NBIRTH/node-1", body(bd_seq(0), seq=0, at_ms=now_ms()))
        oven = body(
            metric("Temp", alias=7, kind=DOUBLE, value=36.5, unit="Cel"),
            metric("Door", alias=8, kind=BOOLEAN, value=False),
            seq=1,
            at_ms=now_ms(),
        )
        foreign.say("spBv1.0/lab/DBIRTH/node-1/oven", oven)
        until(lambda: platform.value_of(name, "temp") == 36.5, what="the first value")
        data = body(metric(alias=7, value=37.25, as_kind=DOUBLE), seq=2, at_ms=now_ms())
        foreign.say("spBv1.0/lab/DDATA/node-1/oven", data)
        until(lambda: platform.value_of(name, "temp") == 37.25, what="the second value")
        platform.wait(f"{name}/state", lambda b: b["online"])
        foreign.say("spBv1.0/lab/NDEATH/node-1", body(bd_seq(0)))
        until(lambda: not platform.all(f"{name}/state")[-1]["online"], what="its death")
        until(lambda: platform.value_of(name, "temp") is None, what="a stale value")
    births = platform.all(f"{name}/birth")
    until(lambda: len(foreign.on(state)) >= 2, what="the host's farewell")

    assert [(m["n"], m["u"], m["t"]) for m in births[-1]["metrics"]] == [
        ("temp", "Cel", "f"),
        ("door", "1", "b"),
    ]
    first, *_, last = [json.loads(payload) for payload in foreign.on(state)]
    assert (first["online"], last["online"]) == (True, False)


def test_host_that_is_killed_leaves_its_will(
    broker: BrokerUnderTest, foreign: Foreign, name: str, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        broker,
        name,
        foreign.port,
        'kind = "sparkplug"\nhost_id = "yixiang-killed"\n'
        f'[[source.device]]\nforeign = "lab/node-1"\nname = "{name}"\n',
    )
    state = "spBv1.0/STATE/yixiang-killed"
    with gateway_on(path) as gateway:
        until(lambda: bool(foreign.on(state)), what="the host's birth")
        client = gateway.sources[0]._client  # noqa: SLF001  # cut as a network would
        assert client is not None
        broken = client.socket()
        assert isinstance(broken, socket.socket)
        broken.shutdown(socket.SHUT_RDWR)
        until(lambda: json.loads(foreign.on(state)[-1])["online"] is False, what="the will")
        born, died = [json.loads(payload) for payload in foreign.on(state)[:2]]

    assert died["timestamp"] == born["timestamp"]


def test_mapped_device_is_metered_like_any_other(
    broker: BrokerUnderTest, platform: Platform, foreign: Foreign, name: str, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        broker,
        name,
        foreign.port,
        f"""kind = "json"
[[source.rule]]
topic = "icp/+/now"
device = "icp-{{1}}"
time = "$.ts"
[[source.rule.metric]]
name = "status"
path = "$.state"
wire = "i"
labels = {{ IDLE = 0, RUN = 2 }}
[[source.rule.metric]]
name = "run_ms"
path = "$.hours"
unit = "ms"
wire = "c"
scale = 3600000
[[source.device]]
foreign = "icp-7"
name = "{name}"
[source.device.phase]
metric = "status"
idle = [0]
run = [2]
[source.device.counters]
run_ms = "run_ms"
""",
    )

    def report(state: str, hours: float) -> None:
        content = {"ts": now_ms(), "state": state, "hours": hours}
        foreign.say("icp/7/now", json.dumps(content).encode())

    with gateway_on(path) as gateway:
        until(lambda: gateway.sources[0].is_connected, what="the source's connection")
        report("IDLE", 1.5)
        until(lambda: platform.value_of(name, "run_ms") == 5_400_000, what="the counter")
        report("RUN", 1.5)
        start = platform.wait(f"{name}/evt", lambda b: b["e"] == "start")
        report("IDLE", 1.75)
        stop = platform.wait(f"{name}/evt", lambda b: b["e"] == "stop")
        foreign.say("icp/7/now", b"{broken")
        foreign.say("icp/99/now", json.dumps({"ts": now_ms(), "hours": 1}).encode())
        until(lambda: len(gateway.sources[0].rejected) == 2, what="the two rejections")

    assert (start["run_ms"], stop["run_ms"]) == (5_400_000, 6_300_000)
    assert stop["session"] == start["session"]


def test_homie_and_thingsboard_devices_report_as_ours(
    broker: BrokerUnderTest, platform: Platform, foreign: Foreign, name: str, tmp_path: Path
) -> None:
    url = broker.gateway_url(f"gw-{name}", [name, f"{name}-tb"])
    address = f"mqtt://127.0.0.1:{foreign.port}"
    path = tmp_path / "gateway.toml"
    path.write_text(
        f'[gateway]\nname = "gw-{name}"\nbroker = "{url}"\nspool = "spool.sqlite"\n'
        f'[[source]]\nname = "h"\nkind = "homie"\nbroker = "{address}"\n'
        f'[[source.device]]\nforeign = "scale-1"\nname = "{name}"\n'
        f'[[source]]\nname = "t"\nkind = "thingsboard"\nbroker = "{address}"\n'
        f'[[source.device]]\nforeign = "Oven 1"\nname = "{name}-tb"\n',
        encoding="utf-8",
    )
    description = {"nodes": {"pan": {"properties": {"mass": {"datatype": "float", "unit": "g"}}}}}
    with gateway_on(path) as gateway:
        until(lambda: all(s.is_connected for s in gateway.sources), what="both connections")
        foreign.say("homie/5/scale-1/$description", json.dumps(description).encode(), retain=True)
        foreign.say("homie/5/scale-1/$state", b"ready", retain=True)
        foreign.say("homie/5/scale-1/pan/mass", b"12.5")
        until(lambda: platform.value_of(name, "pan_mass") == 12.5, what="Homie's value")
        rows = {"Oven 1": [{"ts": now_ms(), "values": {"temp": 99.5}}]}
        foreign.say("v1/gateway/telemetry", json.dumps(rows).encode())
        until(lambda: platform.value_of(f"{name}-tb", "temp") == 99.5, what="ThingsBoard's value")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param('kind = "opc"', [(4, "missing"), (7, "unknown_choice")], id="unknown kind"),
        pytest.param('kind = "json"', [(4, "missing"), (4, "missing")], id="no rules"),
        pytest.param(
            'kind = "homie"\n[[source.device]]\nforeign = "a"\nname = "Upper"',
            [(10, "wrong_form")],
            id="name",
        ),
        pytest.param(
            'kind = "homie"\n[[source.device]]\nforeign = "a"\nname = "x"\n'
            '[[source.device]]\nforeign = "a"\nname = "x"',
            [(12, "duplicate"), (13, "duplicate")],
            id="twice",
        ),
        pytest.param(
            'kind = "json"\n[[source.rule]]\ntopic = "a/b"\ndevice = "{1}"\n'
            '[[source.rule.metric]]\nname = "x"\npath = "a.b"\n'
            '[[source.device]]\nforeign = "a"\nname = "x"',
            [(10, "no_wildcard"), (13, "wrong_form")],
            id="rule",
        ),
    ],
)
def test_wrong_source_is_refused_with_its_lines(
    source: str, expected: list[tuple[int, str]], tmp_path: Path
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(
        '[gateway]\nname = "g"\nbroker = "mqtt://b"\nspool = "s"\n'
        '[[source]]\nname = "s"\nbroker = "mqtt://c"\n' + source,
        encoding="utf-8",
    )
    shifted = [(line + 1, code) for line, code in expected]

    with pytest.raises(FileRefused) as refusal:
        load_settings(path)

    assert [(p.line, p.code) for p in refusal.value.problems] == shifted
