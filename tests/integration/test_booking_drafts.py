"""What is not made real yet is written anew: a draft, a hold, what a waitlist offers."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.reservations.changing import reschedule
from booking.reservations.drafting import rewrite, save_draft
from booking.reservations.errors import (
    OfferOver,
    ReservationNotFound,
    SlotRefused,
    SlotTaken,
    WrongState,
)
from booking.reservations.rules import Wish
from booking.reservations.states import Mode, Presence
from booking.reservations.tables import as_slot
from booking.waitlists.service import accept, join, offer_next
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

MINUTE = timedelta(minutes=1)
QUESTION = {"key": "samples", "label_zh": "样品数", "label_en": "Samples", "type": "number"}


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


def at(starts_in: timedelta, length: timedelta = HOUR) -> Wish:
    return Wish(NOW + starts_in, NOW + starts_in + length)


def test_draft_asks_for_something_else_and_still_holds_nothing(session: Session, lab: Lab) -> None:
    lab.says(questions=[QUESTION])
    alice = lab.caller("alice")
    draft = save_draft(session, lab.ask(purpose="拉伸"), by=alice, now=NOW)
    lab.reserve(2 * DAY, who="carol")

    changes = {
        "wish": at(2 * DAY),
        "purpose": "压缩",
        "answers": {"samples": 3},
        "mode": Mode.ASSISTED,
        "presence": Presence.ABSENT,
    }
    rewrite(session, draft.id, changes, by=alice, now=NOW)

    session.refresh(draft)
    assert as_slot(draft.during) == at(2 * DAY).slot
    assert (draft.purpose, draft.answers) == ("压缩", {"samples": 3})
    assert (draft.state, draft.mode, draft.presence) == ("draft", "assisted", "absent")


def test_everything_is_asked_of_what_it_asks_for_now(session: Session, lab: Lab) -> None:
    lab.says(questions=[QUESTION])
    alice = lab.caller("alice")
    draft = save_draft(session, lab.ask(), by=alice, now=NOW)

    changes = {"wish": at(timedelta(minutes=-7)), "answers": {"samples": "many"}}
    with pytest.raises(SlotRefused) as refusal:
        rewrite(session, draft.id, changes, by=alice, now=NOW)

    codes = {one.code for one in refusal.value.problems}
    assert codes == {"in_the_past", "off_the_grid", "unfit_answer"}


def test_hold_is_moved_about_but_lasts_no_longer(session: Session, lab: Lab) -> None:
    alice = lab.caller("alice")
    hold = lab.hold()
    ends = hold.expires_at
    lab.reserve(2 * DAY, who="carol")

    rewrite(session, hold.id, {"wish": at(3 * DAY)}, by=alice, now=NOW + MINUTE)
    reschedule(session, hold.id, at(4 * DAY), by=alice, now=NOW + 2 * MINUTE)
    assert hold.expires_at == ends == NOW + 10 * MINUTE

    with pytest.raises(SlotTaken):
        rewrite(session, hold.id, {"wish": at(2 * DAY)}, by=alice, now=NOW + 3 * MINUTE)
    with pytest.raises(OfferOver):
        rewrite(session, hold.id, {"purpose": "拉伸"}, by=alice, now=NOW + 10 * MINUTE)


def test_what_was_asked_for_already_is_not_rewritten(session: Session, lab: Lab) -> None:
    asked = lab.reserve()

    with pytest.raises(WrongState):
        rewrite(session, asked.id, {"purpose": "拉伸"}, by=lab.caller("alice"), now=NOW)
    with pytest.raises(ReservationNotFound):
        rewrite(session, asked.id, {"purpose": "拉伸"}, by=lab.caller("carol"), now=NOW)


def test_offer_of_an_instrument_that_asks_questions_is_answered_and_taken(
    session: Session, lab: Lab
) -> None:
    lab.says(questions=[{**QUESTION, "required": True}])
    alice = lab.caller("alice")
    within = at(DAY, 4 * HOUR)
    entry = join(session, lab.instrument.id, within, HOUR, by=alice, now=NOW)
    assert offer_next(session, entry.id, now=NOW)
    assert entry.reservation_id is not None

    with pytest.raises(SlotRefused) as refusal:
        accept(session, entry.id, by=alice, now=NOW)
    assert [one.code for one in refusal.value.problems] == ["not_answered"]

    rewrite(session, entry.reservation_id, {"answers": {"samples": 3}}, by=alice, now=NOW)
    assert accept(session, entry.id, by=alice, now=NOW).state == "reserved"
