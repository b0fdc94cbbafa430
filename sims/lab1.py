"""A device that speaks lab/1 itself: its sequence, its events and its answers."""

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from typing_extensions import override

from sims.clock import monotonic_ms
from sims.device import SimDevice
from sims.machine import WORKING, Alarm, Phase
from sims.models import Model
from sims.mqtt.client import Broker, MqttClient
from sims.mqtt.packets import Will
from sims.operators import Habits
from sims.store import Flash, StoredEvent

SAMPLE_MS = 1000
HEARTBEAT_MS = 60_000
RESEND_MS = 30_000
RESEND_MAX_MS = 300_000
MEASUREMENTS_MAX = 3600
OBEYED_MAX = 1000
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Form = Literal["json", "msgpack"]

OP_AND_MODE = {
    Phase.IDLE: ("not_executing", "none"),
    Phase.WARM_UP: ("executing", "setup"),
    Phase.RUN: ("executing", "processing"),
    Phase.COOL_DOWN: ("not_executing", "setup"),
    Phase.FAULT: ("out_of_service", "none"),
}


@dataclass(slots=True)
class Outgoing:
    """A numbered message that is not yet safe.

    Measurements are safe once the broker has them, events once the server says that it
    committed them.
    """

    kind: str
    boot: str
    seq: int
    payload: bytes
    is_sent: bool = False


def ulid(stamp_ms: int, chance: random.Random) -> str:
    number = (stamp_ms << 80) | chance.getrandbits(80)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


class Lab1Device(SimDevice):
    """Publishes its own birth, state, measurements and events; obeys commands."""

    protocol = "mqtt"

    def __init__(
        self,
        name: str,
        model: Model,
        *,
        seed: str,
        habits: Habits,
        flash: Flash,
        broker: Broker,
        stamp_ms: int,
        gate: asyncio.Semaphore | None = None,
        form: Form = "json",
        clean: bool = False,
    ) -> None:
        super().__init__(name, model, seed=seed, habits=habits, flash=flash)
        self._seed = seed
        self._stamp_ms = stamp_ms
        self._form: Form = form
        self.boot = ""
        self.seq = 0
        self.session: str | None = None
        self.lease_id = ""
        self._session_lease = ""
        self._alarms: dict[str, Alarm] = {}
        self._lease_until_ms = 0
        self._phase = Phase.IDLE
        self._interlock = False
        self._sample_in_ms = 0
        self._heartbeat_in_ms = 0
        self._resend_every_ms = RESEND_MS
        self._resend_at_ms = monotonic_ms() + RESEND_MS
        self._waiting: dict[tuple[str, int], Outgoing] = {}
        self._plain: deque[tuple[str, bytes, bool]] = deque(maxlen=1000)
        self._measurements = 0
        self._ids = random.Random()
        for event in flash.memory.events:
            self._waiting[event.boot, event.seq] = Outgoing(
                event.kind, event.boot, event.seq, event.payload
            )
        self.client = MqttClient(
            broker,
            name,
            self,
            topics=(self.topic("cmd"), self.topic("ack")),
            clean=clean,
            gate=gate,
        )

    def topic(self, kind: str) -> str:
        return f"lab/1/{self.name}/{kind}"

    # Power.

    @override
    def power_up(self) -> None:
        super().power_up()
        self._ids = random.Random(f"{self._seed}:{self.name}:{self.machine.counters.boots}")
        self.boot = ulid(self._stamp_ms, self._ids)
        self.seq = 0
        self.session = None
        self.lease_id = ""
        self._lease_until_ms = 0
        self._phase = Phase.IDLE
        self._interlock = self.machine.interlock
        self._alarms = {}
        self._sample_in_ms = SAMPLE_MS
        self.client.mend()

    @override
    def power_cut(self) -> None:
        super().power_cut()
        self.client.cut()
        # What was only in RAM is gone; events are in flash.
        for key in [key for key, message in self._waiting.items() if message.kind == "m"]:
            del self._waiting[key]
        self._measurements = 0
        self._plain.clear()

    def switch_off_properly(self) -> None:
        """Shut down as the maker intended: the run is ended and said to be."""
        if self.is_powered:
            self.machine.lock()
            if self.session is not None:
                self._event("stop")
                self.session = None
            self.flush()
            self._say("state", self._state(is_online=False), retain=True)
            self.remember()
            self.flush()
            self.is_powered = False

    # Time.

    @override
    def live(self, physics_ms: int, calendar_ms: int, stamp_ms: int) -> None:
        skew = self.board.get("clock_skew")
        self._stamp_ms = stamp_ms + (skew.ms if skew else 0)
        if not self.is_powered:
            return
        if self._lease_until_ms and self._stamp_ms >= self._lease_until_ms:
            self.machine.lock()
            self._lease_until_ms = 0
        super().live(physics_ms, calendar_ms, stamp_ms)
        self._complain()
        if self.session is not None:
            self._heartbeat_in_ms -= physics_ms
            if self._heartbeat_in_ms <= 0:
                self._heartbeat_in_ms += HEARTBEAT_MS
                self._event("hb")
        while self.machine.readings:
            age_ms, values = self.machine.readings.popleft()
            self._measure(values, self._stamp_ms - age_ms)
        self._sample_in_ms -= calendar_ms
        if self._sample_in_ms <= 0:
            self._sample_in_ms = max(self._sample_in_ms + SAMPLE_MS, 1)
            if not self.machine.stamps_itself:
                self._measure()
        elif self.machine.interlock != self._interlock:
            self._measure()

    @override
    def notice(self) -> None:
        before, now = self._phase, self.machine.phase
        if before is now:
            return
        self._phase = now
        if now in WORKING and self.session is None:
            self.session = ulid(self._stamp_ms, self._ids)
            self._session_lease = self.lease_id
            self._heartbeat_in_ms = HEARTBEAT_MS
            self._event("start")
        elif now not in WORKING and self.session is not None:
            self._event("stop")
            self.session = None
        self._say("state", self._state(is_online=True), retain=True)

    # What it says.

    def _encode(self, body: dict[str, Any]) -> bytes:
        return msgspec.json.encode(body) if self._form == "json" else msgspec.msgpack.encode(body)

    def _state(self, *, is_online: bool) -> dict[str, Any]:
        op, mode = OP_AND_MODE[self.machine.phase] if is_online else ("not_available", "none")
        return {
            "s": 1, "boot": self.boot, "online": is_online, "ts": self._stamp_ms,
            "op": op, "mode": mode, "session": self.session,
        }  # fmt: skip

    def _birth(self) -> dict[str, Any]:
        machine = self.machine
        return {
            "s": 1, "boot": self.boot, "fw": machine.FIRMWARE, "model": machine.MODEL,
            "metrics": [
                {"k": metric.key, "n": metric.name, "u": metric.unit, "t": metric.kind}
                for metric in machine.METRICS
            ],
        }  # fmt: skip

    def _say(self, kind: str, body: dict[str, Any], *, retain: bool = False) -> None:
        """Say something that has no number: lost if there is nobody to hear it."""
        self._plain.append((kind, self._encode(body), retain))

    def _number(self, kind: str, body: dict[str, Any], at_ms: int | None = None) -> None:
        """Say something with a number, and keep it until it is safe."""
        at_ms = self._stamp_ms if at_ms is None else at_ms
        self.seq += 2 if self.board.take("seq_gap") else 1
        whole = {"s": 1, "boot": self.boot, "seq": self.seq, "ts": at_ms, **body}
        payload = b"{broken" if self.board.take("malformed") else self._encode(whole)
        self._waiting[self.boot, self.seq] = Outgoing(kind, self.boot, self.seq, payload)

    def _measure(self, only: dict[str, float] | None = None, at_ms: int | None = None) -> None:
        if self.board.get("silent") is not None:
            return
        self._interlock = self.machine.interlock
        values = []
        for metric in self.machine.METRICS:
            if only is not None and metric.name not in only:
                continue
            value = self.machine.measure(metric.name) if only is None else only[metric.name]
            if value is None:
                continue
            if metric.kind == "f":
                value = round(float(value), 3)
            values.append({"k": metric.key, "v": value})
        self._number("m", {"m": values}, at_ms)
        self._measurements += 1
        if self._measurements > MEASUREMENTS_MAX:
            oldest = next(key for key, message in self._waiting.items() if message.kind == "m")
            del self._waiting[oldest]
            self._measurements -= 1

    def _event(self, what: str) -> None:
        counters = self.machine.counters
        self._number("evt", {
            "e": what, "session": self.session, "op": self.operator.habits.badge,
            "lease": self._session_lease, "run_ms": counters.run_ms, "cycles": counters.cycles,
            "energy_wh": self.machine.energy_wh,
        })  # fmt: skip
        self._keep_events()

    def _complain(self) -> None:
        """Say which complaints are new, and which are over."""
        now = self.machine.alarms()
        for code in [*now, *self._alarms]:
            if (code in now) is (code in self._alarms):
                continue
            is_active = code in now
            alarm = now[code] if is_active else self._alarms[code]
            self._number(
                "alarm",
                {
                    "code": code, "sev": alarm.severity, "active": is_active,
                    "v": round(alarm.value, 3), "lim": alarm.limit,
                },
            )  # fmt: skip
            self._keep_events()
        self._alarms = now

    def _keep_events(self) -> None:
        self.flash.memory.events = [
            StoredEvent(message.boot, message.seq, message.kind, message.payload)
            for message in self._waiting.values()
            if message.kind != "m"
        ]

    # The connection.

    def connecting(self) -> Will | None:
        return Will(self.topic("state"), self._encode(self._state(is_online=False)))

    def connected(self) -> None:
        for message in self._waiting.values():
            message.is_sent = False
        self._plain.clear()
        self._say("birth", self._birth(), retain=True)
        self._say("state", self._state(is_online=True), retain=True)
        self.flush()

    def disconnected(self) -> None:
        pass

    @override
    def flush(self) -> None:
        if not self.client.is_connected or self.board.get("silent") is not None:
            return
        if (now_ms := monotonic_ms()) >= self._resend_at_ms:
            self._resend_events(now_ms)
        while self._plain:
            kind, payload, retain = self._plain.popleft()
            self.client.publish(self.topic(kind), payload, retain=retain)
        twice = self.board.get("duplicate") is not None
        for key, message in self._waiting.items():
            if not message.is_sent:
                message.is_sent = self.client.publish(
                    self.topic(message.kind), message.payload, token=key
                )
                if twice:
                    self.client.publish(self.topic(message.kind), message.payload)

    def acknowledged(self, token: object) -> None:
        """Forget a measurement the broker has. Events wait for the server."""
        message = self._waiting.get(token)  # type: ignore[call-overload]  # tokens are our keys
        if message is not None and message.kind == "m":
            del self._waiting[message.boot, message.seq]
            self._measurements -= 1

    def received(self, topic: str, payload: bytes) -> None:
        try:
            decoder = msgspec.json if payload[:1] == b"{" else msgspec.msgpack
            body = decoder.decode(payload)
        except msgspec.DecodeError:
            return
        if not isinstance(body, dict):
            return
        if topic.endswith("/ack"):
            self._take_ack(body)
        elif topic.endswith("/cmd"):
            self._obey(body)
        self.remember()
        self.flush()

    def _take_ack(self, body: dict[str, Any]) -> None:
        boot, seq = body.get("boot"), body.get("seq")
        if not isinstance(seq, int):
            return
        safe = [
            key for key, message in self._waiting.items()
            if message.kind != "m" and key[0] == boot and key[1] <= seq
        ]  # fmt: skip
        for key in safe:
            del self._waiting[key]
        if safe:
            self._resend_every_ms = RESEND_MS
            self._resend_at_ms = monotonic_ms() + RESEND_MS
            self._keep_events()

    def _resend_events(self, now_ms: float) -> None:
        # By the wall, whatever the lab's own speed: it is the server that is waited for.
        waiting = [message for message in self._waiting.values() if message.kind != "m"]
        for message in waiting:
            message.is_sent = False
        self._resend_every_ms = min(self._resend_every_ms * 2, RESEND_MAX_MS)
        self._resend_at_ms = now_ms + self._resend_every_ms

    @property
    def unacknowledged(self) -> int:
        """How many events the server has not yet said it committed."""
        return sum(message.kind != "m" for message in self._waiting.values())

    # Commands.

    def _obey(self, body: dict[str, Any]) -> None:
        command_id = body.get("id")
        if not isinstance(command_id, str) or not command_id:
            return
        obeyed = self.flash.memory.obeyed
        if command_id in obeyed:
            self._plain.append(("res", obeyed[command_id], False))
            return
        error = self._carry_out(command_id, body)
        result: dict[str, Any] = {
            "s": 1, "id": command_id, "ok": error is None,
            "state": "unlocked" if self.machine.interlock else "locked", "ts": self._stamp_ms,
        }  # fmt: skip
        if error is not None:
            result["error"] = error
        obeyed[command_id] = self._encode(result)
        while len(obeyed) > OBEYED_MAX:
            del obeyed[next(iter(obeyed))]
        self._plain.append(("res", obeyed[command_id], False))

    def _carry_out(self, command_id: str, body: dict[str, Any]) -> str | None:
        """Set the relay. Return why not, if not."""
        expires = body.get("exp")
        if not isinstance(expires, int) or expires <= self._stamp_ms:
            return "expired"
        if body.get("do") != "set" or body.get("target") != "interlock":
            return "unknown_command"
        if body.get("value") == "locked":
            self._lease_until_ms = 0
            self.lease_id = ""
            self.machine.lock()
            return "relay_stuck" if self.machine.interlock else None
        if body.get("value") != "unlocked":
            return "unknown_value"
        until = body.get("lease_until")
        if not isinstance(until, int) or until <= self._stamp_ms:
            return "lease_over"
        self._lease_until_ms = until
        self.lease_id = command_id
        self.machine.lease(0xFFFF)
        self.machine.unlock()
        return None

    @override
    def shown(self) -> dict[str, object]:
        return {
            **super().shown(),
            "connected": self.client.is_connected, "boot": self.boot, "seq": self.seq,
            "session": self.session, "lease": self.lease_id,
            "lease_until": self._lease_until_ms or None, "unacknowledged": self.unacknowledged,
        }  # fmt: skip

    @override
    def obey_faults(self) -> None:
        super().obey_faults()
        if self.board.get("offline") is not None or not self.is_powered:
            self.client.cut()
        else:
            self.client.mend()
