"""A lab of pretend devices: puts them together, moves their time, and stops them."""

import asyncio
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sims import traces
from sims.clock import Elapsed, SimClock, monotonic_ms
from sims.device import SimDevice
from sims.instruments.monitors import PowerMeter
from sims.lab1 import Lab1Device
from sims.modbus.lines import Line, PtyLine, RtuFraming, Secret, SocketLine, TcpFraming
from sims.modbus.server import ModbusServer, Seat
from sims.modbus.unit import MachineUnit
from sims.models import MODELS
from sims.mqtt.client import Broker
from sims.scenario import LINK_DOINGS, DevicePart, LinkPart, Scenario, StepPart
from sims.store import Flash

TICK_S = 0.05
STEPPED_MS_MAX = 86_400_000
TURN_MS = 200
LAG_S = 5.0
GOODBYE_S = 2.0
SPREAD_FROM = 200
TCP_FRAMED = ("tcp", "tls")
CONNECTING_MAX = 100


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the lab runs: what a scenario does not say."""

    broker: Broker | None = None
    state: Path | None = None
    host: str | None = None
    port: int | None = None
    passwords: dict[str, str] = field(default_factory=dict)


class Lab:
    """All devices of one scenario, in one event loop."""

    def __init__(self, scenario: Scenario, clock: SimClock, place: Place) -> None:
        self.scenario = scenario
        self.clock = clock
        self.place = place
        self.slice_ms = scenario.lab.resolution_ms
        self.devices: dict[str, SimDevice] = {}
        self.servers: dict[str, ModbusServer] = {}
        self.addresses: dict[str, dict[str, object]] = {}
        self._owed = Elapsed(0, 0)
        self._slice = Elapsed(0, 0)
        self._groups_due = 0
        self._has_lagged = False
        self._changes: set[asyncio.Task[None]] = set()
        self._cut: set[str] = set()
        # A broker's listen queue is short: thousands at once would wait for TCP to try again.
        self._gate = asyncio.Semaphore(CONNECTING_MAX)
        self._steps = sorted(scenario.step, key=lambda step: step.at_ms)
        self._ticker: asyncio.Task[None] | None = None
        if place.state is not None:
            place.state.mkdir(parents=True, exist_ok=True)
        for part in scenario.device:
            device = self._make(part)
            device.is_unlocked_from_start = part.unlocked
            self.devices[part.name] = device
            if part.trace is not None and isinstance(device.machine, PowerMeter):
                device.machine.follow(traces.read(part.trace))
        self._groups = _in_groups(list(self.devices.values()), self.slice_ms)
        for link in scenario.link:
            seats = {
                part.unit: self._seat(part)
                for part in scenario.device
                if part.link == link.name and part.unit is not None
            }
            self.servers[link.name] = ModbusServer(
                seats, self._line(link), TcpFraming() if link.kind in TCP_FRAMED else RtuFraming(),
                baud=link.baud, seed=scenario.lab.seed,
            )  # fmt: skip

    def _make(self, part: DevicePart) -> SimDevice:
        model = MODELS[part.model]
        flash = Flash(self.place.state, part.name)
        if flash.memory.boots == 0:
            for counter, value in part.counters.items():
                setattr(flash.memory, counter, value)
        seed = self.scenario.lab.seed
        if part.link is not None:
            return SimDevice(part.name, model, seed=seed, habits=part.operator, flash=flash)
        broker = self.place.broker or Broker("127.0.0.1")
        password = self.place.passwords.get(part.name, part.password)
        own = Broker(broker.host, broker.port, part.name, password or broker.password)
        return Lab1Device(
            part.name, model, seed=seed, habits=part.operator, flash=flash,
            broker=own, stamp_ms=self.clock.stamp_ms, gate=self._gate, form=part.form,
            clean=len(self.scenario.device) > SPREAD_FROM,
        )  # fmt: skip

    def _seat(self, part: DevicePart) -> Seat:
        device = self.devices[part.name]
        layout = device.model.layout
        assert layout is not None
        return Seat(MachineUnit(device.machine, layout), device.board, lambda: device.is_powered)

    def _line(self, link: LinkPart) -> Line:
        if link.kind == "rtu":
            return PtyLine(link.path)
        secret = None
        if link.kind == "tls" and link.certificate and link.key:
            secret = Secret(link.certificate, link.key, link.client_ca)
        port = link.port
        if self.place.port is not None:
            # One port is given for all lines: the others come after it, or are chosen too.
            port = self.place.port and self.place.port + self.scenario.link.index(link)
        return SocketLine(self.place.host or link.host, port, secret)

    async def start(self) -> None:
        """Open the lines, switch everything on, and let time run."""
        for link in self.scenario.link:
            where = await self.servers[link.name].start()
            self.addresses[link.name] = {"link": link.name, "kind": link.kind, **where}
        for device in self.devices.values():
            device.power_up()
        for speaker in self.speakers():
            speaker.client.start()
        self.clock.elapse()
        self._ticker = asyncio.get_running_loop().create_task(self._tick())

    async def run_until(self, told: asyncio.Event) -> None:
        """Run until told to stop. What breaks the physics is raised here, and not lost."""
        assert self._ticker is not None, "start it first"
        waiter = asyncio.get_running_loop().create_task(told.wait())
        await asyncio.wait({waiter, self._ticker}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        if self._ticker.done():
            self._ticker.result()

    async def stop(self) -> None:
        """Shut every device down properly; leave nothing open."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        speakers = self.speakers()
        for speaker in speakers:
            speaker.switch_off_properly()
        await asyncio.gather(*(speaker.client.drained(GOODBYE_S) for speaker in speakers))
        await asyncio.gather(*(speaker.client.stop() for speaker in speakers))
        await asyncio.gather(*self._changes)
        for server in self.servers.values():
            await server.stop()
        for device in self.devices.values():
            device.remember()

    def speakers(self) -> list[Lab1Device]:
        """Return the devices that speak MQTT themselves."""
        return [device for device in self.devices.values() if isinstance(device, Lab1Device)]

    async def _tick(self) -> None:
        while True:
            is_behind = self._owed.physics_ms >= self.slice_ms
            await asyncio.sleep(0 if is_behind else TICK_S)
            elapsed = self.clock.elapse()
            if not self.clock.stepped:
                self.live(elapsed)

    def step(self, ms: int) -> None:
        """In stepped mode: let exactly `ms` of time go by."""
        if not self.clock.stepped:
            raise ValueError("this lab is not in stepped mode")
        if not 0 <= ms <= STEPPED_MS_MAX:
            raise ValueError(f"a step is from 0 to {STEPPED_MS_MAX} ms")
        self.live(Elapsed(ms, ms))
        if self._owed.physics_ms:
            self._begin_slice(self._owed.physics_ms)
            while self._groups_due:
                self._live_group()
        self.send(self.devices.values())

    def live(self, elapsed: Elapsed) -> None:
        """Live through a stretch of time in slices of one size, and keep the rest for later.

        A slice of another size would be another rounding, and the same seed would no longer
        give the same series.
        """
        self._owed = Elapsed(
            self._owed.physics_ms + elapsed.physics_ms,
            self._owed.calendar_ms + elapsed.calendar_ms,
        )
        has_lived = False
        until_ms = monotonic_ms() + TURN_MS
        while self._groups_due or self._owed.physics_ms >= self.slice_ms:
            if self._groups_due:
                self._live_group()
                has_lived = True
            else:
                self._begin_slice(self.slice_ms)
            if not self.clock.stepped and self._is_enough(until_ms):
                break
        if has_lived and len(self._groups) == 1:
            self.send(self._groups[0])

    def _is_enough(self, until_ms: float) -> bool:
        """Tell whether to leave the rest for later.

        Groups take turns so that a fleet does not speak all at once, and sockets must be
        served however far behind the physics is.
        """
        is_behind = self._owed.physics_ms >= self.slice_ms
        if is_behind and monotonic_ms() > until_ms:
            self._say_it_lags()
            return True
        return len(self._groups) > 1 and not is_behind

    def _say_it_lags(self) -> None:
        behind_s = self._owed.physics_ms / 1000 / self.clock.speed
        if behind_s > LAG_S and not self._has_lagged:
            self._has_lagged = True
            log.warning(
                "this machine cannot keep up with speed %g: %.0f s behind",
                self.clock.speed,
                behind_s,
            )

    def _begin_slice(self, physics_ms: int) -> None:
        # The calendar goes along in proportion, and ends where it should.
        owed = self._owed
        calendar_ms = owed.calendar_ms * physics_ms // owed.physics_ms
        self._owed = Elapsed(owed.physics_ms - physics_ms, owed.calendar_ms - calendar_ms)
        self._slice = Elapsed(physics_ms, calendar_ms)
        self.clock.moved(self._slice)
        self._play()
        self._groups_due = len(self._groups)

    def _live_group(self) -> None:
        """Let the next group live through the slice that is under way."""
        stamp_ms = self.clock.stamp_ms
        group = self._groups[-self._groups_due]
        self._groups_due -= 1
        for device in group:
            device.live(self._slice.physics_ms, self._slice.calendar_ms, stamp_ms)
        if len(self._groups) > 1:
            self.send(group)

    def send(self, devices: Iterable[SimDevice]) -> None:
        """Remember first, then speak: no counter may be seen that could be forgotten."""
        for device in devices:
            if device.is_powered:
                device.remember()
                device.flush()

    def _play(self) -> None:
        while self._steps and self._steps[0].at_ms <= self.clock.physics_ms:
            step = self._steps.pop(0)
            if step.do in LINK_DOINGS:
                change = self.cut_line if step.do == "cut_line" else self.mend_line
                # Closing and opening a socket takes a turn of the loop; time does not wait.
                task = asyncio.get_running_loop().create_task(change(step.link))
                self._changes.add(task)
                task.add_done_callback(self._changes.discard)
            else:
                act(self.devices[step.device], step)

    async def cut_line(self, name: str) -> None:
        """Take a whole line down: nobody listens there any more."""
        if name not in self._cut:
            self._cut.add(name)
            await self.servers[name].stop()

    async def mend_line(self, name: str) -> None:
        """Put it up again, where it was."""
        if name in self._cut:
            self._cut.discard(name)
            await self.servers[name].start()

    def ready(self) -> dict[str, object]:
        """Return what someone who wants to talk to this lab must know."""
        return {
            "pid": os.getpid(),
            "modbus": list(self.addresses.values()),
            "devices": [
                {"name": part.name, "model": part.model, "link": part.link, "unit": part.unit,
                 "protocol": self.devices[part.name].protocol}
                for part in self.scenario.device
            ],
        }  # fmt: skip


def _in_groups(devices: list[SimDevice], slice_ms: int) -> list[list[SimDevice]]:
    """Spread many devices over the ticks of a slice, so that they do not all speak at once."""
    count = max(1, int(slice_ms / 1000 / TICK_S)) if len(devices) > SPREAD_FROM else 1
    return [devices[at::count] for at in range(count)]


def act(device: SimDevice, step: StepPart) -> None:
    """Do what a step of a scenario says."""
    if step.do == "fault" and step.fault is not None:
        device.switch_on(step.fault)
    elif step.do == "mend":
        device.switch_off(step.kind, step.metric)
    else:
        device.act(step.do)
