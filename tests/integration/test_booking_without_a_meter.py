"""Instruments that no device watches: coming and leaving speak, and a person has the last word."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import billing.invariants
import booking.invariants
from billing.charges.service import price
from billing.charges.tables import Charge
from booking.reservations.attending import check_in, end, end_over, interrupt
from booking.reservations.resolving import resolve_unseen
from booking.reservations.tables import Reservation
from booking.usage.queries import list_ended
from booking.usage.reviewing import confirm, confirm_by_itself, correct
from booking.usage.service import meter
from booking.usage.tables import UsageSession
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

STARTS = NOW + DAY
ENDS = STARTS + 2 * HOUR
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


def come(lab: Lab, *, early: timedelta = timedelta(0)) -> Reservation:
    return check_in(
        lab.session, lab.reserve().id, by=lab.caller("alice"), now=STARTS - early, how="kiosk"
    )


def metered(lab: Lab, used: Reservation) -> UsageSession:
    assert meter(lab.session, used.id, now=ENDS)
    assert used.state == "metered"
    return lab.session.scalars(select(UsageSession)).one()


def test_use_is_metered_from_coming_to_leaving_and_waits_for_a_person(lab: Lab) -> None:
    used = come(lab)
    end(lab.session, used.id, by=lab.caller("alice"), now=STARTS + 90 * MINUTE)

    usage = metered(lab, used)

    assert (usage.device_id, usage.metered_ms) == (None, 90 * 60_000)
    assert (usage.state, usage.doubts) == ("needs_review", ["no_meter"])
    assert not confirm_by_itself(lab.session, usage.id, now=ENDS + 9 * DAY)


def test_waiting_before_the_slot_is_not_charged(lab: Lab) -> None:
    used = come(lab, early=10 * MINUTE)
    assert end_over(lab.session, used.id, now=ENDS)

    assert metered(lab, used).metered_ms == 120 * 60_000


def test_who_came_and_left_before_the_slot_used_nothing(lab: Lab) -> None:
    used = come(lab, early=10 * MINUTE)
    end(lab.session, used.id, by=lab.caller("alice"), now=STARTS - 5 * MINUTE)

    assert metered(lab, used).metered_ms == 0


def test_fault_leaves_the_good_time(lab: Lab) -> None:
    used = come(lab)
    interrupt(lab.session, used.id, by=lab.caller("bob"), reason="漏液", now=STARTS + 30 * MINUTE)

    assert metered(lab, used).metered_ms == 30 * 60_000


def test_slot_that_somebody_says_was_used_counts_as_a_whole(lab: Lab) -> None:
    used = lab.reserve()
    resolve_unseen(
        lab.session, used.id, was_used=True, reason="登记本", by=lab.caller("bob"), now=ENDS + HOUR
    )

    assert metered(lab, used).metered_ms == 120 * 60_000


def test_what_the_technician_says_is_charged(session: Session, lab: Lab) -> None:
    """An hour and a quarter at 200 yuan, though they were there for an hour and a half."""
    used = come(lab)
    end(session, used.id, by=lab.caller("alice"), now=STARTS + 90 * MINUTE)
    usage = metered(lab, used)
    bob = lab.caller("bob")
    correct(session, used.id, metered_ms=75 * 60_000, by=bob, reason="提前装样", now=ENDS)
    confirm(session, used.id, by=bob, now=ENDS)

    assert price(session, usage.id, now=ENDS)

    assert session.scalars(select(Charge.amount_fen)).all() == [25_000]
    assert used.state == "billed"
    for name, query in {**booking.invariants.INVARIANTS, **billing.invariants.INVARIANTS}.items():
        assert session.execute(text(query)).all() == [], name


def test_nothing_of_it_waits_among_what_is_still_to_be_metered(lab: Lab) -> None:
    used = come(lab)
    end(lab.session, used.id, by=lab.caller("alice"), now=STARTS + HOUR)
    assert list_ended(lab.session) == [used.id]

    metered(lab, used)

    assert list_ended(lab.session) == []
