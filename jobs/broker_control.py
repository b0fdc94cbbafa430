"""Talks to mosquitto's dynamic security plugin, which takes commands as messages."""

import json
import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from telemetry.credentials.plugin import ANSWERED, ASKED, Command

T = TypeVar("T")

LIMIT_S = 5.0
PORTS = {"mqtt": 1883, "mqtts": 8883}


class ControlFailed(OSError):
    """The broker is away, did not let us in, or has no such plugin."""


class Control:
    """A connection to the plugin, for as long as it is asked."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._ready: queue.Queue[bool] = queue.Queue()
        client.on_connect = self._enter
        client.on_subscribe = lambda _c, _u, _m, codes, _p: self._ready.put(
            not any(code.is_failure for code in codes)
        )
        client.on_message = self._hear

    def wait(self) -> None:
        """Wait to be let in.

        Raises:
            ControlFailed: when we are not.
        """
        if not _take(self._ready):
            raise ControlFailed("not let in")

    def ask(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        """Return the answer to each command, in their order.

        Raises:
            ControlFailed: when no answer comes in time.
        """
        asked = {str(uuid4()): command for command in commands}
        body = [{**command, "correlationData": key} for key, command in asked.items()]
        self._client.publish(ASKED, json.dumps({"commands": body}), 1)
        answers: dict[str, dict[str, Any]] = {}
        while answers.keys() != asked.keys():
            # Others' answers come by here as well.
            for answer in _take(self._answers).get("responses", ()):
                if answer.get("correlationData") in asked:
                    answers[answer["correlationData"]] = answer
        return [answers[key] for key in asked]

    def _enter(self, client: Client, _u: object, _f: object, reason: Any, _p: object) -> None:  # noqa: ANN401 - paho's own
        if reason.is_failure:
            self._ready.put(not reason.is_failure)
        else:
            client.subscribe(ANSWERED, 1)

    def _hear(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._answers.put(json.loads(message.payload))


@contextmanager
def connected(url: str) -> Iterator[Control]:
    """Connect as the account that keeps the others.

    Raises:
        ControlFailed: when the broker is away, or lets us do nothing.
    """
    parts = urlsplit(url)
    client = Client(CallbackAPIVersion.VERSION2, f"yixiang-control-{uuid4().hex[:12]}")
    client.username_pw_set(unquote(parts.username or ""), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set()
    client.connect_timeout = LIMIT_S
    control = Control(client)
    try:
        client.connect(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 1883))
    except OSError as error:
        raise ControlFailed(str(error)) from error
    client.loop_start()
    try:
        control.wait()
        yield control
    finally:
        client.disconnect()
        client.loop_stop()


def _take(waiting: queue.Queue[T]) -> T:
    try:
        return waiting.get(timeout=LIMIT_S)
    except queue.Empty as error:
        raise ControlFailed("no answer") from error
