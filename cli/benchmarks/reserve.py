"""`yixiang bench reserve`: reservations a second, uncontended and contended, and over HTTP.

The reference, in the same run: the same statements (lock, policy reads, insert with its history,
audit row and news), as they were caught at the driver, sent by bare psycopg from as many threads.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self, cast

import psycopg
import typer
from msgspec.json import decode, encode
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from typing_extensions import override

from booking.reservations.asking import Request
from booking.reservations.errors import SlotTaken
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from cli.benchmarks.booking_world import LENGTH, World, plant_world, quantile
from cli.benchmarks.reserving_over_http import measure_http
from cli.measuring import AsJson, Figures, report, scratch_database
from directory.people.service import Caller
from foundation.clock import read_clock
from foundation.database import make_engine, make_session_factory
from foundation.identifiers import InstrumentId, new_id

CLIENTS: Final = 64
GOAL: Final = 0.5
CONTENDED_GOAL_MS: Final = 300
ROUNDS: Final = 3

OVERLAPS: Final = b"""
SELECT count(*) FROM reservations a JOIN reservations b
ON a.instrument_id = b.instrument_id AND a.id < b.id AND a.blocked && b.blocked
WHERE a.state = 'reserved' AND b.state = 'reserved'
"""
Ask = Callable[[int, datetime], bool]
"""Client number and start of the slot; whether the slot was got."""


@dataclass
class Outcome:
    """What many clients saw."""

    seconds: float
    won: int
    latencies_ms: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


def run(
    *,
    each: Annotated[int, typer.Option(min=5, help="Reservations of each client a round.")] = 30,
    http: Annotated[bool, typer.Option(help="Also measure through `yixiang api`.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure reservations a second of 64 clients."""
    with ExitStack() as stack:
        url = stack.enter_context(scratch_database())
        now = read_clock().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        world = plant_world(url, people=CLIENTS, instruments=CLIENTS + 16, now=now)
        bench = Bench(stack, url, world, now)
        figures = bench.measure(each, with_http=http)
    report(figures, as_json=as_json)


class Bench:
    """One database, as many clients, and where their next slots begin."""

    def __init__(self, stack: ExitStack, url: str, world: World, now: datetime) -> None:
        self._url = url
        self._world = world
        self._now = now
        self._next = now
        self._engine: Engine = make_engine(url, pool_size=CLIENTS)
        stack.callback(self._engine.dispose)
        self._sessions: sessionmaker[Session] = make_session_factory(self._engine)
        self._statements: dict[InstrumentId, list[tuple[str, dict[str, Any]]]] = {}
        self._bare = [stack.enter_context(psycopg.connect(url)) for _ in range(CLIENTS)]
        self._admin = stack.enter_context(psycopg.connect(url, autocommit=True))

    def measure(self, each: int, *, with_http: bool) -> Figures:
        """Alternate ours and the reference; the best round of each counts."""
        for instrument_id in self._world.instrument_ids[: CLIENTS + 2]:
            self._caught(instrument_id)
        self._run(self._ask_ours_alone, each)  # compiles statements, opens connections
        self._run(self._ask_bare_alone, each)
        rounds = [
            (self._run(self._ask_ours_alone, each), self._run(self._ask_bare_alone, each))
            for _ in range(ROUNDS)
        ]
        ours = max(one.won / one.seconds for one, _ in rounds)
        reference = max(one.won / one.seconds for _, one in rounds)
        more: dict[str, object] = {"clients": CLIENTS}
        is_met = ours >= GOAL * reference
        for name, shift in (("same", timedelta(0)), ("overlapping", timedelta(minutes=15))):
            found = self._run(self._contender(shift), 10, step=timedelta(hours=8))
            bare = self._run(self._contender(shift, bare=True), 10, step=timedelta(hours=8))
            p99 = quantile(found.latencies_ms, 0.99)
            more[f"{name}_p50_ms"] = round(quantile(found.latencies_ms, 0.5), 1)
            more[f"{name}_p99_ms"] = round(p99, 1)
            more[f"{name}_p99_ms_bare"] = round(quantile(bare.latencies_ms, 0.99), 1)
            more[f"{name}_won"] = found.won
            more[f"{name}_faults"] = dict(found.faults)
            is_met &= p99 <= CONTENDED_GOAL_MS and not found.faults
        more["overlaps"], more["deadlocks"] = self._count_overlaps(), self._count_deadlocks()
        is_met &= more["overlaps"] == 0 and more["deadlocks"] == 0
        if with_http:
            over_http, is_http_met = measure_http(self._url, self._world, self._later(400))
            more.update(over_http)
            is_met &= is_http_met
        return Figures(
            name="reserve",
            ours=ours,
            reference=reference,
            unit="reservations/s",
            goal=GOAL,
            is_met=is_met,
            more=more,
        )

    def _later(self, days: int) -> datetime:
        return self._now + timedelta(days=days - 70)

    def _run(self, ask: Ask, each: int, *, step: timedelta = LENGTH) -> Outcome:
        """Let every client ask `each` times, all at once."""
        first, self._next = self._next, self._next + each * step
        barrier = threading.Barrier(CLIENTS + 1)
        latencies: list[list[float]] = [[] for _ in range(CLIENTS)]
        won, faults = [0] * CLIENTS, Counter[str]()

        def work(client: int) -> None:
            barrier.wait()
            for number in range(each):
                began_s = time.perf_counter()
                try:
                    won[client] += ask(client, first + number * step)
                except Exception as error:  # noqa: BLE001 - counted, shown, and the goal is none
                    faults[type(error).__name__] += 1
                latencies[client].append(1000 * (time.perf_counter() - began_s))

        threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        barrier.wait()
        began_s = time.perf_counter()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began_s
        return Outcome(seconds, sum(won), [one for some in latencies for one in some], faults)

    def _contender(self, shift: timedelta, *, bare: bool = False) -> Ask:
        """Make everyone want one instrument; `shift`: each a little later than the last."""
        ask = self._ask_bare if bare else self._ask_ours
        instrument_id = self._world.instrument_ids[CLIENTS + (1 if shift else 0)]

        def contend(client: int, starts_at: datetime) -> bool:
            return ask(client, instrument_id, starts_at + client % 8 * shift, 2 * LENGTH)

        return contend

    def _ask_ours_alone(self, client: int, starts_at: datetime) -> bool:
        return self._ask_ours(client, self._world.instrument_ids[client], starts_at, LENGTH)

    def _ask_bare_alone(self, client: int, starts_at: datetime) -> bool:
        return self._ask_bare(client, self._world.instrument_ids[client], starts_at, LENGTH)

    def _ask_ours(
        self, client: int, instrument_id: InstrumentId, starts_at: datetime, length: timedelta
    ) -> bool:
        request = Request(instrument_id, Wish(starts_at, starts_at + length))
        try:
            with self._sessions.begin() as session:
                reserve(session, request, by=self._world.callers[client], now=self._now)
        except SlotTaken:
            return False
        return True

    def _ask_bare(
        self, client: int, instrument_id: InstrumentId, starts_at: datetime, length: timedelta
    ) -> bool:
        caller: Caller = self._world.callers[client]
        connection = self._bare[client]
        span = f"[{starts_at.isoformat()},{(starts_at + length).isoformat()})"
        row = {"id": new_id(), "during": span, "blocked": span}
        row |= {"enterprise_id": caller.enterprise_id, "holder_id": caller.person_id}
        own: dict[str, Any] = {"asker": caller.person_id, "payer": caller.enterprise_id}
        own |= {"by": caller.person_id, "starts_at": starts_at, "ends_at": starts_at + length}
        with connection.transaction():
            for statement, parameters in self._caught(instrument_id):
                told = {key: own.get(key, value) for key, value in parameters.items()}
                if "row" in told:
                    told["row"] = encode(told["row"] | row).decode()
                answer = connection.execute(statement, told).fetchone()
        return answer == (True,)

    def _caught(self, instrument_id: InstrumentId) -> list[tuple[str, dict[str, Any]]]:
        """Return what ours sends for this instrument, caught in a transaction undone."""
        if instrument_id not in self._statements:
            caught: list[tuple[str, dict[str, Any]]] = []

            class Catching(psycopg.Cursor[Any]):
                @override
                def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
                    told = dict(params)
                    if "row" in told:
                        told["row"] = decode(told["row"])
                    caught.append((query, told))
                    return super().execute(query, params, **more)

            with self._sessions() as session:
                driver: Any = session.connection().connection.driver_connection
                driver.cursor_factory = Catching
                request = Request(instrument_id, Wish(self._now, self._now + LENGTH))
                reserve(session, request, by=self._world.callers[0], now=self._now)
                driver.cursor_factory = psycopg.Cursor
                session.rollback()
            self._statements[instrument_id] = caught
        return self._statements[instrument_id]

    def _count_overlaps(self) -> int:
        row = self._admin.execute(OVERLAPS).fetchone()
        assert row is not None, "one row was asked for"
        return cast("int", row[0])

    def _count_deadlocks(self) -> int:
        row = self._admin.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        assert row is not None, "we are connected to it"
        return cast("int", row[0])
