"""Every role × every operation × whose things: the world they live in, and requests for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from billing.charges.tables import Charge
from booking.arrears.tables import Arrears
from booking.attendance.tables import Penalty
from booking.calendars.tables import Closure
from booking.feeds.tables import CalendarFeed
from booking.instruments.tables import InstrumentPhoto
from booking.reservations.tables import ReservationTransition
from booking.usage.tables import UsageSession
from booking.waitlists.tables import WaitlistEntry
from directory.enterprises.tables import Enterprise
from directory.files.tables import StoredFile
from directory.institutions.tables import Institution, InstitutionQualification
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
from foundation.identifiers import new_id
from telemetry.alarms.tables import Alarm, AlarmRecipient, AlarmRule
from tests import make

START = datetime(2031, 1, 6, 1, tzinfo=UTC)
DAY = date(2031, 1, 6)
OWN, SAME, OTHER, NONE = "own", "same tenant", "other tenant", "none"
BELONGINGS = (OWN, SAME, OTHER, NONE)
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

    def path_for(self, role: Role | None, path: str, belonging: str) -> str:
        """Fill a path's parameters with the ids of whoever's things these are to be."""
        side = self.side_of(role, belonging)
        ids = self.things[side].ids if side is not None else {}
        filled = path
        for name in re.findall(r"{(\w+)}", path):
            value = FIXED.get(name) or ids.get(name) or UNKNOWN.get(name) or str(uuid4())
            filled = filled.replace("{" + name + "}", value)
        return filled

    def has_thing(self, name: str) -> bool:
        return name in FIXED or name in NOBODYS or name in self.things["own enterprise"].ids

    def side_of(self, role: Role | None, belonging: str) -> str | None:
        if belonging == NONE:
            return None
        kind = tenant_kind(role)
        if belonging == OTHER:
            return f"other {kind}"
        return f"{'own' if belonging == OWN else 'same'} {kind}"


def tenant_kind(role: Role | None) -> str:
    return "institution" if role in INSTITUTION_ROLES else "enterprise"


NOBODYS = {"confirmation_id", "expert_id", "token", "code"}
"""Things that belong to no tenant, or that are secrets themselves."""
FIXED = {"paper": "business_licence"}
UNKNOWN = {"name": "no-such-device", "device_name": "no-such-device"}


def build(session: Session) -> World:
    """Make two tenants of each kind. What is secret of the others carries the canary."""
    world = World()
    ours, theirs = make.enterprise(session, name="甲企业"), make.enterprise(session, name="乙企业")
    lab, other_lab = (
        make.institution(session, name_zh="甲机构"),
        make.institution(session, name_zh="乙机构"),
    )
    station = Station(
        name="站", address="", has_window=True, notice_posted=False, created_at=make.LONG_AGO
    )
    session.add(station)
    session.flush()
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
    rival = make.person(session, Role.INSTITUTION_MANAGER, institution=other_lab)
    for person in (stranger, rival):
        person.display_name = CANARY
    member, manager = world.people[Role.MEMBER], world.people[Role.INSTITUTION_MANAGER]
    far = (theirs, other_lab)
    world.things = {
        "own enterprise": things(session, member, ours, other_lab, station, hour=0),
        "same enterprise": things(session, colleague, ours, other_lab, station, hour=2),
        "other enterprise": things(session, stranger, *far, station, hour=4, secret=CANARY),
        "own institution": things(session, manager, theirs, lab, station, hour=6),
        "same institution": things(session, fellow, theirs, lab, station, hour=8),
        "other institution": things(session, rival, *far, station, hour=10, secret=CANARY),
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
        state="billed",
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
        scope=["samples"],
        valid_from=DAY,
        valid_to=DAY,
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
        code=secret or "STALE",
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
    closure = Closure(
        institution_id=institution.id,
        instrument_id=instrument.id,
        during=Range(START + timedelta(days=9), START + timedelta(days=10)),
        reason_zh=secret,
        reason_en=secret,
        details={},
        created_at=START,
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
    hold = LegalHold(subject_id=person.id, reason="case", until=START, placed_at=START)
    session.add_all((photo, feed, waiting, closure, penalty, owed, notice, hold))
    session.flush()
    ids: Mapping[str, UUID] = {
        "closure_id": closure.id,
        "penalty_id": penalty.id,
        "arrears_id": owed.id,
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
    }
    return Things({name: str(key) for name, key in ids.items()} | {"name": device.name})


def body_for(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - one a kind
    """Make the plainest value a schema takes."""
    if "$ref" in schema:
        return body_for(document["components"]["schemas"][schema["$ref"].split("/")[-1]], document)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return body_for(schema[choice][0], document)
    kind = schema.get("type")
    if kind == "object":
        return {
            name: body_for(part, document)
            for name, part in schema.get("properties", {}).items()
            if name in schema.get("required", ())
        }
    if kind == "array":
        return [body_for(schema["items"], document)] * schema.get("minItems", 0)
    if kind == "string":
        return _text(schema)
    return {"integer": max(schema.get("minimum", 1), 1), "number": 1.0, "boolean": True}.get(
        str(kind)
    )


def _text(schema: Mapping[str, Any]) -> str:
    formats = {
        "uuid": str(uuid4()),
        "date": "2031-01-06",
        "date-time": "2031-01-06T01:00:00Z",
        "password": "a long enough word",
    }
    plain = formats.get(str(schema.get("format")), "words")
    return plain.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 1000)]


def is_platform(role: Role | None) -> bool:
    return role in PLATFORM_ROLES
