"""The broker, seen from the server: the only module that knows paho.

Its network thread only appends to the inbox. Nothing is acknowledged until the writer
says that it is committed, and then only on the connection it came by.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
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


class BufferedClient(paho.Client):
    """paho, reading the socket by the buffer instead of by the byte: a third less work.

    As it comes it asks the kernel three times for each message (2.2, `_packet_read`).
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - paho's own
        super().__init__(*args, **options)
        self._received = b""
        self._read_to = 0

    @override
    def _sock_recv(self, bufsize: int) -> bytes:
        start = self._read_to
        end = start + bufsize
        if start == len(self._received):
            self._received = super()._sock_recv(READ_BYTES)
            start, end = 0, bufsize
        self._read_to = min(end, len(self._received))
        return self._received[start:end]

    @override
    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Handle all that has been read: what stays in our buffer wakes no select()."""
        while self._sock is not None:
            rc = self._packet_read()
            if rc == MQTTErrorCode.MQTT_ERR_AGAIN:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            if rc > 0:
                return self._loop_rc_handle(rc)
            if self._read_to == len(self._received):
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return MQTTErrorCode.MQTT_ERR_NO_CONN

    @override
    def reconnect(self) -> MQTTErrorCode:
        # Half a packet of the old connection is no beginning of the new one.
        self._received = b""
        self._read_to = 0
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
        on_connected: Callable[[], None] = lambda: None,
    ) -> None:
        self._inbox = inbox
        self._filters = [(text, AT_LEAST_ONCE) for text in filters]
        self._on_connected = on_connected
        # Held while an epoch is compared and used: an acknowledgement must not slip
        # on to the next connection, where the same number is another message.
        self._epoch_lock = Lock()
        self._epoch = 0
        self.is_connected = False
        self.received = 0
        self._client = BufferedClient(
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
        self._client.on_message = self._arrived
        self._broker = broker

    def start(self) -> None:
        """Connect, now or when the broker can be reached; then stay connected."""
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave; the broker keeps what is not acknowledged for the next start."""
        self._client.disconnect()
        self._client.loop_stop()

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
        # Also in a session that is still there: it brings the retained messages again.
        client.subscribe(self._filters)
        log.info("connected to the broker", host=self._broker.host, port=self._broker.port)
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

    def _arrived(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self.received += 1
        self._inbox.put(
            Arrived(
                self._epoch,
                message.mid if message.qos else 0,
                message.retain,
                readable(message),
                bytes(message.payload),
                int(read_clock().timestamp() * 1000),
            )
        )


def readable(message: paho.MQTTMessage) -> str:
    """Give the topic, also one that is no UTF-8: paho would raise, and end its thread."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return message._topic.decode("utf-8", "replace")  # noqa: SLF001 - paho hides the bytes
