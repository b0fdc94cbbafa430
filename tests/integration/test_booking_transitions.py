"""Every row of the flow table, by a test named after it: who moves it, and what is written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import booking.invariants
from billing.charges.service import price
from billing.holds.service import set_aside_if_credit_allows
from billing.holds.tables import CreditLine
from booking.reservations.attending import check_in, end, end_over, interrupt
from booking.reservations.cancelling import cancel
from booking.reservations.clockwork import expire, mark_in_use, mark_missed
from booking.reservations.deciding import accept_time, approve, decline_time, reject, retime
from booking.reservations.drafting import confirm, save_draft
from booking.reservations.endorsing import endorse, turn_down
from booking.reservations.errors import WrongState
from booking.reservations.resolving import resolve_unseen
from booking.reservations.rules import Wish
from booking.reservations.states import FIRST_STATES, TRANSITIONS, ReservationState
from booking.reservations.tables import Reservation, ReservationTransition
from booking.usage.reviewing import confirm as confirm_usage
from booking.usage.reviewing import confirm_by_itself, dispute, resolve
from booking.usage.service import meter
from booking.usage.tables import UsageSession
from tests import make
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

S = ReservationState
MINUTE = timedelta(minutes=1)
STARTS = NOW + DAY
ENDS = STARTS + 2 * HOUR
SETTLED = ENDS + 10 * MINUTE
LATER = SETTLED + HOUR

Act = Callable[[Lab, Reservation], object]


# How a reservation comes to stand where each row of the table begins.


def draft(lab: Lab) -> Reservation:
    return save_draft(lab.session, lab.ask(), by=lab.caller("alice"), now=NOW)


def held(lab: Lab) -> Reservation:
    return lab.hold()


def proposed(lab: Lab) -> Reservation:
    lab.endorses()
    return lab.reserve()


def submitted(lab: Lab) -> Reservation:
    lab.says(needs_approval=True, needs_funds=True)
    return lab.reserve()


def retimed(lab: Lab) -> Reservation:
    asked = submitted(lab)
    other = Wish(STARTS + HOUR, ENDS + HOUR)
    return retime(lab.session, asked.id, other, by=lab.caller("mei"), reason="维护", now=NOW)


def approved(lab: Lab) -> Reservation:
    lab.says(needs_funds=True)
    return lab.reserve()


def reserved(lab: Lab) -> Reservation:
    return lab.reserve()


def checked_in(lab: Lab) -> Reservation:
    make.link(lab.session, lab.instrument, make.device(lab.session, institution=lab.institution))
    return check_in(lab.session, reserved(lab).id, by=lab.caller("alice"), now=STARTS)


def in_use(lab: Lab) -> Reservation:
    used = checked_in(lab)
    assert mark_in_use(lab.session, used.id, now=STARTS)
    return used


def interrupted(lab: Lab) -> Reservation:
    return interrupt(
        lab.session, in_use(lab).id, by=lab.caller("bob"), reason="油泵故障", now=STARTS + HOUR
    )


def ended(lab: Lab) -> Reservation:
    return end(lab.session, in_use(lab).id, by=lab.caller("alice"), now=ENDS - MINUTE)


def metered(lab: Lab) -> Reservation:
    used = ended(lab)
    assert meter(lab.session, used.id, now=SETTLED)
    return used


def disputed(lab: Lab) -> Reservation:
    used = metered(lab)
    dispute(lab.session, used.id, by=lab.caller("alice"), reason="我早走了", now=SETTLED)
    return used


def confirmed(lab: Lab) -> Reservation:
    used = metered(lab)
    confirm_usage(lab.session, used.id, by=lab.caller("bob"), now=LATER)
    return used


# What moves it on.


def fund(lab: Lab, asked: Reservation) -> None:
    lab.session.add(
        CreditLine(
            institution_id=lab.institution.id,
            enterprise_id=lab.cast.enterprise.id,
            limit_fen=10**7,
            updated_at=NOW,
        )
    )
    lab.session.flush()
    assert set_aside_if_credit_allows(lab.session, asked, now=NOW)


def usage_of(lab: Lab, used: Reservation) -> UsageSession:
    return lab.session.scalars(
        select(UsageSession).where(UsageSession.reservation_id == used.id)
    ).one()


def confirm_with(**terms: bool) -> Act:
    def act(lab: Lab, asked: Reservation) -> None:
        if terms:
            lab.says(**terms)
        confirm(lab.session, asked.id, by=lab.caller("alice"), now=NOW)

    return act


def confirm_under_endorsement(lab: Lab, asked: Reservation) -> None:
    lab.endorses()
    confirm(lab.session, asked.id, by=lab.caller("alice"), now=NOW)


def endorse_with(**terms: bool) -> Act:
    def act(lab: Lab, asked: Reservation) -> None:
        lab.says(**terms)
        endorse(lab.session, asked.id, by=lab.caller("erin"), now=NOW)

    return act


def cancel_as(who: str, *, late: bool = False) -> Act:
    def act(lab: Lab, asked: Reservation) -> None:
        at = STARTS - MINUTE if late else NOW
        cancel(lab.session, asked.id, by=lab.caller(who), reason="改变计划", now=at)

    return act


def expire_at(hours: float) -> Act:
    def act(lab: Lab, asked: Reservation) -> None:
        assert expire(lab.session, asked.id, now=NOW + hours * HOUR)

    return act


def meter_it(lab: Lab, used: Reservation) -> None:
    assert meter(lab.session, used.id, now=SETTLED)


def let_confirm_itself(lab: Lab, used: Reservation) -> None:
    usage = usage_of(lab, used)
    usage.state, usage.doubts = "metered", []
    used.terms = {"confirm_tolerance_permille": 1000}
    lab.session.flush()
    assert not confirm_by_itself(lab.session, usage.id, now=SETTLED + DAY - MINUTE)
    assert confirm_by_itself(lab.session, usage.id, now=SETTLED + DAY)


def unseen(*, was_used: bool) -> Act:
    def act(lab: Lab, asked: Reservation) -> None:
        with pytest.raises(WrongState):
            resolve_unseen(
                lab.session,
                asked.id,
                was_used=was_used,
                reason="登记本",
                by=lab.caller("bob"),
                now=ENDS - MINUTE,
            )
        resolve_unseen(
            lab.session,
            asked.id,
            was_used=was_used,
            reason="登记本",
            by=lab.caller("bob"),
            now=LATER,
        )

    return act


@dataclass(frozen=True)
class Row:
    """One row of the flow table: from where, to where, by whom (None: the platform), how."""

    begin: Callable[[Lab], Reservation]
    to: ReservationState
    who: str | None
    act: Act
    how: str = ""
    money: str = ""
    """What kind of cancelling it is, which decides what it costs."""

    @property
    def origin(self) -> ReservationState:
        return S(self.begin.__name__)

    @property
    def name(self) -> str:
        return f"{self.origin}->{self.to} by {self.who or 'the clock'} {self.how}".strip()


ROWS = (
    Row(draft, S.SUBMITTED, "alice", confirm_with(needs_approval=True)),
    Row(draft, S.APPROVED, "alice", confirm_with(needs_funds=True)),
    Row(draft, S.RESERVED, "alice", confirm_with()),
    Row(draft, S.CANCELLED, "alice", cancel_as("alice"), money="free"),
    Row(draft, S.PROPOSED, "alice", confirm_under_endorsement),
    Row(held, S.PROPOSED, "alice", confirm_under_endorsement),
    Row(proposed, S.SUBMITTED, "erin", endorse_with(needs_approval=True)),
    Row(proposed, S.APPROVED, "erin", endorse_with(needs_funds=True)),
    Row(proposed, S.RESERVED, "erin", endorse_with()),
    Row(
        proposed,
        S.REJECTED,
        "erin",
        lambda lab, one: turn_down(
            lab.session, one.id, by=lab.caller("erin"), reason="没有经费", now=NOW
        ),
    ),
    Row(proposed, S.EXPIRED, None, expire_at(24)),
    Row(proposed, S.CANCELLED, "alice", cancel_as("alice"), money="free"),
    Row(held, S.SUBMITTED, "alice", confirm_with(needs_approval=True)),
    Row(held, S.APPROVED, "alice", confirm_with(needs_funds=True)),
    Row(held, S.RESERVED, "alice", confirm_with()),
    Row(held, S.EXPIRED, None, expire_at(10 / 60)),
    Row(held, S.CANCELLED, "alice", cancel_as("alice"), money="free"),
    Row(
        submitted,
        S.APPROVED,
        "mei",
        lambda lab, one: approve(lab.session, one.id, by=lab.caller("mei"), now=NOW),
    ),
    Row(
        submitted,
        S.RETIMED,
        "mei",
        lambda lab, one: retime(
            lab.session,
            one.id,
            Wish(STARTS + DAY, ENDS + DAY),
            by=lab.caller("mei"),
            reason="维护",
            now=NOW,
        ),
    ),
    Row(
        submitted,
        S.REJECTED,
        "mei",
        lambda lab, one: reject(
            lab.session, one.id, by=lab.caller("mei"), reason="样品不适合", now=NOW
        ),
    ),
    Row(submitted, S.EXPIRED, None, expire_at(24)),
    Row(submitted, S.CANCELLED, "alice", cancel_as("alice"), money="free"),
    Row(
        retimed,
        S.APPROVED,
        "alice",
        lambda lab, one: accept_time(lab.session, one.id, by=lab.caller("alice"), now=NOW),
    ),
    Row(retimed, S.EXPIRED, None, expire_at(24)),
    Row(
        retimed,
        S.CANCELLED,
        "alice",
        lambda lab, one: decline_time(
            lab.session, one.id, by=lab.caller("alice"), reason="不行", now=NOW
        ),
        money="free",
    ),
    Row(retimed, S.CANCELLED, "mei", cancel_as("mei"), money="by_lab"),
    Row(approved, S.RESERVED, None, fund, "once funds are held"),
    Row(approved, S.EXPIRED, None, expire_at(24)),
    Row(approved, S.CANCELLED, "alice", cancel_as("alice"), money="free"),
    Row(
        reserved,
        S.CHECKED_IN,
        "alice",
        lambda lab, one: check_in(
            lab.session, one.id, by=lab.caller("alice"), now=STARTS - 15 * MINUTE
        ),
    ),
    Row(
        reserved,
        S.CHECKED_IN,
        "bob",
        lambda lab, one: check_in(lab.session, one.id, by=lab.caller("bob"), now=STARTS),
        "at the instrument",
    ),
    Row(reserved, S.CHECKED_IN, "bob", unseen(was_used=True), "noted afterwards"),
    Row(reserved, S.CANCELLED, "alice", cancel_as("alice"), money="free"),
    Row(reserved, S.CANCELLED, "alice", cancel_as("alice", late=True), "late", money="late"),
    Row(reserved, S.CANCELLED, "bob", cancel_as("bob", late=True), money="by_lab"),
    Row(reserved, S.CANCELLED, "bob", unseen(was_used=False), "nothing seen", money="by_lab"),
    Row(
        reserved,
        S.NO_SHOW,
        None,
        lambda lab, one: mark_missed(lab.session, one.id, now=STARTS + 30 * MINUTE),
    ),
    Row(
        checked_in,
        S.IN_USE,
        None,
        lambda lab, one: mark_in_use(lab.session, one.id, now=STARTS),
    ),
    Row(
        checked_in,
        S.ENDED,
        "alice",
        lambda lab, one: end(lab.session, one.id, by=lab.caller("alice"), now=STARTS + MINUTE),
    ),
    Row(
        checked_in,
        S.INTERRUPTED,
        "bob",
        lambda lab, one: interrupt(
            lab.session, one.id, by=lab.caller("bob"), reason="无法启动", now=STARTS + MINUTE
        ),
    ),
    Row(
        in_use,
        S.ENDED,
        "alice",
        lambda lab, one: end(lab.session, one.id, by=lab.caller("alice"), now=ENDS - HOUR),
    ),
    Row(
        in_use,
        S.ENDED,
        None,
        lambda lab, one: end_over(lab.session, one.id, now=ENDS),
        "as the slot ends",
    ),
    Row(
        in_use,
        S.INTERRUPTED,
        "bob",
        lambda lab, one: interrupt(
            lab.session, one.id, by=lab.caller("bob"), reason="油泵故障", now=STARTS + HOUR
        ),
    ),
    Row(interrupted, S.METERED, None, meter_it),
    Row(ended, S.METERED, None, meter_it),
    Row(
        metered,
        S.CONFIRMED,
        "bob",
        lambda lab, one: confirm_usage(lab.session, one.id, by=lab.caller("bob"), now=LATER),
    ),
    Row(metered, S.CONFIRMED, None, let_confirm_itself, "a day on"),
    Row(
        metered,
        S.DISPUTED,
        "alice",
        lambda lab, one: dispute(
            lab.session, one.id, by=lab.caller("alice"), reason="我早走了", now=LATER
        ),
    ),
    Row(
        disputed,
        S.CONFIRMED,
        "mei",
        lambda lab, one: resolve(
            lab.session,
            one.id,
            metered_ms=60_000,
            by=lab.caller("mei"),
            reason="监控属实",
            now=LATER,
        ),
    ),
    Row(
        confirmed,
        S.DISPUTED,
        "alice",
        lambda lab, one: dispute(
            lab.session, one.id, by=lab.caller("alice"), reason="我早走了", now=LATER
        ),
    ),
    Row(
        confirmed,
        S.BILLED,
        None,
        lambda lab, one: price(lab.session, usage_of(lab, one).id, now=LATER),
    ),
)


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_transition(session: Session, lab: Lab, row: Row) -> None:
    one = row.begin(lab)
    assert one.state == row.origin

    row.act(lab, one)

    steps = session.scalars(
        select(ReservationTransition).where(
            ReservationTransition.reservation_id == one.id,
            ReservationTransition.from_state == row.origin,
            ReservationTransition.to_state == row.to,
        )
    ).all()
    assert [step.actor_id for step in steps] == [lab.caller(row.who).person_id if row.who else None]
    session.refresh(one)
    assert (one.cancelled_as or "") == row.money
    for name, query in booking.invariants.INVARIANTS.items():
        assert session.connection().exec_driver_sql(query).all() == [], name


def test_every_row_of_the_flow_table_has_a_test() -> None:
    tested = {(row.origin, row.to) for row in ROWS}

    assert tested == {(origin, to) for origin, nexts in TRANSITIONS.items() for to in nexts}


@pytest.mark.parametrize("begin", [draft, held, proposed, submitted, approved, reserved])
def test_first_state(session: Session, lab: Lab, begin: Callable[[Lab], Reservation]) -> None:
    made = begin(lab)

    step = session.scalars(
        select(ReservationTransition).where(ReservationTransition.reservation_id == made.id)
    ).one()
    assert (step.from_state, step.to_state) == (None, begin.__name__)
    assert made.state in FIRST_STATES


def test_every_final_state_refuses_to_be_cancelled(lab: Lab) -> None:
    asked = lab.reserve()
    cancel(lab.session, asked.id, by=lab.caller("alice"), reason="", now=NOW)

    with pytest.raises(WrongState):
        cancel(lab.session, asked.id, by=lab.caller("alice"), reason="", now=NOW)
