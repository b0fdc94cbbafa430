"""The way to the broker and back: paho, wrapped; spooled messages in order, until acknowledged.

A PUBACK only says that the broker has a message. A row leaves the spool when the server has
said, on the device's `ack` topic, that its transaction holds it.
"""

import queue
import ssl
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from foundation.logs import get_log
from gateways.edge.lanes import Lane, read_ack
from gateways.edge.settings import BrokerSettings, SpoolSettings
from gateways.mqtt import topics
from gateways.mqtt.topics import Kind
from gateways.spool.spool import Row, Spool

QOS: Final = 1
# One look around at least this often, though every message and every ack wakes the thread.
IDLE_S: Final = 0.5
KEEPALIVE_S: Final = 30
# A device whose window is full, or that has nothing waiting, gives its turn away.
BURST: Final = 50
FRESH_MAX: Final = 500
HOUSEKEEPING_S: Final = 60.0


class Publisher:
    """Owns the connection and one thread; all other threads only put things down here."""

    def __init__(
        self,
        name: str,
        broker: BrokerSettings,
        settings: SpoolSettings,
        spool: Spool,
        *,
        will: bytes,
        on_command: Callable[[str, bytes], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._log = get_log("publisher")
        self._name, self._broker, self._settings, self._spool = name, broker, settings, spool
        self._on_command = on_command
        self._lanes: dict[str, Lane] = {}
        self._others: list[str] = []
        self._retained: dict[str, bytes] = {}
        self._acks: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._direct: queue.SimpleQueue[str] = queue.SimpleQueue()  # topics of changed `_retained`
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._reconnected = threading.Event()
        self._thread: threading.Thread | None = None
        self._allowance, self._allowed_at_s = float(settings.rate_max), monotonic()
        self._tidied_s = monotonic()
        self._now_ms = now_ms
        # Fresh messages, to be sent ahead of a backlog; when there are more, order will do.
        self._fresh: deque[tuple[int, Row]] = deque(maxlen=FRESH_MAX)
        spool.on_commit = self._note_commit
        self.published = 0
        self._client = self._make_client(will)

    def _make_client(self, will: bytes) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._name,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        client.username_pw_set(self._broker.user or self._name, self._broker.password)
        if self._broker.has_tls:
            client.tls_set_context(ssl.create_default_context(cafile=self._broker.ca))
        client.will_set(topics.state(self._name), will, qos=QOS, retain=True)
        client.max_inflight_messages_set(100)
        client.reconnect_delay_set(1, 10)
        client.on_connect = self._note_connect
        client.on_disconnect = self._note_disconnect
        client.on_message = self._note_message
        return client

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    def listen_to(self, name: str) -> None:
        """Take commands for a name that has no messages of its own: the gateway's."""
        self._others.append(name)

    def add_device(self, name: str, device_id: int) -> None:
        if name not in self._lanes:
            self._lanes[name] = Lane(name, device_id)

    def remove_device(self, name: str, farewell: bytes) -> None:
        """Stop sending for a device; what it still had to say stays in the spool."""
        self._publish(topics.state(name), farewell, retain=True)
        self._lanes.pop(name, None)
        for topic in (topics.birth(name), topics.state(name)):
            self._retained.pop(topic, None)
        if self.is_connected:
            self._client.unsubscribe([topics.command(name), topics.ack(name)])

    def subscribe(self) -> None:
        """Ask the broker for commands and acknowledgements of every device."""
        wanted = [(topics.command(name), QOS) for name in self._others]
        for name in list(self._lanes):
            wanted += [(topics.command(name), QOS), (topics.ack(name), QOS)]
        if wanted:
            self._client.subscribe(wanted)

    def start(self) -> None:
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def stop(self, goodbye: dict[str, bytes], *, limit_s: float = 3.0) -> None:
        """Say good-bye on the given topics, then leave without the will being sent."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(limit_s)
        if self.is_connected:
            infos = [self._client.publish(t, p, QOS, retain=True) for t, p in goodbye.items()]
            until_s = monotonic() + limit_s
            for info in infos:
                try:
                    info.wait_for_publish(max(0.0, until_s - monotonic()))
                except (RuntimeError, ValueError):
                    break
        self._client.disconnect()
        self._client.loop_stop()

    def retain(self, topic: str, payload: bytes) -> None:
        """Publish a retained message now, and again after every reconnect."""
        self._retained[topic] = payload
        self._direct.put(topic)
        self._wake.set()

    def wake(self) -> None:
        """Say that something was put into the spool."""
        self._wake.set()

    def _note_commit(self, device_id: int, rows: Sequence[Row]) -> None:
        self._fresh.extend((device_id, row) for row in rows)
        for lane in list(self._lanes.values()):
            if lane.device_id == device_id:
                lane.is_drained = False

    # Called by paho's thread: these only put down what came.

    def _note_connect(
        self,
        _client: Client,
        _userdata: Any,  # noqa: ANN401  # paho's signature
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._log.warning("broker refused", reason=str(reason))
            return
        self.subscribe()
        self._log.info("connected to broker", host=self._broker.host, port=self._broker.port)
        self._reconnected.set()
        self._connected.set()
        self._wake.set()

    def _note_disconnect(
        self,
        _client: Client,
        _userdata: Any,  # noqa: ANN401  # paho's signature
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connected.clear()
        if not self._stopping.is_set():
            self._log.warning("lost the broker", reason=str(reason))

    def _note_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:  # noqa: ANN401  # paho's signature
        try:
            topic = topics.parse(message.topic)
        except topics.TopicMalformed:
            return
        if topic.kind is Kind.ACK:
            self._acks.put((topic.device, bytes(message.payload)))
            self._wake.set()
        elif topic.kind is Kind.COMMAND:
            self._on_command(topic.device, bytes(message.payload))

    # The publisher's own thread from here on.

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                again = self._work()
            except Exception:  # noqa: BLE001  # see below
                # A full disk or a locked file must not end the thread; the rows are still there.
                self._log.exception("publishing failed")
                again = False
                self._stopping.wait(1)
            if not again:
                self._wake.wait(IDLE_S)
                self._wake.clear()

    def _work(self) -> bool:
        """Do one round; True where there is more to do at once."""
        self._take_acks()
        if not self.is_connected:
            return False
        if self._reconnected.is_set():
            self._reconnected.clear()
            for lane in self._lanes.values():
                lane.rewind()
            for topic, payload in list(self._retained.items()):
                self._publish(topic, payload, retain=True)
        self._send_direct()
        now_s = monotonic()
        self._refill(now_s)
        if now_s - self._tidied_s >= HOUSEKEEPING_S:
            self._tidied_s = now_s
            self._spool.drop_aged(self._now_ms())
        for lane in [each for each in self._lanes.values() if self._spool.has_gap(each.device_id)]:
            for row in self._spool.declare_gaps(lane.device_id, self._now_ms()):
                # Ahead of its turn: the server cannot acknowledge past a gap it has not heard of.
                self._publish(f"{topics.PREFIX}/{lane.name}/{row.kind}", row.payload)
        sent = [self._drain(lane, now_s) for lane in list(self._lanes.values())]
        self._send_fresh()
        return any(sent)

    def _send_direct(self) -> None:
        """Send what has no number: births, states, and results of commands."""
        while not self._direct.empty():
            topic = self._direct.get()
            if topic in self._retained:
                self._publish(topic, self._retained[topic], retain=True)
        for command, device, result in self._spool.commands.unsent():
            self._publish(topics.result(device), result)
            self._spool.commands.mark_sent(command)

    def _send_fresh(self) -> None:
        """Send what is new ahead of a backlog, so that the live picture does not wait for it.

        The same messages go out again in their turn; the server knows them by their numbers,
        and acknowledges only what it has without a gap.
        """
        lanes = {lane.device_id: lane for lane in self._lanes.values()}
        while self._fresh:
            device_id, row = self._fresh.popleft()
            lane = lanes.get(device_id)
            if lane is not None and (row.generation, row.seq) > lane.sent:
                self._publish(f"{topics.PREFIX}/{lane.name}/{row.kind}", row.payload)

    def _take_acks(self) -> None:
        latest: dict[tuple[str, str], int] = {}
        while not self._acks.empty():
            device, payload = self._acks.get()
            ack = read_ack(payload)
            if ack is None:
                self._log.warning("unreadable ack", device=device)
                continue
            key = (device, ack.boot)
            latest[key] = max(latest.get(key, 0), ack.seq)
        for (device, boot), seq in latest.items():
            lane = self._lanes.get(device)
            if lane is None:
                continue
            generation, gone = self._spool.acknowledge(lane.device_id, boot, seq)
            if gone:
                lane.in_flight = max(0, lane.in_flight - gone)
                lane.acked = max(lane.acked, (generation, seq))
                lane.sent = max(lane.sent, lane.acked)
                lane.moved_s = monotonic()
            lowest = self._spool.lowest(lane.device_id, generation) if generation else 0
            if lane.loses(generation, seq, lowest):
                self._log.warning("server misses what is gone", device=device, first=seq + 1)
                self._spool.note_gap(lane.device_id, generation, seq + 1, lowest - 1)

    def _refill(self, now_s: float) -> None:
        rate = self._settings.rate_max
        earned = (now_s - self._allowed_at_s) * rate
        self._allowance = min(float(rate), self._allowance + earned)
        self._allowed_at_s = now_s

    def _drain(self, lane: Lane, now_s: float) -> bool:
        """Send the next few messages of one device; True where more are waiting."""
        settings = self._settings
        if lane.in_flight and now_s - lane.moved_s > settings.ack_silence_s:
            self._log.info("no acknowledgement, sending again", device=lane.name)
            lane.rewind()
            lane.moved_s = now_s
        room = min(settings.window - lane.in_flight, BURST, int(self._allowance))
        if room <= 0 or lane.is_drained:
            return False
        lane.is_drained = True  # before looking, so that a commit meanwhile is not overlooked
        rows = self._spool.waiting(lane.device_id, lane.sent, room)
        for row in rows:
            if row.generation != lane.birth_of:
                self._announce_old_birth(lane, row.generation)
            if not self._publish(f"{topics.PREFIX}/{lane.name}/{row.kind}", row.payload):
                lane.is_drained = False
                return False
            if lane.in_flight == 0:
                lane.moved_s = now_s
            lane.sent = (row.generation, row.seq)
            lane.in_flight += 1
            self._allowance -= 1
        if len(rows) == room:
            lane.is_drained = False
        return not lane.is_drained

    def _announce_old_birth(self, lane: Lane, generation: int) -> None:
        """Say what the messages of an earlier boot mean, without replacing the retained birth."""
        birth = self._spool.birth_of(lane.device_id, generation)
        if birth is not None and birth != self._retained.get(topics.birth(lane.name)):
            self._publish(topics.birth(lane.name), birth)
        lane.birth_of = generation

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        info = self._client.publish(topic, payload, QOS, retain=retain)
        self.published += 1
        # Without a connection paho queues it; what is lost is sent again after an ack silence.
        return info.rc == 0
