"""One link's loop: who is asked when, what the answers mean, and which commands go in between."""

import heapq
import queue
import threading
from collections.abc import Sequence
from time import monotonic
from typing import Final

from foundation.logs import get_log
from gateways.edge.desk import CommandDesk
from gateways.edge.publisher import Publisher
from gateways.edge.reporting import Sample
from gateways.edge.units import ABSENT_S, PollGroup, Unit, now_ms
from gateways.modbus import errors
from gateways.modbus.breaker import BreakerState
from gateways.modbus.client import Line, LineSettings
from gateways.modbus.errors import DeviceError, DeviceRefused, DeviceUnreachable, LineDown
from gateways.modbus.layout import Layout
from gateways.modbus.registers import Quality
from gateways.mqtt import topics
from gateways.spool.spool import Spool

# The longest nap, so that a stop is noticed soon.
NAP_S_MAX: Final = 0.5


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
        self._settings, self._publisher = settings, publisher
        self._stopping = stopping
        self._line = Line(settings, stopping)
        self._desk = CommandDesk(self._line, spool.commands, publisher)
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
            self._desk.obey(*self._commands.get())
        self._desk.end_leases(self.units)
        now_s = monotonic()
        if not self._due or self._due[0][0] > now_s:
            until_poll_s = self._due[0][0] - now_s if self._due else NAP_S_MAX
            until_end_s = self._desk.until_next_end_s(self.units)
            self._woken.wait(min(NAP_S_MAX, until_poll_s, until_end_s))
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
            samples["interlock"] = self._desk.reconcile(unit, coil, at_ms)
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
