"""A real mosquitto with its dynamic security plugin, and devices that connect to it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from cli.embedded.broker import find_mosquitto
from cli.embedded.postgres import find_free_port
from cli.embedded.processes import wait_until

PLUGINS = list(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))


@contextmanager
def run_dynamic_security(folder: Path, whole: dict[str, Any]) -> Iterator[int]:
    """Run a broker that begins with these accounts, and give its port."""
    executable = find_mosquitto()
    if executable is None or not PLUGINS:
        pytest.skip("no mosquitto with its dynamic security plugin here")
    kept = folder / "dynamic-security.json"
    kept.write_text(json.dumps(whole), encoding="utf-8")
    port = find_free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\nuser root\n"
        f"plugin {PLUGINS[0]}\nplugin_opt_config_file {kept}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen([str(executable), "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


class Peer:
    """One device on the wire."""

    def __init__(self, port: int, name: str, password: str, client_id: str = "") -> None:
        self.heard: list[str] = []
        self.is_in, self.answered, self.subscribed = False, Event(), Event()
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id or name,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        self.client.username_pw_set(name, password)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.port = port

    def connect(self) -> bool:
        def try_once() -> bool:
            try:
                self.client.connect("127.0.0.1", self.port)
            except OSError:
                return False  # it is still starting
            return True

        assert wait_until(try_once, limit_s=10)
        self.client.loop_start()
        assert self.answered.wait(10)
        return self.is_in

    def _on_connect(self, _c: Client, _u: object, _f: object, reason: Any, _p: object) -> None:
        self.is_in = not reason.is_failure
        self.answered.set()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.heard.append(message.topic)

    def listen(self, *topics: str) -> None:
        """Subscribe, and return once the broker has answered."""
        self.client.subscribe([(topic, 1) for topic in topics])
        assert self.subscribed.wait(10)

    def say(self, topic: str) -> None:
        self.client.publish(topic, b"x", 1).wait_for_publish(10)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
