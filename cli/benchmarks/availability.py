"""`yixiang bench availability`: free time, found among a million reservations.

The reference, in the same run: the raw range query that the answer stands on, by psycopg.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import psycopg
import typer
from psycopg.types.range import TimestamptzRange
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from booking.instruments.search import Order, Wanted, find, look_for
from booking.policies.books import load_book, load_books
from booking.reservations.rules import Slot
from booking.reservations.times import read_calendar, read_calendars
from cli.benchmarks.booking_world import World, fill, plant_world, quantile
from cli.measuring import AsJson, Figures, report, scratch_database
from foundation.clock import read_clock
from foundation.database import make_engine

INSTRUMENTS: Final = 1000
FEW: Final = 10_000
BUSY: Final = 250
"""How many instruments the few are on; of these a month and a week are asked."""
CATALOGUE: Final = 10_000
GOAL: Final = 3
MONTH_GOAL_MS: Final = 50
WHICH_GOAL_MS: Final = 300
WEEK_GOAL_MS: Final = 100
WEEK_INSTRUMENTS: Final = 20
QUERIES_MAX: Final = 5
FLAT: Final = 2
"""A figure is flat that is not this many times larger among a hundred times the rows."""
HOLDS: Final = (
    "state IN ('approved','checked_in','held','in_use','reserved','retimed','submitted','proposed')"
)
MONTH: Final = f"""
SELECT id, holder_id, during, blocked FROM instrument_times
WHERE instrument_id = %s AND blocked && %s AND {HOLDS} ORDER BY lower(during)
"""  # noqa: S608 - our own words
WHICH: Final = f"""
SELECT i.id FROM instruments i WHERE i.is_shared AND NOT EXISTS (
    SELECT FROM instrument_times t WHERE t.instrument_id = i.id AND t.blocked && %s AND {HOLDS})
ORDER BY i.code LIMIT {INSTRUMENTS}
"""  # noqa: S608 - likewise


def run(
    *,
    total: Annotated[int, typer.Option(min=20_000, help="Reservations.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=3, help="How often each question is asked.")] = 20,
    catalogue: Annotated[bool, typer.Option(help="Also search 10,000 instruments.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure how long it takes to find free time."""
    zone = ZoneInfo("Asia/Shanghai")
    now = read_clock().astimezone(zone).replace(hour=8, minute=0, second=0, microsecond=0)
    with ExitStack() as stack:
        url = stack.enter_context(scratch_database())
        database = stack.enter_context(psycopg.connect(url, autocommit=True))
        # The coming ten days are as full for the few as for the many, who have a past as well.
        ahead = timedelta(days=FEW // BUSY // 4)
        first = now + ahead - timedelta(days=total // INSTRUMENTS // 4)
        world = plant_world(url, people=8, instruments=INSTRUMENTS, now=now)
        bench = Bench(stack, url, world, now=now, rounds=rounds)
        fill(database, done=0, total=FEW, instruments=BUSY, first=now, now=now)
        few = bench.ask()
        fill(database, done=0, total=total, instruments=INSTRUMENTS, first=first, now=now)
        figures = bench.report(few, bench.ask(), catalogue=catalogue)
    report(figures, as_json=as_json)


class Bench:
    """The questions, ours and raw."""

    def __init__(
        self, stack: ExitStack, url: str, world: World, *, now: datetime, rounds: int
    ) -> None:
        self._database = stack.enter_context(psycopg.connect(url, autocommit=True))
        self._world = world
        self._now = now
        self._rounds = rounds
        self._engine: Engine = make_engine(url, pool_size=1)
        stack.callback(self._engine.dispose)

    def ask(self) -> dict[str, float]:
        """Return the milliseconds of every question, the median of its rounds."""
        month = Slot(self._now, self._now + timedelta(days=31))
        begins = self._now + timedelta(days=4, hours=7, minutes=15)  # half of them are free then
        two_hours = Slot(begins, begins + timedelta(hours=2))
        ids = self._world.instrument_ids
        as_month = TimestamptzRange(month.starts_at, month.ends_at)
        as_two_hours = TimestamptzRange(two_hours.starts_at, two_hours.ends_at)

        def free_month(number: int) -> None:
            with Session(self._engine) as session:
                book = load_book(session, ids[number % BUSY])
                assert book is not None, "it was planted"
                read_calendar(session, book, month, now=self._now)

        def raw_month(number: int) -> None:
            self._database.execute(MONTH, (ids[number % BUSY], as_month)).fetchall()

        def which(_number: int) -> None:
            with Session(self._engine) as session:
                find(session, Wanted(free=two_hours), now=self._now, limit=INSTRUMENTS)

        def raw_which(_number: int) -> None:
            self._database.execute(WHICH, (as_two_hours,)).fetchall()

        def week(number: int) -> None:
            some = ids[WEEK_INSTRUMENTS * (number % 12) :][:WEEK_INSTRUMENTS]
            window = Slot(self._now, self._now + timedelta(days=7))
            with Session(self._engine) as session:
                books = load_books(session, some)
                read_calendars(session, list(books.values()), window, now=self._now)

        return self._time(
            {
                "month": free_month,
                "month_raw": raw_month,
                "which": which,
                "which_raw": raw_which,
                "week": week,
            }
        )

    def _time(self, questions: Mapping[str, Callable[[int], None]]) -> dict[str, float]:
        """Ask them in turn, so that ours and the raw one meet the same moments of the machine."""
        took_ms: dict[str, list[float]] = {name: [] for name in questions}
        for number in range(-1, self._rounds):
            for name, question in questions.items():
                began_s = time.perf_counter()
                question(abs(number))
                if number >= 0:  # the first time is for the caches
                    took_ms[name].append(1000 * (time.perf_counter() - began_s))
        return {name: quantile(took, 0.5) for name, took in took_ms.items()}

    def report(self, few: dict[str, float], many: dict[str, float], *, catalogue: bool) -> Figures:
        more: dict[str, object] = {f"{name}_ms": round(took, 1) for name, took in many.items()}
        more |= {f"{name}_ms_at_10_000": round(took, 1) for name, took in few.items()}
        more["month_ratio"] = round(many["month"] / many["month_raw"], 2)
        if catalogue:
            more |= self._search()
        growth = max(many[name] / few[name] for name in ("month", "which", "week"))
        more["growth"] = round(growth, 2)
        return Figures(
            name="availability",
            ours=many["which"],
            reference=many["which_raw"],
            unit="ms",
            goal=GOAL,
            better="less",
            is_met=(
                many["which"] <= GOAL * many["which_raw"]
                and many["month"] < MONTH_GOAL_MS
                and many["which"] < WHICH_GOAL_MS
                and many["week"] < WEEK_GOAL_MS
                and growth < FLAT
            ),
            more=more,
        )

    def _search(self) -> dict[str, object]:
        """Search a catalogue of 10,000 by words, by free time, and by the next free slot."""
        self._database.execute(
            "INSERT INTO instruments SELECT (jsonb_populate_record(i, jsonb_build_object("
            "'id', gen_random_uuid(), 'code', i.code || '-' || n))).*"
            " FROM instruments i, generate_series(2, %s) AS n",
            (CATALOGUE // INSTRUMENTS,),
        )
        self._database.execute("VACUUM (ANALYZE) instruments")
        free = Slot(self._now + timedelta(days=4), self._now + timedelta(days=4, hours=2))
        questions = {}
        for name, wanted in (
            ("two_letters", Wanted(q="色谱")),
            ("model", Wanted(q="yx-lc42")),
            ("free_between", Wanted(q="chromatograph", free=free)),
            ("next_free", Wanted(category="analysis", order=Order.NEXT_FREE)),
        ):

            def look(_number: int, wanted: Wanted = wanted) -> None:
                with Session(self._engine) as session:
                    look_for(session, wanted, now=self._now)

            questions[f"search_{name}_ms"] = look
        return {name: round(took, 1) for name, took in self._time(questions).items()}
