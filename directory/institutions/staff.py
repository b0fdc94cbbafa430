"""An institution's people: who works there, in which roles, trained before the post began."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.institutions.errors import StaffNotFound, StaffRefused
from directory.institutions.tables import Institution, Post
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
from directory.roles.rules import INSTITUTION_ROLES, Role
from directory.workdays.rules import ZONE
from foundation.errors import Problem
from foundation.identifiers import InstitutionId


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Somebody who starts at an institution."""

    account: NewAccount
    title: str
    trained_on: date
    starts_on: date


def add(
    session: Session, new: NewStaff, *, caller: Caller, policy: PasswordPolicy, now: datetime
) -> Person:
    """Open an account for somebody at the caller's institution.

    Raises:
        StaffRefused: with everything that is wrong, training after the start among it.
        PasswordRefused: when the first password will not do.
        LoginTaken: when the name is another's.
    """
    if problems := _find_problems(new):
        raise StaffRefused(problems)
    institution_id = _own(caller)
    person = open_account(
        session, new.account, institution_id=institution_id, policy=policy, now=now
    )
    session.add(
        Post(
            person_id=person.id,
            institution_id=institution_id,
            title=new.title,
            trained_on=new.trained_on,
            starts_on=new.starts_on,
        )
    )
    session.flush()
    record_account(session, "staff.add", caller=caller, person=person, now=now)
    return person


def set_roles(
    session: Session, person_id: UUID, roles: Collection[Role], *, caller: Caller, now: datetime
) -> Person:
    """Give somebody at the caller's institution these roles, and no others.

    Raises:
        StaffNotFound: when nobody of the institution has this id.
        StaffRefused: for a role that is not an institution's.
        LastOfRole: when nobody would manage the institution any more.
    """
    person = _colleague(session, person_id, caller)
    if not INSTITUTION_ROLES.issuperset(roles):
        raise StaffRefused([_not_here()])
    if Role.INSTITUTION_MANAGER not in roles:
        require_another(session, person, Role.INSTITUTION_MANAGER)
    assign_roles(session, person, roles, caller=caller, now=now)
    record_account(session, "staff.set_roles", caller=caller, person=person, now=now)
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
        StaffNotFound: when nobody who acts for the institution has this id.
        RecoversAlone: when they have a way back of their own.
        PasswordRefused: when the password will not do.
    """
    person = _colleague(session, person_id, caller)
    action = "staff.let_in_again"
    accounts.let_in_again(
        session, person, password, caller=caller, action=action, policy=policy, now=now
    )
    return person


def see_off(session: Session, person_id: UUID, *, caller: Caller, now: datetime) -> Person:
    """Close a colleague's account: every sign-in of theirs ends at once."""
    person = _colleague(session, person_id, caller)
    if person.id == caller.person_id:
        raise StaffRefused([Problem("yourself", "不能停用自己", "not yourself", "person_id")])
    close_account(session, person, caller=caller, now=now)
    post = session.get(Post, person.id)
    if post is not None:
        post.ends_on = now.astimezone(ZONE).date()
    session.flush()
    record_account(session, "staff.see_off", caller=caller, person=person, now=now)
    return person


def list_staff(session: Session, institution_id: InstitutionId) -> list[tuple[Person, Post | None]]:
    query = (
        select(Person, Post)
        .outerjoin(Post, Post.person_id == Person.id)
        .where(Person.institution_id == institution_id)
        .order_by(Person.is_active.desc(), Person.display_name, Person.id)
    )
    return [(person, post) for person, post in session.execute(query)]


def _find_problems(new: NewStaff) -> list[Problem]:
    problems = []
    if not new.account.roles or not INSTITUTION_ROLES.issuperset(new.account.roles):
        problems.append(_not_here())
    if new.trained_on > new.starts_on:
        problems.append(
            Problem(
                "trained_late", "须先培训后上岗", "the training comes before the post", "trained_on"
            )
        )
    return problems


def _not_here() -> Problem:
    return Problem("role", "不是机构内的角色", "no role of an institution", "roles")


def _own(caller: Caller) -> InstitutionId:
    if caller.institution_id is None:
        raise StaffNotFound
    return caller.institution_id


def _colleague(session: Session, person_id: UUID, caller: Caller) -> Person:
    # The institution first: of two managers who step down at once, one stays.
    session.get_one(Institution, _own(caller), with_for_update=True)
    person = session.get(Person, person_id, with_for_update=True)
    if person is None or not person.is_active or person.institution_id != caller.institution_id:
        raise StaffNotFound
    return person
