"""What is listed of one institution is of no other, by the code alone: no policy is asked here."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.adjustments.rules import AdjustmentKind
from billing.adjustments.service import adjust
from billing.charges.errors import ChargeNotFound
from billing.charges.tables import Charge
from booking.calendars.service import close, read_said
from booking.calendars.tables import OpeningHours
from booking.feeds.queries import list_entries
from booking.feeds.tables import CalendarFeed
from booking.instruments.cards import change_card, read_full_card
from booking.instruments.devices import list_linkable
from booking.instruments.errors import CardRefused
from booking.instruments.queries import search
from booking.instruments.search import Wanted, look_for
from booking.instruments.sheets import list_all
from booking.instruments.tables import Instrument
from booking.policies.service import list_groups
from booking.reservations.changing import hand_over
from booking.reservations.errors import NotAColleague
from booking.reservations.queries import list_known
from booking.reservations.rules import Slot, Wish
from booking.reservations.tables import Reservation
from booking.statistics.queries import count_kept
from booking.usage.desk import Pile, count_piles
from booking.usage.tables import UsageSession
from directory.institutions.expiring import list_expiring, tell_expiring
from directory.institutions.tables import InstitutionQualification
from directory.notices.tables import Notice
from directory.people.service import caller_of
from directory.roles.rules import Role
from directory.stations.rules import Client, Scope
from directory.workdays.rules import Urgency
from directory.workdays.tables import DueDateRow
from directory.workdays.telling import list_answering
from foundation.identifiers import DeviceId, InstitutionId
from telemetry.devices.claims import register_device
from telemetry.devices.errors import DeviceNameTaken
from tests import make
from tests.leasing import DAY, NOW, Lab, furnish


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


@pytest.fixture
def foreign(session: Session, lab: Lab) -> Instrument:
    return make.instrument(session, institution=lab.cast.other_institution)


def test_catalogue_is_narrowed_to_one_institution(lab: Lab, foreign: Instrument) -> None:
    institution_id = lab.institution.id

    listed = search(lab.session, institution_id=institution_id)
    found = look_for(lab.session, Wanted(institution_id=institution_id), now=NOW)

    assert foreign.id not in {one.instrument.id for one in listed}
    assert [one.instrument.id for one in listed] == [lab.instrument.id]
    assert [one.instrument.id for one in found] == [lab.instrument.id]


def test_groups_are_those_of_ones_own_instruments(lab: Lab, foreign: Instrument) -> None:
    lab.instrument.group_code, foreign.group_code = "hplc", "theirs"
    lab.session.flush()

    assert list_groups(lab.session, lab.institution.id) == ["hplc"]


def test_who_stands_in_is_of_the_same_institution(lab: Lab, foreign: Instrument) -> None:
    lab.instrument.group_code = foreign.group_code = "hplc"
    lab.session.flush()

    assert read_full_card(lab.session, lab.instrument.id).group == ()


def test_nothing_becomes_an_accessory_of_anothers(lab: Lab, foreign: Instrument) -> None:
    with pytest.raises(CardRefused):
        change_card(
            lab.session,
            lab.instrument.id,
            {"accessory_of": foreign.id},
            by=lab.caller("mei"),
            now=NOW,
        )


def test_hours_of_another_institution_are_not_ones_own(lab: Lab) -> None:
    lab.session.add(
        OpeningHours(
            institution_id=lab.cast.other_institution.id,
            weekday=1,
            opens_s=0,
            closes_s=3600,
            kind="regular",
        )
    )
    lab.session.flush()

    assert read_said(lab.session, by=lab.caller("mei")) == ([], [])


def test_feed_of_an_institution_shows_nothing_of_another(lab: Lab) -> None:
    lab.reserve()
    feed = CalendarFeed(
        token_hash=b"",
        owner_id=lab.cast.dan.id,
        subject="institution",
        subject_id=lab.cast.other_institution.id,
        created_at=NOW,
    )

    assert list_entries(lab.session, feed, lab.caller("dan"), now=NOW) == []
    assert len(list_entries(lab.session, feed, lab.caller("bob"), now=NOW)) == 1


def test_who_came_and_who_did_not_is_counted_for_one_institution(
    lab: Lab, foreign: Instrument
) -> None:
    make.reservation(
        lab.session, instrument=foreign, holder=lab.cast.alice, starts_at=NOW, state="no_show"
    )
    period = Slot(NOW - DAY, NOW + DAY)

    assert count_kept(lab.session, lab.institution.id, period) == {}
    assert foreign.id in count_kept(lab.session, lab.cast.other_institution.id, period)


def test_nobody_joins_the_gateway_of_another_institution(lab: Lab) -> None:
    def register(name: str, institution_id: InstitutionId) -> None:
        register_device(
            lab.session,
            institution_id,
            name=name,
            model="m",
            protocol="modbus",
            gateway="gateway-1",
            reserved=(),
            now=NOW,
        )

    register("hplc-1", lab.institution.id)
    register("hplc-2", lab.institution.id)
    with pytest.raises(DeviceNameTaken):
        register("hplc-3", lab.cast.other_institution.id)


def test_sheet_of_instruments_holds_ones_own(lab: Lab, foreign: Instrument) -> None:
    assert [one.id for one in list_all(lab.session, lab.institution.id)] == [lab.instrument.id]
    assert [one.id for one in list_all(lab.session, foreign.institution_id)] == [foreign.id]


def test_closing_all_meets_nobody_of_another_institution(lab: Lab, foreign: Instrument) -> None:
    own = lab.reserve()
    make.reservation(lab.session, instrument=foreign, holder=lab.cast.alice, starts_at=NOW + DAY)

    _, met = close(
        lab.session,
        Wish(NOW, NOW + 3 * DAY),
        kind="closure",
        reason_zh="",
        reason_en="",
        by=lab.caller("mei"),
        now=NOW,
    )

    assert met == [own.id]


def test_piles_are_counted_of_ones_own(lab: Lab, foreign: Instrument) -> None:
    device = make.device(lab.session, institution=lab.cast.other_institution)
    theirs = make.reservation(
        lab.session, instrument=foreign, holder=lab.cast.alice, starts_at=NOW, state="ended"
    )
    lab.session.add(used(theirs, device.id))
    lab.session.flush()

    assert count_piles(lab.session, lab.institution.id)[Pile.WAITING] == 0
    assert count_piles(lab.session, foreign.institution_id)[Pile.WAITING] == 1


def used(reservation: Reservation, device_id: DeviceId) -> UsageSession:
    return UsageSession(
        reservation_id=reservation.id,
        instrument_id=reservation.instrument_id,
        institution_id=reservation.institution_id,
        enterprise_id=reservation.enterprise_id,
        device_id=device_id,
        during=reservation.during,
        metered_ms=1,
        warm_up_ms=0,
        work_ms=1,
        cool_down_ms=0,
        coverage_permille=1000,
        state="metered",
        metered_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


def test_charge_of_another_institution_is_none_to_adjust(lab: Lab, foreign: Instrument) -> None:
    device = make.device(lab.session, institution=lab.cast.other_institution)
    theirs = make.reservation(
        lab.session, instrument=foreign, holder=lab.cast.alice, starts_at=NOW, state="ended"
    )
    usage = used(theirs, device.id)
    lab.session.add(usage)
    lab.session.flush()
    charge = Charge(
        usage_session_id=usage.id,
        reservation_id=theirs.id,
        enterprise_id=theirs.enterprise_id,
        institution_id=theirs.institution_id,
        tariff_id=make.tariff(lab.session, instrument=foreign).id,
        billed_seconds=1800,
        amount_fen=10_000,
        currency="CNY",
        rule={},
        evidence=[],
        created_at=NOW,
    )
    lab.session.add(charge)
    lab.session.flush()

    with pytest.raises(ChargeNotFound):
        adjust(
            lab.session,
            charge.id,
            kind=AdjustmentKind.WAIVER,
            amount_fen=None,
            reason="no",
            by=lab.caller("mei"),
            now=NOW,
        )


def test_who_changed_enterprises_left_their_reservations_behind(lab: Lab) -> None:
    lab.reserve()
    assert len(list_known(lab.session, lab.caller("alice"), mine=True)) == 1

    lab.cast.alice.enterprise_id = lab.cast.other_enterprise.id
    lab.session.flush()

    assert list_known(lab.session, lab.caller("alice")) == []


def test_station_hands_nothing_from_one_client_to_another(lab: Lab) -> None:
    clerk = make.person(lab.session, Role.STATION_STAFF)
    clients = {
        one.id: Client(frozenset({Scope.RESERVATIONS}), needs_endorsement=False)
        for one in (lab.cast.enterprise, lab.cast.other_enterprise)
    }
    asked = lab.reserve()

    with pytest.raises(NotAColleague):
        hand_over(
            lab.session,
            asked.id,
            lab.cast.carol.id,
            by=replace(caller_of(clerk), clients=clients),
            now=NOW,
        )


@pytest.mark.parametrize("role", [Role.INSTITUTION_MANAGER, Role.ENTERPRISE_ADMIN])
def test_what_is_due_is_on_the_desks_of_its_own_tenant(lab: Lab, role: Role) -> None:
    is_lab = role is Role.INSTITUTION_MANAGER
    own, _ = (
        make.person(
            lab.session,
            role,
            institution=institution if is_lab else None,
            enterprise=None if is_lab else enterprise,
        )
        for institution, enterprise in (
            (lab.cast.institution, lab.cast.enterprise),
            (lab.cast.other_institution, lab.cast.other_enterprise),
        )
    )
    row = DueDateRow(
        subject_kind="reservation",
        subject_id="1",
        kind="approval",
        responsible_role=role,
        started_at=NOW,
        due_at=NOW,
        provisional=False,
        institution_id=lab.institution.id if is_lab else None,
        enterprise_id=None if is_lab else lab.cast.enterprise.id,
        unit="hours",
        count=1,
    )
    others = {lab.cast.mei.id, lab.erin.id}

    assert set(list_answering(lab.session, row, Urgency.SOON)) - others == {own.id}


def test_device_of_another_institution_is_not_offered_to_be_linked(lab: Lab) -> None:
    own = make.device(lab.session, institution=lab.institution)
    make.device(lab.session, institution=lab.cast.other_institution)

    _, offered = list_linkable(lab.session, lab.instrument.id, by=lab.caller("mei"))

    assert [one.device.id for one in offered] == [own.id]


def test_ending_certificate_is_told_to_its_own_managers(lab: Lab) -> None:
    rival = make.person(
        lab.session, Role.INSTITUTION_MANAGER, institution=lab.cast.other_institution
    )
    for institution, days in ((lab.institution, 30), (lab.cast.other_institution, 900)):
        lab.session.add(
            InstitutionQualification(
                institution_id=institution.id,
                kind="other",
                number=f"{days}",
                valid_from=(NOW - DAY).date(),
                valid_to=(NOW + days * DAY).date(),
                scope=[],
                created_at=NOW,
            )
        )
    lab.session.flush()

    [one] = list_expiring(lab.session, now=NOW)
    tell_expiring(lab.session, one, now=NOW)

    told = set(lab.session.scalars(select(Notice.person_id)))
    assert lab.cast.mei.id in told
    assert rival.id not in told
