"""MQTT 3.1.1 packets. Pure: bytes in, bytes out."""

import struct
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK = 0x10, 0x20, 0x30, 0x40
SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 0x82, 0x90, 0xC0, 0xD0, 0xE0
PING = bytes([PINGREQ, 0])
GOODBYE = bytes([DISCONNECT, 0])
REMAINING_BYTES_MAX = 4


class NotMqtt(Exception):
    """The broker sent something that is not MQTT 3.1.1."""


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Publish:
    topic: str
    payload: bytes
    qos: int
    retain: bool
    duplicate: bool
    packet_id: int


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(raw)) + raw


def connect(
    client_id: str,
    *,
    username: str | None = None,
    password: str | None = None,
    clean: bool = True,
    keepalive_s: int = 30,
    will: Will | None = None,
) -> bytes:
    flags = 0x02 if clean else 0
    body = _text(client_id)
    if will is not None:
        flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
        body += _text(will.topic) + _text(will.payload)
    if username is not None:
        flags |= 0x80
        body += _text(username)
        if password is not None:
            flags |= 0x40
            body += _text(password)
    head = _text("MQTT") + bytes([4, flags]) + struct.pack(">H", keepalive_s)
    return bytes([CONNECT]) + _length(len(head) + len(body)) + head + body


def publish(
    topic: str,
    payload: bytes,
    *,
    packet_id: int = 0,
    retain: bool = False,
    duplicate: bool = False,
) -> bytes:
    """Return a PUBLISH: QoS 1 with a packet id, QoS 0 without."""
    return publish_raw(_text(topic), payload, packet_id, retain=retain, duplicate=duplicate)


def publish_raw(
    topic: bytes, payload: bytes, packet_id: int, *, retain: bool = False, duplicate: bool = False
) -> bytes:
    """Do the same with a topic already encoded, for those who send thousands."""
    head = PUBLISH | (0x02 if packet_id else 0) | retain | (0x08 if duplicate else 0)
    size = len(topic) + len(payload) + (2 if packet_id else 0)
    middle = packet_id.to_bytes(2, "big") if packet_id else b""
    return b"".join((bytes((head,)), _length(size), topic, middle, payload))


def encode_topic(topic: str) -> bytes:
    return _text(topic)


def puback(packet_id: int) -> bytes:
    return struct.pack(">BBH", PUBACK, 2, packet_id)


def subscribe(packet_id: int, topics: list[str], qos: int = 1) -> bytes:
    body = struct.pack(">H", packet_id) + b"".join(_text(t) + bytes([qos]) for t in topics)
    return bytes([SUBSCRIBE]) + _length(len(body)) + body


def take_packets(buffer: bytearray) -> list[tuple[int, bytes]]:
    """Take all whole packets off the front of the buffer: (first byte, body)."""
    packets = []
    at, size = 0, len(buffer)
    while size - at > 1:
        length, shift, body_at = 0, 0, at + 1
        while True:
            if body_at >= size:
                length = -1
                break
            byte = buffer[body_at]
            body_at += 1
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
            shift += 7
            if shift >= 7 * REMAINING_BYTES_MAX:
                raise NotMqtt("a remaining length of more than four bytes")
        if length < 0 or size - body_at < length:
            break
        packets.append((buffer[at], bytes(buffer[body_at : body_at + length])))
        at = body_at + length
    if at:
        del buffer[:at]
    return packets


def parse_publish(first: int, body: bytes) -> Publish:
    try:
        (length,) = struct.unpack_from(">H", body)
        topic = body[2 : 2 + length].decode()
        at = 2 + length
        qos = first >> 1 & 3
        packet_id = 0
        if qos:
            (packet_id,) = struct.unpack_from(">H", body, at)
            at += 2
    except (struct.error, UnicodeDecodeError) as error:
        raise NotMqtt(f"a broken PUBLISH: {error}") from error
    return Publish(topic, body[at:], qos, bool(first & 1), bool(first & 8), packet_id)
