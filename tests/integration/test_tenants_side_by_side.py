"""What one tenant did, said or has counts for nothing with another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.live import Told
from billing.holds.errors import CreditTooSmall
from billing.holds.service import set_aside
from billing.holds.tables import CreditLine, FundsHold
from booking.attendance.service import notice_penalty
from booking.attendance.tables import Penalty
from booking.policies.tables import Agreement, Qualification
from booking.reservations.clockwork import mark_missed
from booking.reservations.tables import Reservation
from directory.enterprises.service import make_enterprise, rename
from directory.enterprises.tables import EnterpriseName
from directory.institutions.errors import QualificationNotFound
from directory.institutions.service import revoke_qualification
from directory.institutions.tables import InstitutionQualification
from directory.people.service import caller_of
from directory.roles.rules import Role
from telemetry.alarms.notices import note_alarm
from telemetry.alarms.tables import Alarm, AlarmNotice, AlarmRecipient
from tests import make
from tests.leasing import DAY, NOW, Lab, furnish

ESTIMATE = 40_000  # two hours at 200 yuan
TODAY, LONG = NOW.date(), date(2031, 1, 1)


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


@pytest.fixture
def elsewhere(session: Session, lab: Lab) -> Lab:
    """The same people at the other institution's instrument."""
    instrument = make.instrument(session, institution=lab.cast.other_institution)
    instrument.modes = lab.instrument.modes
    make.tariff(session, instrument=instrument, per_hour_fen=20_000)
    return replace(lab, instrument=instrument)


def miss(at: Lab, number: int) -> bool:
    """Let a slot pass unused; tell whether notice of a ban follows."""
    missed = at.reserve(timedelta(hours=3 * number + 1))
    missed_at = NOW + timedelta(hours=3 * number + 1, minutes=30)
    assert mark_missed(at.session, missed.id, now=missed_at)
    return notice_penalty(at.session, missed.id, now=missed_at)


def test_breaches_elsewhere_lead_to_no_ban_here(lab: Lab, elsewhere: Lab) -> None:
    noticed = [miss(at, number) for number, at in enumerate((elsewhere, elsewhere, lab))]

    assert noticed == [False, False, False]


def test_ban_elsewhere_does_not_stand_for_one_here(lab: Lab, elsewhere: Lab) -> None:
    of_elsewhere = make.reservation(
        lab.session,
        instrument=elsewhere.instrument,
        holder=lab.cast.alice,
        starts_at=NOW - DAY,
        state="no_show",
    )
    lab.session.add(
        Penalty(
            person_id=lab.cast.alice.id,
            institution_id=lab.cast.other_institution.id,
            reservation_id=of_elsewhere.id,
            reason_zh="",
            reason_en="",
            noticed_at=NOW,
            starts_at=NOW,
            ends_at=NOW + 90 * DAY,
        )
    )

    assert [miss(lab, number) for number in range(3)] == [False, False, True]


def give_credit(lab: Lab, fen: int, *, of_other: str = "") -> None:
    institution, enterprise = lab.institution, lab.cast.enterprise
    lab.session.add(
        CreditLine(
            institution_id=(
                lab.cast.other_institution if of_other == "institution" else institution
            ).id,
            enterprise_id=(
                lab.cast.other_enterprise if of_other == "enterprise" else enterprise
            ).id,
            limit_fen=fen,
            updated_at=NOW,
        )
    )
    lab.session.flush()


@pytest.mark.parametrize("whose", ["institution", "enterprise"])
def test_credit_of_another_covers_nothing(lab: Lab, whose: str) -> None:
    lab.says(needs_funds=True)
    give_credit(lab, 10 * ESTIMATE, of_other=whose)

    with pytest.raises(CreditTooSmall):
        set_aside(lab.session, lab.reserve(), now=NOW)


def hold_for(lab: Lab, taken: Reservation) -> None:
    lab.session.add(
        FundsHold(
            reservation_id=taken.id,
            enterprise_id=taken.enterprise_id,
            institution_id=taken.institution_id,
            amount_fen=ESTIMATE,
            currency="CNY",
            state="held",
            created_at=NOW,
        )
    )
    lab.session.flush()


def test_what_is_held_elsewhere_takes_nothing_from_credit_here(lab: Lab, elsewhere: Lab) -> None:
    lab.says(needs_funds=True)
    give_credit(lab, ESTIMATE)
    hold_for(lab, elsewhere.reserve())

    assert set_aside(lab.session, lab.reserve(), now=NOW)


def test_what_is_held_of_another_client_takes_nothing_from_ones_credit(lab: Lab) -> None:
    lab.says(needs_funds=True)
    give_credit(lab, ESTIMATE)
    stranger = make.person(lab.session, Role.MEMBER, enterprise=lab.cast.other_enterprise)
    hold_for(
        lab,
        make.reservation(
            lab.session, instrument=lab.instrument, holder=stranger, starts_at=NOW + 5 * DAY
        ),
    )

    assert set_aside(lab.session, lab.reserve(), now=NOW)


@pytest.mark.parametrize("whose", ["institution", "enterprise"])
def test_agreement_with_another_is_none(lab: Lab, whose: str) -> None:
    lab.says(needs_agreement=True)
    cast = lab.cast
    lab.session.add(
        Agreement(
            enterprise_id=(cast.other_enterprise if whose == "enterprise" else cast.enterprise).id,
            institution_id=(
                cast.other_institution if whose == "institution" else cast.institution
            ).id,
            signed_at=NOW,
            valid_until=LONG,
        )
    )
    lab.session.flush()

    assert lab.refused() == ["no_agreement"]


def test_training_elsewhere_qualifies_nobody_here(lab: Lab) -> None:
    lab.says(needs_qualification=True)
    lab.instrument.group_code = "hplc"
    lab.session.add(
        Qualification(
            person_id=lab.cast.alice.id,
            institution_id=lab.cast.other_institution.id,
            group_code="hplc",
            valid_until=LONG,
            granted_at=NOW,
        )
    )
    lab.session.flush()

    assert lab.refused() == ["no_qualification"]


def test_alarm_is_told_to_nobody_of_another_institution(lab: Lab) -> None:
    device = make.device(lab.session, institution=lab.institution)
    alarm = Alarm(
        device_id=device.id,
        code="HOT",
        subject="",
        severity="critical",
        raised_at=NOW,
        noticed_at=NOW,
        detail={},
    )
    lab.session.add_all(
        (
            alarm,
            AlarmRecipient(
                institution_id=lab.cast.other_institution.id,
                kind="email",
                address="rival@example.org",
                severity_min="info",
                created_at=NOW,
            ),
        )
    )
    lab.session.flush()

    assert note_alarm(lab.session, alarm.id, "raised", now=NOW) == 0
    assert lab.session.scalars(select(AlarmNotice)).all() == []


def test_new_name_ends_nobody_elses(session: Session) -> None:
    one, other = (
        make_enterprise(session, name=name, credit_code=None, kind="enterprise", now=NOW)
        for name in ("甲公司", "乙公司")
    )

    rename(session, one, name="甲集团", on=TODAY)

    kept = session.scalars(
        select(EnterpriseName.valid_to).where(EnterpriseName.enterprise_id == other.id)
    ).all()
    assert kept == [None]


def test_certificate_of_another_institution_is_not_revoked_by_the_way(lab: Lab) -> None:
    theirs = InstitutionQualification(
        institution_id=lab.cast.other_institution.id,
        kind="other",
        number="1",
        valid_from=TODAY,
        valid_to=LONG,
        scope=[],
        created_at=NOW,
    )
    lab.session.add(theirs)
    lab.session.flush()

    with pytest.raises(QualificationNotFound):
        revoke_qualification(
            lab.session, lab.institution.id, theirs.id, caller=lab.caller("oscar"), now=NOW
        )

    assert theirs.revoked_at is None


@pytest.mark.parametrize(
    ("role", "of"),
    [
        (Role.TECHNICIAN, lambda told, lab: replace(told, institution_id=lab.institution.id)),
        (Role.ENTERPRISE_ADMIN, lambda told, lab: replace(told, enterprise_id=lab.enterprise.id)),
    ],
)
def test_what_happens_is_told_to_ones_own_alone(
    lab: Lab, role: Role, of: Callable[..., Told]
) -> None:
    is_staff = role is Role.TECHNICIAN
    own, other = (
        caller_of(
            make.person(
                lab.session,
                role,
                institution=institution if is_staff else None,
                enterprise=None if is_staff else enterprise,
            )
        )
        for institution, enterprise in (
            (lab.cast.institution, lab.cast.enterprise),
            (lab.cast.other_institution, lab.cast.other_enterprise),
        )
    )
    told = of(Told("device", "hplc-9", "{}"), lab.cast)

    assert told.may_hear(own)
    assert not told.may_hear(other)
