"""Accounts that somebody opens, changes and closes for people of their own tenant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.errors import LastOfRole, LoginTaken, OwnAccount, RecoversAlone
from directory.people.own_password import require_good_password
from directory.people.password_rules import PasswordPolicy
from directory.people.passwords import hash_password
from directory.people.service import Caller
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role
from foundation.database import violated_constraint
from foundation.identifiers import EnterpriseId, InstitutionId, StationId


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What somebody new signs in with, and what they are there to do."""

    login: str
    display_name: str
    password: str
    roles: Collection[Role]


def open_account(
    session: Session,
    new: NewAccount,
    *,
    enterprise_id: EnterpriseId | None = None,
    institution_id: InstitutionId | None = None,
    station_id: StationId | None = None,
    policy: PasswordPolicy,
    now: datetime,
) -> Person:
    """Open an account that acts for one tenant, or for the platform itself.

    Raises:
        PasswordRefused: when the first password will not do.
        LoginTaken: when the name is another's.
    """
    require_good_password(new.password, policy=policy, login=new.login)
    person = Person(
        login=new.login,
        display_name=new.display_name,
        password_hash=hash_password(new.password),
        must_change_password=True,
        enterprise_id=enterprise_id,
        institution_id=institution_id,
        station_id=station_id,
        created_at=now,
        roles=[RoleAssignment(role=role, assigned_at=now) for role in sorted(set(new.roles))],
    )
    session.add(person)
    add_person(session)
    return person


def add_person(session: Session) -> None:
    """Write a new person.

    Raises:
        LoginTaken: when the name is another's.
    """
    try:
        session.flush()
    except IntegrityError as error:
        if violated_constraint(error) == "uq_people_login":
            raise LoginTaken from error
        raise


def assign_roles(
    session: Session, person: Person, roles: Collection[Role], *, caller: Caller, now: datetime
) -> None:
    """Give somebody these roles and no others, and tell them."""
    if {assignment.role for assignment in person.roles} == set(roles):
        return
    session.execute(delete(RoleAssignment).where(RoleAssignment.person_id == person.id))
    session.expire(person, ["roles"])
    session.add_all(
        RoleAssignment(person_id=person.id, role=role, assigned_at=now)
        for role in sorted(set(roles))
    )
    session.flush()
    facts = Facts(now, name=caller.display_name, roles=set(roles))
    tell_of_account(session, person.id, AccountKind.ROLES_CHANGED, facts)


def let_in_again(
    session: Session,
    person: Person,
    password: str,
    *,
    caller: Caller,
    action: str,
    policy: PasswordPolicy,
    now: datetime,
) -> None:
    """Give somebody a new first password, for whom there is no other way back.

    The database ends all that opened the account before: sign-ins, tokens, the second factor.
    Whoever proved a phone or a mailbox has a way of their own, and data that is nobody else's.

    Raises:
        OwnAccount: when it is the caller's own.
        RecoversAlone: when they have a way back of their own.
        PasswordRefused: when the password will not do.
    """
    if person.id == caller.person_id:
        raise OwnAccount
    if session.scalar(select(func.has_identity(person.id))):
        raise RecoversAlone
    require_good_password(password, policy=policy, login=person.login)
    person.password_hash, person.must_change_password = hash_password(password), True
    person.password_changed_at = now
    session.flush()
    facts = Facts(now, name=caller.display_name)
    tell_of_account(session, person.id, AccountKind.PASSWORD_RENEWED, facts)
    record_account(session, action, caller=caller, person=person, now=now)


def close_account(session: Session, person: Person, *, caller: Caller, now: datetime) -> None:
    """Close an account: the database ends every sign-in and token of it with it."""
    if not person.is_active:
        return
    person.is_active = False
    session.flush()
    facts = Facts(now, name=caller.display_name)
    tell_of_account(session, person.id, AccountKind.ACCOUNT_CLOSED, facts)


def require_another(session: Session, person: Person, role: Role) -> None:
    """Refuse to take a role from the last one of a tenant who has it.

    The caller holds a lock on the tenant, so that two do not take it from each other.

    Raises:
        LastOfRole: when nobody else of the tenant has it.
    """
    if not _count_others(session, person, RoleAssignment.role == role):
        raise LastOfRole


def last_roles(session: Session, person: Person) -> list[Role]:
    """Return the roles that others of the tenant could not do without, and nobody else has."""
    if not _count_others(session, person):
        return []
    return [
        role
        for role in (Role.ENTERPRISE_ADMIN, Role.INSTITUTION_MANAGER, Role.OPERATOR)
        if any(assignment.role == role for assignment in person.roles)
        and not _count_others(session, person, RoleAssignment.role == role)
    ]


def _count_others(session: Session, person: Person, *conditions: ColumnElement[bool]) -> int:
    """Count who else acts for the same tenant: the platform is one, too."""
    found = session.scalar(
        select(func.count(Person.id.distinct()))
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.id != person.id,
            Person.is_active,
            Person.enterprise_id.is_not_distinct_from(person.enterprise_id),
            Person.institution_id.is_not_distinct_from(person.institution_id),
            *conditions,
        )
    )
    return found or 0


def record_account(
    session: Session, action: str, *, caller: Caller | None, person: Person, now: datetime
) -> None:
    """Note in the audit trail what was done to somebody's account, and what they now are."""
    record(
        session,
        actor_id=caller.person_id if caller else None,
        action=action,
        subject_kind="person",
        subject_id=person.id,
        now=now,
        roles=sorted(assignment.role for assignment in person.roles) if person.is_active else [],
    )
