"""Several processes for measurements, by the broker's sharing where it shares, else by device."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Final
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from foundation.logs import get_log
from gateways.mqtt.ingest import Role
from gateways.mqtt.receiver import KEEPALIVE_S, Broker

log = get_log("workers")

PROBE_S: Final = 2.0
STALE_MAX: Final = 16
"""How many workers more than now there may once have been."""


def connect(broker: Broker, client_id: str, *, clean: bool) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean)
    client.username_pw_set(broker.username, broker.password)
    if broker.is_tls:
        client.tls_set()
    client.connect(broker.host, broker.port, KEEPALIVE_S)
    return client


def shares(broker: Broker) -> bool:
    """Try whether the broker shares subscriptions: some accept the word and deliver nothing."""
    name = f"probe-{uuid4().hex[:12]}"
    heard, subscribed = Event(), Event()
    client = connect(broker, f"yixiang-{name}", clean=True)
    client.on_message = lambda *_: heard.set()
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_connect = lambda client, *_: client.subscribe(f"$share/{name}/lab/1/{name}/ack", 1)
    client.loop_start()
    try:
        if not subscribed.wait(PROBE_S):
            return False
        client.publish(f"lab/1/{name}/ack", b"{}", qos=1)
        return heard.wait(PROBE_S)
    finally:
        client.disconnect()
        client.loop_stop()


def forget_sessions(broker: Broker, client_ids: Sequence[str]) -> None:
    """End sessions of workers there are no more: the broker would go on sharing with them."""
    for client_id in client_ids:
        gone = Event()
        client = connect(broker, client_id, clean=True)
        client.on_connect = lambda client, *_: client.disconnect()
        client.on_disconnect = lambda *_, gone=gone: gone.set()
        client.loop_start()
        gone.wait(PROBE_S)
        client.loop_stop()


class Workers:
    """Keeps as many workers running as were asked for."""

    def __init__(
        self,
        broker: Broker,
        *,
        client_id: str,
        count: int,
        arguments: Sequence[str],
        metrics_port: int | None = None,
    ) -> None:
        """Take where Prometheus may ask the first of them; the others answer next to it."""
        self._role = Role.SHARED if shares(broker) else Role.SHARDED
        self._names = [f"{client_id}-m{number}" for number in range(count)]
        self._arguments = list(arguments)
        self._metrics_port = metrics_port
        self._children: list[subprocess.Popen[bytes]] = []
        forget_sessions(
            broker, [f"{client_id}-m{number}" for number in range(count, count + STALE_MAX)]
        )
        log.info("workers", count=count, role=self._role)

    def start(self) -> None:
        self._children = [self._start(number) for number in range(len(self._names))]

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        port = -1 if self._metrics_port is None else self._metrics_port + number
        return subprocess.Popen(  # noqa: S603 - our own program
            [
                sys.executable,
                "-m",
                "cli",
                "ingest",
                *self._arguments,
                f"--client-id={self._names[number]}",
                f"--role={self._role}",
                f"--shard={number}",
                f"--shards={len(self._names)}",
                f"--metrics-port={port}",
                f"--parent={os.getpid()}",
            ],
            cwd=Path(__file__).resolve().parent.parent.parent,
        )

    def mend(self) -> None:
        """Start again whoever died; what they had not acknowledged comes again."""
        for number, child in enumerate(self._children):
            if child.poll() is not None:
                log.warning("worker died", worker=number, code=child.returncode)
                self._children[number] = self._start(number)

    def stop(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
