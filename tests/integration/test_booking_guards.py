"""Each guard before a confirmation, G1 to G11, refused and passed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from billing.charges.fees import charge_fee
from billing.charges.tables import Charge
from billing.holds.service import set_aside_if_credit_allows
from billing.holds.tables import CreditLine, FundsHold
from billing.tariffs.tables import Tariff
from booking.arrears.service import note_arrears, settle_arrears
from booking.arrears.tables import Arrears
from booking.attendance.tables import Penalty
from booking.calendars.tables import Closure, OpeningHours, SpecialDay
from booking.instruments.errors import NotShared
from booking.instruments.service import say_condition
from booking.policies.tables import Agreement, Qualification
from booking.reservations.attending import check_in
from booking.reservations.changing import extend, reschedule
from booking.reservations.clockwork import mark_missed
from booking.reservations.deciding import accept_time, approve, retime
from booking.reservations.drafting import confirm
from booking.reservations.errors import NotAColleague, SlotRefused, SlotTaken
from booking.reservations.rules import Wish
from booking.reservations.series import Repeat, reserve_series, reserve_together
from booking.reservations.service import reserve
from booking.reservations.tables import Reservation
from booking.waitlists.service import join, offer_next
from directory.institutions.tables import InstitutionQualification
from directory.people.errors import NotAllowed
from directory.people.service import caller_of
from directory.roles.rules import Role
from foundation.tenancy import Acting, enter, leave
from tests import make
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

TODAY, TOMORROW = date(2030, 1, 7), date(2030, 1, 8)

Change = Callable[[Lab], object]


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


@dataclass(frozen=True)
class Guard:
    """What makes the guard refuse, by which code, and what lets it pass again."""

    name: str
    spoil: Change
    code: str
    mend: Change


def put(lab: Lab, row: object) -> None:
    lab.session.add(row)
    lab.session.flush()


def let(thing: str, **values: object) -> Change:
    """Let the instrument, the institution or a person be so."""

    def change(lab: Lab) -> None:
        subject = {
            "instrument": lab.instrument,
            "institution": lab.institution,
            "alice": lab.cast.alice,
        }[thing]
        for name, value in values.items():
            setattr(subject, name, value)
        lab.session.flush()

    return change


def qualify(kind: str, until: date) -> Change:
    def change(lab: Lab) -> None:
        put(
            lab,
            InstitutionQualification(
                institution_id=lab.institution.id,
                kind=kind,
                number=f"n-{until}",
                valid_from=date(2024, 1, 1),
                valid_to=until,
                scope=[],
                created_at=NOW,
            ),
        )

    return change


def open_weekdays(*, extended: bool = False) -> Change:
    """Eight to eighteen; what is extended goes on from there to midnight."""

    def change(lab: Lab) -> None:
        for weekday in range(1, 8):
            hours = OpeningHours(
                institution_id=lab.institution.id,
                weekday=weekday,
                opens_s=(18 if extended else 12) * 3600,
                closes_s=(24 if extended else 18) * 3600,
                kind="extended" if extended else "regular",
            )
            if extended:
                hours.opens_s = 8 * 3600
            put(lab, hours)

    return change


def close(lab: Lab) -> None:
    put(
        lab,
        Closure(
            institution_id=lab.institution.id,
            during=Range(NOW + DAY + HOUR, NOW + DAY + 3 * HOUR),
            kind="maintenance",
            reason_zh="保养",
            reason_en="care",
            created_at=NOW,
        ),
    )


def reopen(lab: Lab) -> None:
    lab.session.scalars(select(Closure)).one().withdrawn_at = NOW
    lab.session.flush()


def certify(until: date) -> Change:
    def change(lab: Lab) -> None:
        # One stands for each scope.
        lab.session.execute(delete(Qualification))
        put(
            lab,
            Qualification(
                person_id=lab.cast.alice.id,
                institution_id=lab.institution.id,
                instrument_id=lab.instrument.id,
                valid_until=until,
                granted_at=NOW,
            ),
        )

    return change


def need_certificate(lab: Lab) -> None:
    lab.says(needs_qualification=True)
    certify(TODAY)(lab)


def ban(lab: Lab) -> None:
    put(
        lab,
        Penalty(
            person_id=lab.cast.alice.id,
            institution_id=lab.institution.id,
            reservation_id=make.reservation(
                lab.session,
                instrument=lab.instrument,
                holder=lab.cast.alice,
                starts_at=NOW - DAY,
                state="no_show",
            ).id,
            reason_zh="爽约",
            reason_en="missed",
            state="active",
            noticed_at=NOW - 2 * DAY,
            starts_at=NOW - DAY,
            ends_at=NOW + 9 * DAY,
        ),
    )


def lift(lab: Lab) -> None:
    lab.session.scalars(select(Penalty)).one().state = "lifted"
    lab.session.flush()


def owe(lab: Lab) -> None:
    note_arrears(
        lab.session,
        lab.cast.enterprise.id,
        120_00,
        due_on=date(2029, 12, 31),
        reason="2029 年 11 月账单",
        by=lab.caller("mei"),
        now=NOW,
    )


def pay(lab: Lab) -> None:
    owed = lab.session.scalars(select(Arrears)).one()
    settle_arrears(lab.session, owed.id, by=lab.caller("mei"), now=NOW)


def lapse(lab: Lab) -> None:
    lab.says(when_calibration_lapses="block")
    let("instrument", calibrated_until=TODAY)(lab)


def sign(lab: Lab) -> None:
    put(
        lab,
        Agreement(
            enterprise_id=lab.cast.enterprise.id,
            institution_id=lab.institution.id,
            signed_at=NOW,
            valid_until=TOMORROW,
        ),
    )


GUARDS = (
    Guard(
        "G1 account approved",
        let("alice", is_active=False),
        "account_inactive",
        let("alice", is_active=True),
    ),
    Guard(
        "G2 institution active",
        let("institution", state="suspended"),
        "institution_not_open",
        let("institution", state="active"),
    ),
    Guard(
        "G2 institution qualified on the whole slot",
        qualify("cma", TODAY),
        "institution_unqualified",
        qualify("cnas", TOMORROW),
    ),
    Guard(
        "G3 instrument in order",
        let("instrument", condition="in_repair"),
        "instrument_in_repair",
        let("instrument", condition="working"),
    ),
    Guard(
        "G4 calibration through the slot's end",
        lapse,
        "calibration_lapses",
        let("instrument", calibrated_until=TOMORROW),
    ),
    Guard("G5 open windows", open_weekdays(), "outside_hours", open_weekdays(extended=True)),
    Guard(
        "G5 special day",
        open_weekdays(),
        "outside_hours",
        lambda lab: put(
            lab,
            SpecialDay(
                institution_id=lab.institution.id,
                day=TOMORROW,
                opens_s=8 * 3600,
                closes_s=12 * 3600,
            ),
        ),
    ),
    Guard("G6 closures", close, "closed_for_maintenance", reopen),
    Guard(
        "G7 user qualified until the slot's end",
        need_certificate,
        "qualification_lapses",
        certify(TOMORROW),
    ),
    Guard("G8 no ban", ban, "banned", lift),
    Guard("G8 no unpaid bill", owe, "in_arrears", pay),
    Guard("agreement signed", lambda lab: lab.says(needs_agreement=True), "no_agreement", sign),
    Guard(
        "G11 hazards declared",
        lambda lab: lab.says(needs_declaration=True),
        "not_declared",
        lambda lab: lab.says(needs_declaration=False),
    ),
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_guard_refuses_then_passes(lab: Lab, guard: Guard) -> None:
    guard.spoil(lab)
    assert lab.refused() == [guard.code]
    assert lab.session.scalars(select(FundsHold)).all() == []

    guard.mend(lab)
    assert lab.reserve().state == "reserved"


def test_every_guard_of_the_flow_has_a_test() -> None:
    """Some in the table above, some by a test of their own below."""
    named = [guard.name for guard in GUARDS] + [name for name in globals() if "test_g" in name]

    told = {int(number) for name in named for number in re.findall(r"[gG](\d+)(?:\b|_)", name)}
    assert told == set(range(1, 12))


def test_g4_red_instrument_measures_for_nobody_not_even_with_a_waiver(lab: Lab) -> None:
    let("instrument", calibrated_until=TODAY - DAY)(lab)
    waiver = {"calibration_waiver": True}

    assert lab.refused(lab.ask(answers=waiver)) == ["calibration_lapsed"]


def test_g4_red_instrument_that_only_prepares_samples_is_had_with_a_waiver(lab: Lab) -> None:
    let("instrument", calibrated_until=TODAY - DAY, is_metrological=False)(lab)

    assert lab.refused() == ["waiver_needed"]
    assert lab.reserve(answers={"calibration_waiver": True}).state == "reserved"


def test_g4_yellow_instrument_is_had_by_who_accepts_what_it_is_limited_to(
    session: Session, lab: Lab
) -> None:
    let("instrument", limited_to_zh="0 至 500 N", limited_to_en="0 to 500 N")(lab)

    with pytest.raises(SlotRefused) as refusal:
        lab.reserve(answers={"limits_accepted": "yes"})
    [problem] = refusal.value.problems
    assert (problem.code, problem.field) == ("limits_not_accepted", "answers.limits_accepted")
    assert "0 至 500 N" in problem.zh
    assert "0 to 500 N" in problem.en
    asked = lab.reserve(answers={"limits_accepted": True})
    assert asked.state == "reserved"

    check_in(session, asked.id, by=lab.caller("alice"), now=NOW + DAY)
    let("instrument", limited_to_zh="0 至 100 N")(lab)  # who is at it is not asked again
    extend(session, asked.id, NOW + DAY + 3 * HOUR, by=lab.caller("alice"), now=NOW + DAY + HOUR)


def test_g4_instrument_limited_since_it_was_asked_for_is_still_approved(lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()
    let("instrument", limited_to_zh="0 至 500 N")(lab)

    approve(lab.session, asked.id, by=lab.caller("mei"), now=NOW)
    assert asked.state == "reserved"


def test_g4_certificate_replaced_lets_it_be_had_again(lab: Lab) -> None:
    let("instrument", calibrated_until=TODAY - DAY)(lab)
    assert lab.refused() == ["calibration_lapsed"]

    let("instrument", calibrated_until=TOMORROW)(lab)
    assert lab.reserve().state == "reserved"


def test_g4_repair_that_cost_the_calibration_keeps_it_red_until_it_is_calibrated_again(
    session: Session, lab: Lab
) -> None:
    let("instrument", calibrated_until=date(2031, 1, 1))(lab)

    def say(condition: str, *, is_off: bool = False) -> None:
        bob = lab.cast.bob.id
        say_condition(
            session, lab.instrument, condition, is_off_calibration=is_off, by=bob, now=NOW
        )

    say("in_repair")
    assert lab.refused() == ["instrument_in_repair"]
    say("working", is_off=True)
    assert lab.refused() == ["calibration_lapsed"]

    let("instrument", calibrated_until=TOMORROW)(lab)
    assert lab.reserve().state == "reserved"


def test_guard_g1_stranger_without_an_approved_enterprise(session: Session, lab: Lab) -> None:
    nobody = make.person(session, Role.MEMBER)

    with pytest.raises(NotAllowed):
        reserve(session, lab.ask(), by=caller_of(nobody), now=NOW)


def test_guard_g3_instrument_shared(lab: Lab) -> None:
    let("instrument", is_shared=False)(lab)
    with pytest.raises(NotShared):
        lab.reserve()

    let("instrument", is_shared=True)(lab)
    lab.reserve()


def test_guard_g6_buffers_count(lab: Lab) -> None:
    let("instrument", set_up_s=1800, cool_down_s=1800)(lab)
    lab.reserve(who="carol")

    with pytest.raises(SlotTaken):
        lab.reserve(DAY + 2 * HOUR + timedelta(minutes=45))
    lab.reserve(DAY + 3 * HOUR)


def test_guard_g9_price_is_frozen_at_confirmation(session: Session, lab: Lab) -> None:
    """Half of 2 h at 200 yuan, whatever an hour costs by the time it is missed."""
    asked = lab.reserve()
    assert set_aside_if_credit_allows(session, asked, now=NOW)
    old = session.scalars(select(Tariff)).one()
    old.valid = Range(datetime(2020, 1, 1, tzinfo=UTC), NOW + HOUR)
    session.flush()
    make.tariff(
        session,
        instrument=lab.instrument,
        version=2,
        valid=Range(NOW + HOUR, None),
        per_hour_fen=90_000,
    )

    assert mark_missed(session, asked.id, now=NOW + DAY + HOUR)
    assert charge_fee(session, asked.id, now=NOW + DAY + HOUR)

    charge = session.scalars(select(Charge)).one()
    assert (charge.amount_fen, charge.rule["version"]) == (20_000, 1)


def test_guard_g10_funds_or_credit(session: Session, lab: Lab) -> None:
    lab.says(needs_funds=True)
    line = CreditLine(
        institution_id=lab.institution.id,
        enterprise_id=lab.cast.enterprise.id,
        limit_fen=39_999,
        updated_at=NOW,
    )
    put(lab, line)
    asked = lab.reserve()
    assert not set_aside_if_credit_allows(session, asked, now=NOW)
    assert asked.state == "approved"

    line.limit_fen = 40_000
    session.flush()
    assert set_aside_if_credit_allows(session, asked, now=NOW)
    assert asked.state == "reserved"


def test_every_problem_is_named_at_once(lab: Lab) -> None:
    for guard in GUARDS:
        if guard.code not in {"qualification_lapses", "institution_not_open"}:
            guard.spoil(lab)

    expected = {guard.code for guard in GUARDS} - {"qualification_lapses", "institution_not_open"}
    assert set(lab.refused()) == expected


# One path for all: what keeps a new reservation out keeps every other way out too.


def suspend(lab: Lab) -> None:
    let("institution", state="suspended")(lab)


def reserve_anew(lab: Lab) -> None:
    suspend(lab)
    lab.reserve()


def confirm_hold(lab: Lab) -> None:
    hold = lab.hold(3 * DAY)
    suspend(lab)
    confirm(lab.session, hold.id, by=lab.caller("alice"), now=NOW)


def approve_submitted(lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve(3 * DAY)
    suspend(lab)
    approve(lab.session, asked.id, by=lab.caller("mei"), now=NOW)


def move(lab: Lab) -> None:
    asked = lab.reserve(3 * DAY)
    suspend(lab)
    later = Wish(NOW + 4 * DAY, NOW + 4 * DAY + HOUR)
    reschedule(lab.session, asked.id, later, by=lab.caller("alice"), now=NOW)


def together(lab: Lab) -> None:
    suspend(lab)
    reserve_together(lab.session, [lab.ask()], by=lab.caller("alice"), now=NOW)


@pytest.mark.parametrize(
    "way",
    [confirm_hold, approve_submitted, move, together, reserve_anew],
    ids=["confirm", "approve", "move", "together", "reserve"],
)
def test_suspended_institution_is_asked_about_on_every_way(lab: Lab, way: Change) -> None:
    with pytest.raises(SlotRefused) as refusal:
        way(lab)

    assert "institution_not_open" in [one.code for one in refusal.value.problems]


def test_suspended_institution_gets_no_series_and_nobody_from_its_waitlist(
    session: Session, lab: Lab
) -> None:
    alice = lab.caller("alice")
    entry = join(
        session, lab.instrument.id, Wish(NOW + DAY, NOW + 2 * DAY), HOUR, by=alice, now=NOW
    )
    suspend(lab)

    dates = reserve_series(session, lab.ask(), Repeat(1, (2,), 2), by=alice, now=NOW)

    assert [one.reservation for one in dates] == [None, None]
    assert not offer_next(session, entry.id, now=NOW)


def test_what_is_under_way_at_a_suspended_institution_goes_on(session: Session, lab: Lab) -> None:
    asked, alice = lab.reserve(), lab.caller("alice")
    suspend(lab)

    check_in(session, asked.id, by=alice, now=NOW + DAY)
    extend(session, asked.id, NOW + DAY + 3 * HOUR, by=alice, now=NOW + DAY + HOUR)
    assert asked.during.upper == NOW + DAY + 3 * HOUR


def test_colleagues_ban_is_seen_by_whoever_reserves_for_them(session: Session, lab: Lab) -> None:
    """Row-level security hides a colleague's penalties from the person asking."""
    ban(lab)
    colleague = make.person(session, Role.MEMBER, enterprise=lab.cast.enterprise)
    enter(
        session,
        Acting(person_id=colleague.id, enterprise_ids=[lab.cast.enterprise.id]),
    )
    try:
        with pytest.raises(SlotRefused) as refusal:
            reserve(
                session,
                lab.ask(),
                by=caller_of(colleague),
                now=NOW,
                holder_id=lab.cast.alice.id,
            )
    finally:
        leave(session)

    assert [one.code for one in refusal.value.problems] == ["banned"]


def test_inactive_colleague_is_nobody_to_reserve_for(session: Session, lab: Lab) -> None:
    colleague = make.person(session, Role.MEMBER, enterprise=lab.cast.enterprise)
    colleague.is_active = False
    session.flush()

    with pytest.raises(NotAColleague):
        reserve(session, lab.ask(), by=lab.caller("alice"), now=NOW, holder_id=colleague.id)


def test_arrears_with_one_institution_are_nothing_to_another(session: Session, lab: Lab) -> None:
    owe(lab)
    elsewhere = make.instrument(session, institution=lab.cast.other_institution)
    lab.instrument = elsewhere

    assert lab.reserve().state == "reserved"


def approve_it(lab: Lab, asked: Reservation) -> None:
    approve(lab.session, asked.id, by=lab.caller("mei"), now=NOW + HOUR)


def accept_it(lab: Lab, asked: Reservation) -> None:
    accept_time(lab.session, asked.id, by=lab.caller("alice"), now=NOW + HOUR)


@pytest.mark.parametrize("way", [approve_it, accept_it], ids=["approved", "accepted"])
def test_ban_that_began_since_it_was_submitted_keeps_it_from_being_confirmed(
    session: Session, lab: Lab, way: Callable[[Lab, Reservation], None]
) -> None:
    lab.says(needs_approval=True, notice_min_s=2 * 86_400 - 1800)
    asked = lab.reserve(2 * DAY)
    if way is accept_it:
        other = Wish(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)
        retime(session, asked.id, other, by=lab.caller("mei"), reason="", now=NOW)
    ban(lab)
    session.scalars(select(Penalty)).one().starts_at = NOW + HOUR / 2
    session.flush()

    with pytest.raises(SlotRefused) as refusal:
        way(lab, asked)
    assert [one.code for one in refusal.value.problems] == ["banned"]

    lift(lab)
    way(lab, asked)  # its notice was kept when it was submitted
    assert asked.state == "reserved"
