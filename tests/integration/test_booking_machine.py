"""Any order of verbs, clock and restarts, against a plain model that a person can follow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session
from typing_extensions import override

import booking.invariants
from booking.reservations.asking import Request
from booking.reservations.attending import check_in, end, end_over
from booking.reservations.cancelling import cancel
from booking.reservations.changing import extend, reschedule
from booking.reservations.clockwork import expire, mark_in_use, mark_missed
from booking.reservations.drafting import confirm
from booking.reservations.due import list_missed, list_over, list_passed
from booking.reservations.errors import (
    InstrumentBusy,
    OfferOver,
    SlotRefused,
    SlotTaken,
    TooEarlyToCheckIn,
    TooLateToCheckIn,
    WrongState,
)
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from booking.reservations.tables import Reservation
from directory.people.service import Caller, caller_of
from foundation.errors import DomainError
from foundation.identifiers import InstrumentId, ReservationId
from tests import make
from tests.cast import assemble

PARTS, EXAMPLES, EXAMPLES_FEW, STEPS = 4, 125, 12, 12
# Four parts, for as many workers: 500 examples in all.
NOON = datetime(2030, 1, 7, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
QUARTER = timedelta(minutes=15)
COOL_DOWN = timedelta(minutes=15)
HOLD = timedelta(minutes=10)
HOLDING = {"held", "reserved", "checked_in", "in_use"}

ALL_BROKEN = text(
    " UNION ALL ".join(
        f"SELECT '{name.replace(chr(39), chr(39) * 2)}' WHERE EXISTS ({query})"
        for name, query in booking.invariants.INVARIANTS.items()
        # The database's own clock is not the test's.
        if "now()" not in query
    )
)


@dataclass
class Thought:
    """What the model believes of a reservation."""

    instrument: int
    starts_at: datetime
    ends_at: datetime
    state: str
    made_at: datetime
    expires_at: datetime | None = None
    cancelled_as: str | None = None

    def clashes(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Everybody's time is followed by a cool-down."""
        return self.starts_at < ends_at + COOL_DOWN and starts_at < self.ends_at + COOL_DOWN


class Desk(RuleBasedStateMachine):
    """Alice and the clock, two instruments: one that needs no witness, one whose device is away."""

    connection: ClassVar[Connection]
    instruments: ClassVar[list[InstrumentId]]
    alice: ClassVar[Caller]
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.example = self.connection.begin_nested()
        self.session = self.open()
        self.now = NOON
        self.thoughts: dict[ReservationId, Thought] = {}

    def open(self) -> Session:
        return Session(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )

    @override
    def teardown(self) -> None:
        self.session.close()
        self.example.rollback()

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it in a transaction of its own; return what came of it, or the kind of no."""
        try:
            result = act()
            self.session.commit()
        except DomainError as error:
            self.session.rollback()
            return type(error)
        return result

    def is_free(
        self, instrument: int, starts_at: datetime, ends_at: datetime, but: object = None
    ) -> bool:
        return not any(
            one.instrument == instrument
            and self.state_of(one) in HOLDING
            and one.clashes(starts_at, ends_at)
            for key, one in self.thoughts.items()
            if key != but
        )

    def state_of(self, one: Thought) -> str:
        """A hold whose limit is over is over, tidied up or not."""
        is_over = one.expires_at is not None and one.expires_at <= self.now
        return "expired" if one.state == "held" and is_over else one.state

    def next_quarter(self, number: int) -> datetime:
        passed = (self.now - NOON) // QUARTER
        return NOON + (passed + number) * QUARTER

    @rule(
        target=made,
        instrument=st.integers(0, 1),
        first=st.integers(-1, 12),
        quarters=st.integers(1, 8),
        is_hold=st.booleans(),
    )
    def take(self, instrument: int, first: int, quarters: int, *, is_hold: bool) -> Any:
        starts_at = self.next_quarter(first)
        return self.ask(instrument, starts_at, starts_at + quarters * QUARTER, is_hold=is_hold)

    @rule(target=made, key=made, gap=st.integers(0, 2), quarters=st.integers(1, 4))
    def take_next(self, key: ReservationId, gap: int, quarters: int) -> Any:
        """Ask for what comes right after another's time: within its cool-down, or just past."""
        one = self.thoughts[key]
        starts_at = one.ends_at + gap * QUARTER
        return self.ask(one.instrument, starts_at, starts_at + quarters * QUARTER, is_hold=False)

    def ask(self, instrument: int, starts_at: datetime, ends_at: datetime, *, is_hold: bool) -> Any:
        request = Request(self.instruments[instrument], Wish(starts_at, ends_at))
        answer = self.attempt(
            lambda: reserve(self.session, request, by=self.alice, now=self.now, is_hold=is_hold)
        )

        if starts_at < self.now:
            assert answer is SlotRefused
        elif not self.is_free(instrument, starts_at, ends_at):
            assert answer is SlotTaken
        else:
            assert isinstance(answer, Reservation)
            self.thoughts[answer.id] = Thought(
                instrument,
                starts_at,
                ends_at,
                "held" if is_hold else "reserved",
                self.now,
                min(self.now + HOLD, starts_at) if is_hold else None,
            )
            return answer.id
        return multiple()

    @rule(key=made)
    def confirm_hold(self, key: ReservationId) -> None:
        one = self.thoughts[key]
        answer = self.attempt(lambda: confirm(self.session, key, by=self.alice, now=self.now))

        if self.state_of(one) == "held":
            assert isinstance(answer, Reservation)
            one.state, one.expires_at = "reserved", None
        else:
            assert answer in {WrongState, OfferOver}

    @rule(key=made, first=st.integers(0, 12), quarters=st.integers(1, 8))
    def move(self, key: ReservationId, first: int, quarters: int) -> None:
        one, starts_at = self.thoughts[key], self.next_quarter(first)
        ends_at = starts_at + quarters * QUARTER
        answer = self.attempt(
            lambda: reschedule(
                self.session, key, Wish(starts_at, ends_at), by=self.alice, now=self.now
            )
        )

        if self.state_of(one) not in {"held", "reserved"}:
            assert answer is WrongState
        elif starts_at < self.now:
            assert answer is SlotRefused
        elif not self.is_free(one.instrument, starts_at, ends_at, but=key):
            assert answer is SlotTaken
        else:
            assert isinstance(answer, Reservation)
            one.starts_at, one.ends_at = starts_at, ends_at
            if one.state == "held":
                one.expires_at = min(self.now + HOLD, starts_at)

    @rule(key=made, quarters=st.integers(1, 4))
    def stay_longer(self, key: ReservationId, quarters: int) -> None:
        one = self.thoughts[key]
        ends_at = one.ends_at + quarters * QUARTER
        answer = self.attempt(
            lambda: extend(self.session, key, ends_at, by=self.alice, now=self.now)
        )

        if one.state not in {"checked_in", "in_use"} or self.now >= one.ends_at:
            assert answer is WrongState
        elif ends_at - one.starts_at > timedelta(hours=8):
            assert answer is SlotRefused
        elif not self.is_free(one.instrument, one.starts_at, ends_at, but=key):
            assert answer is SlotTaken
        else:
            assert isinstance(answer, Reservation)
            one.ends_at = ends_at

    @rule(key=made)
    def give_back(self, key: ReservationId) -> None:
        one = self.thoughts[key]
        answer = self.attempt(
            lambda: cancel(self.session, key, by=self.alice, reason="", now=self.now)
        )

        if self.state_of(one) not in {"held", "reserved"}:
            assert answer is WrongState
        else:
            is_fresh = self.now <= one.made_at + QUARTER and self.now < one.starts_at
            is_early = self.now <= one.starts_at - timedelta(days=1)
            is_free = one.state == "held" or is_fresh or is_early
            one.state, one.cancelled_as = "cancelled", "free" if is_free else "late"
            assert answer.cancelled_as == one.cancelled_as

    @rule(key=made)
    def come_now(self, key: ReservationId) -> None:
        self.come(key)

    def come(self, key: ReservationId) -> None:
        one = self.thoughts[key]
        others = [
            other
            for other_key, other in self.thoughts.items()
            if other_key != key and other.instrument == one.instrument
        ]
        is_busy = any(
            other.state in {"checked_in", "in_use"}
            or (other.state == "reserved" and other.starts_at <= self.now < other.ends_at)
            for other in others
        )
        answer = self.attempt(lambda: check_in(self.session, key, by=self.alice, now=self.now))

        if one.state != "reserved":
            assert answer is WrongState
        elif self.now < one.starts_at - QUARTER:
            assert answer is TooEarlyToCheckIn
        elif self.now >= one.ends_at:
            assert answer is TooLateToCheckIn
        elif is_busy:
            assert answer is InstrumentBusy
        else:
            assert isinstance(answer, Reservation)
            one.state = "checked_in"

    @rule(key=made)
    def come_in_time(self, key: ReservationId) -> None:
        """Let the clock run to a quarter before the slot, and come."""
        self.now = max(self.now, self.thoughts[key].starts_at - QUARTER)
        self.come(key)

    @rule(key=made)
    def be_seen_running(self, key: ReservationId) -> None:
        one = self.thoughts[key]
        changed = self.attempt(lambda: mark_in_use(self.session, key, now=self.now))

        assert changed is (one.state == "checked_in")
        if changed:
            one.state = "in_use"

    @rule(key=made)
    def stop(self, key: ReservationId) -> None:
        one = self.thoughts[key]
        answer = self.attempt(lambda: end(self.session, key, by=self.alice, now=self.now))

        if one.state in {"checked_in", "in_use"}:
            assert isinstance(answer, Reservation)
            one.state = "ended"
        else:
            assert answer is WrongState

    @rule(key=consumes(made))
    def forget(self, key: ReservationId) -> None:
        """Leave one alone from now on: the clock goes on with it."""

    @rule(minutes=st.sampled_from([5, 10, 15, 30, 60, 240]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def tick(self) -> None:
        """Everything the clock does, twice: the second time there is nothing to do."""
        for turn in range(2):
            changed = 0
            for find, mend in (
                (list_over, end_over), (list_passed, expire), (list_missed, mark_missed)
            ):  # fmt: skip
                for key in find(self.session, now=self.now):
                    changed += mend(self.session, key, now=self.now)
            self.session.commit()
            assert turn == 0 or changed == 0
        for one in self.thoughts.values():
            one.state = self.state_of(one)
            if one.state in {"checked_in", "in_use"} and one.ends_at <= self.now:
                one.state = "ended"
            is_late = one.starts_at + timedelta(minutes=30) <= self.now or one.ends_at <= self.now
            # The other instrument's device was never there to see that nobody came.
            if one.state == "reserved" and is_late and one.instrument == 0:
                one.state = "no_show"

    @rule()
    def restart(self) -> None:
        """Forget everything but what the database holds."""
        self.session.close()
        self.session = self.open()

    @invariant()
    def database_and_model_agree(self) -> None:
        rows = self.session.execute(
            select(Reservation.id, Reservation.state, Reservation.during, Reservation.expires_at)
        )
        seen = {
            key: (
                "expired"
                if state == "held" and expires_at is not None and expires_at <= self.now
                else state,
                during.lower,
                during.upper,
            )
            for key, state, during, expires_at in rows
        }
        assert seen == {
            key: (self.state_of(one), one.starts_at, one.ends_at)
            for key, one in self.thoughts.items()
        }

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.session.execute(ALL_BROKEN).scalars().all() == []


def furnish(connection: Connection) -> dict[str, Any]:
    """Two instruments and Alice, the same for every example."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        cast = assemble(session)
        instruments = [
            make.instrument(session, institution=cast.institution, cool_down=COOL_DOWN)
            for _ in range(2)
        ]
        device = make.device(session, institution=cast.institution)
        make.link(session, instruments[1], device)
        session.commit()
        return {
            "connection": connection,
            "instruments": [one.id for one in instruments],
            "alice": caller_of(cast.alice),
        }


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_any_order_of_verbs_keeps_every_promise(
    connection: Connection, part: int, pytestconfig: pytest.Config
) -> None:
    is_full = pytestconfig.getoption("--full") or pytestconfig.getoption("--long")
    machine = seed(part)(type("FurnishedDesk", (Desk,), furnish(connection)))

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES if is_full else EXAMPLES_FEW,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
