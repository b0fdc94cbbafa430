"""A person's rights over their own data: to agree and withdraw, to have a copy; and holds."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.files.tables import StoredFile
from directory.people.service import Caller
from directory.people.tables import LinkedAccount, Person, SignIn
from directory.privacy.errors import (
    AboveLevel,
    HoldKnown,
    HoldNotFound,
    HoldRefused,
    PersonNotFound,
)
from directory.privacy.grades import ALLOWED, LEVELS, Export
from directory.privacy.rules import Level, fields_above
from directory.privacy.tables import Consent, LegalHold
from directory.privacy.vault import Vault
from directory.registrations.identities import SEALED_FIELDS, open_field
from directory.registrations.tables import PersonIdentity, Registration
from foundation.errors import Problem
from foundation.identifiers import PersonId

HOLDS_MAX = 500


def require_level(fields: Iterable[str], allowed: Level) -> None:
    """Refuse an export that holds fields above the level it may have.

    Raises:
        AboveLevel: naming each such field and its level.
    """
    if above := fields_above(fields, LEVELS, allowed):
        raise AboveLevel(
            [
                Problem(
                    "above_level",
                    f"{field} 为 {level.name} 级，高于允许的 {allowed.name} 级",
                    f"{field} is {level.name}, above the {allowed.name} allowed",
                    field,
                )
                for field, level in above
            ]
        )


def require_exportable(export: Export, fields: Iterable[str]) -> None:
    """Refuse a workbook or a table with columns above what this export may hold.

    Raises:
        AboveLevel: naming each such column and its level.
    """
    require_level((f"{export}.{field}" for field in fields), ALLOWED[export])


def list_consents(session: Session, person_id: PersonId) -> list[Consent]:
    query = select(Consent).where(Consent.person_id == person_id)
    return list(session.scalars(query.order_by(Consent.given_at, Consent.id)))


def give_consent(
    session: Session, *, caller: Caller, purpose: str, version: str, now: datetime
) -> Consent:
    consent = Consent(person_id=caller.person_id, purpose=purpose, version=version, given_at=now)
    session.add(consent)
    session.flush()
    _record(session, "consent.give", caller.person_id, now, purpose=purpose, version=version)
    return consent


def withdraw_consent(session: Session, *, caller: Caller, purpose: str, now: datetime) -> int:
    """Withdraw every standing consent to a purpose, and return how many there were."""
    withdrawn = session.scalars(
        update(Consent)
        .where(
            Consent.person_id == caller.person_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(Consent.id)
    ).all()
    _record(session, "consent.withdraw", caller.person_id, now, purpose=purpose)
    return len(withdrawn)


def export_own(vault: Vault, *, caller: Caller, now: datetime) -> dict[str, Any]:
    """Return all that is kept of the caller, in the clear: it is theirs."""
    session = vault.session
    person = session.get_one(Person, caller.person_id)
    identity = session.get(PersonIdentity, caller.person_id)
    files = session.scalars(select(StoredFile).where(StoredFile.owner_id == caller.person_id))
    registrations = session.scalars(
        select(Registration).where(Registration.person_id == caller.person_id)
    )
    links = session.scalars(
        select(LinkedAccount).where(LinkedAccount.person_id == caller.person_id)
    )
    sign_ins = session.scalars(select(SignIn).where(SignIn.person_id == caller.person_id))
    _record(session, "person.export_own", caller.person_id, now)
    return {
        "account": {
            "login": person.login,
            "display_name": person.display_name,
            "created_at": person.created_at.isoformat(),
            "roles": sorted(assignment.role for assignment in person.roles),
        },
        "identity": {
            field: open_field(vault, identity, field) for field in SEALED_FIELDS if identity
        },
        "consents": [
            {
                "purpose": consent.purpose,
                "version": consent.version,
                "given_at": consent.given_at.isoformat(),
                "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
            }
            for consent in list_consents(session, caller.person_id)
        ],
        "registrations": [
            {"id": str(row.id), "kind": row.kind, "state": row.state} for row in registrations
        ],
        "files": [{"id": str(row.id), "name": row.name, "size": row.size} for row in files],
        "linked_accounts": [
            {"issuer": row.issuer, "subject": row.subject, "at": row.linked_at.isoformat()}
            for row in links
        ],
        "sign_ins": [
            {"at": row.created_at.isoformat(), "address": row.address, "browser": row.user_agent}
            for row in sign_ins
        ],
    }


def place_hold(
    session: Session,
    *,
    subject_id: UUID,
    reason: str,
    until: datetime,
    placed_by: PersonId | None,
    now: datetime,
) -> LegalHold:
    """Have a subject's data kept until an instant, whatever the subject wishes.

    Raises:
        HoldRefused: for an instant that is over.
        HoldKnown: when it is kept for this reason already.
    """
    if until <= now:
        raise HoldRefused
    hold = LegalHold(
        subject_id=subject_id, reason=reason, until=until, placed_by=placed_by, placed_at=now
    )
    session.add(hold)
    try:
        session.flush()
    except IntegrityError as error:
        raise HoldKnown from error
    record(
        session,
        actor_id=placed_by,
        action="legal_hold.place",
        subject_kind="person",
        subject_id=subject_id,
        now=now,
        reason=reason,
    )
    return hold


def find_person(session: Session, login: str) -> Person:
    """Return who signs in by this name.

    Raises:
        PersonNotFound: when nobody does.
    """
    person = session.scalar(select(Person).where(Person.login == login))
    if person is None:
        raise PersonNotFound
    return person


def list_holds(session: Session) -> list[tuple[LegalHold, Person]]:
    """Return what is kept for a legal reason and of whom, what still holds first."""
    rows = session.execute(
        select(LegalHold, Person)
        .join(Person, Person.id == LegalHold.subject_id)
        .order_by(LegalHold.lifted_at.nulls_first(), LegalHold.until, LegalHold.id)
        .limit(HOLDS_MAX)
    )
    return [(hold, person) for hold, person in rows]


def lift_hold(session: Session, hold_id: UUID, *, caller: Caller, now: datetime) -> LegalHold:
    """Let a subject's wish to be forgotten count again.

    Raises:
        HoldNotFound: when there is no such hold.
    """
    hold = session.get(LegalHold, hold_id, with_for_update=True)
    if hold is None:
        raise HoldNotFound
    if hold.lifted_at is None:
        hold.lifted_at = now
        session.flush()
        record(
            session,
            actor_id=caller.person_id,
            action="legal_hold.lift",
            subject_kind="person",
            subject_id=hold.subject_id,
            now=now,
            reason=hold.reason,
        )
    return hold


def _record(
    session: Session, action: str, person_id: PersonId, now: datetime, **detail: str
) -> None:
    record(
        session,
        actor_id=person_id,
        action=action,
        subject_kind="person",
        subject_id=person_id,
        now=now,
        **detail,
    )
