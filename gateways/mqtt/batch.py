"""One batch of messages, sorted out into rows. Nothing here writes; the writer does."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from gateways.mqtt import messages
from gateways.mqtt.inbox import Arrived
from gateways.mqtt.messages import (
    FUTURE_MS_MAX,
    PAST_MS_MAX,
    Unintelligible,
    require_time,
    require_times,
)
from gateways.mqtt.rates import Rates
from gateways.mqtt.registry import Registry, Route
from gateways.mqtt.topics import DOWNWARD, RETAINED, Kind, TopicMalformed
from telemetry.devices.sequences import Boot
from telemetry.devices.service import KnownDevice, StateReport
from telemetry.events.service import AlarmReport, EventReport
from telemetry.quarantine.rules import Reason
from telemetry.quarantine.service import Rejected
from telemetry.readings.service import BAD, GOOD, LATE, LATE_AFTER_MS, Row

DROPPED = "SPOOL_DROPPED"
WAITING_MAX = 2_000
"""Messages held back for their birth, or for their device to be registered."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBERED = frozenset({Kind.MEASUREMENTS, Kind.EVENT, Kind.ALARM})


def as_instant(at_ms: int) -> datetime:
    # Whole milliseconds: `fromtimestamp` would go through a float.
    return EPOCH + timedelta(milliseconds=at_ms)


@dataclass(frozen=True, slots=True)
class ResultReport:
    device: KnownDevice
    result: messages.Result
    received_at: datetime


@dataclass(slots=True)
class Batch:
    """Rows and facts, ready to be written in one transaction."""

    readings: list[Row] = field(default_factory=list)
    events: list[EventReport] = field(default_factory=list)
    alarms: list[AlarmReport] = field(default_factory=list)
    results: list[ResultReport] = field(default_factory=list)
    states: list[tuple[KnownDevice, StateReport, datetime]] = field(default_factory=list)
    gateway_states: list[tuple[str, StateReport, datetime]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    sequences: dict[Boot, list[int]] = field(default_factory=lambda: defaultdict(list))
    lost: list[tuple[Boot, int, int]] = field(default_factory=list)
    seen: dict[UUID, tuple[str, str, int]] = field(default_factory=dict)
    """Device → its name, its boot, and when (epoch ms) it was last heard of."""
    offsets: dict[tuple[UUID, str], int] = field(default_factory=dict)
    """Boot → how long its quickest message took, by the two clocks."""
    waiting: list[Arrived] = field(default_factory=list)
    """What lacks a birth or a device that may be right behind it."""

    def take_in(self, other: "Batch") -> None:
        """Add another's rows and facts; what waits in it stays its own."""
        self.readings += other.readings
        self.events += other.events
        self.alarms += other.alarms
        self.results += other.results
        self.states += other.states
        self.gateway_states += other.gateway_states
        self.rejected += other.rejected
        self.lost += other.lost
        for boot, numbers in other.sequences.items():
            self.sequences[boot] += numbers
        self.seen |= other.seen
        for key, offset in other.offsets.items():
            self.offsets[key] = min(offset, self.offsets.get(key, offset))


class Sorter:
    """Turns messages into rows, or into something for the quarantine."""

    def __init__(self, registry: Registry, rates: Rates | None = None) -> None:
        """Take what knows the devices, and what bounds them; None: nothing does."""
        self._registry = registry
        self._rates = rates

    def sort_out(
        self,
        connection: psycopg.Connection[Any],
        arrived: list[Arrived],
        *,
        may_wait: bool,
    ) -> Batch:
        """Place every message somewhere: none may be dropped."""
        batch = Batch()
        for message in arrived:
            try:
                self._place(connection, batch, message, may_wait=may_wait)
            except Unintelligible as error:
                reject(batch, message, error.reason, error.detail)
            except TopicMalformed as error:
                reject(batch, message, Reason.WRONG_TOPIC, str(error))
        return batch

    def _place(
        self,
        connection: psycopg.Connection[Any],
        batch: Batch,
        message: Arrived,
        *,
        may_wait: bool,
    ) -> None:
        route = self._registry.find_route(connection, message.topic)
        kind, device = route.kind, route.device
        if not message.payload and kind in RETAINED:
            return  # how a retained message is taken back
        if device is None:
            if may_wait and not route.is_gateway and len(batch.waiting) < WAITING_MAX:
                batch.waiting.append(message)  # somebody may be registering it just now
            else:
                self._place_stranger(batch, message, route)
            return
        self._admit(device, kind, message)
        payload = messages.decode(kind, message.payload)
        if kind is Kind.MEASUREMENTS:
            if not self._place_measurements(
                connection, batch, message, device, payload, may_wait=may_wait
            ):
                return
        elif not place_report(batch, device, kind, payload, message):
            return
        note_heard(batch, device, kind, payload, message.received_ms)

    def _admit(self, device: KnownDevice, kind: Kind, message: Arrived) -> None:
        """Refuse what should not have come at all, before looking into it."""
        if kind in DOWNWARD:
            raise Unintelligible(Reason.WRONG_TOPIC, f"{kind} goes the other way")
        if message.is_retained and kind in NUMBERED:
            raise Unintelligible(Reason.RETAINED, "nobody took it just now")
        if self._rates is not None and not self._rates.allows(device.name, message.received_ms):
            raise Unintelligible(Reason.RATE, "more than one device may send")

    def _place_measurements(
        self,
        connection: psycopg.Connection[Any],
        batch: Batch,
        message: Arrived,
        device: KnownDevice,
        payload: messages.Measurements,
        *,
        may_wait: bool,
    ) -> bool:
        keys = self._registry.find_keys(connection, device, payload.boot)
        if keys is None:
            if not may_wait or len(batch.waiting) >= WAITING_MAX:
                raise Unintelligible(Reason.UNKNOWN_BOOT, f"no birth of {payload.boot!r}")
            batch.waiting.append(message)
            return False
        add_readings(batch.readings, payload, keys, message.received_ms)
        return True

    def _place_stranger(self, batch: Batch, message: Arrived, route: Route) -> None:
        """Gateways have a state but measure nothing; anyone else is unknown."""
        if not route.is_gateway:
            raise Unintelligible(Reason.UNKNOWN_DEVICE, f"{route.name} is not registered")
        if route.kind is Kind.STATE:
            payload = messages.decode(route.kind, message.payload)
            batch.gateway_states.append(
                (
                    route.name,
                    as_report(payload, message.received_ms, is_retained=message.is_retained),
                    as_instant(message.received_ms),
                )
            )
        elif route.kind is not Kind.BIRTH:
            raise Unintelligible(
                Reason.WRONG_IDENTITY, f"{route.name} is a gateway and measures nothing itself"
            )


def note_heard(
    batch: Batch,
    device: KnownDevice,
    kind: Kind,
    payload: Any,  # noqa: ANN401 - one of messages.Payload that carries a time
    received_ms: int,
) -> None:
    """Count the message's number, and note when its device was heard of, by both clocks."""
    boot = payload.boot
    if kind in NUMBERED:
        batch.sequences[device.name, boot].append(payload.seq)
    batch.seen[device.id] = (device.name, boot, received_ms)
    offset = received_ms - payload.ts
    quickest = batch.offsets.get((device.id, boot))
    if quickest is None or offset < quickest:
        batch.offsets[device.id, boot] = offset


def place_report(
    batch: Batch,
    device: KnownDevice,
    kind: Kind,
    payload: Any,  # noqa: ANN401 - one of messages.Payload, by the kind
    message: Arrived,
) -> bool:
    """Place what is not a measurement; say whether the device itself just spoke."""
    received_ms = message.received_ms
    received_at = as_instant(received_ms)
    if kind is Kind.BIRTH:
        return False  # stored before the rest: the rest needs its keys
    if kind is Kind.RESULT:
        batch.results.append(ResultReport(device, payload, received_at))
        return False
    if kind is Kind.STATE:
        if payload.online:
            require_time(payload.ts, received_ms)
        report = as_report(payload, received_ms, is_retained=message.is_retained)
        batch.states.append((device, report, received_at))
        return bool(payload.online and not message.is_retained)
    require_time(payload.ts, received_ms)
    if kind is Kind.EVENT:
        batch.events.append(as_event(device, payload, received_ms))
    else:
        add_alarm(batch, device, payload, received_ms)
    return True


def reject(batch: Batch, message: Arrived, reason: Reason, detail: str) -> None:
    """Set a message aside; its number counts as arrived, so that its sender may forget it."""
    batch.rejected.append(
        Rejected(message.topic, message.payload, reason, detail, as_instant(message.received_ms))
    )
    name, _, kind = message.topic.removeprefix("lab/1/").partition("/")
    if reason is Reason.WRONG_TOPIC or message.is_retained or kind not in NUMBERED:
        return
    envelope = messages.identify(message.payload)
    if envelope is not None:
        batch.sequences[name, envelope.boot].append(envelope.seq)


def add_readings(
    rows: list[Row], payload: messages.Measurements, keys: dict[int, int], received_ms: int
) -> None:
    """Append a message's values, or none of them: half a message would be a lie.

    One pass and few calls: at a hundred thousand values a second each costs.
    """
    first = last = ts = payload.ts
    good = LATE if received_ms - ts > LATE_AFTER_MS else GOOD
    new: list[Row] = []
    for value in payload.m:
        channel = keys.get(value.k)
        if channel is None:
            raise Unintelligible(Reason.UNKNOWN_METRIC, f"k {value.k} is not in the birth")
        at = ts
        if value.dt:
            at += value.dt
            first = min(at, first)
            last = max(at, last)
        v = value.v
        if v is None:
            new.append((channel, at, None, BAD, received_ms))
        elif isinstance(v, str):
            continue  # a text is no reading; the state and the birth carry those we use
        elif v - v:  # what is infinite or no number is not zero from itself
            raise Unintelligible(Reason.NOT_FINITE, f"k {value.k} is {v}")
        else:
            new.append((channel, at, float(v), value.q or good, received_ms))
    require_times(first, last, received_ms)
    rows += new


def as_report(payload: messages.State, received_ms: int, *, is_retained: bool) -> StateReport:
    # A will was written when the connection was made, perhaps long ago.
    is_sane = received_ms - PAST_MS_MAX <= payload.ts <= received_ms + FUTURE_MS_MAX
    return StateReport(
        boot=payload.boot,
        is_online=payload.online,
        at=as_instant(payload.ts) if is_sane else EPOCH,
        op=payload.op,
        mode=payload.mode,
        session=payload.session,
        is_retained=is_retained,
    )


def as_event(device: KnownDevice, payload: messages.Event, received_ms: int) -> EventReport:
    return EventReport(
        device_id=device.id,
        boot=payload.boot,
        seq=payload.seq,
        at=as_instant(payload.ts),
        received_at=as_instant(received_ms),
        kind=payload.e,
        session=payload.session,
        run_ms=payload.run_ms,
        cycles=payload.cycles,
        energy_wh=payload.energy_wh,
        operator=payload.op,
        lease=payload.lease,
    )


def add_alarm(batch: Batch, device: KnownDevice, payload: messages.Alarm, received_ms: int) -> None:
    if payload.code == DROPPED and payload.lost is not None:
        first, last = payload.lost
        if not first <= last < payload.seq:
            raise Unintelligible(Reason.WRONG_TYPE, "lost numbers come before the one telling")
        batch.lost.append(((device.name, payload.boot), first, last))
    detail: dict[str, Any] = {}
    if payload.v is not None:
        detail["value"] = payload.v
    if payload.lim is not None:
        detail["limit"] = payload.lim
    if payload.lost is not None:
        detail["lost"] = list(payload.lost)
    batch.alarms.append(
        AlarmReport(
            device_id=device.id,
            boot=payload.boot,
            seq=payload.seq,
            at=as_instant(payload.ts),
            received_at=as_instant(received_ms),
            code=payload.code,
            severity=payload.sev,
            is_active=payload.active,
            detail=detail,
        )
    )
