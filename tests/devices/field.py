"""A field for the gateway's tests: an instrument in registers, and the platform at the broker."""

import json
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from gateways.edge.central import CentralStore
from gateways.edge.config import load_settings
from gateways.edge.process import Gateway
from tests.devices.modbus_server import Device

Message = dict[str, Any]


def until(condition: Callable[[], bool], limit_s: float = 10.0, what: str = "it") -> None:
    """Wait for a condition, looking often; fail when it does not come true in time."""
    ends_s, pause = monotonic() + limit_s, threading.Event()
    while not condition():
        assert monotonic() < ends_s, f"{what} did not happen within {limit_s} s"
        pause.wait(0.01)


class Tensile(Device):
    """The registers of a YX-UTM50, as its manual lists them."""

    def __init__(self, **changes: int) -> None:
        super().__init__(coil={0: False}, holding={0: 0})
        self.shown = {"status": 0, "run_ms": 5000, "cycles": 3, "energy_wh": 1000, "boot": 1}
        self.show(**changes)

    def show(self, **changes: int) -> None:
        """Change what the registers say, all at once."""
        self.shown |= changes
        s = self.shown
        words = struct.pack(">HHffff", s["status"], 0, 12.5, 21.25, 0.0, 0.0)
        words += struct.pack(">QIQI", s["run_ms"], s["cycles"], s["energy_wh"], s["boot"])
        fresh = {i // 2: int.from_bytes(words[i : i + 2], "big") for i in range(0, len(words), 2)}
        self.input = fresh


class Platform:
    """What the server does at the broker: hears everything, acknowledges without gaps, commands."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._lock = threading.Lock()
        self.heard: list[tuple[str, bool, Message]] = []
        self._held: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._lost: dict[tuple[str, str], set[int]] = defaultdict(set)
        self.acknowledges = True
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="platform-under-test")
        self._client.username_pw_set(parts.username, parts.password)
        self._client.on_message = self._note
        subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe("lab/1/#", qos=1)
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(parts.hostname or "", parts.port or 1883)
        self._client.loop_start()
        assert subscribed.wait(10), "the platform's subscription was not granted"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _note(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        device, kind = message.topic.split("/")[2:4]
        if kind in {"ack", "cmd"} or not message.payload:
            return
        body = json.loads(message.payload)
        with self._lock:
            self.heard.append((f"{device}/{kind}", message.retain, body))
        if "seq" in body:
            key = (device, body["boot"])
            self._held[key].add(body["seq"])
            if "lost" in body:
                first, last = body["lost"]
                self._lost[key].update(range(first, last + 1))
            if self.acknowledges:
                self.acknowledge(*key)

    def acknowledge(self, device: str, boot: str, seq: int | None = None) -> None:
        """Say what is held without a gap, or whatever a test wants said."""
        known = self._held[device, boot] | self._lost[device, boot]
        top = 0
        while top + 1 in known:
            top += 1
        body = {"s": 1, "boot": boot, "seq": top if seq is None else seq}
        self._client.publish(f"lab/1/{device}/ack", json.dumps(body), qos=1)

    def command(self, device: str, body: Message) -> None:
        self._client.publish(f"lab/1/{device}/cmd", json.dumps(body), qos=1)

    def all(self, topic: str) -> list[Message]:
        with self._lock:
            return [body for where, _, body in self.heard if where == topic]

    def numbers(self, device: str, boot: str) -> list[int]:
        return sorted(self._held[device, boot])

    def wait(
        self,
        topic: str,
        match: Callable[[Message], bool] = lambda _: True,
        limit_s: float = 10.0,
    ) -> Message:
        """Return the first message on a topic that matches, waiting for it."""
        until(lambda: any(match(b) for b in self.all(topic)), limit_s, f"a message on {topic}")
        return next(body for body in self.all(topic) if match(body))

    def value_of(self, device: str, name: str) -> Any:  # whatever was sent
        """Return the latest value of a metric, by the device's own birth."""
        births = self.all(f"{device}/birth")
        keys = {m["n"]: m["k"] for birth in births for m in birth["metrics"]}
        latest = None
        for body in self.all(f"{device}/m"):
            for entry in body["m"]:
                if entry["k"] == keys.get(name):
                    latest = entry["v"]
        return latest


@contextmanager
def platform_at(url: str) -> Iterator[Platform]:
    platform = Platform(url)
    try:
        yield platform
    finally:
        platform.close()


def write_config(
    folder: Path, *, name: str, broker: str, port: int, devices: dict[str, int], more: str = ""
) -> Path:
    """Write a gateway's file: tensile testers by name and unit, polled ten times a second."""
    text = f"""
[gateway]
name = "{name}"
broker = "{broker}"
spool = "spool.sqlite"
ack_silence = "1s"
{more}
[[link]]
name = "line"
kind = "tcp"
host = "127.0.0.1"
port = {port}
timeout = "200ms"
reconnect_pause = "100ms"
"""
    for device, unit in devices.items():
        text += f"""
[[device]]
name = "{device}"
link = "line"
unit = {unit}
profile = "sim-tensile"
poll_factor = 0.1
"""
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def gateway_on(path: Path) -> Iterator[Gateway]:
    settings = load_settings(path)
    gateway = Gateway(settings, CentralStore(settings.spool.path.with_suffix(".central"), path))
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()
