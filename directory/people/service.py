"""Verbs on people and their sign-ins. The caller owns the transaction; nothing here commits."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.people.errors import SignInFailed
from directory.people.passwords import is_password
from directory.people.tables import Person, SignIn
from directory.roles.rules import Role
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId

SIGN_IN_LASTS = timedelta(hours=12)
USER_AGENT_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and for whom they act."""

    person_id: PersonId
    login: str
    display_name: str
    roles: frozenset[Role]
    enterprise_id: EnterpriseId | None
    institution_id: InstitutionId | None

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


def hash_token(token: str) -> bytes:
    """Hash a sign-in's token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def sign_in(
    session: Session, *, login: str, password: str, user_agent: str, now: datetime
) -> tuple[Caller, str]:
    """Open a sign-in and return who it is and the token for the cookie.

    Raises:
        SignInFailed: for an unknown or inactive person as for a wrong password.
    """
    person = session.scalar(select(Person).where(Person.login == login, Person.is_active))
    if not is_password(password, person.password_hash if person else None) or person is None:
        raise SignInFailed
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=hash_token(token),
            person_id=person.id,
            created_at=now,
            expires_at=now + SIGN_IN_LASTS,
            user_agent=user_agent[:USER_AGENT_LENGTH_MAX],
        )
    )
    session.flush()
    return caller_of(person), token


def sign_out(session: Session, *, token: str, now: datetime) -> None:
    """End a sign-in; ending one that is not there is no fault."""
    session.execute(
        update(SignIn)
        .where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def find_caller(session: Session, *, token: str, now: datetime) -> Caller | None:
    """Return who holds this token, if the sign-in still stands and the person is active."""
    person = session.scalar(
        select(Person)
        .join(SignIn, SignIn.person_id == Person.id)
        .where(
            SignIn.token_hash == hash_token(token),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            Person.is_active,
        )
    )
    return caller_of(person) if person else None


def caller_of(person: Person) -> Caller:
    return Caller(
        person_id=person.id,
        login=person.login,
        display_name=person.display_name,
        roles=frozenset(Role(assignment.role) for assignment in person.roles),
        enterprise_id=person.enterprise_id,
        institution_id=person.institution_id,
    )
