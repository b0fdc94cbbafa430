"""Verbs on the calendar and on due dates. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.workdays.notices import Notice, require_sound, shipped_notices, statutory_holidays
from directory.workdays.rules import (
    URGENCY_LEVEL,
    Period,
    Unit,
    Urgency,
    WorkCalendar,
    due_date,
    urgency,
)
from directory.workdays.tables import CalendarDay, CalendarNotice, DueDateRow
from directory.workdays.telling import tell_of_due
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId

GUESSED_OFF = statutory_holidays()
SHIPPED = tuple(shipped_notices())
STILL_OPEN = (DueDateRow.done_at.is_(None), DueDateRow.stopped_at.is_(None))


def load_calendar(session: Session) -> WorkCalendar:
    """Read every notice's days, some forty a year, on top of those that ship with the program."""
    stored = {row.day: row.is_working for row in session.scalars(select(CalendarDay))}
    years = frozenset(session.scalars(select(CalendarNotice.year)))
    shipped = {
        day: is_working
        for notice in SHIPPED
        if notice.year not in years
        for day, (is_working, _name) in notice.days().items()
    }
    return WorkCalendar(
        named=shipped | stored,
        published=years | {notice.year for notice in SHIPPED},
        guessed_off=GUESSED_OFF,
    )


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of a notice did."""

    days: int
    moved: int
    """Due dates that changed."""
    settled: int
    """Due dates that were provisional and are no longer."""


def import_notice(
    session: Session, notice: Notice, *, actor_id: PersonId | None, now: datetime
) -> Imported:
    """Take a year's notice in place of what was known of the year, and recount what is due.

    Raises:
        NoticeRefused: with every fault of the notice.
    """
    require_sound(notice)
    session.execute(delete(CalendarDay).where(CalendarDay.year == notice.year))
    former = session.get(CalendarNotice, notice.year)
    if former is None:
        former = CalendarNotice(year=notice.year)
        session.add(former)
    former.title, former.issued_on = notice.title, notice.issued_on
    former.imported_at, former.imported_by = now, actor_id
    session.flush()
    # Days around New Year may stand in the other year's notice already; the newer one wins.
    days = notice.days()
    session.execute(delete(CalendarDay).where(CalendarDay.day.in_(days)))
    session.add_all(
        CalendarDay(day=day, is_working=is_working, name=name, year=notice.year)
        for day, (is_working, name) in days.items()
    )
    session.flush()
    moved, settled = recount(session)
    imported = Imported(days=len(days), moved=moved, settled=settled)
    record(
        session,
        actor_id=actor_id,
        action="calendar.import",
        subject_kind="calendar_notice",
        subject_id=notice.year,
        now=now,
        days=imported.days,
        moved=moved,
        settled=settled,
    )
    return imported


def recount(session: Session) -> tuple[int, int]:
    """Count every open due date again, and return how many moved and how many became certain."""
    calendar = load_calendar(session)
    moved = settled = 0
    for row in session.scalars(_open().with_for_update()):
        due = due_date(row.started_at, Period(row.count, Unit(row.unit)), calendar)
        moved += due.at != row.due_at
        settled += row.provisional and not due.provisional
        row.due_at, row.provisional = due.at, due.provisional
    session.flush()
    return moved, settled


def set_due(
    session: Session,
    *,
    subject_kind: str,
    subject_id: object,
    kind: str,
    period: Period,
    responsible_role: str,
    started_at: datetime,
    enterprise_id: EnterpriseId | None = None,
    institution_id: InstitutionId | None = None,
) -> DueDateRow:
    """Start a clock on a thing; a clock of the same kind that still ran is stopped."""
    stop(session, subject_kind=subject_kind, subject_id=subject_id, kind=kind, now=started_at)
    due = due_date(started_at, period, load_calendar(session))
    row = DueDateRow(
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        kind=kind,
        enterprise_id=enterprise_id,
        institution_id=institution_id,
        responsible_role=responsible_role,
        started_at=started_at,
        count=period.count,
        unit=period.unit,
        due_at=due.at,
        provisional=due.provisional,
    )
    session.add(row)
    session.flush()
    return row


def meet(
    session: Session, *, subject_kind: str, subject_id: object, kind: str, now: datetime
) -> None:
    """Mark what was due as done; nothing open is no fault."""
    session.execute(
        update(DueDateRow)
        .where(*_is(subject_kind, subject_id, kind))
        .values(done_at=now)
        .execution_options(synchronize_session="fetch")
    )


def stop(
    session: Session, *, subject_kind: str, subject_id: object, kind: str, now: datetime
) -> None:
    """Stop the clock: the thing was withdrawn, or waits for the other side."""
    session.execute(
        update(DueDateRow)
        .where(*_is(subject_kind, subject_id, kind))
        .values(stopped_at=now)
        .execution_options(synchronize_session="fetch")
    )


@dataclass(frozen=True, slots=True)
class Escalated:
    """A due date that grew more urgent than anybody was told."""

    id: UUID
    subject_kind: str
    subject_id: str
    kind: str
    level: Urgency


def escalate(session: Session, *, now: datetime) -> list[Escalated]:
    """Tell of each due date that reached a higher level since it was last looked at."""
    calendar = load_calendar(session)
    risen = []
    for row in session.scalars(_open().with_for_update(skip_locked=True)):
        level = urgency(row.due_at, now, calendar)
        if URGENCY_LEVEL[level] <= row.escalation:
            continue
        row.escalation = URGENCY_LEVEL[level]
        record(
            session,
            actor_id=None,
            action="due_date.escalate",
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            now=now,
            kind=row.kind,
            level=level,
        )
        tell_of_due(session, row, level, now=now)
        risen.append(Escalated(row.id, row.subject_kind, row.subject_id, row.kind, level))
    session.flush()
    return risen


def _open() -> Select[DueDateRow]:
    return select(DueDateRow).where(*STILL_OPEN).order_by(DueDateRow.due_at)


def _is(subject_kind: str, subject_id: object, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (
        DueDateRow.subject_kind == subject_kind,
        DueDateRow.subject_id == str(subject_id),
        DueDateRow.kind == kind,
        *STILL_OPEN,
    )


def first_unpublished_year(calendar: WorkCalendar, today: date) -> int:
    """Return the first year from this one on whose holidays are guessed."""
    year = today.year
    while year in calendar.published:
        year += 1
    return year
