"""Any order of verbs, clock and restarts, against a plain model that a person can follow."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
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

import billing.invariants
import booking.invariants
from billing.charges.fees import charge_fee
from billing.charges.queries import list_fees_due
from billing.holds.errors import CreditTooSmall
from billing.holds.queries import list_releasable
from billing.holds.service import follow, release, set_aside
from billing.holds.tables import CreditLine, FundsHold
from booking.policies.tables import Policy
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
from tests.desk import (
    AWAY,
    COOL_DOWN,
    CREDIT_FEN,
    FUNDED,
    HOLD,
    NOON,
    PER_QUARTER_FEN,
    PLAIN,
    QUARTER,
    Desk,
    Thought,
)

PARTS, EXAMPLES, EXAMPLES_FEW, STEPS = 4, 125, 8, 16
# Four parts, for as many workers: 500 examples in all.

ALL_BROKEN = text(
    " UNION ALL ".join(
        f"SELECT '{name.replace(chr(39), chr(39) * 2)}' WHERE EXISTS ({query})"
        for name, query in {
            **booking.invariants.INVARIANTS,
            **billing.invariants.INVARIANTS,
        }.items()
        # The database's own clock is not the test's.
        if "now()" not in query
    )
)

Find = Callable[..., Sequence[ReservationId]]
Mend = Callable[..., bool]


class Machine(RuleBasedStateMachine):
    """Alice, the clock and three instruments; each rule is done twice: by the engine, at a desk."""

    connection: ClassVar[Connection]
    instruments: ClassVar[list[InstrumentId]]
    alice: ClassVar[Caller]
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.example = self.connection.begin_nested()
        self.session = self.open()
        self.desk = Desk()

    def open(self) -> Session:
        return Session(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )

    @override
    def teardown(self) -> None:
        self.session.close()
        self.example.rollback()

    @property
    def now(self) -> datetime:
        return self.desk.now

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it, with its money, in one transaction; return what came of it, or the kind of no."""
        try:
            result = act()
            if isinstance(result, Reservation):
                follow(self.session, result, now=self.now)
            self.session.commit()
        except DomainError as error:
            self.session.rollback()
            return type(error)
        return result

    def work_off(self, find: Find, mend: Mend) -> None:
        """Do what the clock does, twice: the second time there is nothing to do."""
        for turn in range(2):
            keys = find(self.session, self.now)
            changed = sum(mend(self.session, key, now=self.now) for key in keys)
            self.session.commit()
            assert turn == 0 or changed == 0

    @rule(
        target=made,
        instrument=st.sampled_from([PLAIN, AWAY, FUNDED]),
        first=st.integers(-1, 12),
        quarters=st.integers(1, 8),
    )
    def reserve(self, instrument: int, first: int, quarters: int) -> Any:
        starts_at = self.desk.next_quarter(first)
        return self.ask(instrument, starts_at, starts_at + quarters * QUARTER)

    @rule(
        target=made,
        instrument=st.sampled_from([PLAIN, AWAY, FUNDED]),
        first=st.integers(0, 12),
        quarters=st.integers(1, 8),
    )
    def hold(self, instrument: int, first: int, quarters: int) -> Any:
        starts_at = self.desk.next_quarter(first)
        return self.ask(instrument, starts_at, starts_at + quarters * QUARTER, is_hold=True)

    @rule(target=made, key=made, gap=st.integers(0, 2), quarters=st.integers(1, 4))
    def reserve_next(self, key: ReservationId, gap: int, quarters: int) -> Any:
        """Ask for what comes right after another's time: within its cool-down, or just past."""
        one = self.desk.thoughts[key]
        starts_at = one.ends_at + gap * QUARTER
        return self.ask(one.instrument, starts_at, starts_at + quarters * QUARTER)

    def ask(
        self, instrument: int, starts_at: datetime, ends_at: datetime, *, is_hold: bool = False
    ) -> Any:
        request = Request(self.instruments[instrument], Wish(starts_at, ends_at))
        answer = self.attempt(
            lambda: reserve(self.session, request, by=self.alice, now=self.now, is_hold=is_hold)
        )

        if starts_at < self.now:
            assert answer is SlotRefused
        elif not self.desk.is_free(instrument, starts_at, ends_at):
            assert answer is SlotTaken
        else:
            assert isinstance(answer, Reservation)
            one = Thought(instrument, starts_at, ends_at, "held", self.now)
            one.expires_at = min(self.now + HOLD, starts_at)
            if not is_hold:
                self.desk.agree(one)
            self.desk.thoughts[answer.id] = one
            return answer.id
        return multiple()

    @rule(key=made)
    def confirm(self, key: ReservationId) -> None:
        one = self.desk.thoughts[key]
        answer = self.attempt(lambda: confirm(self.session, key, by=self.alice, now=self.now))

        if self.desk.state_of(one) == "held":
            assert isinstance(answer, Reservation)
            self.desk.agree(one)
        else:
            assert answer in {WrongState, OfferOver}

    @rule(key=made)
    def fund(self, key: ReservationId) -> None:
        """Look again whether there is money for it by now."""
        one = self.desk.thoughts[key]
        asked = self.session.get_one(Reservation, key)
        answer = self.attempt(lambda: set_aside(self.session, asked, now=self.now))

        if self.desk.state_of(one) == "approved":
            assert answer is (True if self.desk.fund(one) else CreditTooSmall)
        else:
            assert answer is False

    @rule(key=made, first=st.integers(0, 12), quarters=st.integers(1, 8))
    def move(self, key: ReservationId, first: int, quarters: int) -> None:
        one, starts_at = self.desk.thoughts[key], self.desk.next_quarter(first)
        ends_at = starts_at + quarters * QUARTER
        answer = self.attempt(
            lambda: reschedule(
                self.session, key, Wish(starts_at, ends_at), by=self.alice, now=self.now
            )
        )

        if self.desk.state_of(one) not in {"held", "approved", "reserved"}:
            assert answer is WrongState
        elif starts_at < self.now:
            assert answer is SlotRefused
        else:
            self.judge_shift(key, answer, starts_at, ends_at)

    @rule(key=made, quarters=st.integers(1, 4))
    def extend(self, key: ReservationId, quarters: int) -> None:
        one = self.desk.thoughts[key]
        ends_at = one.ends_at + quarters * QUARTER
        answer = self.attempt(
            lambda: extend(self.session, key, ends_at, by=self.alice, now=self.now)
        )

        if one.state not in {"checked_in", "in_use"} or self.now >= one.ends_at:
            assert answer is WrongState
        elif ends_at - one.starts_at > timedelta(hours=8):
            assert answer is SlotRefused
        else:
            self.judge_shift(key, answer, one.starts_at, ends_at)

    def judge_shift(
        self, key: ReservationId, answer: Any, starts_at: datetime, ends_at: datetime
    ) -> None:
        one = self.desk.thoughts[key]
        if not self.desk.is_free(one.instrument, starts_at, ends_at, but=key):
            assert answer is SlotTaken
        elif not self.desk.can_afford(one, starts_at, ends_at):
            assert answer is CreditTooSmall
        else:
            assert isinstance(answer, Reservation)
            self.desk.shift(one, starts_at, ends_at)

    @rule(key=made)
    def cancel(self, key: ReservationId) -> None:
        one = self.desk.thoughts[key]
        answer = self.attempt_bare(
            lambda: cancel(self.session, key, by=self.alice, reason="", now=self.now)
        )

        if self.desk.state_of(one) not in {"held", "approved", "reserved"}:
            assert answer is WrongState
        else:
            self.desk.cancel(one)
            assert answer.cancelled_as == one.cancelled_as

    def attempt_bare(self, act: Callable[[], Reservation]) -> Any:
        """Do what leaves its money to the clock."""
        done: list[Reservation] = []
        answer = self.attempt(lambda: done.append(act()))
        return done[0] if done else answer

    @rule(key=made)
    def check_in_now(self, key: ReservationId) -> None:
        self.check_in(key)

    @rule(key=made)
    def check_in_in_time(self, key: ReservationId) -> None:
        """Let the clock run to a quarter before the slot, and come."""
        self.desk.now = max(self.now, self.desk.thoughts[key].starts_at - QUARTER)
        self.check_in(key)

    def check_in(self, key: ReservationId) -> None:
        one = self.desk.thoughts[key]
        answer = self.attempt_bare(lambda: check_in(self.session, key, by=self.alice, now=self.now))

        if one.state != "reserved":
            assert answer is WrongState
        elif self.now < one.starts_at - QUARTER:
            assert answer is TooEarlyToCheckIn
        elif self.now >= one.ends_at:
            assert answer is TooLateToCheckIn
        elif self.desk.is_busy(key):
            assert answer is InstrumentBusy
        else:
            assert isinstance(answer, Reservation)
            one.state = "checked_in"

    @rule(key=made)
    def be_seen_running(self, key: ReservationId) -> None:
        one = self.desk.thoughts[key]
        changed = self.attempt(lambda: mark_in_use(self.session, key, now=self.now))

        assert changed is (one.state == "checked_in")
        if changed:
            one.state = "in_use"

    @rule(key=made)
    def stop(self, key: ReservationId) -> None:
        one = self.desk.thoughts[key]
        answer = self.attempt_bare(lambda: end(self.session, key, by=self.alice, now=self.now))

        if one.state in {"checked_in", "in_use"}:
            assert isinstance(answer, Reservation)
            one.state = "ended"
        else:
            assert answer is WrongState

    @rule(key=consumes(made))
    def forget(self, key: ReservationId) -> None:
        """Leave one alone from now on: the clock goes on with it."""

    @rule(minutes=st.sampled_from([5, 10, 15, 30, 60, 240]))
    def advance_the_clock(self, minutes: int) -> None:
        self.desk.now += timedelta(minutes=minutes)

    @rule()
    def expire(self) -> None:
        self.work_off(lambda session, now: list_passed(session, now=now), expire)
        self.desk.expire()

    @rule()
    def no_show(self) -> None:
        self.work_off(lambda session, now: list_missed(session, now=now), mark_missed)
        self.desk.miss()

    @rule()
    def stop_by_the_clock(self) -> None:
        self.work_off(lambda session, now: list_over(session, now=now), end_over)
        self.desk.end_over()

    @rule()
    def charge_fees(self) -> None:
        self.work_off(lambda session, _: list_fees_due(session), charge_fee)
        self.desk.charge()

    @rule()
    def release_money(self) -> None:
        self.work_off(lambda session, _: list_releasable(session), release)
        self.desk.release()

    @rule()
    def restart(self) -> None:
        """Forget everything but what the database holds."""
        self.session.close()
        self.session = self.open()

    @invariant()
    def database_and_desk_agree(self) -> None:
        rows = self.session.execute(
            select(
                Reservation.id,
                Reservation.state,
                Reservation.during,
                Reservation.expires_at,
                FundsHold.state,
                FundsHold.amount_fen,
                FundsHold.captured_fen,
            ).outerjoin(FundsHold, FundsHold.reservation_id == Reservation.id)
        )
        seen = {
            key: (
                *as_it_stands(state, limit, self.now),
                during.lower,
                during.upper,
                money,
                amount_fen or 0,
                captured_fen or 0,
            )
            for key, state, during, limit, money, amount_fen, captured_fen in rows
        }
        assert seen == {
            key: (
                *as_it_stands(one.state, one.expires_at, self.now),
                one.starts_at,
                one.ends_at,
                one.money,
                one.amount_fen,
                one.captured_fen,
            )
            for key, one in self.desk.thoughts.items()
        }

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.session.execute(ALL_BROKEN).scalars().all() == []


def as_it_stands(state: str, limit: datetime | None, now: datetime) -> tuple[str, datetime | None]:
    """Return a state and its limit; what is over is over, tidied up or not."""
    if state not in {"held", "approved"} or limit is None:
        return state, None
    return ("expired", None) if limit <= now else (state, limit)


def furnish(connection: Connection) -> dict[str, Any]:
    """Three instruments, Alice and her credit, the same for every example."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        cast = assemble(session)
        instruments = [
            make.instrument(session, institution=cast.institution, cool_down=COOL_DOWN)
            for _ in (PLAIN, AWAY, FUNDED)
        ]
        device = make.device(session, institution=cast.institution)
        make.link(session, instruments[AWAY], device)
        for number in (PLAIN, FUNDED):
            make.tariff(session, instrument=instruments[number], per_hour_fen=4 * PER_QUARTER_FEN)
        session.add_all(
            [
                Policy(
                    institution_id=cast.institution.id,
                    instrument_id=instruments[FUNDED].id,
                    terms={"needs_funds": True},
                    updated_at=NOON,
                ),
                CreditLine(
                    institution_id=cast.institution.id,
                    enterprise_id=cast.enterprise.id,
                    limit_fen=CREDIT_FEN,
                    updated_at=NOON,
                ),
            ]
        )
        session.commit()
        return {
            "connection": connection,
            "instruments": [one.id for one in instruments],
            "alice": caller_of(cast.alice),
        }


def run(connection: Connection, part: int, examples: int) -> None:
    run_state_machine_as_test(
        seed(part)(type("FurnishedMachine", (Machine,), furnish(connection))),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=(Phase.generate, Phase.shrink),
        ),
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_any_order_of_verbs_keeps_every_promise(connection: Connection, part: int) -> None:
    run(connection, part, EXAMPLES_FEW)


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_five_hundred_orders_of_verbs_keep_every_promise(connection: Connection, part: int) -> None:
    run(connection, PARTS + part, EXAMPLES)
