"""Verbs on who may work instruments by themselves. The caller owns the transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from booking.instruments.tables import Instrument
from booking.notices.occasions import Occasion
from booking.notices.rules import Facts, Kind
from booking.notices.service import tell
from booking.policies.errors import NobodyOfThatName, NoSuchQualification
from booking.policies.service import own_institution, require_own_instrument
from booking.policies.tables import Qualification
from directory.audit.service import record
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.service import Caller
from directory.people.tables import Person
from foundation.identifiers import InstitutionId, InstrumentId, PersonId, new_id

LISTED_MAX = 1000
SCOPE = ("person_id", "institution_id", "instrument_id", "group_code")
EVERYTHING = ("全部仪器", "all instruments")


class Validity(StrEnum):
    """How a qualification, or an agreement, stands today."""

    VALID = "valid"
    OVER = "over"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom to trust with what: instruments, a group of them, or (with neither) all there are."""

    login: str
    name: str
    valid_until: date
    instrument_ids: Sequence[InstrumentId] = ()
    group_code: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A qualification with the names of what it is about."""

    qualification: Qualification
    person: Person
    enterprise: str | None
    instrument: Instrument | None
    granted_by: str | None
    today: date

    @property
    def validity(self) -> Validity:
        if self.qualification.revoked_at is not None:
            return Validity.REVOKED
        return Validity.VALID if self.qualification.valid_until >= self.today else Validity.OVER


def qualify(session: Session, grant: Grant, *, by: Caller, now: datetime) -> list[Held]:
    """Say that a person may work instruments by themselves until a day.

    What stands of the same scope is said anew rather than beside: one act revokes it.

    Raises:
        InstrumentNotFound: when one is not the institution's.
        NobodyOfThatName: when nobody has this login and this name.
    """
    institution_id = own_institution(by)
    instruments = [require_own_instrument(session, key, by) for key in grant.instrument_ids]
    person_id = _find_person(session, grant)
    scopes: list[tuple[UUID | None, str | None]] = [
        (key, None) for key in {one.id for one in instruments}
    ]
    if grant.group_code:
        scopes.append((None, grant.group_code))
    said = {"valid_until": grant.valid_until, "granted_by": by.person_id, "granted_at": now}
    whose = {"person_id": person_id, "institution_id": institution_id}
    made = session.scalars(
        insert(Qualification)
        .values(
            [
                {"id": new_id(), **whose, "instrument_id": key, "group_code": group, **said}
                for key, group in scopes or [(None, None)]
            ]
        )
        .on_conflict_do_update(
            index_elements=SCOPE, index_where=Qualification.revoked_at.is_(None), set_=said
        )
        .returning(Qualification.id)
    ).all()
    held = list_qualifications(session, by=by, now=now, only=made)
    record(
        session,
        actor_id=by.person_id,
        action="qualification.granted",
        subject_kind="person",
        subject_id=person_id,
        now=now,
        valid_until=grant.valid_until.isoformat(),
        instruments=[one.code for one in instruments],
        group=grant.group_code,
    )
    until = f"{grant.valid_until}"
    _tell(session, Kind.QUALIFIED, held, f"有效至 {until}", f"It holds until {until}", now=now)
    return held


def revoke_qualification(
    session: Session, qualification_id: UUID, reason: str, *, by: Caller, now: datetime
) -> Held:
    """Take a qualification back and tell its person why; what they have reserved they keep.

    Raises:
        NoSuchQualification: when the institution granted none of this id, or it is revoked.
    """
    qualification = session.scalar(
        select(Qualification)
        .where(
            Qualification.id == qualification_id,
            Qualification.institution_id == own_institution(by),
            Qualification.revoked_at.is_(None),
        )
        .with_for_update()
    )
    if qualification is None:
        raise NoSuchQualification
    qualification.revoked_at, qualification.revoked_for = now, reason
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="qualification.revoked",
        subject_kind="person",
        subject_id=qualification.person_id,
        now=now,
        qualification=str(qualification.id),
    )
    held = list_qualifications(session, by=by, now=now, only=[qualification.id])
    _tell(session, Kind.QUALIFICATION_REVOKED, held, reason, reason, now=now)
    return held[0]


def list_qualifications(
    session: Session,
    *,
    by: Caller,
    now: datetime,
    validity: Validity | None = None,
    person: str = "",
    only: Sequence[UUID] | None = None,
) -> list[Held]:
    """Return what one's institution granted, what ends first before; revoked ones last."""
    institution_id = own_institution(by)
    today = today_at(session, institution_id, now)
    granter = aliased(Person)
    found = (
        select(Qualification, Person, Enterprise.name, Instrument, granter.display_name)
        .join(Person, Person.id == Qualification.person_id)
        .outerjoin(Enterprise, Enterprise.id == Person.enterprise_id)
        .outerjoin(Instrument, Instrument.id == Qualification.instrument_id)
        .outerjoin(granter, granter.id == Qualification.granted_by)
        .where(Qualification.institution_id == institution_id)
        .order_by(
            Qualification.revoked_at.is_not(None), Qualification.valid_until, Qualification.id
        )
        .limit(LISTED_MAX)
        # A grant is written past what the session has read.
        .execution_options(populate_existing=True)
    )
    if validity is not None:
        found = found.where(_is(validity, today))
    if only is not None:
        found = found.where(Qualification.id.in_(only))
    for word in person.split():
        named = (Person.display_name, Person.login, Enterprise.name)
        found = found.where(or_(*(one.icontains(word, autoescape=True) for one in named)))
    return [Held(*row, today) for row in session.execute(found)]


def today_at(session: Session, institution_id: InstitutionId, now: datetime) -> date:
    """Return the day it is where the institution is."""
    return now.astimezone(_zone_of(session, institution_id)).date()


def _zone_of(session: Session, institution_id: InstitutionId) -> ZoneInfo:
    return ZoneInfo(session.get_one(Institution, institution_id).time_zone)


def _is(validity: Validity, today: date) -> ColumnElement[bool]:
    stands = Qualification.revoked_at.is_(None)
    return {
        Validity.VALID: and_(stands, Qualification.valid_until >= today),
        Validity.OVER: and_(stands, Qualification.valid_until < today),
        Validity.REVOKED: ~stands,
    }[validity]


def _find_person(session: Session, grant: Grant) -> PersonId:
    found = session.scalar(
        select(Person.id).where(
            Person.login == grant.login, Person.display_name == grant.name, Person.is_active
        )
    )
    if found is None:
        raise NobodyOfThatName
    return found


def _tell(
    session: Session, kind: Kind, held: Sequence[Held], why: str, because: str, *, now: datetime
) -> None:
    """Tell the person of all that one act was about, at once."""
    names = [
        (one.instrument.name_zh, one.instrument.name_en or one.instrument.name_zh)
        if one.instrument
        else (one.qualification.group_code or "",) * 2
        if one.qualification.group_code
        else EVERYTHING
        for one in held
    ]
    about = held[0].qualification
    facts = Facts(
        instrument_zh="、".join(zh for zh, _ in names),
        instrument_en=", ".join(en for _, en in names),
        zone=_zone_of(session, about.institution_id),
        reason_zh=why,
        reason_en=because,
    )
    tell(session, Occasion(f"{kind}:{new_id()}", kind, about.person_id, None, facts), now=now)
