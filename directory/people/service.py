"""Verbs on people and their sign-ins. The caller owns the transaction; nothing here commits."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnClause, Row, column, func, select, text, update
from sqlalchemy.orm import Session

from directory.notices.rules import AccountKind, Facts, same_browser
from directory.notices.service import tell_of_account
from directory.people.errors import SignInFailed, SignInIdle
from directory.people.passwords import hash_token, is_password
from directory.people.second_factor import require_second_factor
from directory.people.tables import Person, SignIn
from directory.roles.rules import Role
from directory.stations.rules import Client, Scope
from foundation.encryption import KeyRing
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId, StationId
from foundation.tenancy import become

SIGN_IN_LASTS = timedelta(hours=12)
USER_AGENT_LENGTH_MAX = 200
SEEN_EVERY = timedelta(minutes=1)
"""A sign-in's last use is written no more often than this."""
KNOWN_FOR = timedelta(days=180)
"""How long a browser is remembered as one of the person's."""

last_used = func.coalesce(SignIn.last_seen_at, SignIn.created_at)


# Asked by every request: one short row instead of three entities. Who works for a station has
# no role while it is closed.
WHO = """
    p.id AS person_id, p.login, p.display_name, p.enterprise_id, p.institution_id,
    p.station_id, coalesce(p.password_changed_at, p.created_at) AS password_changed_at,
    p.must_change_password,
    ARRAY(
        SELECT r.role FROM role_assignments r
        WHERE r.person_id = p.id AND st.is_open IS NOT FALSE
    ) AS roles,
    coalesce(e.needs_endorsement, false) AS needs_endorsement
"""
WHOSE = """
    JOIN people p ON p.id = given.person_id
    LEFT JOIN enterprises e ON e.id = p.enterprise_id
    LEFT JOIN stations st ON st.id = p.station_id
"""
WHO_COLUMNS: tuple[ColumnClause[Any], ...] = (
    *map(column, ("person_id", "login", "display_name", "enterprise_id", "institution_id")),
    *map(column, ("station_id", "password_changed_at", "must_change_password", "roles")),
    column("needs_endorsement"),
)
CALLER = text(f"""
SELECT {WHO}, given.id AS sign_in_id, given.with_second_factor,
    coalesce(given.last_seen_at, given.created_at) AS seen_at,
    given.linked_account_id IS NOT NULL AS by_provider
FROM sign_ins given {WHOSE}
WHERE given.token_hash = :token_hash AND given.ended_at IS NULL AND given.expires_at > :now
    AND p.is_active
""").columns(  # noqa: S608 - of constants
    *WHO_COLUMNS, *map(column, ("sign_in_id", "with_second_factor", "seen_at", "by_provider"))
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and for whom they act."""

    person_id: PersonId
    login: str
    display_name: str
    roles: frozenset[Role]
    enterprise_id: EnterpriseId | None
    institution_id: InstitutionId | None
    station_id: StationId | None = None
    clients: Mapping[EnterpriseId, Client] = field(default_factory=dict)
    """Enterprises that entrusted the caller's station, by an entrustment that holds now."""
    sign_in_id: UUID | None = None
    """None: a program, by an access token."""
    scopes: frozenset[str] | None = None
    """What a token may do; None: a browser, which may do all that its person may."""
    with_second_factor: bool = False
    """Gave one at this sign-in; of a program, its person has one."""
    by_provider: bool = False
    """Signed in by an OpenID provider's word, not by a password."""
    password_changed_at: datetime | None = None
    must_change_password: bool = False
    """It was chosen by somebody else."""
    needs_endorsement: bool = False
    """Whether the enterprise they act for endorses what its members reserve."""

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def entrusted_with(self, scope: Scope) -> list[EnterpriseId]:
        """Return the enterprises in whose name a station's clerk may do just this."""
        if not self.has(Role.STATION_STAFF):
            return []
        return [key for key, client in self.clients.items() if scope in client.scopes]


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from, as far as one can tell."""

    user_agent: str
    address: str = ""


def sign_in(
    session: Session,
    *,
    login: str,
    password: str,
    browser: Browser,
    now: datetime,
    ring: KeyRing,
    code: str | None = None,
) -> tuple[Caller, str]:
    """Open a sign-in and return who it is and the token for the cookie.

    Raises:
        SignInFailed: for an unknown or inactive person as for a wrong password.
        SecondFactorRequired: when the person has one and gave no code.
        SecondFactorWrong: for a code that is wrong or was used.
    """
    person = session.scalar(select(Person).where(Person.login == login, Person.is_active))
    if not is_password(password, person.password_hash if person else None) or person is None:
        raise SignInFailed
    become(session, person.id)
    has_factor = require_second_factor(session, person_id=person.id, code=code, now=now, ring=ring)
    return open_sign_in(
        session, person=person, browser=browser, with_second_factor=has_factor, now=now
    )


def open_sign_in(
    session: Session,
    *,
    person: Person,
    browser: Browser,
    with_second_factor: bool,
    linked_account_id: UUID | None = None,
    now: datetime,
) -> tuple[Caller, str]:
    """Open a sign-in for somebody who proved who they are, and tell them of a new device.

    The database must know already for whom it acts: it lets nobody write another's sign-in.
    """
    is_new_device = _is_new_device(session, person.id, browser, now)
    token = secrets.token_urlsafe(32)
    row = SignIn(
        token_hash=hash_token(token),
        person_id=person.id,
        created_at=now,
        expires_at=now + SIGN_IN_LASTS,
        last_seen_at=now,
        user_agent=browser.user_agent[:USER_AGENT_LENGTH_MAX],
        address=browser.address,
        with_second_factor=with_second_factor,
        linked_account_id=linked_account_id,
    )
    session.add(row)
    session.flush()
    if is_new_device:
        facts = Facts(now, browser=browser.user_agent, address=browser.address)
        tell_of_account(session, person.id, AccountKind.NEW_DEVICE, facts)
    caller = find_caller(session, token=token, now=now, idle_limit=SIGN_IN_LASTS)
    assert caller is not None, "opened just now"
    return caller, token


def _is_new_device(session: Session, person_id: PersonId, browser: Browser, now: datetime) -> bool:
    """Whether the person signed in lately, but never by a browser of this kind."""
    former = session.scalars(
        select(SignIn.user_agent)
        .where(SignIn.person_id == person_id, SignIn.created_at > now - KNOWN_FOR)
        .distinct()
    ).all()
    own = same_browser(browser.user_agent[:USER_AGENT_LENGTH_MAX])
    return bool(former) and own not in {same_browser(user_agent) for user_agent in former}


def sign_out(session: Session, *, token: str, now: datetime) -> None:
    """End a sign-in; ending one that is not there is no fault."""
    session.execute(
        update(SignIn)
        .where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def find_caller(
    session: Session,
    *,
    token: str,
    now: datetime,
    idle_limit: timedelta,
    is_attended: bool = True,
) -> Caller | None:
    """Return who holds this token, if the sign-in still stands and the person is active.

    `is_attended`: somebody is there; what a page asks by itself does not keep a sign-in alive.

    Raises:
        SignInIdle: when nobody used it for longer than the limit.
    """
    token_hash = hash_token(token)
    found = session.execute(CALLER, {"token_hash": token_hash, "now": now}).one_or_none()
    if found is None:
        return None
    unused = now - found.seen_at
    if unused > idle_limit:
        raise SignInIdle
    if is_attended and unused > SEEN_EVERY:
        session.execute(
            update(SignIn)
            # Of many requests at once, one writes.
            .where(SignIn.token_hash == token_hash, last_used <= found.seen_at)
            .values(last_seen_at=now)
        )
    return read_caller(
        found,
        sign_in_id=found.sign_in_id,
        with_second_factor=found.with_second_factor,
        by_provider=found.by_provider,
    )


def read_caller(found: Row[Any], **more: Any) -> Caller:  # noqa: ANN401 - what else a Caller has
    """Make a caller of a row of `WHO`, and what is known of how they came."""
    return Caller(
        person_id=found.person_id,
        login=found.login,
        display_name=found.display_name,
        roles=frozenset(map(Role, found.roles)),
        enterprise_id=found.enterprise_id,
        institution_id=found.institution_id,
        station_id=found.station_id,
        password_changed_at=found.password_changed_at,
        must_change_password=found.must_change_password,
        needs_endorsement=found.needs_endorsement,
        **more,
    )


def caller_of(person: Person) -> Caller:
    """Make a caller of somebody who is not asking themselves: acts are done in their name."""
    return Caller(
        person_id=person.id,
        login=person.login,
        display_name=person.display_name,
        roles=frozenset(Role(assignment.role) for assignment in person.roles),
        enterprise_id=person.enterprise_id,
        institution_id=person.institution_id,
        station_id=person.station_id,
        password_changed_at=person.password_changed_at or person.created_at,
    )
