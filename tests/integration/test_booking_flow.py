"""What a reservation lives through beyond the rows of the flow table, and what keeps it out."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

import booking.invariants
from billing.charges.fees import charge_fee
from billing.charges.tables import Charge
from billing.holds.service import release, set_aside_if_credit_allows
from billing.holds.tables import CreditLine, FundsHold
from booking.attendance.service import appeal, begin_penalty, decide_appeal, notice_penalty
from booking.attendance.tables import Penalty
from booking.calendars.tables import Closure, OpeningHours, SpecialDay
from booking.policies.tables import Policy, Qualification
from booking.reservations.attending import check_in, end, interrupt
from booking.reservations.cancelling import cancel
from booking.reservations.changing import extend, hand_over, reschedule
from booking.reservations.clockwork import expire, mark_missed
from booking.reservations.deadlines import list_untimed, time_approval
from booking.reservations.deciding import accept_time, approve, retime
from booking.reservations.drafting import confirm, save_draft
from booking.reservations.errors import (
    NotAColleague,
    NotATechnician,
    NotYours,
    OfferOver,
    SlotRefused,
    SlotTaken,
    TechnicianNeeded,
    TechnicianTaken,
    WrongState,
)
from booking.reservations.rules import Wish
from booking.reservations.series import Repeat, reserve_series, reserve_together
from booking.reservations.service import reserve
from booking.reservations.states import Mode
from booking.reservations.tables import Reservation
from booking.reservations.technicians import assign_technician
from booking.waitlists.service import accept, join, lapse, offer_next
from directory.people.service import caller_of
from directory.roles.rules import Role
from directory.workdays.tables import DueDateRow
from foundation.identifiers import InstrumentId, PersonId
from telemetry.controls.tables import WantedState
from tests import make
from tests.leasing import DAY, HOUR, NOW, ZONE, Lab, furnish, last


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


# Transitions


def test_draft_holds_nothing_and_becomes_reserved(session: Session, lab: Lab) -> None:
    alice = lab.caller("alice")
    draft = save_draft(session, lab.ask(), by=alice, now=NOW)
    cancel(session, lab.reserve(who="carol").id, by=lab.caller("carol"), reason="", now=NOW)

    confirm(session, draft.id, by=alice, now=NOW)

    assert last(session, draft) == ("draft", "reserved")


def test_draft_whose_time_went_to_another_is_taken(session: Session, lab: Lab) -> None:
    draft = save_draft(session, lab.ask(), by=lab.caller("alice"), now=NOW)
    lab.reserve(who="carol")

    with pytest.raises(SlotTaken):
        confirm(session, draft.id, by=lab.caller("alice"), now=NOW)


def test_draft_becomes_submitted_where_approval_is_asked(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    draft = save_draft(session, lab.ask(), by=lab.caller("alice"), now=NOW)

    confirm(session, draft.id, by=lab.caller("alice"), now=NOW)

    assert last(session, draft) == ("draft", "submitted")


def test_held_becomes_reserved(session: Session, lab: Lab) -> None:
    hold = reserve(session, lab.ask(), by=lab.caller("alice"), now=NOW, is_hold=True)

    confirm(session, hold.id, by=lab.caller("alice"), now=NOW + timedelta(minutes=9))

    assert last(session, hold) == ("held", "reserved")
    assert hold.expires_at is None


def test_held_becomes_expired_and_blocks_nobody_after(session: Session, lab: Lab) -> None:
    hold = reserve(session, lab.ask(), by=lab.caller("alice"), now=NOW, is_hold=True)
    later = NOW + timedelta(minutes=10)

    with pytest.raises(SlotTaken):
        lab.reserve(who="carol", now=later - timedelta(seconds=1))
    # Nobody tidied up: the next who wants the time lets go of it.
    lab.reserve(who="carol", now=later)
    session.refresh(hold)

    assert last(session, hold) == ("held", "expired")
    with pytest.raises(WrongState):
        confirm(session, hold.id, by=lab.caller("alice"), now=later)


def test_hold_that_is_over_is_not_confirmed(session: Session, lab: Lab) -> None:
    hold = reserve(session, lab.ask(), by=lab.caller("alice"), now=NOW, is_hold=True)

    with pytest.raises(OfferOver):
        confirm(session, hold.id, by=lab.caller("alice"), now=NOW + timedelta(minutes=10))
    assert expire(session, hold.id, now=NOW + timedelta(minutes=10))
    assert not expire(session, hold.id, now=NOW + timedelta(minutes=10))


def test_submitted_becomes_approved_and_reserved(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()
    with pytest.raises(SlotTaken):
        lab.reserve(who="carol")

    approve(session, asked.id, by=lab.caller("mei"), now=NOW + HOUR)

    assert asked.state == "reserved"
    assert last(session, asked) == ("approved", "reserved")


@pytest.mark.parametrize(("who", "refusal"), [("alice", NotYours), ("bob", NotYours)])
def test_only_the_manager_approves(
    session: Session, lab: Lab, who: str, refusal: type[Exception]
) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()

    with pytest.raises(refusal):
        approve(session, asked.id, by=lab.caller(who), now=NOW)


def test_submitted_becomes_expired_as_its_slot_begins(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()

    with pytest.raises(OfferOver):
        approve(session, asked.id, by=lab.caller("mei"), now=NOW + DAY)
    assert expire(session, asked.id, now=NOW + DAY)
    assert last(session, asked) == ("submitted", "expired")


def test_submitted_becomes_retimed_and_its_person_says_yes(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()
    other = Wish(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)

    retime(session, asked.id, other, by=lab.caller("mei"), reason="当日维护", now=NOW)
    lab.reserve(who="carol")  # the former time is free again
    with pytest.raises(SlotTaken):
        lab.reserve(2 * DAY, who="carol")
    accept_time(session, asked.id, by=lab.caller("alice"), now=NOW + HOUR)

    assert asked.state == "reserved"
    assert asked.during == Range(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)


def test_retimed_becomes_expired_after_a_day(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve(5 * DAY)
    other = Wish(NOW + 6 * DAY, NOW + 6 * DAY + HOUR)
    retime(session, asked.id, other, by=lab.caller("mei"), reason="", now=NOW)

    assert not expire(session, asked.id, now=NOW + DAY - timedelta(seconds=1))
    assert expire(session, asked.id, now=NOW + DAY)


def test_approved_waits_for_funds_and_becomes_reserved(session: Session, lab: Lab) -> None:
    """2 h at 200 yuan are 400 yuan: one fen less of credit is not enough."""
    lab.says(needs_funds=True)
    credit = CreditLine(
        institution_id=lab.cast.institution.id,
        enterprise_id=lab.cast.enterprise.id,
        limit_fen=39_999,
        updated_at=NOW,
    )
    session.add(credit)
    asked = lab.reserve()

    assert asked.state == "approved"
    assert not set_aside_if_credit_allows(session, asked, now=NOW)
    credit.limit_fen = 40_000
    assert set_aside_if_credit_allows(session, asked, now=NOW)
    assert last(session, asked) == ("approved", "reserved")
    assert session.scalars(select(FundsHold.amount_fen)).one() == 40_000


def test_money_held_is_released_once(session: Session, lab: Lab) -> None:
    asked = lab.reserve()
    set_aside_if_credit_allows(session, asked, now=NOW)
    cancel(session, asked.id, by=lab.caller("alice"), reason="", now=NOW)

    assert release(session, asked.id, now=NOW)
    assert not release(session, asked.id, now=NOW)


@pytest.mark.parametrize(
    ("made_before", "left", "kind", "fee"),
    [
        pytest.param(3 * DAY, DAY, "free", None, id="a day before"),
        pytest.param(3 * DAY, DAY - timedelta(seconds=1), "late", 20_000, id="less than a day"),
        pytest.param(timedelta(minutes=15), HOUR, "free", None, id="a quarter after reserving"),
        pytest.param(timedelta(minutes=16), HOUR, "late", 20_000, id="sixteen minutes after"),
    ],
)
def test_reserved_becomes_cancelled_free_or_late(
    lab: Lab, made_before: timedelta, left: timedelta, kind: str, fee: int | None
) -> None:
    """Half of 400 yuan is the fee."""
    session, starts_at = lab.session, NOW + 10 * DAY
    cancelled_at = starts_at - left
    asked = lab.reserve(10 * DAY, now=cancelled_at - made_before)

    cancel(session, asked.id, by=lab.caller("alice"), reason="", now=cancelled_at)
    charged = charge_fee(session, asked.id, now=cancelled_at)

    assert (asked.cancelled_as, charged) == (kind, fee is not None)
    assert not charge_fee(session, asked.id, now=cancelled_at)
    assert session.scalars(select(Charge.amount_fen)).all() == ([fee] if fee else [])


def test_reserved_becomes_cancelled_by_the_lab_at_no_cost(session: Session, lab: Lab) -> None:
    asked = lab.reserve()

    cancel(session, asked.id, by=lab.caller("bob"), reason="停电", now=NOW + DAY - HOUR)

    assert asked.cancelled_as == "by_lab"
    assert not charge_fee(session, asked.id, now=NOW + DAY)


def test_reserved_becomes_no_show_at_half_the_price(session: Session, lab: Lab) -> None:
    asked = lab.reserve()
    late = NOW + DAY + timedelta(minutes=30)

    assert not mark_missed(session, asked.id, now=late - timedelta(seconds=1))
    assert mark_missed(session, asked.id, now=late)
    assert charge_fee(session, asked.id, now=late)
    assert (asked.attendance, session.scalars(select(Charge.kind)).one()) == ("missed", "no_show")


def test_in_use_becomes_interrupted_and_the_instrument_faulty(session: Session, lab: Lab) -> None:
    make.link(session, lab.instrument, make.device(session, institution=lab.cast.institution))
    asked = lab.reserve()
    check_in(session, asked.id, by=lab.caller("alice"), now=NOW + DAY)

    interrupt(session, asked.id, by=lab.caller("bob"), reason="油泵故障", now=NOW + DAY + HOUR)

    assert last(session, asked) == ("checked_in", "interrupted")
    assert lab.instrument.condition == "faulty"
    assert session.scalars(select(WantedState.value)).one() == "locked"
    assert "instrument_faulty" in lab.refused(lab.ask(3 * DAY), now=NOW + DAY + HOUR)


@pytest.mark.parametrize(
    ("came", "left", "attendance"),
    [
        (timedelta(0), 2 * HOUR, "normal"),
        (timedelta(minutes=11), 2 * HOUR, "late"),
        (timedelta(0), HOUR, "early_leave"),
        (timedelta(minutes=11), HOUR, "late+early_leave"),
        (timedelta(0), 2 * HOUR + timedelta(minutes=6), "overtime"),
    ],
)
def test_attendance_is_told_as_the_use_ends(
    session: Session, lab: Lab, came: timedelta, left: timedelta, attendance: str
) -> None:
    asked = lab.reserve()
    check_in(session, asked.id, by=lab.caller("alice"), now=NOW + DAY + came)

    end(session, asked.id, by=lab.caller("alice"), now=NOW + DAY + left)

    assert asked.attendance == attendance


# Changes that leave the state


def test_moving_keeps_the_reservation_and_frees_the_former_time(session: Session, lab: Lab) -> None:
    asked = lab.reserve()

    wish = Wish(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)
    reschedule(session, asked.id, wish, by=lab.caller("alice"), now=NOW)

    assert asked.revision == 1
    lab.reserve(who="carol")


def test_moving_onto_another_leaves_both_as_they_were(session: Session, lab: Lab) -> None:
    asked, other = lab.reserve(), lab.reserve(2 * DAY, who="carol")

    wish = Wish(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)
    with pytest.raises(SlotTaken):
        reschedule(session, asked.id, wish, by=lab.caller("alice"), now=NOW)
    session.expire_all()

    assert asked.during == Range(NOW + DAY, NOW + DAY + 2 * HOUR)
    assert other.state == "reserved"


def test_moving_is_judged_by_the_same_policy(session: Session, lab: Lab) -> None:
    asked = lab.reserve()

    wish = Wish(NOW - DAY, NOW - DAY + 9 * HOUR)
    with pytest.raises(SlotRefused) as refusal:
        reschedule(session, asked.id, wish, by=lab.caller("alice"), now=NOW)

    codes = [problem.code for problem in refusal.value.problems]
    assert codes == ["in_the_past", "too_long"]


def test_extending_opens_the_interlock_for_longer_unless_somebody_comes(
    session: Session, lab: Lab
) -> None:
    make.link(session, lab.instrument, make.device(session, institution=lab.cast.institution))
    asked = lab.reserve()
    lab.reserve(DAY + 4 * HOUR, who="carol")
    check_in(session, asked.id, by=lab.caller("alice"), now=NOW + DAY)
    until = NOW + DAY + 4 * HOUR

    with pytest.raises(SlotTaken):
        extend(session, asked.id, until + HOUR, by=lab.caller("alice"), now=NOW + DAY + HOUR)
    extend(session, asked.id, until, by=lab.caller("alice"), now=NOW + DAY + HOUR)

    assert session.scalars(select(WantedState.lease_until)).one() == until


def test_handing_over_is_for_colleagues_who_may_have_it(session: Session, lab: Lab) -> None:
    colleague = make.person(session, Role.MEMBER, enterprise=lab.cast.enterprise)
    asked = lab.reserve()

    with pytest.raises(NotAColleague):
        hand_over(session, asked.id, lab.cast.carol.id, by=lab.caller("alice"), now=NOW)
    hand_over(session, asked.id, colleague.id, by=lab.caller("alice"), now=NOW)

    assert asked.holder_id == colleague.id


def test_reserving_for_a_colleague_is_theirs(session: Session, lab: Lab) -> None:
    colleague = make.person(session, Role.MEMBER, enterprise=lab.cast.enterprise)

    made = reserve(session, lab.ask(), by=lab.caller("alice"), now=NOW, holder_id=colleague.id)

    assert (made.holder_id, made.made_by) == (colleague.id, lab.cast.alice.id)
    with pytest.raises(NotAColleague):
        reserve(
            session,
            lab.ask(2 * DAY),
            by=lab.caller("alice"),
            now=NOW,
            holder_id=PersonId(lab.cast.carol.id),
        )


def test_technician_is_in_one_place_at_a_time(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    other = make.instrument(session, institution=lab.cast.institution)
    other.modes = ["assisted"]
    first = lab.reserve(mode=Mode.ASSISTED)
    request = replace(lab.ask(mode=Mode.ASSISTED), instrument_id=InstrumentId(other.id))
    second = reserve(session, request, by=lab.caller("carol"), now=NOW)
    mei, bob = lab.caller("mei"), lab.cast.bob.id

    with pytest.raises(TechnicianNeeded):
        approve(session, first.id, by=mei, now=NOW)
    assign_technician(session, first.id, bob, by=mei, now=NOW)
    approve(session, first.id, by=mei, now=NOW)
    with pytest.raises(TechnicianTaken):
        assign_technician(session, second.id, bob, by=mei, now=NOW)
    with pytest.raises(NotATechnician):
        assign_technician(session, second.id, lab.cast.dan.id, by=mei, now=NOW)
    with pytest.raises(TechnicianNeeded):
        check_in(session, first.id, by=lab.caller("alice"), now=NOW + DAY)
    check_in(session, first.id, by=lab.caller("bob"), now=NOW + DAY)

    assert first.state == "checked_in"


# Several in one act


def test_series_takes_what_it_can_and_says_why_not(session: Session, lab: Lab) -> None:
    lab.reserve(DAY + 7 * DAY, who="carol")  # the second Tuesday

    dates = reserve_series(
        session,
        lab.ask(),
        Repeat(weeks=1, weekdays=(2, 4), count=5),
        by=lab.caller("alice"),
        now=NOW,
    )

    assert [one.slot.starts_at.date().isoformat() for one in dates] == [
        "2030-01-08",
        "2030-01-10",
        "2030-01-15",
        "2030-01-17",
        "2030-01-22",
    ]
    assert [one.reservation is not None for one in dates] == [True, True, False, True, True]
    assert [problem.code for problem in dates[2].problems] == ["slot_taken"]
    assert dates[2].alternatives[0].length == 2 * HOUR


def test_series_on_trial_writes_nothing(session: Session, lab: Lab) -> None:
    repeat = Repeat(weeks=1, weekdays=(2,), count=3)

    reserve_series(session, lab.ask(), repeat, by=lab.caller("alice"), now=NOW, is_trial=True)

    assert session.scalars(select(Reservation)).all() == []


def test_several_instruments_are_all_taken_or_none(session: Session, lab: Lab) -> None:
    other = make.instrument(session, institution=lab.cast.institution)
    both = [lab.ask(), replace(lab.ask(), instrument_id=InstrumentId(other.id))]
    taken = reserve(session, both[1], by=lab.caller("carol"), now=NOW)

    with pytest.raises(SlotTaken), session.begin_nested():
        reserve_together(session, both, by=lab.caller("alice"), now=NOW)
    held = session.scalars(select(Reservation.id)).all()
    cancel(session, taken.id, by=lab.caller("carol"), reason="", now=NOW)
    made = reserve_together(session, both, by=lab.caller("alice"), now=NOW)

    assert held == [taken.id]
    assert len({one.series_id for one in made}) == 1


def test_who_waits_is_offered_what_becomes_free_and_the_next_after(
    session: Session, lab: Lab
) -> None:
    taken = lab.reserve(length=8 * HOUR, who="carol")
    within = Wish(NOW + DAY, NOW + DAY + 8 * HOUR)
    first, second = (
        join(session, lab.instrument.id, within, 8 * HOUR, by=lab.caller(who), now=NOW)
        for who in ("alice", "carol")
    )

    assert not offer_next(session, first.id, now=NOW)
    cancel(session, taken.id, by=lab.caller("carol"), reason="", now=NOW)
    assert offer_next(session, first.id, now=NOW)
    assert not offer_next(session, second.id, now=NOW)
    over = NOW + timedelta(minutes=30)
    assert first.reservation_id is not None
    assert expire(session, first.reservation_id, now=over)
    assert lapse(session, first.id, now=over)
    assert offer_next(session, second.id, now=over)
    made = accept(session, second.id, by=lab.caller("carol"), now=over)

    assert (first.state, second.state, made.state) == ("lapsed", "taken", "reserved")


# Guards, each refused and passed


def test_guard_calibration_through_the_slots_end(session: Session, lab: Lab) -> None:
    lab.instrument.calibrated_until = date(2030, 1, 7)
    session.flush()
    assert lab.refused() == ["waiver_needed"]

    lab.reserve(answers={"calibration_waiver": True})
    lab.says(when_calibration_lapses="block")
    assert "calibration_lapses" in lab.refused(lab.ask(2 * DAY))
    lab.instrument.calibrated_until = date(2030, 1, 9)
    session.flush()
    lab.reserve(2 * DAY)


def test_guard_opening_hours_and_special_days(session: Session, lab: Lab) -> None:
    for weekday in range(1, 6):
        session.add(
            OpeningHours(
                institution_id=lab.cast.institution.id,
                weekday=weekday,
                opens_s=8 * 3600,
                closes_s=18 * 3600,
            )
        )
    session.flush()
    lab.reserve()  # Tuesday, nine to eleven
    assert lab.refused(lab.ask(DAY + 8 * HOUR)) == ["outside_hours"]
    assert lab.refused(lab.ask(5 * DAY)) == ["outside_hours"]  # Saturday

    session.add(
        SpecialDay(
            institution_id=lab.cast.institution.id,
            day=date(2030, 1, 12),
            opens_s=8 * 3600,
            closes_s=12 * 3600,
        )
    )
    session.flush()
    lab.reserve(5 * DAY)


def test_guard_closures_even_recurring(session: Session, lab: Lab) -> None:
    session.add(
        Closure(
            institution_id=lab.cast.institution.id,
            instrument_id=lab.instrument.id,
            during=Range(NOW - 6 * DAY, NOW - 6 * DAY + HOUR),
            kind="maintenance",
            reason_zh="每周保养",
            reason_en="weekly care",
            repeat_days=7,
            created_at=NOW,
        )
    )
    session.flush()

    assert lab.refused() == ["closed_for_maintenance"]
    lab.reserve(DAY + HOUR)


def test_guard_qualification_with_its_end(session: Session, lab: Lab) -> None:
    lab.says(needs_qualification=True)
    assert lab.refused() == ["no_qualification"]

    held = Qualification(
        person_id=lab.cast.alice.id,
        institution_id=lab.cast.institution.id,
        instrument_id=lab.instrument.id,
        valid_until=date(2030, 1, 7),
        granted_at=NOW,
    )
    session.add(held)
    session.flush()
    assert lab.refused() == ["qualification_lapses"]
    held.valid_until = date(2030, 1, 8)
    session.flush()
    lab.reserve()


def test_guard_hazard_declaration_and_questions(lab: Lab) -> None:
    lab.says(
        needs_declaration=True,
        questions=[
            {"key": "samples", "label_zh": "样品数", "label_en": "Samples", "type": "number",
             "required": True, "least": 1, "most": 20},
        ],
    )  # fmt: skip
    assert lab.refused() == ["not_answered", "not_declared"]
    odd = {"samples": 21, "colour": "red", "declaration": {"hazardous": True}}
    assert lab.refused(lab.ask(answers=odd)) == ["unfit_answer", "not_asked", "unfit_declaration"]

    sound = {"samples": 3, "declaration": {"hazardous": True, "substances": "丙酮"}}
    lab.reserve(answers=sound)


def test_guard_quota_of_the_labs_own_week(lab: Lab) -> None:
    lab.says(quotas=[{"per": "week", "whose": "person", "count": 2}])
    lab.reserve()
    lab.reserve(2 * DAY)

    assert lab.refused(lab.ask(3 * DAY)) == ["quota_count"]
    lab.reserve(7 * DAY)  # next Monday is another week
    lab.reserve(3 * DAY, who="carol")


def test_guard_quota_of_hours_by_enterprise(session: Session, lab: Lab) -> None:
    lab.says(quotas=[{"per": "day", "whose": "enterprise", "hours": 3}])
    colleague = make.person(session, Role.MEMBER, enterprise=lab.cast.enterprise)
    reserve(session, lab.ask(), by=caller_of(colleague), now=NOW)

    assert lab.refused(lab.ask(DAY + 3 * HOUR)) == ["quota_hours"]
    lab.reserve(DAY + 3 * HOUR, length=HOUR)


def test_guard_open_reservations_and_the_pause_between(lab: Lab) -> None:
    lab.says(open_max=2, gap_s=3600)
    lab.reserve()

    assert lab.refused(lab.ask(DAY + 2 * HOUR + timedelta(minutes=45))) == ["too_close"]
    lab.reserve(2 * DAY)
    assert lab.refused(lab.ask(4 * DAY)) == ["too_many_open"]


def test_guard_mode_offered(lab: Lab) -> None:
    lab.instrument.modes = ["entrusted"]
    lab.session.flush()

    assert lab.refused() == ["mode_not_offered"]


def test_guard_ban_after_three_breaches_with_notice_and_appeal(session: Session, lab: Lab) -> None:
    for number in range(3):
        missed = lab.reserve(timedelta(hours=3 * number + 1))
        missed_at = NOW + timedelta(hours=3 * number + 1, minutes=30)
        assert mark_missed(session, missed.id, now=missed_at)
        assert notice_penalty(session, missed.id, now=missed_at) is (number == 2)
    penalty = session.scalars(select(Penalty)).one()
    begins = penalty.starts_at

    lab.reserve(10 * DAY, now=missed_at)  # only told so far
    assert not begin_penalty(session, penalty.id, now=begins - timedelta(seconds=1))
    assert begin_penalty(session, penalty.id, now=begins)
    session.refresh(penalty)
    assert lab.refused(lab.ask(5 * DAY), now=begins) == ["banned"]
    appeal(session, penalty.id, by=lab.caller("alice"), text="设备门禁故障", now=begins)
    lab.reserve(5 * DAY, now=begins)
    decide_appeal(
        session, penalty.id, is_upheld=False, decision="属实", by=lab.caller("mei"), now=begins
    )

    assert penalty.state == "lifted"


def test_policies_of_group_and_instrument_win_over_the_institutions(
    session: Session, lab: Lab
) -> None:
    lab.instrument.group_code = "hplc"
    lab.says(notice_min_s=3 * 86_400)
    assert lab.refused() == ["too_little_notice"]
    session.add(
        Policy(
            institution_id=lab.cast.institution.id,
            group_code="hplc",
            terms={"notice_min_s": 2 * 86_400},
            updated_at=NOW,
        )
    )
    session.flush()
    assert lab.refused() == ["too_little_notice"]
    session.add(
        Policy(
            institution_id=lab.cast.institution.id,
            instrument_id=lab.instrument.id,
            terms={"notice_min_s": 0},
            updated_at=NOW,
        )
    )
    session.flush()

    lab.reserve()


def test_invariants_hold_of_all_that(session: Session, lab: Lab) -> None:
    """A busy desk: what the other tests do, in one database."""
    test_submitted_becomes_retimed_and_its_person_says_yes(session, lab)

    for name, query in booking.invariants.INVARIANTS.items():
        if "now()" not in query:
            assert session.execute(text(query)).all() == [], name


def test_assisting_technician_is_qualified_where_the_instrument_asks_it(
    session: Session, lab: Lab
) -> None:
    lab.says(needs_qualification=True)
    asked = lab.reserve(mode=Mode.ASSISTED)
    bob = lab.cast.bob.id
    held = Qualification(
        person_id=bob,
        institution_id=lab.institution.id,
        instrument_id=lab.instrument.id,
        valid_until=date(2030, 1, 7),
        granted_at=NOW,
    )
    session.add(held)
    session.flush()
    with pytest.raises(NotATechnician):
        assign_technician(session, asked.id, bob, by=lab.caller("mei"), now=NOW)

    held.valid_until = date(2030, 1, 8)
    session.flush()
    assign_technician(session, asked.id, bob, by=lab.caller("mei"), now=NOW)
    assert asked.technician_id == bob


def test_peak_may_be_had_for_less_than_the_rest_of_the_day(lab: Lab) -> None:
    """Weekdays from nine to twelve are wanted by all: an hour at most."""
    lab.says(
        peak=[{"weekdays": [1, 2, 3, 4, 5], "from_s": 9 * 3600, "to_s": 12 * 3600}],
        peak_length_max_s=3600,
    )

    assert lab.refused() == ["too_long_at_peak"]
    lab.reserve(length=HOUR)
    lab.reserve(DAY + 2 * HOUR, length=5 * HOUR)  # an hour of the peak, four of the afternoon


def test_submitted_is_due_within_a_working_day_until_it_is_answered(
    session: Session, lab: Lab
) -> None:
    """Submitted on a Friday: the manager has until Monday is over."""
    friday = NOW + 4 * DAY
    lab.says(needs_approval=True)
    asked = lab.reserve(20 * DAY, now=friday)

    assert list_untimed(session) == [asked.id]
    assert time_approval(session, asked.id, now=friday)
    due = session.scalars(select(DueDateRow)).one()
    assert (due.responsible_role, due.due_at) == (
        "institution_manager",
        datetime(2030, 1, 15, tzinfo=ZONE),
    )
    assert list_untimed(session) == []
    approve(session, asked.id, by=lab.caller("mei"), now=friday + HOUR)
    assert list_untimed(session) == [asked.id]
    assert time_approval(session, asked.id, now=friday + HOUR)
    session.refresh(due)
    assert due.done_at == friday + HOUR
    assert list_untimed(session) == []
