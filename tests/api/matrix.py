"""Every role × every operation × whose things: the world they live in, and requests for it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from billing.charges.tables import Charge
from booking.arrears.tables import Arrears
from booking.attendance.tables import Penalty
from booking.calendars.tables import Closure, OpeningHours, SpecialDay
from booking.feeds.tables import CalendarFeed
from booking.instruments.tables import InstrumentPhoto
from booking.policies.tables import Agreement, Policy, Qualification
from booking.reservations.tables import Reservation, ReservationTransition
from booking.usage.tables import UsageSession
from booking.waitlists.tables import WaitlistEntry
from directory.enterprises.tables import Enterprise, EnterpriseName
from directory.files.tables import StoredFile
from directory.institutions.tables import (
    Institution,
    InstitutionCheck,
    InstitutionQualification,
)
from directory.notices.tables import Notice
from directory.people.tables import AccessToken, LinkedAccount, Person, SignIn
from directory.privacy.tables import LegalHold
from directory.registrations.tables import NameChange, Registration
from directory.roles.rules import (
    ENTERPRISE_ROLES,
    INSTITUTION_ROLES,
    PLATFORM_ROLES,
    Role,
)
from directory.stations.tables import Entrustment, Station
from directory.workdays.tables import DueDateRow
from foundation.database import Base
from foundation.identifiers import new_id
from telemetry.alarms.tables import Alarm, AlarmRecipient, AlarmRule
from telemetry.credentials.rules import hash_password
from telemetry.credentials.tables import BrokerCredential
from telemetry.devices.tables import Device
from telemetry.quarantine.tables import QuarantinedMessage
from tests import make

START = datetime(2031, 1, 6, 1, tzinfo=UTC)
DAY = date(2031, 1, 6)
OWN, SAME, OTHER, NONE = "own", "same tenant", "other tenant", "none"
MIXED = "other tenant's under one's own"
"""The last thing that a path names is another's; all before it are one's own."""
NAMED, NAMED_NONE = "other tenant's named in the request", "nobody's named in the request"
"""One's own in the path; the fields of body and query name another's, or what nobody has."""
BELONGINGS = (OWN, SAME, OTHER, NONE, MIXED, NAMED, NAMED_NONE)
CANARY = "canary-of-the-other-tenant"
"""Stands in every text of the other tenants that is not public; no answer may hold it."""


@dataclass
class Things:
    """What one tenant's person has, by the path parameter that names it."""

    ids: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """Two enterprises and two institutions, a person in every role, and their things."""

    people: dict[Role, Person] = field(default_factory=dict)
    things: dict[str, Things] = field(default_factory=dict)
    others: tuple[UUID, ...] = ()
    """The other enterprise and the other institution."""

    def path_for(self, role: Role | None, path: str, belonging: str) -> str:
        """Fill a path's parameters with the ids of whoever's things these are to be."""
        is_own = belonging in {MIXED, NAMED, NAMED_NONE}
        side = self.side_of(role, OWN if is_own else belonging)
        ids = dict(self.things[side].ids) if side is not None else {}
        names = re.findall(r"{(\w+)}", path)
        if belonging == MIXED:
            ids[names[-1]] = self.things[self.side_of(role, OTHER) or ""].ids.get(names[-1], "")
        filled = path
        for name in names:
            value = FIXED.get(name) or ids.get(name) or UNKNOWN.get(name) or str(uuid4())
            filled = filled.replace("{" + name + "}", value)
        return filled

    def named_for(self, role: Role | None, belonging: str) -> Mapping[str, str]:
        """Return what the fields of a request are to name; nothing where the path alone does."""
        others = self.things[self.side_of(role, OTHER) or ""].ids
        if belonging == NAMED_NONE:
            return {
                name: key if name in SHOWN_TO_ALL else str(uuid4()) for name, key in others.items()
            }
        return others if belonging == NAMED else {}

    def has_thing(self, name: str) -> bool:
        return name in FIXED or name in NOBODYS or name in self.things["own enterprise"].ids

    def foreign_to(self, role: Role | None, said: str) -> frozenset[str]:
        """Return the ids of the other tenant's things that no answer may hold, but those said."""
        ids = self.things[self.side_of(role, OTHER) or ""].ids
        is_desk = any(f"/v1/{desk}" in said for desk in DESKS)
        hidden = {key for name, key in ids.items() if is_desk or name not in SHOWN_TO_ALL}
        return frozenset(key for key in hidden if key not in said)

    def side_of(self, role: Role | None, belonging: str) -> str | None:
        if belonging == NONE:
            return None
        kind = tenant_kind(role)
        if belonging == OTHER:
            return f"other {kind}"
        return f"{'own' if belonging == OWN else 'same'} {kind}"


def tenant_kind(role: Role | None) -> str:
    return "institution" if role in INSTITUTION_ROLES else "enterprise"


SHOWN_TO_ALL = {
    "instrument_id": "the catalogue",
    "institution_id": "the catalogue",
    "photo_id": "the catalogue",
    "lab_closure_id": "the same",
    "closure_id": "why an instrument of the catalogue cannot be had",
    "name": "the live state of the catalogue's devices",
    "qualification_id": "whoever orders must know what holds",
    "station_id": "stations are for all",
}
"""Things whose ids anybody may come across, and where."""
DESKS = (
    "alarm-rules",
    "arrears",
    "booking-policies",
    "institution",
    "instrument-sheet.xlsx",
    "lab-calendar",
    "lease-agreements",
    "opening-hours",
    "qualifications",
    "quarantine",
    "statistics",
    "usage",
)
"""Where an institution looks after its own: nothing at all of another's is there."""
NOBODYS = {"confirmation_id", "expert_id", "token", "code"}
"""Things that belong to no tenant, or that are secrets themselves."""
FIXED = {"paper": "business_licence"}
UNKNOWN = {"code": "NO-SUCH", "name": "no-such-device", "device_name": "no-such-device"}


def build(session: Session) -> World:
    """Make two tenants of each kind. What is secret of the others carries the canary."""
    world = World()
    ours, theirs, third = (make.enterprise(session, name=f"{it}企业") for it in "甲乙丙")
    lab, other_lab = (
        make.institution(session, name_zh="甲机构"),
        make.institution(session, name_zh="乙机构"),
    )
    station, far_station = (
        Station(
            name=name, address="", has_window=True, notice_posted=False, created_at=make.LONG_AGO
        )
        for name in ("站", "远站")
    )
    session.add_all((station, far_station))
    session.flush()
    session.add_all(
        Policy(institution_id=it.id, terms={}, group_code=group, updated_at=START)
        for it, group in ((lab, "own"), (other_lab, None), (other_lab, CANARY))
    )
    for role in Role:
        world.people[role] = make.person(
            session,
            role,
            enterprise=ours if role in ENTERPRISE_ROLES else None,
            institution=lab if role in INSTITUTION_ROLES else None,
        )
    world.people[Role.STATION_STAFF].station_id = station.id
    colleague = make.person(session, Role.MEMBER, enterprise=ours)
    stranger = make.person(session, Role.MEMBER, enterprise=theirs)
    fellow = make.person(session, Role.TECHNICIAN, institution=lab)
    rival = make.person(session, Role.TECHNICIAN, institution=other_lab)
    for person in (stranger, rival):
        person.display_name = CANARY
    member, manager = world.people[Role.MEMBER], world.people[Role.INSTITUTION_MANAGER]
    far = (theirs, other_lab)
    world.others = (theirs.id, other_lab.id)
    world.things = {
        "own enterprise": things(session, member, ours, other_lab, station, hour=0),
        "same enterprise": things(session, colleague, ours, other_lab, station, hour=2),
        "other enterprise": things(session, stranger, *far, far_station, hour=4, secret=CANARY),
        "own institution": things(session, manager, third, lab, far_station, hour=6),
        "same institution": things(session, fellow, third, lab, far_station, hour=8),
        "other institution": things(session, rival, *far, far_station, hour=10, secret=CANARY),
    }
    return world


def things(
    session: Session,
    person: Person,
    enterprise: Enterprise,
    institution: Institution,
    station: Station,
    *,
    hour: int,
    secret: str = "",
) -> Things:
    """Make one of each thing that a path may name, for this person."""
    instrument = make.instrument(session, institution=institution)
    device = make.device(session, institution=institution)
    make.link(session, instrument, device)
    tariff = make.tariff(session, instrument=instrument)
    holder = person if person.enterprise_id else make.person(session, enterprise=enterprise)
    reservation = make.reservation(
        session,
        instrument=instrument,
        holder=holder,
        starts_at=START + timedelta(hours=hour),
        purpose=secret,
    )
    session.add(
        ReservationTransition(
            reservation_id=reservation.id, to_state="reserved", at=START, reason=secret
        )
    )
    usage = UsageSession(
        reservation_id=reservation.id,
        instrument_id=instrument.id,
        institution_id=institution.id,
        enterprise_id=enterprise.id,
        device_id=device.id,
        during=reservation.during,
        metered_ms=1,
        warm_up_ms=0,
        work_ms=1,
        cool_down_ms=0,
        coverage_permille=1000,
        state="metered" if secret else "billed",
        metered_at=START,
        created_at=START,
        updated_at=START,
    )
    session.add(usage)
    session.flush()
    charge = Charge(
        usage_session_id=usage.id,
        reservation_id=reservation.id,
        enterprise_id=enterprise.id,
        institution_id=institution.id,
        tariff_id=tariff.id,
        billed_seconds=1800,
        amount_fen=10_000,
        currency="CNY",
        rule=dict.fromkeys(("version", "per_hour_fen", "billed_min_s", "billed_step_s"), 1)
        | {"minimum_fen": 0, "valid_from": None, "valid_to": None, "steps": []},
        evidence=[],
        created_at=START,
    )
    registration = Registration(
        person_id=person.id,
        kind="enterprise",
        state="submitted",
        organisation=secret or "企业",
        credit_code="",
        created_at=START,
        submitted_at=START,
        remarks=[],
    )
    stored = StoredFile(
        owner_id=person.id,
        enterprise_id=person.enterprise_id,
        institution_id=person.institution_id,
        subject_id=person.id,
        purpose="other",
        name=f"{secret}.pdf",
        media_type="application/pdf",
        size=1,
        sha256=b"",
        store_key=uuid4().hex * 2,
        created_at=START,
    )
    linked = LinkedAccount(
        person_id=person.id, issuer="https://id.example", subject=uuid4().hex, linked_at=START
    )
    sign_in = SignIn(
        token_hash=uuid4().bytes,
        id=new_id(),
        person_id=person.id,
        created_at=START,
        expires_at=START,
        user_agent=secret,
    )
    token = AccessToken(
        token_hash=uuid4().bytes,
        person_id=person.id,
        name=secret,
        scopes=[],
        created_at=START,
        expires_at=START,
    )
    qualification = InstitutionQualification(
        institution_id=institution.id,
        kind="other",
        number=f"{hour}",
        valid_from=DAY,
        valid_to=DAY.replace(year=2040),
        scope=[],
        created_at=START,
    )
    entrustment = Entrustment(
        enterprise_id=enterprise.id,
        station_id=station.id,
        scope=["samples", "reservations"],
        valid_from=DAY.replace(year=2020),
        valid_to=DAY.replace(year=2040),
        given_by=holder.id,
        given_at=START,
    )
    rule = AlarmRule(
        institution_id=institution.id,
        kind="stale",
        metric="",
        hysteresis=0,
        for_s=0,
        clear_for_s=0,
        severity="minor",
        code="STALE",
        created_at=START,
    )
    alarm = Alarm(
        device_id=device.id,
        code=secret or "HOT",
        subject="",
        severity="minor",
        raised_at=START,
        noticed_at=START,
        detail={},
    )
    recipient = AlarmRecipient(
        institution_id=institution.id,
        kind="email",
        address=f"{secret}@example.com",
        severity_min="info",
        created_at=START,
    )
    session.add_all(
        [
            charge,
            registration,
            stored,
            linked,
            sign_in,
            token,
            qualification,
            entrustment,
            rule,
            alarm,
            recipient,
        ]
    )
    session.flush()
    change = NameChange(
        enterprise_id=enterprise.id,
        former_name=secret or "旧",
        new_name=secret or "新",
        changed_on=DAY,
        submitted_at=START,
        submitted_by=holder.id,
        is_late=False,
        licence_file_id=stored.id,
        state="submitted",
        remark=secret,
    )
    session.add(change)
    session.flush()
    feed = CalendarFeed(
        token_hash=uuid4().bytes,
        owner_id=person.id,
        subject="person",
        subject_id=person.id,
        created_at=START,
    )
    waiting = WaitlistEntry(
        instrument_id=instrument.id,
        enterprise_id=enterprise.id,
        person_id=holder.id,
        within=reservation.during,
        length_s=3600,
        created_at=START,
        changed_at=START,
    )
    closure, lab_closure = (
        Closure(
            institution_id=institution.id,
            instrument_id=which,
            during=Range(START + after, START + after + timedelta(hours=1)),
            reason_zh=words,
            reason_en=words,
            details={},
            created_at=START,
        )
        for which, after, words in (
            (instrument.id, timedelta(days=9), secret),
            (None, timedelta(hours=11), ""),
        )
    )
    owed = Arrears(
        enterprise_id=enterprise.id,
        institution_id=institution.id,
        amount_fen=1,
        due_on=DAY.replace(year=2039),
        reason=secret,
        noted_at=START,
        settled_at=None,
    )
    granted = Qualification(
        person_id=person.id,
        institution_id=institution.id,
        instrument_id=instrument.id,
        valid_until=DAY,
        granted_at=START,
        revoked_for=secret,
    )
    # Of two people of a tenant both act for the same enterprise.
    session.merge(
        Agreement(
            enterprise_id=enterprise.id,
            institution_id=institution.id,
            signed_at=START,
            valid_until=DAY,
        )
    )
    penalty = Penalty(
        person_id=person.id,
        institution_id=institution.id,
        reservation_id=reservation.id,
        reason_zh=secret,
        reason_en=secret,
        noticed_at=START,
        starts_at=START,
        ends_at=START + timedelta(days=1),
    )
    notice = Notice(
        person_id=person.id,
        kind="reminder",
        occasion=f"a reminder {person.id}",
        text_zh=secret,
        text_en=secret,
        created_at=START,
    )
    photo = InstrumentPhoto(
        instrument_id=instrument.id,
        caption_zh="",
        caption_en="",
        media_type="image/png",
        content=b"",
        added_at=START,
    )
    # Over: it keeps nobody from being forgotten.
    hold = LegalHold(subject_id=person.id, reason=secret, until=START, placed_at=START)
    session.add_all((photo, feed, waiting, closure, lab_closure, penalty, owed, notice, hold))
    session.add(granted)
    session.add_all(unnamed(person, device, reservation, secret=secret, hour=hour))
    session.flush()
    ids: Mapping[str, UUID] = {
        "closure_id": closure.id,
        "lab_closure_id": lab_closure.id,
        "penalty_id": penalty.id,
        "arrears_id": owed.id,
        "grant_id": granted.id,
        "photo_id": photo.id,
        "notice_id": notice.id,
        "hold_id": hold.id,
        "feed_id": feed.id,
        "entry_id": waiting.id,
        "instrument_id": instrument.id,
        "reservation_id": reservation.id,
        "usage_id": usage.id,
        "charge_id": charge.id,
        "registration_id": registration.id,
        "file_id": stored.id,
        "sign_in_id": sign_in.id,
        "token_id": token.id,
        "link_id": linked.id,
        "qualification_id": qualification.id,
        "institution_id": institution.id,
        "entrustment_id": entrustment.id,
        "alarm_id": alarm.id,
        "rule_id": rule.id,
        "recipient_id": recipient.id,
        "change_id": change.id,
        "person_id": person.id,
        "device_id": device.id,
        "enterprise_id": enterprise.id,
        "station_id": station.id,
    }
    return Things({name: str(key) for name, key in ids.items()} | {"name": device.name})


def unnamed(
    person: Person, device: Device, reservation: Reservation, *, secret: str, hour: int
) -> Iterator[Base]:
    """Make what no path names, and lists and replacements are of."""
    institution_id = reservation.institution_id
    yield EnterpriseName(enterprise_id=reservation.enterprise_id, name=secret or "曾用名")
    yield InstitutionCheck(
        institution_id=institution_id,
        check="capability",
        passed=True,
        note=secret,
        by_id=person.id,
        at=START,
    )
    yield BrokerCredential(
        username=f"{secret or 'meter'}-{hour}",
        institution_id=institution_id,
        password_hash=hash_password("words"),
        made_at=START,
    )
    yield DueDateRow(
        subject_kind="reservation",
        subject_id=str(reservation.id),
        kind="approval",
        responsible_role="institution_manager",
        started_at=START,
        due_at=START,
        provisional=False,
        institution_id=institution_id,
        unit="hours",
        count=1,
    )
    yield QuarantinedMessage(
        topic=f"lab/1/{device.name}",
        payload=secret.encode(),
        size=1,
        sha256=uuid4().bytes,
        reason="undecodable",
        detail="",
        received_at=START,
    )
    yield OpeningHours(
        institution_id=institution_id, weekday=hour % 7 + 1, opens_s=0, closes_s=1, kind="regular"
    )
    yield SpecialDay(institution_id=institution_id, day=DAY, reason=secret)


def is_platform(role: Role | None) -> bool:
    return role in PLATFORM_ROLES
