"""An enterprise's people: its administrators add them, give them roles and see them off."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.enterprises.errors import MemberNotFound, MemberRefused
from directory.enterprises.service import own_enterprise
from directory.people import accounts
from directory.people.accounts import (
    NewAccount,
    assign_roles,
    close_account,
    open_account,
    record_account,
    require_another,
)
from directory.people.password_rules import PasswordPolicy
from directory.people.service import Caller
from directory.people.tables import Person
from directory.roles.rules import ENTERPRISE_ROLES, Role
from foundation.errors import Problem
from foundation.identifiers import EnterpriseId

NOT_HERE = Problem("role", "不是企业内的角色", "no role of an enterprise", "roles")
YOURSELF = Problem("yourself", "不能停用自己", "not yourself", "person_id")


def list_members(session: Session, enterprise_id: EnterpriseId) -> list[Person]:
    """Return everyone who acts or acted for an enterprise, those who still do first."""
    query = select(Person).where(Person.enterprise_id == enterprise_id)
    return list(
        session.scalars(query.order_by(Person.is_active.desc(), Person.display_name, Person.id))
    )


def add(
    session: Session, new: NewAccount, *, caller: Caller, policy: PasswordPolicy, now: datetime
) -> Person:
    """Open an account for a colleague at the caller's enterprise.

    Raises:
        MemberRefused: for a role that is not an enterprise's.
        PasswordRefused: when the first password will not do.
        LoginTaken: when the name is another's.
    """
    _require_roles(new.roles)
    enterprise = own_enterprise(session, caller)
    person = open_account(session, new, enterprise_id=enterprise.id, policy=policy, now=now)
    record_account(session, "member.add", caller=caller, person=person, now=now)
    return person


def set_roles(
    session: Session, person_id: UUID, roles: Collection[Role], *, caller: Caller, now: datetime
) -> Person:
    """Give a colleague these roles, and no others.

    Raises:
        MemberNotFound: when nobody who acts for the enterprise has this id.
        MemberRefused: for no role, or one that is not an enterprise's.
        LastOfRole: when nobody would administer the enterprise any more.
    """
    person = _colleague(session, person_id, caller)
    _require_roles(roles)
    if Role.ENTERPRISE_ADMIN not in roles:
        require_another(session, person, Role.ENTERPRISE_ADMIN)
    assign_roles(session, person, roles, caller=caller, now=now)
    record_account(session, "member.set_roles", caller=caller, person=person, now=now)
    return person


def let_in_again(
    session: Session,
    person_id: UUID,
    password: str,
    *,
    caller: Caller,
    policy: PasswordPolicy,
    now: datetime,
) -> Person:
    """Give a colleague who lost their way in a new first password.

    Raises:
        MemberNotFound: when nobody who acts for the enterprise has this id.
        RecoversAlone: when they have a way back of their own.
        PasswordRefused: when the password will not do.
    """
    person = _colleague(session, person_id, caller)
    action = "member.let_in_again"
    accounts.let_in_again(
        session, person, password, caller=caller, action=action, policy=policy, now=now
    )
    return person


def see_off(session: Session, person_id: UUID, *, caller: Caller, now: datetime) -> Person:
    """Close a colleague's account; what they reserved stays the enterprise's.

    Raises:
        MemberNotFound: when nobody who acts for the enterprise has this id.
        MemberRefused: when it is the caller's own.
    """
    person = _colleague(session, person_id, caller)
    if person.id == caller.person_id:
        raise MemberRefused([YOURSELF])
    close_account(session, person, caller=caller, now=now)
    record_account(session, "member.see_off", caller=caller, person=person, now=now)
    return person


def _require_roles(roles: Collection[Role]) -> None:
    if not roles or not ENTERPRISE_ROLES.issuperset(roles):
        raise MemberRefused([NOT_HERE])


def _colleague(session: Session, person_id: UUID, caller: Caller) -> Person:
    # The enterprise first: of two administrators who step down at once, one stays.
    enterprise = own_enterprise(session, caller)
    session.refresh(enterprise, with_for_update=True)
    person = session.get(Person, person_id, with_for_update=True)
    if person is None or not person.is_active or person.enterprise_id != enterprise.id:
        raise MemberNotFound
    return person
