"""Instruments behind another broker or another convention: heard, and reported as our own."""

import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from foundation.logs import get_log
from gateways.adapters.actions import (
    Adapter,
    Arrived,
    Born,
    Described,
    Died,
    Observed,
    Rejected,
    Said,
)
from gateways.edge.publisher import Publisher
from gateways.edge.reporting import Sample
from gateways.edge.settings import BrokerSettings, DeviceSettings
from gateways.edge.source_config import SourceSettings
from gateways.edge.twin import Twin
from gateways.modbus.registers import Encoding, Quality, Table, Tag
from gateways.mqtt import topics
from gateways.profiles.profile import Metric

# What may wait while the disk is slow; beyond it messages are dropped and counted.
INBOX_MAX: Final = 10_000
TICK_S: Final = 0.2
KEEPALIVE_S: Final = 30
# The first of each kind of rejection is logged, then every so many.
LOG_EVERY: Final = 1000


def foreign_metric(described: Described) -> Metric:
    """Make a metric that has no registers: its values come ready from an adapter."""
    nowhere = Tag(described.name, Table.INPUT, 0, Encoding.FLOAT64)
    return Metric(tag=nowhere, unit=described.unit, wire=described.wire, group="foreign")


class ForeignUnit:
    """One foreign device under our name; what it measures is learned from its births."""

    def __init__(
        self, settings: DeviceSettings, make_twin: Callable[[DeviceSettings], Twin]
    ) -> None:
        self.settings, self._make_twin = settings, make_twin
        self._known: dict[str, Described] = {}
        # A foreign message brings one value or a few; phase and counters need the others too.
        self._latest: dict[str, Sample] = {}
        self.twin = make_twin(settings)

    def learn(self, described: tuple[Described, ...], *, anew: bool) -> bool:
        """Take what the device measures; True where that changed and must be told."""
        known = {} if anew and described else dict(self._known)
        known |= {metric.name: metric for metric in described}
        if known == self._known:
            return False
        self._known = known
        profile = self.settings.profile
        metrics = tuple(foreign_metric(metric) for metric in known.values())
        names = {metric.name for metric in metrics}
        phases = profile.phases if profile.phases and profile.phases.metric in names else None
        changed = replace(profile, metrics=metrics, phases=phases)
        self.twin = self._make_twin(replace(self.settings, profile=changed))
        return True

    def observe(self, samples: Mapping[str, Sample]) -> None:
        self._latest |= samples
        at_ms = max(sample.at_ms for sample in samples.values())
        self.twin.observe(self._latest, at_ms=at_ms, lease=None)

    def die(self, at_ms: int) -> None:
        """Say that no value holds any longer, then that the device is gone."""
        if self._known:
            self.observe({name: Sample(None, Quality.BAD, at_ms) for name in self._known})
        self._latest.clear()
        self.twin.lose(at_ms)


class Source:
    """One connection to a foreign broker and the adapter that understands it."""

    def __init__(
        self,
        settings: SourceSettings,
        publisher: Publisher,
        make_twin: Callable[[DeviceSettings], Twin],
        now_ms: Callable[[], int],
    ) -> None:
        self.settings, self._publisher, self._now_ms = settings, publisher, now_ms
        self._adapter: Adapter = settings.make_adapter()
        self._log = get_log("source").bind(source=settings.name)
        self.units = {
            foreign: ForeignUnit(device, make_twin) for foreign, device in settings.devices.items()
        }
        self._inbox: queue.Queue[Arrived] = queue.Queue(INBOX_MAX)
        self._arrivals = threading.Event()
        self._subscribed = threading.Event()
        self._stopping = threading.Event()
        self.rejected: Counter[str] = Counter()
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name=f"source-{settings.name}")
        self._client: Client | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the broker has us and our subscriptions."""
        return self._subscribed.is_set()

    def _connect(self, broker: BrokerSettings) -> Client:
        """Open a connection; a new client each time, because the will carries the time of it."""
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.settings.client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        if broker.user:
            client.username_pw_set(broker.user, broker.password)
        if broker.has_tls:
            client.tls_set(ca_certs=str(broker.ca) if broker.ca else None)
        will = self._adapter.will(self._now_ms())
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_connect = self._note_connect
        client.on_subscribe = self._note_subscribe
        client.on_message = self._note_message
        client.on_disconnect = self._note_disconnect
        client.connect(broker.host, broker.port, keepalive=KEEPALIVE_S)
        client.loop_start()
        return client

    # Called by paho's thread: these only put down what came.

    def _note_connect(
        self,
        client: Client,
        _userdata: Any,  # noqa: ANN401  # paho's signature
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._log.warning("foreign broker refused", reason=str(reason))
            return
        client.subscribe(list(self._adapter.subscriptions()))

    def _note_subscribe(
        self,
        client: Client,
        _userdata: Any,  # noqa: ANN401  # paho's signature
        _mid: int,
        _reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        """Go on only now: a host shows itself once its subscriptions stand, not before."""
        for action in self._adapter.connected(self._now_ms()):
            if isinstance(action, Said):
                client.publish(action.topic, action.payload, action.qos, action.retain)
        self._subscribed.set()
        self._log.info("connected to foreign broker", host=self.settings.broker.host)

    def _note_disconnect(
        self,
        _client: Client,
        _userdata: Any,  # noqa: ANN401  # paho's signature
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._subscribed.clear()
        if not self._stopping.is_set():
            self._log.warning("lost the foreign broker", reason=str(reason))

    def _note_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:  # noqa: ANN401  # paho's signature
        arrived = Arrived(message.topic, bytes(message.payload), self._now_ms(), message.retain)
        try:
            self._inbox.put_nowait(arrived)
        except queue.Full:
            self.dropped += 1
            if self.dropped % LOG_EVERY == 1:
                self._log.error("inbox full, dropping", dropped=self.dropped)
        self._arrivals.set()

    # The source's own thread from here on.

    def start(self) -> None:
        for unit in self.units.values():
            self._publisher.retain(topics.birth(unit.settings.name), unit.twin.birth())
        self._thread.start()

    def stop(self, limit_s: float) -> None:
        self._stopping.set()
        self._arrivals.set()
        self._thread.join(limit_s)

    def _run(self) -> None:
        retry_at_s = 0.0
        while not self._stopping.is_set():
            try:
                is_away = self._client is None or not self._client.is_connected()
                if is_away and monotonic() >= retry_at_s:
                    retry_at_s = monotonic() + self.settings.reconnect_pause_s
                    self._reconnect()
                self._work()
            except Exception:  # noqa: BLE001  # nothing a foreign device sends may end the loop
                self._log.exception("a foreign message failed")
            self._arrivals.wait(TICK_S)
            self._arrivals.clear()
        self._leave()

    def _reconnect(self) -> None:
        if self._client is not None:
            self._client.loop_stop()
            self._client = None
        try:
            self._client = self._connect(self.settings.broker)
        except OSError as error:
            self._log.warning("foreign broker out of reach", reason=str(error))

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        for said in self._adapter.farewell(self._now_ms()):
            info = client.publish(said.topic, said.payload, said.qos, said.retain)
            with suppress(RuntimeError, ValueError):  # the connection may go at any moment
                info.wait_for_publish(2)
        client.disconnect()
        client.loop_stop()

    def _work(self) -> None:
        while not self._inbox.empty() and not self._stopping.is_set():
            message = self._inbox.get()
            for action in self._adapter.feed(message):
                self._do(action)
        for action in self._adapter.tick(self._now_ms()):
            self._do(action)

    def _do(self, action: Born | Observed | Died | Said | Rejected) -> None:
        match action:
            case Said():
                if self._client is not None:
                    self._client.publish(action.topic, action.payload, action.qos, action.retain)
            case Rejected():
                self._reject(action.topic, action.reason)
            case Born() | Observed() | Died():
                unit = self.units.get(action.device)
                if unit is None:
                    self._reject(action.device, "not one of our devices")
                    return
                self._report(unit, action)
                self._publisher.wake()

    def _reject(self, where: str, reason: str) -> None:
        self.rejected[reason] += 1
        if self.rejected[reason] % LOG_EVERY == 1:
            self._log.warning("not understood", where=where, reason=reason)

    def _report(self, unit: ForeignUnit, action: Born | Observed | Died) -> None:
        match action:
            case Born(metrics=metrics, at_ms=at_ms):
                if unit.learn(metrics, anew=True):
                    self._announce(unit)
                unit.twin.come(at_ms)
            case Observed(readings=readings, described=described):
                if unit.learn(described, anew=False):
                    self._announce(unit)
                for samples in in_steps(readings):
                    unit.observe(samples)
            case Died(at_ms=at_ms):
                unit.die(at_ms)
        name = unit.settings.name
        self._publisher.retain(topics.state(name), unit.twin.state())

    def _announce(self, unit: ForeignUnit) -> None:
        self._publisher.retain(topics.birth(unit.settings.name), unit.twin.birth())


def in_steps(readings: Any) -> list[Mapping[str, Sample]]:  # noqa: ANN401  # a tuple of readings
    """Divide readings so that none hides an earlier one of the same metric."""
    steps: list[dict[str, Sample]] = []
    for reading in sorted(readings, key=lambda r: r.at_ms):
        sample = Sample(reading.value, reading.quality, reading.at_ms)
        if not steps or reading.name in steps[-1]:
            steps.append({})
        steps[-1][reading.name] = sample
    return list(steps)
