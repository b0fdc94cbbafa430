"""协同: who works, within their hours, whether the client is there, and who is to blame if not."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.reservations.attending import check_in, end
from booking.reservations.changing import extend, reschedule
from booking.reservations.clockwork import mark_missed
from booking.reservations.due import list_missed
from booking.reservations.errors import NotYours, TechnicianRefused, WrongState
from booking.reservations.resolving import resolve_unseen
from booking.reservations.rules import Wish
from booking.reservations.states import Mode, Presence
from booking.reservations.tables import Reservation
from booking.reservations.technicians import assign_technician, note_samples
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

START = NOW + DAY
GRACE = timedelta(minutes=30)


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


def assisted(lab: Lab, *, is_staffed: bool = True, presence: Presence | None = None) -> Reservation:
    asked = lab.reserve(mode=Mode.ASSISTED, presence=presence)
    if is_staffed:
        assign(lab, asked)
    return asked


def assign(lab: Lab, asked: Reservation) -> None:
    assign_technician(lab.session, asked.id, lab.cast.bob.id, by=lab.caller("mei"), now=NOW)


def refusal(raised: pytest.ExceptionInfo[TechnicianRefused]) -> list[str]:
    return [problem.code for problem in raised.value.problems]


def test_client_declares_whether_they_come_and_the_technician_notes_how_they_came(lab: Lab) -> None:
    asked = assisted(lab, presence=Presence.ABSENT)
    assert asked.presence == "absent"

    check_in(lab.session, asked.id, by=lab.caller("bob"), now=START, presence=Presence.OBSERVER)

    assert asked.presence == "observer"


def test_client_of_an_assisted_use_is_there_unless_they_say_otherwise(lab: Lab) -> None:
    assert assisted(lab).presence == "present"
    assert lab.reserve(2 * DAY).presence is None


def test_who_works_the_instrument_themselves_declares_nothing(lab: Lab) -> None:
    assert lab.refused(lab.ask(presence=Presence.OBSERVER)) == ["presence_not_asked"]


def test_technician_starts_and_stops_an_assisted_use(lab: Lab) -> None:
    asked = assisted(lab)
    check_in(lab.session, asked.id, by=lab.caller("bob"), now=START)

    with pytest.raises(NotYours):
        end(lab.session, asked.id, by=lab.caller("alice"), now=START + HOUR)
    end(lab.session, asked.id, by=lab.caller("bob"), now=START + HOUR)

    assert asked.state == "ended"


def test_assisted_use_is_missed_when_neither_client_nor_samples_came(lab: Lab) -> None:
    asked = assisted(lab, presence=Presence.ABSENT)

    assert list(list_missed(lab.session, now=START + GRACE)) == [asked.id]
    assert mark_missed(lab.session, asked.id, now=START + GRACE)
    assert asked.state == "no_show"


def test_assisted_use_whose_samples_came_is_no_no_show(lab: Lab) -> None:
    asked = assisted(lab, presence=Presence.ABSENT)
    note_samples(lab.session, asked.id, by=lab.caller("bob"), now=NOW)

    assert list(list_missed(lab.session, now=START + GRACE)) == []
    assert not mark_missed(lab.session, asked.id, now=START + GRACE)
    resolve_unseen(
        lab.session, asked.id, was_used=True, reason="记录本", by=lab.caller("bob"), now=START + DAY
    )
    assert asked.state == "ended"


def test_samples_are_the_labs_to_note_and_only_of_an_assisted_use(lab: Lab) -> None:
    asked, own = assisted(lab), lab.reserve(2 * DAY)

    with pytest.raises(NotYours):
        note_samples(lab.session, asked.id, by=lab.caller("alice"), now=NOW)
    with pytest.raises(WrongState):
        note_samples(lab.session, own.id, by=lab.caller("bob"), now=NOW)


def test_lab_without_a_technician_cancels_and_the_client_is_not_to_blame(lab: Lab) -> None:
    asked = assisted(lab, is_staffed=False)

    assert list(list_missed(lab.session, now=START + GRACE)) == [asked.id]
    assert mark_missed(lab.session, asked.id, now=START + GRACE)

    assert (asked.state, asked.cancelled_as, asked.attendance) == ("cancelled", "by_lab", None)


def test_technician_is_given_no_more_than_their_day_holds(lab: Lab) -> None:
    lab.says(technician_day_max_s=3 * 3600)
    first = assisted(lab)
    second = lab.reserve(DAY + 3 * HOUR, mode=Mode.ASSISTED)

    with pytest.raises(TechnicianRefused) as refused:
        assign(lab, second)

    assert refusal(refused) == ["too_long_a_day"]
    assert first.technician_id == lab.cast.bob.id
    assert second.technician_id is None


def test_moving_and_extending_ask_the_technicians_hours_again(lab: Lab) -> None:
    office = [{"weekdays": [1, 2, 3, 4, 5], "from_s": 9 * 3600, "to_s": 12 * 3600}]
    lab.says(technician_hours=office)
    asked = assisted(lab)  # Tuesday from nine to eleven

    afternoon = Wish(START + 5 * HOUR, START + 7 * HOUR)
    with pytest.raises(TechnicianRefused) as moved:
        reschedule(lab.session, asked.id, afternoon, by=lab.caller("alice"), now=NOW)
    check_in(lab.session, asked.id, by=lab.caller("bob"), now=START)
    with pytest.raises(TechnicianRefused) as extended:
        extend(lab.session, asked.id, START + 4 * HOUR, by=lab.caller("bob"), now=START + HOUR)
    extend(lab.session, asked.id, START + 3 * HOUR, by=lab.caller("bob"), now=START + HOUR)

    assert refusal(moved) == refusal(extended) == ["outside_technician_hours"]
    assert asked.during.upper == START + 3 * HOUR
