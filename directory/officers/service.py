"""Verbs on officers. The caller owns the transaction; nothing here commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from directory.officers.errors import OfficerNotFound, OfficerRefused
from directory.officers.rules import find_problems
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
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import PLATFORM_ROLES, Role
from directory.stations.service import require_open
from directory.stations.tables import Station
from foundation.errors import Problem
from foundation.identifiers import StationId

YOURSELF = Problem("yourself", "不能停用自己", "not yourself", "person_id")


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who works for the platform, or for a station by this name."""

    person: Person
    station: str | None


def appoint(
    session: Session,
    new: NewAccount,
    *,
    station_id: StationId | None,
    caller: Caller | None,
    policy: PasswordPolicy,
    now: datetime,
) -> Officer:
    """Open an account for somebody who works for the platform, or for a station.

    `caller`: None where who looks after the machine appoints the first operator.

    Raises:
        OfficerRefused: for roles that do not go together, or are not theirs.
        StationNotFound: when there is no such station.
        StationClosed: when it is closed.
        PasswordRefused: when the first password will not do.
        LoginTaken: when the name is another's.
    """
    _require_roles(new.roles, station_id)
    station = require_open(session, station_id) if station_id else None
    person = open_account(session, new, station_id=station_id, policy=policy, now=now)
    record_account(session, "officer.appoint", caller=caller, person=person, now=now)
    return Officer(person, station.name if station else None)


def set_roles(
    session: Session, person_id: UUID, roles: Collection[Role], *, caller: Caller, now: datetime
) -> Officer:
    """Give an officer these roles, and no others.

    Raises:
        OfficerNotFound: when nobody who works for the platform or a station has this id.
        OfficerRefused: for roles that do not go together, or are not theirs.
        LastOfRole: when nobody would operate the platform any more.
    """
    officer = _find(session, person_id)
    _require_roles(roles, officer.person.station_id)
    _keep_an_operator(session, officer.person, roles)
    assign_roles(session, officer.person, roles, caller=caller, now=now)
    record_account(session, "officer.set_roles", caller=caller, person=officer.person, now=now)
    return officer


def let_in_again(
    session: Session,
    person_id: UUID,
    password: str,
    *,
    caller: Caller,
    policy: PasswordPolicy,
    now: datetime,
) -> Officer:
    """Give an officer who lost their way in a new first password.

    Raises:
        OfficerNotFound: when nobody who works for the platform or a station has this id.
        RecoversAlone: when they have a way back of their own.
        PasswordRefused: when the password will not do.
    """
    officer = _find(session, person_id)
    action = "officer.let_in_again"
    accounts.let_in_again(
        session, officer.person, password, caller=caller, action=action, policy=policy, now=now
    )
    return officer


def see_off(session: Session, person_id: UUID, *, caller: Caller, now: datetime) -> Officer:
    """Close an officer's account; every sign-in of theirs ends at once.

    Raises:
        OfficerNotFound: when nobody who works for the platform or a station has this id.
        OfficerRefused: when it is the caller's own.
    """
    officer = _find(session, person_id)
    if officer.person.id == caller.person_id:
        raise OfficerRefused([YOURSELF])
    close_account(session, officer.person, caller=caller, now=now)
    record_account(session, "officer.see_off", caller=caller, person=officer.person, now=now)
    return officer


def list_officers(session: Session) -> list[Officer]:
    """Return who works or worked for the platform and the stations, those who still do first."""
    of_platform = exists().where(
        RoleAssignment.person_id == Person.id, RoleAssignment.role.in_(sorted(PLATFORM_ROLES))
    )
    rows = session.execute(
        select(Person, Station.name)
        .outerjoin(Station, Station.id == Person.station_id)
        .where(or_(Person.station_id.is_not(None), of_platform))
        .order_by(Person.is_active.desc(), Station.name.nulls_first(), Person.display_name)
    )
    return [Officer(person, station) for person, station in rows]


def _require_roles(roles: Collection[Role], station_id: StationId | None) -> None:
    if problems := find_problems(roles, at_station=station_id is not None):
        raise OfficerRefused(problems)


def _find(session: Session, person_id: UUID) -> Officer:
    person = session.get(Person, person_id, with_for_update=True)
    if person is None or not person.is_active:
        raise OfficerNotFound
    if person.station_id is not None:
        return Officer(person, session.get_one(Station, person.station_id).name)
    if PLATFORM_ROLES.isdisjoint(Role(assignment.role) for assignment in person.roles):
        raise OfficerNotFound
    return Officer(person, None)


def _keep_an_operator(session: Session, person: Person, roles: Collection[Role]) -> None:
    """Of two operators who step down at once, one stays: they take each other's lock in turn."""
    if Role.OPERATOR in roles or person.station_id is not None:
        return
    held = select(RoleAssignment).where(RoleAssignment.role == Role.OPERATOR)
    session.execute(held.order_by(RoleAssignment.person_id).with_for_update())
    if any(assignment.role == Role.OPERATOR for assignment in person.roles):
        require_another(session, person, Role.OPERATOR)
