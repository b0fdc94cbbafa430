"""The broker, seen from the server: the only module that knows paho.

Its network thread only appends to the inbox. Nothing is acknowledged until the writer
says that it is committed, and then only on the connection it came by.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt import MQTTException
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from typing_extensions import override

from foundation.clock import read_clock
from foundation.logs import get_log
from gateways.mqtt.inbox import Arrived, Inbox

log = get_log("receiver")

KEEPALIVE_S: Final = 30
READ_BYTES: Final = 256 * 1024
HEADER_MIN: Final = 2
LENGTH_BYTES_MAX: Final = 4
TOPICS_MAX: Final = 100_000
PUBACK: Final = struct.Struct("!BBH")
AT_LEAST_ONCE: Final = 1


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str
    port: int
    username: str | None
    password: str | None
    is_tls: bool

    @classmethod
    def parse(cls, url: str) -> "Broker":
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ValueError("a broker's address is mqtt://user:password@host:port, or mqtts://")
        return cls(
            host=parts.hostname,
            port=parts.port or (8883 if parts.scheme == "mqtts" else 1883),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            is_tls=parts.scheme == "mqtts",
        )


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


def read_publish(data: bytes, command: int, start: int, end: int) -> Published:
    topic_end = start + 2 + (data[start] << 8 | data[start + 1])
    if command & 0x06:
        mid = data[topic_end] << 8 | data[topic_end + 1]
        return mid, bool(command & 1), data[start + 2 : topic_end], data[topic_end + 2 : end]
    return 0, bool(command & 1), data[start + 2 : topic_end], data[topic_end:end]


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
                published.append(read_publish(data, command, start, after))
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
    def is_looping(self) -> bool:
        """Whether the network thread is alive: an exception in a callback ends it silently."""
        return self._thread is not None and self._thread.is_alive()


class Receiver:
    """One persistent session at the broker, feeding one inbox."""

    def __init__(
        self,
        broker: Broker,
        inbox: Inbox,
        *,
        client_id: str,
        filters: Sequence[str],
        unwanted: Sequence[str] = (),
        on_connected: Callable[[], None] = lambda: None,
    ) -> None:
        self._inbox = inbox
        self._filters = [(text, AT_LEAST_ONCE) for text in filters]
        self._unwanted = list(unwanted)
        self._on_connected = on_connected
        # Held while an epoch is compared and used: an acknowledgement must not slip
        # on to the next connection, where the same number is another message.
        self._epoch_lock = Lock()
        self._epoch = 0
        self.is_connected = False
        self.received = 0
        self._topics: dict[bytes, str] = {}
        self._client = BulkClient(
            self._arrived,
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        self._client.username_pw_set(broker.username, broker.password)
        if broker.is_tls:
            self._client.tls_set()
        self._client.max_inflight_messages_set(1000)
        self._client.max_queued_messages_set(10_000)
        self._client.reconnect_delay_set(min_delay=1, max_delay=15)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        # Only now does the broker keep for us what is published.
        self._client.on_subscribe = lambda *_: self._on_connected()
        self._broker = broker

    def start(self) -> None:
        """Connect, now or when the broker can be reached; then stay connected."""
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave; the broker keeps what is not acknowledged for the next start."""
        self._client.disconnect()
        self._client.loop_stop()

    def follow(self, filters: Sequence[str]) -> None:
        """Subscribe to more, now and at each connect from now on."""
        new = [(text, AT_LEAST_ONCE) for text in filters]
        self._filters += new
        if self.is_connected and new:
            self._client.subscribe(new)

    @property
    def is_alive(self) -> bool:
        return self._client.is_looping

    def acknowledge(self, messages: Sequence[Arrived]) -> None:
        """Tell the broker that these are safe, except those whose connection is gone."""
        with self._epoch_lock:
            epoch = self._epoch
            self._client.send_acknowledgements(
                [message.mid for message in messages if message.mid and message.epoch == epoch]
            )

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send at QoS 1; say whether paho took it (it keeps it across a reconnect)."""
        return self._client.publish(topic, payload, qos=AT_LEAST_ONCE).rc in {
            MQTTErrorCode.MQTT_ERR_SUCCESS,
            MQTTErrorCode.MQTT_ERR_NO_CONN,
        }

    @property
    def unsent(self) -> int:
        """How much of what we published the broker has not confirmed."""
        return len(self._client._out_messages)  # noqa: SLF001 - paho has no public word for it

    def _connected(
        self,
        client: paho.Client,
        _userdata: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("broker refuses us", reason=str(reason))
            return
        with self._epoch_lock:
            self._epoch += 1
        self.is_connected = True
        # The session may remember what another role of ours once asked for.
        if self._unwanted:
            client.unsubscribe(self._unwanted)
        # Also in a session that is still there: it brings the retained messages again.
        if self._filters:
            client.subscribe(self._filters)
        log.info("connected to the broker", host=self._broker.host, port=self._broker.port)
        if not self._filters:
            self._on_connected()

    def _disconnected(
        self,
        _client: paho.Client,
        _userdata: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._epoch_lock:
            self._epoch += 1
        self.is_connected = False
        if reason != ReasonCode(PacketTypes.DISCONNECT, "Normal disconnection"):
            log.warning("disconnected from the broker", reason=str(reason))

    def _arrived(self, published: list[Published]) -> None:
        """Hand a read's worth of messages over. All came at this instant, as far as we know."""
        self.received += len(published)
        now_ms = int(read_clock().timestamp() * 1000)
        epoch, topics = self._epoch, self._topics
        arrived = []
        for mid, is_retained, topic, payload in published:
            name = topics.get(topic)
            if name is None:
                name = topic.decode("utf-8", "replace")
                if len(topics) < TOPICS_MAX:
                    topics[topic] = name
            arrived.append(Arrived(epoch, mid, is_retained, name, payload, now_ms))
        self._inbox.put(arrived)
