"""What each person is offered to do with a reservation, by where it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from booking.reservations.acts import Act, Position, Standpoint, acts_of
from booking.reservations.rules import Slot
from booking.reservations.states import Mode, ReservationState

S = ReservationState
AT = datetime(2031, 1, 6, 1, tzinfo=UTC)
SLOT = Slot(AT, AT + timedelta(hours=2))
LONG_BEFORE = AT - timedelta(days=2)
CLIENT = Standpoint(is_client=True, is_staff=False, is_manager=False)
TECHNICIAN = Standpoint(is_client=False, is_staff=True, is_manager=False)
MANAGER = Standpoint(is_client=False, is_staff=True, is_manager=True)
ONLOOKER = Standpoint(is_client=False, is_staff=False, is_manager=False)


@pytest.mark.parametrize(
    ("state", "who", "expected"),
    [
        (S.DRAFT, CLIENT, {"confirm", "rewrite", "cancel"}),
        (S.HELD, CLIENT, {"confirm", "rewrite", "hand-over", "move", "cancel"}),
        (S.SUBMITTED, CLIENT, {"hand-over", "move", "cancel"}),
        (S.SUBMITTED, TECHNICIAN, {"move", "cancel"}),
        (S.SUBMITTED, MANAGER, {"approve", "retime", "reject", "cancel"}),
        (S.RETIMED, CLIENT, {"accept-time", "decline-time", "hand-over", "move", "cancel"}),
        (S.RESERVED, CLIENT, {"hand-over", "move", "cancel"}),
        (S.DISPUTED, MANAGER, {"resolve"}),
        (S.DISPUTED, CLIENT, set()),
        (S.BILLED, CLIENT, set()),
        (S.RESERVED, ONLOOKER, set()),
    ],
)
def test_acts_long_before_the_slot(
    state: ReservationState, who: Standpoint, expected: set[str]
) -> None:
    assert set(acts_of(Position(state, SLOT), who, now=LONG_BEFORE)) == expected


def test_check_in_opens_a_quarter_of_an_hour_before_and_shuts_with_the_slot() -> None:
    def may(now: datetime) -> bool:
        return Act.CHECK_IN in acts_of(Position(S.RESERVED, SLOT), CLIENT, now=now)

    quarter = timedelta(minutes=15)
    assert [may(AT - quarter - timedelta(seconds=1)), may(AT - quarter)] == [False, True]
    assert [may(SLOT.ends_at - timedelta(seconds=1)), may(SLOT.ends_at)] == [True, False]


def test_an_assisted_use_is_checked_in_by_the_lab_once_it_has_its_technician() -> None:
    alone = Position(S.RESERVED, SLOT, mode=Mode.ASSISTED)
    assisted = replace(alone, has_technician=True)

    assert Act.CHECK_IN not in acts_of(alone, TECHNICIAN, now=AT)
    assert Act.CHECK_IN in acts_of(assisted, TECHNICIAN, now=AT)
    assert Act.CHECK_IN not in acts_of(assisted, CLIENT, now=AT)
    assert Act.APPROVE not in acts_of(replace(alone, state=S.SUBMITTED), MANAGER, now=LONG_BEFORE)


def test_use_can_be_extended_only_while_its_slot_lasts() -> None:
    at_it = Position(S.IN_USE, SLOT)

    assert acts_of(at_it, CLIENT, now=AT) == [Act.END, Act.EXTEND]
    assert acts_of(at_it, CLIENT, now=SLOT.ends_at) == [Act.END]
    assert Act.INTERRUPT in acts_of(at_it, TECHNICIAN, now=AT)


def test_objection_is_offered_until_its_time_is_over_and_staff_confirm_meanwhile() -> None:
    until = SLOT.ends_at + timedelta(days=1)
    metered = Position(S.METERED, SLOT, usage_state="metered", objection_ends_at=until)

    assert acts_of(metered, CLIENT, now=until - timedelta(seconds=1)) == [Act.DISPUTE]
    assert acts_of(metered, CLIENT, now=until) == []
    assert acts_of(metered, TECHNICIAN, now=until) == [Act.CONFIRM_USAGE, Act.CORRECT_USAGE]


def test_what_ran_out_can_neither_be_confirmed_nor_moved() -> None:
    assert acts_of(Position(S.HELD, SLOT, is_over=True), CLIENT, now=LONG_BEFORE) == []
