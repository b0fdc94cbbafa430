"""A lab in a thread of its own, for tests: `with running(scenario) as lab: …`."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sims.clock import SimClock
from sims.control import Control
from sims.faults import Fault
from sims.lab import Lab, Place
from sims.mqtt.client import Broker
from sims.scenario import DEMO, Scenario, load

PATIENCE_S = 30.0
Result = TypeVar("Result")


class RunningLab:
    """A lab somebody else's thread is running. Every call is safe from any thread."""

    def __init__(self, lab: Lab, loop: asyncio.AbstractEventLoop, control_port: int) -> None:
        self._lab = lab
        self._loop = loop
        self.control_port = control_port

    @property
    def modbus_port(self) -> int:
        """Return the port of the first (often only) Modbus line."""
        return self.port_of(next(iter(self._lab.addresses)))

    def port_of(self, link: str) -> int:
        port = self._lab.addresses[link]["port"]
        assert isinstance(port, int)
        return port

    def path_of(self, link: str) -> str:
        """Return the serial port of an RTU line."""
        return str(self._lab.addresses[link]["path"])

    def step(self, ms: int) -> None:
        """Let `ms` go by (stepped labs only); all of it has happened on return."""
        self._call(lambda: self._lab.step(ms))

    def stamp_ms(self) -> int:
        """Return the lab's own time, in epoch milliseconds."""
        return self._call(lambda: self._lab.clock.stamp_ms)

    def shown(self, name: str) -> dict[str, object]:
        """Return a device's state, as GET /devices/{name} does."""
        return self._call(self._lab.devices[name].shown)

    def act(self, name: str, what: str) -> None:
        """Do something at the machine: start, stop, unlock, lock."""
        self._call(lambda: self._lab.devices[name].act(what))

    def switch_on(self, name: str, fault: Fault) -> None:
        self._call(lambda: self._lab.devices[name].switch_on(fault))

    def switch_off(self, name: str, kind: str) -> None:
        self._call(lambda: self._lab.devices[name].switch_off(kind))

    def cut_line(self, link: str) -> None:
        """Take a Modbus line down: nobody listens on its port any more."""
        self._await(self._lab.cut_line(link))

    def mend_line(self, link: str) -> None:
        self._await(self._lab.mend_line(link))

    def requests(self) -> int:
        """Return how many Modbus requests all lines have seen."""
        return self._call(lambda: sum(line.requests for line in self._lab.servers.values()))

    def _call(self, work: Callable[[], Result]) -> Result:
        async def run() -> Result:
            return work()

        return self._await(run())

    def _await(self, work: Coroutine[None, None, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)


@contextmanager
def running(
    scenario: Scenario | None = None,
    *,
    broker: str | None = None,
    state: Path | None = None,
    passwords: dict[str, str] | None = None,
    stepped: bool = False,
    start_at_ms: int | None = None,
    speed: float | None = None,
    modbus_port: int | None = 0,
) -> Iterator[RunningLab]:
    """Run a lab (the demo's if none is given) until the block ends."""
    plan = scenario or load(DEMO)
    place = Place(
        broker=Broker.parse(broker) if broker else None,
        state=state, port=modbus_port, passwords=passwords or {},
    )  # fmt: skip
    clock = SimClock(speed=speed or plan.lab.speed, stepped=stepped, start_at_ms=start_at_ms)
    up: Future[RunningLab] = Future()
    told_to_stop: list[Callable[[], object]] = []

    async def run() -> None:
        lab = Lab(plan, clock, place)
        control = Control(lab)
        try:
            loop = asyncio.get_running_loop()
            await lab.start()
            port = await control.start(0)
            told = asyncio.Event()
            told_to_stop.append(lambda: loop.call_soon_threadsafe(told.set))
            up.set_result(RunningLab(lab, loop, port))
            await lab.run_until(told)
        finally:
            await control.stop()
            await lab.stop()

    def run_thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            if up.done():
                raise
            up.set_exception(error)

    thread = threading.Thread(target=run_thread, name="sims", daemon=True)
    thread.start()
    try:
        yield up.result(PATIENCE_S)
    finally:
        # A lab that broke has no loop left to tell.
        with suppress(RuntimeError):
            for tell in told_to_stop:
                tell()
        thread.join(PATIENCE_S)
