"""The broker, seen from the server.

Its network thread only appends to the inbox. Nothing is acknowledged until the writer
says that it is committed, and then only on the connection it came by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from foundation.clock import read_clock
from foundation.logs import get_log
from gateways.mqtt.bulk import AT_LEAST_ONCE, BulkClient, Published
from gateways.mqtt.inbox import Arrived, Inbox

log = get_log("receiver")

KEEPALIVE_S: Final = 30
TOPICS_MAX: Final = 100_000
SESSION_EXPIRY_S: Final = 7 * 86_400
"""How long an MQTT 5 broker keeps what we have not taken; 3.1.1 knows no end."""
IN_FLIGHT_MAX: Final = 1_000
UNSUPPORTED: Final = "Unsupported protocol version"


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
        window: int = 4_000,
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
            protocol=paho.MQTTv5,
            manual_ack=True,
        )
        self._window = window
        self._client.username_pw_set(broker.username, broker.password)
        if broker.is_tls:
            self._client.tls_set()
        self._client.max_inflight_messages_set(IN_FLIGHT_MAX)
        self._client.max_queued_messages_set(10_000)
        self._client.reconnect_delay_set(min_delay=1, max_delay=15)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._subscribed
        self._client.on_publish = self._published
        self.refused = 0
        self._broker = broker

    def start(self) -> None:
        """Connect, now or when the broker can be reached; then stay connected.

        By MQTT 5, where our window is the broker's to keep; by 3.1.1 where it has no more.
        """
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = self._window
        self._client.connect_async(
            self._broker.host,
            self._broker.port,
            KEEPALIVE_S,
            clean_start=False,
            properties=properties,
        )
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

    def publish(self, topic: str, payload: bytes, *, expires_s: int | None = None) -> bool:
        """Send at QoS 1; say whether paho took it (it keeps it across a reconnect).

        After `expires_s` an MQTT 5 broker no longer hands it to a device that was away.
        """
        properties = None
        if expires_s is not None and self._client.speaks_5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho
            properties.MessageExpiryInterval = max(1, expires_s)
        sent = self._client.publish(topic, payload, qos=AT_LEAST_ONCE, properties=properties)
        return sent.rc in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN}

    @property
    def protocol(self) -> str:
        return "5" if self._client.speaks_5 else "3.1.1"

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
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            if self._client.speaks_5 and str(reason) == UNSUPPORTED:
                log.info("the broker has no MQTT 5; speaking 3.1.1")
                self._client.fall_back()
            else:
                log.warning("broker refuses us", reason=str(reason))
            return
        # Whoever has more under way than the broker takes is thrown out.
        taken = getattr(properties, "ReceiveMaximum", IN_FLIGHT_MAX)
        self._client.limit_in_flight(min(IN_FLIGHT_MAX, taken))
        with self._epoch_lock:
            self._epoch += 1
        self.is_connected = True
        # The session may remember what another role of ours once asked for.
        if self._unwanted:
            client.unsubscribe(self._unwanted)
        # Also in a session that is still there: it brings the retained messages again.
        if self._filters:
            client.subscribe(self._filters)
        log.info(
            "connected to the broker",
            host=self._broker.host,
            port=self._broker.port,
            mqtt=self.protocol,
        )
        if not self._filters:
            self._on_connected()

    def _subscribed(
        self,
        _client: paho.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refusals = [str(reason) for reason in reasons if reason.is_failure]
        if refusals:
            log.error("the broker refuses a subscription", reasons=refusals)
            return
        # Only now does the broker keep for us what is published.
        self._on_connected()

    def _published(
        self,
        _client: paho.Client,
        _userdata: object,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:  # MQTT 5 says so; before, a broker could only be silent
            self.refused += 1
            log.warning("the broker refuses a message of ours", reason=str(reason))

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
