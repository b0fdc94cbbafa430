"""To be forgotten: by one's own wish, or because nothing came of a registration."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, delete, exists, false, func, select, update
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.enterprises.tables import Enterprise, EnterpriseName
from directory.files.tables import StoredFile
from directory.notices.tables import Notice
from directory.people.passwords import hash_password
from directory.people.service import Caller
from directory.people.sign_ins import end_all_sign_ins
from directory.people.tables import (
    AccessToken,
    LinkedAccount,
    Person,
    RecoveryCode,
    RoleAssignment,
    SecondFactor,
    SignIn,
)
from directory.privacy.errors import DataErased, ErasureHeld
from directory.privacy.tables import LegalHold
from directory.privacy.vault import Vault
from directory.registrations.rules import KEPT_FOR
from directory.registrations.service import withdraw_all
from directory.registrations.tables import PersonIdentity, Registration
from foundation.errors import Problem
from foundation.identifiers import PersonId

ERASED_NAME = "已注销用户 Erased"


def erase_own(
    vault: Vault, *, caller: Caller, unfinished: Sequence[Problem], now: datetime
) -> None:
    """Forget the caller: their key is destroyed, so that nothing sealed for them opens again.

    What the law has us keep stays under a number that leads to nobody: bookings, charges,
    the audit trail.

    Raises:
        ErasureHeld: with every reason to keep the data for now.
    """
    session = vault.session
    holds = session.scalars(
        select(LegalHold).where(LegalHold.subject_id == caller.person_id, _holds(now))
    )
    reasons = [
        Problem("legal_hold", hold.reason, hold.reason, str(hold.until.date())) for hold in holds
    ]
    if reasons or unfinished:
        raise ErasureHeld([*reasons, *unfinished])
    person = session.get_one(Person, caller.person_id, with_for_update=True)
    if not person.is_active:
        raise DataErased
    forget(vault, person, by=caller.person_id, now=now)


def list_failed(session: Session, *, now: datetime) -> list[PersonId]:
    """Return applicants of whose registration nothing came, and nothing will for some time."""
    return list(session.scalars(_failed(now).limit(500)))


def forget_failed(vault: Vault, person_id: PersonId, *, now: datetime) -> bool:
    """Forget an applicant who was not admitted; False: meanwhile they have business here."""
    session = vault.session
    person = session.get_one(Person, person_id, with_for_update=True)
    if session.scalar(_failed(now).where(Person.id == person_id)) is None:
        return False
    forget(vault, person, by=None, now=now)
    return True


def forget(vault: Vault, person: Person, *, by: PersonId | None, now: datetime) -> None:
    """Destroy somebody's key, and every word that leads to them."""
    session = vault.session
    withdraw_all(session, person.id, now=now)
    end_all_sign_ins(session, person_id=person.id, now=now)
    session.execute(
        update(AccessToken).where(AccessToken.person_id == person.id).values(revoked_at=now)
    )
    for table in (SecondFactor, RecoveryCode, Notice, LinkedAccount, PersonIdentity):
        session.execute(delete(table).where(table.person_id == person.id))
    session.execute(
        update(StoredFile)
        .where(StoredFile.owner_id == person.id)
        .values(erased_at=now, name="erased")
    )
    session.execute(
        update(SignIn).where(SignIn.person_id == person.id).values(address="", user_agent="")
    )
    _unname_enterprise(session, person)
    vault.shred(person.id, now=now)
    person.is_active = False
    person.login, person.display_name = f"erased-{person.id}", ERASED_NAME
    person.password_hash = hash_password(secrets.token_urlsafe(32))
    session.flush()
    record(
        session,
        actor_id=by,
        action="person.erase",
        subject_kind="person",
        subject_id=person.id,
        now=now,
    )


def _unname_enterprise(session: Session, person: Person) -> None:
    """An ordinary user's enterprise is they themselves, by the name they chose."""
    mine = select(Enterprise.id).where(
        Enterprise.id == person.enterprise_id, Enterprise.kind == "individual"
    )
    for table, key in ((Enterprise, Enterprise.id), (EnterpriseName, EnterpriseName.enterprise_id)):
        session.execute(
            update(table)
            .where(key.in_(mine))
            .values(name=ERASED_NAME)
            .execution_options(synchronize_session="fetch")
        )


def _failed(now: datetime) -> Select[PersonId]:
    return select(Person.id).where(
        Person.is_active,
        func.num_nonnulls(Person.enterprise_id, Person.institution_id, Person.station_id) == 0,
        ~exists().where(RoleAssignment.person_id == Person.id),
        ~exists().where(LegalHold.subject_id == Person.id, _holds(now)),
        exists().where(Registration.person_id == Person.id),
        ~exists().where(Registration.person_id == Person.id, ~_is_stale(now)),
    )


def _is_stale(now: datetime) -> ColumnElement[bool]:
    """Whether a registration failed, or was left lying, for longer than its papers are kept."""
    last = func.greatest(
        Registration.created_at, Registration.submitted_at, Registration.decided_at
    )
    return case(
        *(
            (Registration.state == state, last <= now - kept_for)
            for state, kept_for in KEPT_FOR.items()
        ),
        else_=false(),
    )


def _holds(now: datetime) -> ColumnElement[bool]:
    return LegalHold.lifted_at.is_(None) & (LegalHold.until > now)
