"""Questions about the calendar and about what is due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.workdays.service import SHIPPED, STILL_OPEN
from directory.workdays.tables import CalendarDay, CalendarNotice, DueDateRow
from foundation.identifiers import InstitutionId

BOARD_MAX = 200


def list_due(
    session: Session,
    *,
    roles: Collection[str] | None = None,
    institution_id: InstitutionId | None = None,
    due_before: datetime | None = None,
    include_done: bool = False,
    kind: str | None = None,
    responsible_role: str | None = None,
    limit: int = BOARD_MAX,
) -> list[DueDateRow]:
    """Return what is due, soonest first; of one institution, or of the platform's own desks.

    `roles` of None means every desk's.
    """
    query = select(DueDateRow).order_by(DueDateRow.due_at, DueDateRow.id).limit(limit)
    if not include_done:
        query = query.where(*STILL_OPEN)
    if roles is not None:
        query = query.where(DueDateRow.responsible_role.in_(roles))
    if institution_id is not None:
        query = query.where(DueDateRow.institution_id == institution_id)
    if kind is not None:
        query = query.where(DueDateRow.kind == kind)
    if responsible_role is not None:
        query = query.where(DueDateRow.responsible_role == responsible_role)
    if due_before is not None:
        query = query.where(DueDateRow.due_at < due_before)
    return list(session.scalars(query))


def latest_due(session: Session, *, subject_kind: str, subject_id: object) -> DueDateRow | None:
    """Return the clock of a thing that runs, or that ran last."""
    return session.scalars(
        select(DueDateRow)
        .where(DueDateRow.subject_kind == subject_kind, DueDateRow.subject_id == str(subject_id))
        .order_by(DueDateRow.started_at.desc())
        .limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class KnownNotice:
    """A notice that counts: imported, or shipped with the program and never replaced."""

    year: int
    title: str
    issued_on: date
    imported_at: datetime | None
    """None: it ships with the program."""


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day that a notice names, off or made up."""

    day: date
    is_working: bool
    name: str


def list_notices(session: Session) -> list[KnownNotice]:
    """Return the notices that count, by year."""
    imported = session.scalars(select(CalendarNotice)).all()
    years = {notice.year for notice in imported}
    known = [KnownNotice(one.year, one.title, one.issued_on, one.imported_at) for one in imported]
    known += [
        KnownNotice(one.year, one.title, one.issued_on, None)
        for one in SHIPPED
        if one.year not in years
    ]
    return sorted(known, key=lambda notice: notice.year)


def list_days(session: Session, *, first: date, last: date) -> list[NamedDay]:
    """Return the days that the notices name within a span."""
    years = set(session.scalars(select(CalendarNotice.year)))
    named = {
        day: NamedDay(day, is_working, name)
        for notice in SHIPPED
        if notice.year not in years
        for day, (is_working, name) in notice.days().items()
        if first <= day <= last
    }
    query = select(CalendarDay).where(CalendarDay.day.between(first, last))
    named |= {
        row.day: NamedDay(row.day, row.is_working, row.name) for row in session.scalars(query)
    }
    return [named[day] for day in sorted(named)]
