"""An enterprise that says yes first: whom it asks, what the lab sees, and what it cannot dodge."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.notices.queries import list_occasions
from booking.notices.rules import Kind
from booking.reservations.cancelling import cancel
from booking.reservations.changing import reschedule
from booking.reservations.endorsing import endorse, turn_down
from booking.reservations.errors import (
    NeedsEndorsement,
    NotYours,
    OfferOver,
    ReservationNotFound,
    SlotTaken,
    WrongState,
)
from booking.reservations.queries import find_known, list_known
from booking.reservations.rules import Wish
from booking.reservations.series import Repeat, reserve_series
from booking.reservations.service import reserve
from directory.notices.service import list_notices
from tests.leasing import DAY, HOUR, NOW, Lab, furnish


@pytest.fixture
def lab(session: Session) -> Lab:
    lab = furnish(session)
    lab.endorses()
    return lab


def test_lab_sees_a_members_reservation_only_once_their_enterprise_said_yes(
    session: Session, lab: Lab
) -> None:
    asked = lab.reserve()

    assert asked.state == "proposed"
    for who in ("bob", "mei"):
        assert find_known(session, asked.id, lab.caller(who)) is None
        assert list_known(session, lab.caller(who)) == []
        with pytest.raises(ReservationNotFound):
            cancel(session, asked.id, by=lab.caller(who), reason="", now=NOW)

    endorse(session, asked.id, by=lab.caller("erin"), now=NOW)

    assert asked.state == "reserved"
    assert [one.reservation.id for one in list_known(session, lab.caller("mei"))] == [asked.id]


def test_time_that_waits_for_the_enterprise_is_nobody_elses(lab: Lab) -> None:
    lab.reserve()

    with pytest.raises(SlotTaken):
        reserve(lab.session, lab.ask(), by=lab.caller("carol"), now=NOW)


def test_administrator_is_not_asked_about_what_they_reserve_themselves(lab: Lab) -> None:
    assert lab.reserve(who="erin").state == "reserved"


def test_only_the_enterprises_own_administrator_says_yes(session: Session, lab: Lab) -> None:
    asked = lab.reserve()

    with pytest.raises(NotYours):
        endorse(session, asked.id, by=lab.caller("alice"), now=NOW)
    for who in ("mei", "carol"):
        with pytest.raises((NotYours, ReservationNotFound)):
            endorse(session, asked.id, by=lab.caller(who), now=NOW)
    assert asked.state == "proposed"


def test_no_is_said_once_with_its_reason_and_frees_the_time(session: Session, lab: Lab) -> None:
    asked = lab.reserve()
    turn_down(session, asked.id, by=lab.caller("erin"), reason="没有经费", now=NOW)

    with pytest.raises(WrongState):
        endorse(session, asked.id, by=lab.caller("erin"), now=NOW)
    assert reserve(session, lab.ask(), by=lab.caller("carol"), now=NOW).state == "reserved"


def test_yes_comes_too_late_once_the_slot_began(session: Session, lab: Lab) -> None:
    asked = lab.reserve()

    with pytest.raises(OfferOver):
        endorse(session, asked.id, by=lab.caller("erin"), now=NOW + DAY)


def test_member_cannot_lengthen_what_was_endorsed_and_the_administrator_can(
    session: Session, lab: Lab
) -> None:
    asked = lab.reserve()
    endorse(session, asked.id, by=lab.caller("erin"), now=NOW)
    start = NOW + 2 * DAY
    longer, as_long = Wish(start, start + 3 * HOUR), Wish(start, start + 2 * HOUR)

    with pytest.raises(NeedsEndorsement):
        reschedule(session, asked.id, longer, by=lab.caller("alice"), now=NOW)
    reschedule(session, asked.id, as_long, by=lab.caller("alice"), now=NOW)
    reschedule(session, asked.id, longer, by=lab.caller("erin"), now=NOW)

    assert asked.state == "reserved"
    assert asked.during.upper == longer.ends_at


def test_each_date_of_a_series_waits_for_the_yes(session: Session, lab: Lab) -> None:
    made = reserve_series(
        session,
        lab.ask(),
        Repeat(weeks=1, weekdays=(2,), count=3),
        by=lab.caller("alice"),
        now=NOW,
    )

    assert [one.reservation.state for one in made if one.reservation] == ["proposed"] * 3


def test_administrators_are_told_what_waits_and_the_member_what_was_said(
    session: Session, lab: Lab
) -> None:
    asked = lab.reserve()

    told = [(one.kind, one.person_id) for one in list_occasions(session, now=NOW)]
    assert told == [(Kind.TO_ENDORSE, lab.erin.id)]

    later = NOW + timedelta(minutes=1)
    endorse(session, asked.id, by=lab.caller("erin"), now=later)
    assert list_occasions(session, now=later) == []
    notices = list_notices(session, lab.cast.alice.id)
    assert [notice.kind for notice in notices] == ["endorsed"]
