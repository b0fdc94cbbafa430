"""Verbs on stations and entrustments. The caller owns the transaction; nothing here commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.enterprises.tables import Enterprise
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.service import Caller
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role
from directory.stations.errors import (
    EntrustmentNotFound,
    EntrustmentRefused,
    NotEntrusted,
    StationClosed,
    StationKnown,
    StationNotFound,
    StationRefused,
)
from directory.stations.rules import Client, Scope
from directory.stations.tables import Entrustment, Station
from directory.workdays.rules import ZONE
from foundation.identifiers import EnterpriseId, PersonId, StationId

PERIOD_MAX = timedelta(days=3 * 366)


def open_station(
    session: Session,
    *,
    caller: Caller,
    name: str,
    address: str,
    has_window: bool,
    notice_posted: bool,
    now: datetime,
) -> Station:
    """Open a station.

    Raises:
        StationRefused: when it has neither a window nor a notice.
        StationKnown: when there is one of this name.
    """
    if not has_window and not notice_posted:
        raise StationRefused
    station = Station(
        name=name,
        address=address,
        has_window=has_window,
        notice_posted=notice_posted,
        created_at=now,
    )
    session.add(station)
    try:
        session.flush()
    except IntegrityError as error:
        raise StationKnown from error
    _record(session, "station.open", caller, "station", station.id, now)
    return station


def close_station(
    session: Session, station_id: StationId, *, caller: Caller, reason: str, now: datetime
) -> Station:
    """Close a station: until it opens again nothing entrusted to it holds, nobody there has a role.

    Whoever acts for another asks them before passing it on (Civil Code art. 169): its clients
    are told, and may entrust another station.

    Raises:
        StationNotFound: when there is no such station.
    """
    return _set_open(session, station_id, caller=caller, is_open=False, reason=reason, now=now)


def reopen_station(
    session: Session, station_id: StationId, *, caller: Caller, now: datetime
) -> Station:
    """Open a station again: what was entrusted to it holds as far as its period goes.

    Raises:
        StationNotFound: when there is no such station.
    """
    return _set_open(session, station_id, caller=caller, is_open=True, reason="", now=now)


def _set_open(
    session: Session,
    station_id: StationId,
    *,
    caller: Caller,
    is_open: bool,
    reason: str,
    now: datetime,
) -> Station:
    station = session.get(Station, station_id, with_for_update=True)
    if station is None:
        raise StationNotFound
    if station.is_open is is_open:
        return station
    station.is_open = is_open
    session.flush()
    action = "station.reopen" if is_open else "station.close"
    kind = AccountKind.STATION_REOPENED if is_open else AccountKind.STATION_CLOSED
    _record(session, action, caller, "station", station.id, now, reason=reason)
    facts = Facts(now, name=station.name, why=reason)
    for person_id in _concerned(session, station.id, now):
        tell_of_account(session, person_id, kind, facts)
    return station


def _concerned(session: Session, station_id: StationId, now: datetime) -> Sequence[PersonId]:
    """Return who works there, and who administers an enterprise that entrusted it."""
    clients = select(Entrustment.enterprise_id).where(
        Entrustment.station_id == station_id,
        Entrustment.revoked_at.is_(None),
        Entrustment.valid_to >= _today(now),
    )
    administrators = select(RoleAssignment.person_id).where(
        RoleAssignment.role == Role.ENTERPRISE_ADMIN
    )
    works_there = Person.station_id == station_id
    answers_for_client = Person.enterprise_id.in_(clients) & Person.id.in_(administrators)
    return session.scalars(
        select(Person.id).where(Person.is_active, or_(works_there, answers_for_client))
    ).all()


def require_open(session: Session, station_id: StationId) -> Station:
    """Return a station that people may be appointed to, and things entrusted to.

    Raises:
        StationNotFound: when there is no such station.
        StationClosed: when it is closed.
    """
    station = session.get(Station, station_id)
    if station is None:
        raise StationNotFound
    if not station.is_open:
        raise StationClosed
    return station


def list_stations(session: Session) -> list[Station]:
    return list(session.scalars(select(Station).order_by(Station.name).limit(500)))


def entrust(
    session: Session,
    *,
    caller: Caller,
    station_id: StationId,
    scope: Collection[Scope],
    valid_from: date,
    valid_to: date,
    now: datetime,
) -> Entrustment:
    """Let a station act for the caller's enterprise.

    Raises:
        StationNotFound: when there is no such station.
        StationClosed: when it is closed.
        EntrustmentRefused: for an empty scope, or a period that is over, reversed or too long.
    """
    if caller.enterprise_id is None:
        raise StationNotFound
    require_open(session, station_id)
    span = valid_to - valid_from
    is_over = valid_to < _today(now)
    if not scope or is_over or not timedelta(0) <= span <= PERIOD_MAX:
        raise EntrustmentRefused
    entrustment = Entrustment(
        enterprise_id=caller.enterprise_id,
        station_id=station_id,
        scope=sorted(set(scope)),
        valid_from=valid_from,
        valid_to=valid_to,
        given_by=caller.person_id,
        given_at=now,
    )
    session.add(entrustment)
    session.flush()
    _record(session, "entrustment.give", caller, "entrustment", entrustment.id, now)
    return entrustment


def revoke(session: Session, entrustment_id: UUID, *, caller: Caller, now: datetime) -> Entrustment:
    """End an entrustment of the caller's enterprise at once."""
    entrustment = session.get(Entrustment, entrustment_id, with_for_update=True)
    if entrustment is None or entrustment.enterprise_id != caller.enterprise_id:
        raise EntrustmentNotFound
    entrustment.revoked_at = entrustment.revoked_at or now
    session.flush()
    _record(session, "entrustment.revoke", caller, "entrustment", entrustment.id, now)
    return entrustment


def list_entrustments(session: Session, *, caller: Caller) -> list[Entrustment]:
    """Return what the caller's enterprise gave, or the caller's station was given."""
    mine = []
    if caller.enterprise_id is not None:
        mine.append(Entrustment.enterprise_id == caller.enterprise_id)
    if caller.station_id is not None:
        mine.append(Entrustment.station_id == caller.station_id)
    if not mine:
        return []
    query = select(Entrustment).where(or_(*mine)).order_by(Entrustment.given_at.desc())
    return list(session.scalars(query.limit(200)))


def clients_of(
    session: Session, station_id: StationId, *, now: datetime
) -> Mapping[EnterpriseId, Client]:
    """Return the enterprises whose entrustment to this station holds now, and with what."""
    today = _today(now)
    rows = session.execute(
        select(Entrustment.enterprise_id, Entrustment.scope, Enterprise.needs_endorsement)
        .join(Enterprise, Enterprise.id == Entrustment.enterprise_id)
        .join(Station, Station.id == Entrustment.station_id)
        .where(
            Entrustment.station_id == station_id,
            Station.is_open,
            Entrustment.revoked_at.is_(None),
            Entrustment.valid_from <= today,
            Entrustment.valid_to >= today,
        )
    )
    clients: dict[EnterpriseId, Client] = {}
    for enterprise_id, scope, needs_endorsement in rows:
        known = clients[enterprise_id].scopes if enterprise_id in clients else frozenset()
        clients[enterprise_id] = Client(known | {Scope(one) for one in scope}, needs_endorsement)
    return clients


def require_entrusted(
    session: Session, *, caller: Caller, enterprise_id: EnterpriseId, scope: Scope, now: datetime
) -> None:
    """Refuse a station's act for a client that did not entrust it with just that.

    Raises:
        NotEntrusted: in that case.
    """
    if caller.station_id is None:
        raise NotEntrusted
    client = clients_of(session, caller.station_id, now=now).get(enterprise_id)
    if client is None or scope not in client.scopes:
        raise NotEntrusted


def _today(now: datetime) -> date:
    return now.astimezone(ZONE).date()


def _record(  # noqa: PLR0917 - all of it says what happened
    session: Session,
    action: str,
    caller: Caller,
    kind: str,
    key: UUID,
    now: datetime,
    **detail: str,
) -> None:
    record(
        session,
        actor_id=caller.person_id,
        action=action,
        subject_kind=kind,
        subject_id=key,
        now=now,
        **detail,
    )
