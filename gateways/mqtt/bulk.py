"""paho's client, reading many packets at a time; the one place that knows how paho is made."""

import struct
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt import MQTTException
from paho.mqtt.enums import MQTTErrorCode
from typing_extensions import override

READ_BYTES: Final = 256 * 1024
HEADER_MIN: Final = 2
LENGTH_BYTES_MAX: Final = 4
PUBACK: Final = struct.Struct("!BBH")
AT_LEAST_ONCE: Final = 1

Published = tuple[int, bool, bytes, bytes]
"""Packet id (0 at QoS 0), whether it is retained, topic, payload."""
Take = Callable[[list[Published]], None]


def read_length(data: bytes, position: int) -> tuple[int, int]:
    """Decode a remaining length; return it and where the packet begins, or zeros if cut off."""
    length = shift = 0
    for offset in range(LENGTH_BYTES_MAX):
        if position + offset >= len(data):
            return 0, 0
        byte = data[position + offset]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says there is more
            return length, position + offset + 1
        shift += 7
    raise OSError("a length of more than four bytes: this is no MQTT")


def read_publish(
    data: bytes, command: int, start: int, end: int, *, has_properties: bool = False
) -> Published:
    """Take a PUBLISH apart; what MQTT 5 says of it besides is passed over."""
    topic_end = body = start + 2 + (data[start] << 8 | data[start + 1])
    mid = 0
    if command & 0x06:
        mid = data[topic_end] << 8 | data[topic_end + 1]
        body += 2
    if has_properties:
        length = data[body]
        if length & 0x80:
            length, body = read_length(data, body)
            body += length
        else:
            body += 1 + length
    return mid, bool(command & 1), data[start + 2 : topic_end], data[body:end]


class BulkClient(paho.Client):
    """paho, taking PUBLISH packets from the socket's bytes many at a time.

    As it comes it asks the kernel three times for each message and makes five objects of
    it (2.2, `_packet_read`): 20 µs, against 3 here. All other packets go its own way.
    """

    def __init__(self, take: Take, *args: Any, **options: Any) -> None:  # noqa: ANN401 - paho's
        super().__init__(*args, **options)
        self._take = take
        self._rest = b""

    @override
    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read once, and handle every packet that is whole."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = self._sock_recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            data = b""
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = monotonic()
        return self._handle(self._rest + data if self._rest else data)

    def _handle(self, data: bytes) -> MQTTErrorCode:
        published: list[Published] = []
        position, end = 0, len(data)
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        is_5 = self._protocol == paho.MQTTv5
        while end - position >= HEADER_MIN:
            length, start = data[position + 1], position + 2
            if length & 0x80:
                length, start = read_length(data, position + 1)
                if start == 0:
                    break  # not all of the length is here
            after = start + length
            if after > end:
                break
            command = data[position]
            if command & 0xF0 == paho.PUBLISH:
                published.append(read_publish(data, command, start, after, has_properties=is_5))
            else:
                if published:  # in the order they came: a CONNACK begins a new epoch
                    self._take(published)
                    published = []
                rc = self._handle_other(command, data[start:after])
                if rc > 0 or self._sock is None:
                    break
            position = after
        self._rest = data[position:]
        if published:
            self._take(published)
        return self._loop_rc_handle(rc) if rc > 0 else MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_other(self, command: int, packet: bytes) -> MQTTErrorCode:
        self._in_packet |= {
            "command": command,
            "packet": bytearray(packet),
            "remaining_length": len(packet),
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except MQTTException:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self._in_packet |= {"command": 0, "packet": bytearray(), "remaining_length": 0}

    @override
    def reconnect(self) -> MQTTErrorCode:
        # Half a packet of the old connection is no beginning of the new one.
        self._rest = b""
        return super().reconnect()

    def send_acknowledgements(self, mids: Iterable[int]) -> None:
        """Queue many PUBACKs as one write."""
        packets = b"".join([PUBACK.pack(paho.PUBACK, 2, mid) for mid in mids])
        if packets:
            self._packet_queue(paho.PUBACK, packets, 0, AT_LEAST_ONCE)

    @property
    def speaks_5(self) -> bool:
        return self._protocol == paho.MQTTv5

    def fall_back(self) -> None:
        """Speak 3.1.1 from the next connect on; paho chooses once, before it has asked."""
        self._protocol = paho.MQTTv311
        self._clean_session = False
        self._connect_properties = None
        self._reconnect_delay = 0.05  # type: ignore[assignment] # at once: it just spoke to us

    def limit_in_flight(self, count: int) -> None:
        """Have no more of ours under way than that; paho asks before it knows the broker."""
        self._max_inflight_messages = count

    @property
    def is_looping(self) -> bool:
        """Whether the network thread is alive: an exception in a callback ends it silently."""
        return self._thread is not None and self._thread.is_alive()
