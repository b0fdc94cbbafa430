"""One link's loop: who is asked when, what the answers mean, and which commands go in between."""

import heapq
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from foundation.clock import read_clock
from foundation.logs import get_log
from gateways.edge.interlock import (
    Command,
    CommandRefused,
    CommandUnreadable,
    RelayState,
    read_command,
    result_body,
)
from gateways.edge.publisher import Publisher
from gateways.edge.relay import Relay
from gateways.edge.reporting import Sample
from gateways.edge.settings import DeviceSettings
from gateways.edge.twin import Twin
from gateways.modbus import errors
from gateways.modbus.breaker import Breaker, BreakerState
from gateways.modbus.client import Line, LineSettings
from gateways.modbus.errors import DeviceError, DeviceRefused, DeviceUnreachable, LineDown
from gateways.modbus.layout import Layout
from gateways.modbus.planner import Cuts, plan
from gateways.modbus.registers import Encoding, Quality, Table, Tag
from gateways.mqtt import topics
from gateways.profiles.profile import Group
from gateways.spool.spool import Spool
from gateways.spool.statements import to_json

# The longest nap: a lease that ends is noticed within it even where nothing is polled.
NAP_S_MAX: Final = 0.5
# An absent register is asked for again this often, in case the firmware has grown one.
ABSENT_S: Final = 3600.0


def now_ms() -> int:
    return int(read_clock().timestamp() * 1000)


@dataclass(slots=True)
class PollGroup:
    """One group of one device: its requests, and the tags the device turned out not to have."""

    group: Group
    period_s: float
    tags: list[Tag]
    cuts: Cuts = field(default_factory=Cuts)
    layouts: list[Layout] = field(default_factory=list)
    absent: dict[str, float] = field(default_factory=dict)  # name → when to try again


class Unit:
    """One device on the link."""

    def __init__(self, settings: DeviceSettings, twin: Twin, spool: Spool) -> None:
        profile = settings.profile
        self.settings, self.twin = settings, twin
        self.breaker = Breaker()
        self.told = b""  # the state last published
        self.announced = ""  # the boot last told of
        self.relay = (
            Relay(settings.name, settings.unit, profile.interlock, spool.commands)
            if profile.interlock
            else None
        )
        self.groups = []
        for group in profile.groups:
            tags = [metric.tag for metric in profile.in_group(group.name)]
            if profile.interlock is not None and group is self._status_group():
                tags.append(Tag("interlock", Table.COIL, profile.interlock.coil, Encoding.BOOL))
            if tags:
                period_s = group.period_s * settings.poll_factor
                self.groups.append(PollGroup(group, period_s, tags))
        for poll_group in self.groups:
            self.replan(poll_group)

    def _status_group(self) -> Group:
        profile = self.settings.profile
        if profile.phases is None:
            return profile.groups[0]
        status = next(m for m in profile.metrics if m.name == profile.phases.metric)
        return next(group for group in profile.groups if group.name == status.group)

    def replan(self, poll_group: PollGroup) -> None:
        present = [tag for tag in poll_group.tags if tag.name not in poll_group.absent]
        poll_group.layouts = plan(present, self.settings.profile.limits, poll_group.cuts)


class Link:
    """A thread of its own: a slow line delays only the devices on it."""

    def __init__(
        self,
        settings: LineSettings,
        units: Sequence[Unit],
        spool: Spool,
        publisher: Publisher,
        stopping: threading.Event,
    ) -> None:
        self.name = settings.name
        self.units = list(units)
        self._settings, self._book, self._publisher = settings, spool.commands, publisher
        self._stopping = stopping
        self._line = Line(settings, stopping)
        self._log = get_log("link").bind(link=settings.name)
        self._commands: queue.SimpleQueue[tuple[Unit, bytes]] = queue.SimpleQueue()
        self._woken = threading.Event()
        self._due: list[tuple[float, int, int, Unit, PollGroup]] = []
        self._no_connect_until_s = 0.0
        self.polls = self.overruns = self.failures = self.exceptions = 0
        self._thread = threading.Thread(target=self._run, name=f"link-{self.name}", daemon=True)

    def start(self) -> None:
        for unit in self.units:
            self._announce(unit)
        started_s = monotonic()
        for order, (unit, group) in enumerate((u, g) for u in self.units for g in u.groups):
            due_s = started_s + group.group.phase_s
            heapq.heappush(self._due, (due_s, -group.group.priority, order, unit, group))
        self._thread.start()

    def join(self, limit_s: float) -> bool:
        self._woken.set()
        self._thread.join(limit_s)
        self._line.close()
        return not self._thread.is_alive()

    def give(self, unit: Unit, payload: bytes) -> None:
        """Take a command from another thread; it goes before the next poll."""
        self._commands.put((unit, payload))
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:  # noqa: BLE001  # see below
                # Nothing a device sends may end the loop; what did is shown with its trace.
                self._log.exception("a turn failed")
                self._stopping.wait(1)

    def _turn(self) -> None:
        while not self._commands.empty():
            self._obey(*self._commands.get())
        self._end_leases()
        now_s = monotonic()
        if not self._due or self._due[0][0] > now_s:
            nap_s = min(NAP_S_MAX, self._due[0][0] - now_s) if self._due else NAP_S_MAX
            self._woken.wait(nap_s)
            self._woken.clear()
            return
        due_s, priority, order, unit, group = self._pop_due(now_s)
        try:
            self._poll(unit, group)
        finally:
            # Late by more than a period: skip what was missed rather than fall behind for ever.
            next_s = due_s + group.period_s
            late_s = monotonic() - next_s
            if late_s > 0:
                self.overruns += 1
                next_s += group.period_s * int(late_s / group.period_s + 1)
            heapq.heappush(self._due, (next_s, priority, order, unit, group))

    def _pop_due(self, now_s: float) -> tuple[float, int, int, Unit, PollGroup]:
        """Take the most important of those due, the longest due among equals."""
        ready = []
        while self._due and self._due[0][0] <= now_s:
            ready.append(heapq.heappop(self._due))
        best = min(ready, key=lambda item: (item[1], item[0], item[2]))
        for item in ready:
            if item is not best:
                heapq.heappush(self._due, item)
        return best

    # Commands and leases.

    def _obey(self, unit: Unit, payload: bytes) -> None:
        device, at_ms = unit.settings.name, now_ms()
        try:
            command = read_command(payload)
        except CommandUnreadable as error:
            self._log.warning("unreadable command", device=device, reason=str(error))
            if error.command_id and self._book.remember(error.command_id, device, at_ms):
                self._refuse(error.command_id, CommandRefused.MALFORMED, at_ms)
            return
        if not self._book.remember(command.id, device, at_ms):
            known = self._book.result_of(command.id)
            if known is not None:
                # Known and done: say again what came of it.
                self._book.store_result(command.id, known)
                self._publisher.wake()
                return
        self._carry_out(unit, command, at_ms)

    def _carry_out(self, unit: Unit, command: Command, at_ms: int) -> None:
        if unit.relay is None:
            self._refuse(command.id, CommandRefused.UNSUPPORTED, at_ms)
            return
        unit.relay.obey(command, self._line, at_ms)
        self._publisher.wake()
        self._report_relay(unit)

    def _refuse(self, command: str, why: CommandRefused, at_ms: int) -> None:
        body = result_body(command, RelayState.UNKNOWN, at_ms, why)
        self._book.store_result(command, to_json(body))
        self._publisher.wake()

    def _end_leases(self) -> None:
        at_ms = now_ms()
        for unit in self.units:
            relay = unit.relay
            if relay is None or relay.state is not RelayState.UNLOCKED:
                continue
            ends_ms = relay.lease_ends_ms
            if ends_ms is not None and ends_ms <= at_ms:
                self._log.info("lease over, locking", device=unit.settings.name)
                relay.bring(self._line, at_ms)
                self._report_relay(unit)

    def _report_relay(self, unit: Unit) -> None:
        """Publish the relay's state at once, and an alarm where it is not what it should be."""
        relay = unit.relay
        if relay is None:
            return
        at_ms = now_ms()
        is_known = relay.state is not RelayState.UNKNOWN
        sample = self._relay_sample(relay, at_ms)
        target = relay.target(at_ms)
        unit.twin.observe(
            {"interlock": sample}, at_ms=at_ms, lease=target.lease_id if target else None
        )
        unit.twin.raise_alarm("INTERLOCK_MISMATCH", "critical", at_ms, active=not is_known)
        self._publisher.wake()

    @staticmethod
    def _relay_sample(relay: Relay, at_ms: int) -> Sample:
        if relay.state is RelayState.UNKNOWN:
            return Sample(None, Quality.BAD, at_ms)
        return Sample(relay.state is RelayState.UNLOCKED, Quality.GOOD, at_ms)

    def counts(self) -> dict[str, int]:
        """Say how the link has fared since the start."""
        return {
            "polls": self.polls,
            "overruns": self.overruns,
            "failures": self.failures,
            "exceptions": self.exceptions,
            "connects": self._line.connects,
            "silent": sum(u.breaker.state is not BreakerState.CLOSED for u in self.units),
        }

    # Polling.

    def _poll(self, unit: Unit, group: PollGroup) -> None:
        started_s = monotonic()
        if started_s < self._no_connect_until_s or not unit.breaker.allows(started_s):
            return
        if group.absent and min(group.absent.values()) <= started_s:
            group.absent.clear()
            unit.replan(group)
        try:
            samples = self._read(unit, group)
        except LineDown as error:
            self.failures += 1
            self._no_connect_until_s = monotonic() + self._settings.reconnect_pause_s
            for each in self.units:
                self._lose(each, error)
            return
        except DeviceError as error:
            self.failures += 1
            silent = sum(u.breaker.state is not BreakerState.CLOSED for u in self.units)
            now_s = monotonic()
            unit.breaker.fail(now_s, now_s - started_s, silent_units=silent)
            if unit.breaker.state is BreakerState.OPEN:
                self._lose(unit, error)
            return
        self.polls += 1
        unit.breaker.succeed()
        if samples:
            self._digest(unit, samples)

    def _read(self, unit: Unit, group: PollGroup) -> dict[str, Sample]:
        samples: dict[str, Sample] = {}
        for layout in group.layouts:
            began_ms, began_s = now_ms(), monotonic()
            try:
                raw = self._line.read(
                    unit.settings.unit, layout.table, layout.address, layout.count
                )
            except DeviceRefused as error:
                self.exceptions += 1
                if error.exception_code in {errors.GATEWAY_PATH, errors.GATEWAY_TARGET}:
                    raise DeviceUnreachable("the converter cannot reach the unit") from error
                if error.exception_code in {errors.BUSY, errors.ACKNOWLEDGE}:
                    return {}  # it lives, and asks for patience: the next poll is soon enough
                self._learn(unit, group, layout, error.exception_code)
                if error.exception_code in {errors.DEVICE_FAILURE, errors.MEMORY_PARITY}:
                    for tag in layout.tags:
                        samples[tag.name] = Sample(None, Quality.BAD, began_ms)
                continue
            at_ms = began_ms + int((monotonic() - began_s) * 500)
            values, quality = layout.decode(raw)
            for i, tag in enumerate(layout.tags):
                samples[tag.name] = Sample(values[i], quality.get(i, Quality.GOOD), at_ms)
        return samples

    def _learn(self, unit: Unit, group: PollGroup, layout: Layout, code: int) -> None:
        """Draw the lesson from an exception, so that the next poll asks for something else."""
        device = unit.settings.name
        if code in {errors.ILLEGAL_ADDRESS, errors.ILLEGAL_VALUE} and group.cuts.learn(layout):
            self._log.info("request split", device=device, address=layout.address, code=code)
        elif code in {errors.ILLEGAL_FUNCTION, errors.ILLEGAL_ADDRESS, errors.ILLEGAL_VALUE}:
            again_s = monotonic() + ABSENT_S
            names = [tag.name for tag in layout.tags]
            group.absent.update(dict.fromkeys(names, again_s))
            self._log.warning("device has no such register", device=device, names=names, code=code)
        else:
            self._log.warning("device failure", device=device, address=layout.address, code=code)
            return
        unit.replan(group)

    def _digest(self, unit: Unit, samples: dict[str, Sample]) -> None:
        at_ms = max(sample.at_ms for sample in samples.values())
        twin, relay, lease = unit.twin, unit.relay, None
        if twin.standing is None or not twin.standing.online:
            self._log.info("device answers", device=unit.settings.name)
        coil = samples.pop("interlock", None)
        if relay is not None and coil is not None:
            actual = coil.value if isinstance(coil.value, bool) else None
            still_differs = relay.reconcile(self._line, at_ms, actual=actual)
            samples["interlock"] = self._relay_sample(relay, coil.at_ms)
            twin.raise_alarm("INTERLOCK_MISMATCH", "critical", at_ms, active=still_differs)
        if relay is not None:
            target = relay.target(at_ms)
            lease = target.lease_id if target else None
        if twin.observe(samples, at_ms=at_ms, lease=lease):
            self._log.info("device was switched off and on", device=unit.settings.name)
        if twin.record.boot != unit.announced:
            self._announce(unit)
        self._tell_state(unit)
        self._publisher.wake()

    def _lose(self, unit: Unit, error: DeviceError) -> None:
        standing = unit.twin.standing
        if standing is not None and not standing.online:
            return
        self._log.warning("device lost", device=unit.settings.name, reason=str(error))
        unit.twin.lose(now_ms())
        self._tell_state(unit)

    def _announce(self, unit: Unit) -> None:
        unit.announced = unit.twin.record.boot
        self._publisher.retain(topics.birth(unit.settings.name), unit.twin.birth())

    def _tell_state(self, unit: Unit) -> None:
        state = unit.twin.state()
        if state != unit.told:
            unit.told = state
            self._publisher.retain(topics.state(unit.settings.name), state)
