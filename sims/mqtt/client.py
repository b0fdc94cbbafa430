"""An MQTT connection that comes back by itself, as a device's does."""

import asyncio
import contextlib
import logging
import random
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote, urlsplit

from typing_extensions import override

from sims.mqtt import packets

log = logging.getLogger(__name__)

PACKET_ID_MAX = 0xFFFF
RECONNECT_MIN_S, RECONNECT_MAX_S = 0.3, 10.0
CONNECT_S = 10.0


@dataclass(frozen=True, slots=True)
class Broker:
    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "Broker":
        """Read mqtt://user:password@host:port."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError(f"a broker is mqtt://host:port, not {parts.scheme}://…")
        return cls(
            parts.hostname,
            parts.port or 1883,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
        )


class Listener(Protocol):
    """What a device wants to hear of its connection."""

    def connecting(self) -> packets.Will | None: ...
    def connected(self) -> None: ...
    def disconnected(self) -> None: ...
    def received(self, topic: str, payload: bytes) -> None: ...
    def acknowledged(self, token: object) -> None: ...


class _Wire(asyncio.Protocol):
    """One connection, from CONNECT to its end."""

    def __init__(self, client: "MqttClient", hello: bytes) -> None:
        self.client = client
        self.hello = hello
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.pings_unanswered = 0
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = loop.create_future()
        self.welcomed: asyncio.Future[bool] = loop.create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.hello)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(False)
        if not self.ended.done():
            self.ended.set_result(str(exc) if exc else "closed by the broker")

    @override
    def data_received(self, data: bytes) -> None:
        self.buffer += data
        try:
            for first, body in packets.take_packets(self.buffer):
                self.client.heard(self, first, body)
        except packets.NotMqtt as error:
            self.give_up(str(error))

    def give_up(self, reason: str) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(False)
        if not self.ended.done():
            self.ended.set_result(reason)
        if self.transport is not None:
            self.transport.abort()


class MqttClient:
    """Publishes at QoS 1 and says which of it the broker took."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        listener: Listener,
        *,
        topics: tuple[str, ...] = (),
        clean: bool = False,
        keepalive_s: int = 30,
        gate: asyncio.Semaphore | None = None,
    ) -> None:
        self.broker = broker
        self.client_id = client_id
        self.listener = listener
        self.topics = list(topics)
        self.clean = clean
        self.keepalive_s = keepalive_s
        self.is_connected = False
        self.acknowledged = 0
        self.allowed = True
        self._gate = gate or asyncio.Semaphore(1)
        self._wire: _Wire | None = None
        self._task: asyncio.Task[None] | None = None
        self._next_id = 0
        self._in_flight: dict[int, object] = {}
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._jitter = random.Random(client_id)
        self._complained = ""

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._stay_connected())

    async def stop(self) -> None:
        """Say goodbye properly, so that the broker sends no will."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    def cut(self) -> None:
        """Lose the connection without a word, as when the plug is pulled."""
        self.allowed = False
        if self._wire is not None:
            self._wire.give_up("cut")

    def mend(self) -> None:
        self.allowed = True
        self._wake.set()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        token: object = None,
        retain: bool = False,
    ) -> bool:
        """Send at QoS 1. Return False if there is no connection to send it on."""
        if not self.is_connected or self._wire is None or self._wire.transport is None:
            return False
        packet_id = self._take_id()
        if packet_id == 0:
            return False
        self._in_flight[packet_id] = token
        self._wire.transport.write(
            packets.publish(topic, payload, packet_id=packet_id, retain=retain)
        )
        return True

    async def drained(self, timeout_s: float) -> bool:
        """Wait until the broker has acknowledged all that was sent."""
        if self._in_flight and self.is_connected:
            self._empty.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._empty.wait()
        return not self._in_flight

    def heard(self, wire: _Wire, first: int, body: bytes) -> None:
        """Take one packet from the broker."""
        kind = first & 0xF0
        if kind == packets.PUBACK:
            self.acknowledged += 1
            token = self._in_flight.pop(int.from_bytes(body[:2], "big"), None)
            if not self._in_flight:
                self._empty.set()
            if token is not None:
                self.listener.acknowledged(token)
        elif kind == packets.PUBLISH:
            message = packets.parse_publish(first, body)
            self.listener.received(message.topic, message.payload)
            if message.qos and wire.transport is not None:
                wire.transport.write(packets.puback(message.packet_id))
        elif kind == packets.CONNACK:
            self._welcomed(wire, body)
        elif kind == packets.PINGRESP:
            wire.pings_unanswered = 0

    def _welcomed(self, wire: _Wire, body: bytes) -> None:
        code = body[1] if len(body) > 1 else -1
        if code != 0:
            wire.give_up(f"the broker refused the connection (code {code})")
            return
        if not wire.welcomed.done():
            wire.welcomed.set_result(True)
        self.is_connected = True
        self._complained = ""
        self._in_flight.clear()
        if self.topics and wire.transport is not None:
            wire.transport.write(packets.subscribe(self._take_id(), self.topics))
        self.listener.connected()

    def _take_id(self) -> int:
        for _ in range(PACKET_ID_MAX):
            self._next_id = self._next_id % PACKET_ID_MAX + 1
            if self._next_id not in self._in_flight:
                return self._next_id
        return 0

    async def _stay_connected(self) -> None:
        wait_s = RECONNECT_MIN_S
        while True:
            if not self.allowed:
                self._wake.clear()
                await self._wake.wait()
                wait_s = RECONNECT_MIN_S
                continue
            if await self._connect_once():
                wait_s = RECONNECT_MIN_S
            await asyncio.sleep(wait_s * self._jitter.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, RECONNECT_MAX_S)

    async def _connect_once(self) -> bool:
        """Hold one connection until it ends. Return whether it was ever accepted."""
        loop = asyncio.get_running_loop()
        hello = packets.connect(
            self.client_id,
            username=self.broker.username or self.client_id,
            password=self.broker.password,
            clean=self.clean,
            keepalive_s=self.keepalive_s,
            will=self.listener.connecting(),
        )
        try:
            async with self._gate, asyncio.timeout(CONNECT_S):
                _, wire = await loop.create_connection(
                    lambda: _Wire(self, hello), self.broker.host, self.broker.port
                )
                self._wire = wire
                await wire.welcomed
        except (OSError, TimeoutError) as error:
            self._complain(str(error) or "no answer")
            if self._wire is not None:
                self._wire.give_up("no answer")
                self._wire = None
            return False
        try:
            reason = await self._ping_until_ended(wire)
        except asyncio.CancelledError:
            if self.is_connected and wire.transport is not None:
                wire.transport.write(packets.GOODBYE)
                wire.transport.close()
            raise
        finally:
            was_connected, self.is_connected = self.is_connected, False
            self._wire = None
            self._in_flight.clear()
            self._empty.set()
            if was_connected:
                self.listener.disconnected()
        if reason != "cut":
            self._complain(reason)
        return was_connected

    async def _ping_until_ended(self, wire: _Wire) -> str:
        while True:
            done, _ = await asyncio.wait({wire.ended}, timeout=self.keepalive_s / 2)
            if done:
                return wire.ended.result()
            if not self.is_connected or wire.pings_unanswered > 1:
                wire.give_up("the broker does not answer")
                return "the broker does not answer"
            wire.pings_unanswered += 1
            if wire.transport is not None:
                wire.transport.write(packets.PING)

    def _complain(self, reason: str) -> None:
        # Once per reason: a broker that is down for a day is not a day of lines.
        if reason != self._complained:
            self._complained = reason
            log.warning(
                "%s: no broker at %s:%d: %s",
                self.client_id,
                self.broker.host,
                self.broker.port,
                reason,
            )
