"""Verbs on trips to the provider and on linked accounts. The caller owns the transaction.

None of them asks the provider anything: what it says comes in as an `Identity`.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.passwords import hash_token
from directory.people.second_factor import require_second_factor, state_of
from directory.people.service import Browser, Caller, open_sign_in
from directory.people.tables import LinkedAccount, Person, SignIn, SignInTrip
from directory.provider.client import Identity
from directory.provider.errors import AccountClosed, AlreadyLinked, LinkNotFound, TripUnknown
from directory.provider.rules import TRIP_LASTS, Marks, is_same, own_path
from foundation.database import violated_constraint
from foundation.encryption import KeyRing
from foundation.identifiers import PersonId
from foundation.tenancy import become


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip that came to its end."""

    to: str
    linking: UUID | None


@dataclass(frozen=True, slots=True)
class Link:
    """Whom an identity of the provider's signs in as."""

    id: UUID
    person_id: PersonId
    login: str


def begin_trip(
    session: Session, *, secret: str, to: str, linking: UUID | None = None, now: datetime
) -> None:
    """Remember that a browser sets out. `linking`: the sign-in whose account is to be linked."""
    session.execute(delete(SignInTrip).where(SignInTrip.expires_at < now))
    session.add(
        SignInTrip(
            secret_hash=hash_token(secret),
            to_path=own_path(to),
            linking_id=linking,
            expires_at=now + TRIP_LASTS,
        )
    )
    session.flush()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def claim_trip(session: Session, *, secret: str, state: str, now: datetime) -> Trip:
    """Take a trip's end; it has one, whatever comes of it.

    Raises:
        TripUnknown: when this browser began none, or another, or came back before.
    """
    if not is_same(state, Marks.of(secret).state):
        raise TripUnknown
    found = session.execute(
        delete(SignInTrip)
        .where(
            SignInTrip.secret_hash == hash_token(secret),
            SignInTrip.proven_id.is_(None),
            SignInTrip.expires_at > now,
        )
        .returning(SignInTrip.to_path, SignInTrip.linking_id)
    ).one_or_none()
    if found is None:
        raise TripUnknown
    return Trip(found.to_path, found.linking_id)


def find_link(session: Session, identity: Identity) -> Link | None:
    """Return whom an identity is linked to; only a worker's transaction sees them all.

    Raises:
        AccountClosed: when that account was closed.
    """
    found = session.execute(
        select(LinkedAccount.id, Person.id, Person.login, Person.is_active)
        .join(Person, Person.id == LinkedAccount.person_id)
        .where(LinkedAccount.issuer == identity.issuer, LinkedAccount.subject == identity.subject)
    ).one_or_none()
    if found is None:
        return None
    if not found.is_active:
        raise AccountClosed
    return Link(found[0], found[1], found.login)


def find_proven(session: Session, *, secret: str, now: datetime) -> tuple[Link, str]:
    """Return who the provider said it is, and where they were going; our factor is waited for.

    Raises:
        TripUnknown: when it said nothing of the kind, or too long ago.
    """
    found = session.execute(
        select(LinkedAccount.id, Person.id, Person.login, SignInTrip.to_path)
        .join(Person, Person.id == LinkedAccount.person_id)
        .join(SignInTrip, SignInTrip.proven_id == LinkedAccount.id)
        .where(SignInTrip.secret_hash == hash_token(secret), SignInTrip.expires_at > now)
    ).one_or_none()
    if found is None:
        raise TripUnknown
    return Link(found[0], found[1], found.login), found.to_path


def is_second_factor_wanted(session: Session, link: Link, identity: Identity) -> bool:
    """Whether the person set a second factor here, and the provider's does not stand for it."""
    become(session, link.person_id)
    return not identity.with_second_factor and state_of(session, link.person_id).is_set


def wait_for_second_factor(
    session: Session, *, secret: str, link: Link, to: str, now: datetime
) -> None:
    """Remember who the provider said it is, until a code comes from the same browser."""
    session.add(
        SignInTrip(
            secret_hash=hash_token(secret),
            to_path=to,
            proven_id=link.id,
            expires_at=now + TRIP_LASTS,
        )
    )
    session.flush()


def sign_in_by_provider(
    session: Session,
    link: Link,
    *,
    secret: str,
    browser: Browser,
    code: str | None,
    by_provider: bool,
    now: datetime,
    ring: KeyRing,
) -> tuple[Caller, str]:
    """Open a sign-in for a linked identity, and end its trip.

    `by_provider`: the provider asked for a second factor, and its word for it is trusted here.

    Raises:
        AccountClosed: when the account was closed since.
        SecondFactorWrong: for a code that is wrong or was used.
    """
    become(session, link.person_id)
    person = session.get_one(Person, link.person_id)
    if not person.is_active:
        raise AccountClosed
    has_factor = by_provider or require_second_factor(
        session, person_id=person.id, code=code, now=now, ring=ring
    )
    session.execute(delete(SignInTrip).where(SignInTrip.secret_hash == hash_token(secret)))
    session.execute(update(LinkedAccount).where(LinkedAccount.id == link.id).values(used_at=now))
    _record(session, "person.sign_in_by_provider", link, now, with_second_factor=has_factor)
    return open_sign_in(
        session,
        person=person,
        browser=browser,
        with_second_factor=has_factor,
        linked_account_id=link.id,
        now=now,
    )


def list_links(session: Session, person_id: PersonId) -> list[LinkedAccount]:
    query = select(LinkedAccount).where(LinkedAccount.person_id == person_id)
    return list(session.scalars(query.order_by(LinkedAccount.linked_at)))


def link_account(
    session: Session, *, caller: Caller, identity: Identity, now: datetime
) -> LinkedAccount:
    """Let an identity sign in as the caller from now on.

    Raises:
        AlreadyLinked: when it signs in as somebody else, or the caller has another one there.
    """
    row = LinkedAccount(
        person_id=caller.person_id,
        issuer=identity.issuer,
        subject=identity.subject,
        linked_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        if violated_constraint(error) in TAKEN:
            raise AlreadyLinked from error
        raise
    link = Link(row.id, caller.person_id, caller.login)
    _record(session, "linked_account.link", link, now, issuer=identity.issuer)
    tell_of_account(session, caller.person_id, AccountKind.IDENTITY_LINKED, Facts(now))
    return row


TAKEN = frozenset({"uq_linked_accounts_issuer_subject", "uq_linked_accounts_person_id_issuer"})


def unlink_account(session: Session, *, caller: Caller, link_id: UUID, now: datetime) -> None:
    """Let an identity sign in as the caller no more, and end the sign-ins it opened but this one.

    Raises:
        LinkNotFound: when the caller has no such link.
    """
    is_mine = LinkedAccount.id == link_id, LinkedAccount.person_id == caller.person_id
    issuer = session.scalar(select(LinkedAccount.issuer).where(*is_mine))
    if issuer is None:
        raise LinkNotFound
    session.execute(
        update(SignIn)
        .where(
            SignIn.linked_account_id == link_id,
            SignIn.ended_at.is_(None),
            SignIn.id != caller.sign_in_id,
        )
        .values(ended_at=now)
    )
    session.execute(delete(LinkedAccount).where(*is_mine))
    link = Link(link_id, caller.person_id, caller.login)
    _record(session, "linked_account.unlink", link, now, issuer=issuer)
    tell_of_account(session, caller.person_id, AccountKind.IDENTITY_UNLINKED, Facts(now))


def _record(session: Session, action: str, link: Link, now: datetime, **detail: str | bool) -> None:
    record(
        session,
        actor_id=link.person_id,
        action=action,
        subject_kind="linked_account",
        subject_id=link.id,
        now=now,
        **detail,
    )
