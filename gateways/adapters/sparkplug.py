"""A Sparkplug B host application: births, aliases, sequence numbers, deaths, rebirth requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from gateways.adapters import sparkplug_payload as payload
from gateways.adapters.actions import (
    Action,
    Arrived,
    Born,
    Described,
    Died,
    Observed,
    Reading,
    Rejected,
    Said,
    metric_name,
)
from gateways.adapters.sparkplug_payload import PayloadMalformed, SparkplugPayload
from gateways.modbus.registers import Quality

NAMESPACE: Final = "spBv1.0"
SEQ_COUNT: Final = 256
# What may wait for a missing message: a burst, not a stream.
WAITING_MAX: Final = 64
NODE_KINDS: Final = frozenset({"NBIRTH", "NDATA", "NDEATH"})
DEVICE_KINDS: Final = frozenset({"DBIRTH", "DDATA", "DDEATH"})
BDSEQ: Final = "bdSeq"
# A node that goes on out of step is asked again, but not with every message.
REBIRTH_PAUSE_MS: Final = 10_000


@dataclass(slots=True)
class KnownMetric:
    """What a birth said of a metric."""

    name: str
    datatype: int | None


@dataclass(slots=True)
class Node:
    """One edge node in its present session."""

    group: str
    name: str
    is_online: bool = False
    bd_seq: int | None = None
    next_seq: int = 0
    devices: set[str] = field(default_factory=set)  # foreign names, online
    # An alias is unique in the whole node; a name only in its device.
    by_alias: dict[int, tuple[str, KnownMetric]] = field(default_factory=dict)
    by_name: dict[tuple[str, str], KnownMetric] = field(default_factory=dict)
    waiting: dict[int, tuple[str, str, SparkplugPayload, Arrived]] = field(default_factory=dict)
    waiting_since_ms: int = 0
    asked_at_ms: int | None = None

    @property
    def path(self) -> str:
        return f"{self.group}/{self.name}"


class SparkplugHost:
    """Foreign names are `group/node` and `group/node/device`.

    Messages that arrive out of order wait for the missing one; when it does not come within
    the reorder timeout, the node is asked for its births again.
    """

    def __init__(self, host_id: str, *, reorder_timeout_ms: int = 2_000) -> None:
        self._state_topic = f"{NAMESPACE}/STATE/{host_id}"
        self._reorder_timeout_ms = reorder_timeout_ms
        self._nodes: dict[str, Node] = {}
        self._connected_ms = 0

    def subscriptions(self) -> Sequence[tuple[str, int]]:
        return [(self._state_topic, 1), (f"{NAMESPACE}/#", 0)]

    def _state(self, *, online: bool, at_ms: int) -> Said:
        body = msgspec.json.encode({"online": online, "timestamp": at_ms})
        return Said(self._state_topic, body, qos=1, retain=True)

    def will(self, now_ms: int) -> Said | None:
        """Write the death certificate; its time is that of the birth that follows."""
        self._connected_ms = now_ms
        return self._state(online=False, at_ms=now_ms)

    def connected(self, _now_ms: int) -> list[Action]:
        return [self._state(online=True, at_ms=self._connected_ms)]

    def farewell(self, now_ms: int) -> list[Said]:
        return [self._state(online=False, at_ms=now_ms)]

    def feed(self, message: Arrived) -> list[Action]:
        match message.topic.split("/"):
            case [namespace, "STATE", _] if namespace == NAMESPACE:
                return self._hear_state(message)
            case [namespace, group, kind, node] if namespace == NAMESPACE and kind in NODE_KINDS:
                return self._hear(message, group, kind, node, "")
            case [namespace, group, kind, node, device] if (
                namespace == NAMESPACE and kind in DEVICE_KINDS
            ):
                return self._hear(message, group, kind, node, device)
            case [namespace, _, "NCMD" | "DCMD", *_] if namespace == NAMESPACE:
                return []  # other hosts' business
        return [Rejected(message.topic, "no topic of Sparkplug B")]

    def _hear_state(self, message: Arrived) -> list[Action]:
        """Contradict whoever says that we are offline."""
        if message.topic != self._state_topic:
            return []
        try:
            said: Any = msgspec.json.decode(message.payload)  # anybody may have written it
        except (msgspec.DecodeError, UnicodeDecodeError):
            return [Rejected(message.topic, "no JSON")]
        if isinstance(said, dict) and said.get("online") is False:
            return [self._state(online=True, at_ms=self._connected_ms)]
        return []

    def _hear(
        self, message: Arrived, group: str, kind: str, name: str, device: str
    ) -> list[Action]:
        if message.retain:
            return [Rejected(message.topic, "retained, which no session message may be")]
        try:
            read = payload.parse(message.payload)
        except PayloadMalformed as error:
            return [Rejected(message.topic, f"no payload: {error}")]
        node = self._nodes.setdefault(f"{group}/{name}", Node(group, name))
        if kind == "NDEATH":
            return self._end_session(node, read, message)
        if kind == "NBIRTH":
            return self._begin_session(node, read, message)
        if not node.is_online:
            return [*self._ask_again(node, message.at_ms)]
        return self._in_turn(node, kind, device, read, message)

    # Sessions of a node.

    def _begin_session(self, node: Node, read: SparkplugPayload, message: Arrived) -> list[Action]:
        if read.seq is None or not 0 <= read.seq < SEQ_COUNT:
            return [Rejected(message.topic, "NBIRTH without a sequence number")]
        actions: list[Action] = [Died(d, message.at_ms) for d in sorted(node.devices)]
        node.devices.clear()
        node.by_alias.clear()
        node.by_name.clear()
        node.waiting.clear()
        node.is_online, node.asked_at_ms = True, None
        node.next_seq = (read.seq + 1) % SEQ_COUNT
        node.bd_seq = bd_seq_of(read)
        return actions + self._take_birth(node, node.path, read, message)

    def _end_session(self, node: Node, read: SparkplugPayload, message: Arrived) -> list[Action]:
        bd_seq = bd_seq_of(read)
        if node.is_online and bd_seq != node.bd_seq:
            # The will of an earlier connection, delivered late.
            return [Rejected(message.topic, f"bdSeq {bd_seq} is not this session's")]
        if not node.is_online:
            return []
        return self._go_offline(node, message.at_ms)

    @staticmethod
    def _go_offline(node: Node, at_ms: int) -> list[Action]:
        gone = [*sorted(node.devices), node.path]
        node.is_online = False
        node.devices.clear()
        node.waiting.clear()
        return [Died(device, at_ms) for device in gone]

    # Order.

    def _in_turn(
        self, node: Node, kind: str, device: str, read: SparkplugPayload, message: Arrived
    ) -> list[Action]:
        if read.seq is None or not 0 <= read.seq < SEQ_COUNT:
            return [Rejected(message.topic, "no sequence number")]
        if read.seq != node.next_seq:
            return self._wait_for_missing(node, kind, device, read, message)
        actions = self._take(node, kind, device, read, message)
        node.next_seq = (node.next_seq + 1) % SEQ_COUNT
        while node.is_online and node.next_seq in node.waiting:
            actions += self._take(node, *node.waiting.pop(node.next_seq))
            node.next_seq = (node.next_seq + 1) % SEQ_COUNT
        if node.waiting:
            node.waiting_since_ms = message.at_ms
        return actions

    def _wait_for_missing(
        self, node: Node, kind: str, device: str, read: SparkplugPayload, message: Arrived
    ) -> list[Action]:
        assert read.seq is not None
        if not node.waiting:
            node.waiting_since_ms = message.at_ms
        node.waiting[read.seq] = (kind, device, read, message)
        if len(node.waiting) > WAITING_MAX or self._reorder_timeout_ms == 0:
            return self._ask_again(node, message.at_ms)
        return []

    def tick(self, now_ms: int) -> list[Action]:
        actions: list[Action] = []
        for node in self._nodes.values():
            overdue = now_ms - node.waiting_since_ms >= self._reorder_timeout_ms
            if node.waiting and overdue:
                actions += self._ask_again(node, now_ms)
        return actions

    def _ask_again(self, node: Node, now_ms: int) -> list[Action]:
        """Ask a node for its births; until they come, nothing it says can be understood."""
        actions: list[Action] = []
        if node.is_online:
            actions = self._go_offline(node, now_ms)
        if node.asked_at_ms is not None and now_ms - node.asked_at_ms < REBIRTH_PAUSE_MS:
            return actions
        node.asked_at_ms = now_ms
        topic = f"{NAMESPACE}/{node.group}/NCMD/{node.name}"
        return [*actions, Said(topic, payload.rebirth_request(now_ms))]

    # Content.

    def _take(
        self, node: Node, kind: str, device: str, read: SparkplugPayload, message: Arrived
    ) -> list[Action]:
        path = f"{node.path}/{device}" if device else node.path
        if kind == "DBIRTH":
            node.devices.add(path)
            return self._take_birth(node, path, read, message)
        if kind == "DDEATH":
            node.devices.discard(path)
            return [Died(path, read.at_ms or message.at_ms)]
        if device and path not in node.devices:
            return self._ask_again(node, message.at_ms)
        return self._take_data(node, path, read, message)

    def _take_birth(
        self, node: Node, path: str, read: SparkplugPayload, message: Arrived
    ) -> list[Action]:
        described, readings = [], []
        for raw in read.metrics:
            metric = payload.read_metric(raw)
            if metric.name is None:
                return [Rejected(message.topic, "a birth names every metric")]
            known = KnownMetric(metric.name, metric.datatype)
            node.by_name[path, metric.name] = known
            if metric.alias is not None:
                node.by_alias[metric.alias] = (path, known)
            wire = payload.wire_type(metric.datatype)
            if wire is None or is_control(metric.name):
                continue
            described.append(Described(metric_name(metric.name), metric.unit or "1", wire))
            readings.append(self._reading(metric, known, read, message))
        at_ms = read.at_ms or message.at_ms
        return [Born(path, tuple(described), at_ms), Observed(path, tuple(readings))]

    def _take_data(
        self, node: Node, path: str, read: SparkplugPayload, message: Arrived
    ) -> list[Action]:
        readings = []
        for raw in read.metrics:
            found = payload.read_metric(raw)
            if found.name is None and found.alias is not None:
                owner, known = node.by_alias.get(found.alias, (path, None))
                known = known if owner == path else None
            else:
                known = node.by_name.get((path, found.name or ""))
            if known is None:
                return self._ask_again(node, message.at_ms)
            if payload.wire_type(known.datatype) is None or is_control(known.name):
                continue
            metric = payload.read_metric(raw, known.datatype)
            readings.append(self._reading(metric, known, read, message))
        return [Observed(path, tuple(readings))] if readings else []

    @staticmethod
    def _reading(
        metric: payload.SparkplugMetric,
        known: KnownMetric,
        read: SparkplugPayload,
        message: Arrived,
    ) -> Reading:
        at_ms = metric.at_ms or read.at_ms or message.at_ms
        quality = Quality.BAD if metric.value is None else Quality.GOOD
        return Reading(metric_name(known.name), metric.value, at_ms, quality)


def is_control(name: str) -> bool:
    """Say whether a metric steers the session rather than measuring anything."""
    return name == BDSEQ or name.startswith(("Node Control/", "Device Control/"))


def bd_seq_of(read: SparkplugPayload) -> int | None:
    for raw in read.metrics:
        metric = payload.read_metric(raw)
        if metric.name == BDSEQ and isinstance(metric.value, int):
            return metric.value
    return None
