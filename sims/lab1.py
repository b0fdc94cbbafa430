"""A device that speaks lab/1 itself: its sequence, its events and its answers."""

import asyncio
import random
from collections import deque
from typing import Any, Literal

import msgspec
from typing_extensions import override

from sims import messages
from sims.device import SimDevice
from sims.machine import NO_WATCHDOG, WORKING, Alarm, Phase
from sims.models import Model
from sims.mqtt.client import Broker, MqttClient
from sims.mqtt.packets import Will
from sims.operators import Habits
from sims.outbox import Outbox, Outgoing
from sims.store import Flash, StoredAlarm

SAMPLE_MS = 1000
HEARTBEAT_MS = 60_000
OBEYED_MAX = 1000
Form = Literal["json", "msgpack"]


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
        self._outbox = Outbox(flash.journal.events)
        self._plain: deque[tuple[str, bytes, bool]] = deque(maxlen=1000)
        self._ids = random.Random()
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
        self.boot = messages.ulid(self._stamp_ms, self._ids)
        self.seq = 0
        self.session = None
        self.lease_id = ""
        self._lease_until_ms = 0
        self._phase = Phase.IDLE
        self._interlock = self.machine.interlock
        # What it complained of before the lights went out is over, unless it comes again.
        self._alarms = {
            code: Alarm(alarm.severity, alarm.value, alarm.limit)
            for code, alarm in self.flash.journal.alarms.items()
        }
        self._sample_in_ms = SAMPLE_MS
        self.client.mend()

    @override
    def power_cut(self) -> None:
        super().power_cut()
        self.client.cut()
        self._outbox.lose_power()
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
            self.session = messages.ulid(self._stamp_ms, self._ids)
            self._session_lease = self.lease_id
            self._heartbeat_in_ms = HEARTBEAT_MS
            self._event("start")
        elif now not in WORKING and self.session is not None:
            self._event("stop")
            self.session = None
        self._say("state", self._state(), retain=True)

    # What it says.

    def _encode(self, body: dict[str, Any]) -> bytes:
        return msgspec.json.encode(body) if self._form == "json" else msgspec.msgpack.encode(body)

    def _state(self, *, is_online: bool = True) -> dict[str, Any]:
        phase = self.machine.phase if is_online else None
        return messages.state(phase, boot=self.boot, session=self.session, at_ms=self._stamp_ms)

    def _say(self, kind: str, body: dict[str, Any], *, retain: bool = False) -> None:
        """Say something that has no number: lost if there is nobody to hear it."""
        self._plain.append((kind, self._encode(body), retain))

    def _number(self, kind: str, body: dict[str, Any], at_ms: int | None = None) -> None:
        """Say something with a number, and keep it until it is safe."""
        at_ms = self._stamp_ms if at_ms is None else at_ms
        self.seq += 2 if self.board.take("seq_gap") else 1
        whole = {"s": 1, "boot": self.boot, "seq": self.seq, "ts": at_ms, **body}
        payload = b"{broken" if self.board.take("malformed") else self._encode(whole)
        self._outbox.put(Outgoing(kind, self.boot, self.seq, payload))

    def _measure(self, only: dict[str, float] | None = None, at_ms: int | None = None) -> None:
        if self.board.get("silent") is not None:
            return
        self._interlock = self.machine.interlock
        values = messages.readings(self.machine, only)
        self._number("m", {"m": values}, at_ms)

    def _event(self, what: str) -> None:
        badge = self.operator.habits.badge
        lease = self._session_lease
        self._number(
            "evt",
            messages.event(self.machine, what, session=self.session, badge=badge, lease=lease),
        )
        self._keep_events()

    def _complain(self) -> None:
        """Say which complaints are new, and which are over."""
        now = self.machine.alarms()
        for code in [*now, *self._alarms]:
            if (code in now) is (code in self._alarms):
                continue
            is_active = code in now
            alarm = now[code] if is_active else self._alarms[code]
            self._number("alarm", messages.alarm(code, alarm, is_active=is_active))
            self.flash.journal.alarms = {
                each: StoredAlarm(it.severity, it.value, it.limit) for each, it in now.items()
            }
            self._keep_events()
        self._alarms = now

    def _keep_events(self) -> None:
        self.flash.journal.events = self._outbox.events
        self.flash.write_journal()

    # The connection.

    def connecting(self) -> Will | None:
        return Will(self.topic("state"), self._encode(self._state(is_online=False)))

    def connected(self) -> None:
        self._outbox.start_again()
        self._plain.clear()
        self._say("birth", messages.birth(self.machine, self.boot), retain=True)
        self._say("state", self._state(), retain=True)
        self.flush()

    def disconnected(self) -> None:
        pass

    @override
    def flush(self) -> None:
        if not self.client.is_connected or self.board.get("silent") is not None:
            return
        while self._plain:
            kind, payload, retain = self._plain.popleft()
            self.client.publish(self.topic(kind), payload, retain=retain)
        twice = self.board.get("duplicate") is not None
        for message in self._outbox.to_send():
            message.is_sent = self.client.publish(
                self.topic(message.kind), message.payload, token=message.key
            )
            if twice:
                self.client.publish(self.topic(message.kind), message.payload)

    def acknowledged(self, token: object) -> None:
        self._outbox.broker_has(token)

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
        if self._outbox.server_has(boot, seq):
            self._keep_events()

    # Commands.

    def _obey(self, body: dict[str, Any]) -> None:
        command_id = body.get("id")
        if not isinstance(command_id, str) or not command_id:
            return
        obeyed = self.flash.journal.obeyed
        if command_id in obeyed:
            self._plain.append(("res", obeyed[command_id], False))
            return
        error = self._carry_out(command_id, body)
        result = messages.result(
            command_id, error=error, is_unlocked=self.machine.interlock, at_ms=self._stamp_ms
        )
        obeyed[command_id] = self._encode(result)
        while len(obeyed) > OBEYED_MAX:
            del obeyed[next(iter(obeyed))]
        self.flash.write_journal()
        self._plain.append(("res", obeyed[command_id], False))

    def _carry_out(self, command_id: str, body: dict[str, Any]) -> str | None:
        """Set the relay. Return why not, if not."""
        try:
            until_ms = messages.lease_wanted(body, self._stamp_ms)
        except messages.Refused as refused:
            return str(refused)
        if until_ms is None:
            self._lease_until_ms = 0
            self.lease_id = ""
            self.machine.lock()
            return "relay_stuck" if self.machine.interlock else None
        self._lease_until_ms = until_ms
        self.lease_id = command_id
        self.machine.lease(NO_WATCHDOG)
        self.machine.unlock()
        return None

    @override
    def shown(self) -> dict[str, object]:
        return {
            **super().shown(),
            "connected": self.client.is_connected, "boot": self.boot, "seq": self.seq,
            "session": self.session, "lease": self.lease_id,
            "lease_until": self._lease_until_ms or None,
            "unacknowledged": self._outbox.unacknowledged,
        }  # fmt: skip

    @override
    def obey_faults(self) -> None:
        super().obey_faults()
        if self.board.get("offline") is not None or not self.is_powered:
            self.client.cut()
        else:
            self.client.mend()
