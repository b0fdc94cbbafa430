"""Changes of an enterprise's name: reported within a month, reviewed, and history kept."""

from collections.abc import Collection
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.enterprises.service import rename
from directory.enterprises.tables import Enterprise
from directory.files import service as files
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.service import Caller
from directory.registrations.errors import (
    ApplicationRefused,
    RegistrationNotFound,
    WrongState,
)
from directory.registrations.rules import NAME_CHANGE_PERIOD, NAME_MAX, NAME_MIN, REVIEW_PERIOD
from directory.registrations.tables import NameChange
from directory.workdays.queries import latest_due
from directory.workdays.rules import ZONE, due_date
from directory.workdays.service import load_calendar, meet, set_due
from directory.workdays.tables import DueDateRow
from foundation.errors import Problem

SUBJECT = "name_change"
REVIEW = "name_change_review"
WAITING = "submitted"


def report(
    session: Session,
    *,
    caller: Caller,
    new_name: str,
    changed_on: date,
    file_ids: Collection[UUID],
    now: datetime,
) -> NameChange:
    """Report that the caller's enterprise changed its name; late reports are taken, and marked.

    The first file is the new business licence; a second may be the authority's notice.

    Raises:
        ApplicationRefused: with everything that is wrong.
    """
    enterprise = session.get(Enterprise, caller.enterprise_id, with_for_update=True)
    if enterprise is None:
        raise RegistrationNotFound
    problems = []
    if not NAME_MIN <= len(new_name) <= NAME_MAX or new_name == enterprise.name:
        problems.append(Problem("invalid", "新名称无效", "no new name", "new_name"))
    if changed_on > now.astimezone(ZONE).date():
        problems.append(Problem("invalid", "变更日期在将来", "a day to come", "changed_on"))
    if not file_ids:
        problems.append(
            Problem("paper_missing", "缺少营业执照", "the licence is missing", "licence_file_id")
        )
    if problems:
        raise ApplicationRefused(problems)
    papers = [files.find(session, file_id, caller=caller).id for file_id in file_ids]
    changed_at = datetime.combine(changed_on, time.min, ZONE)
    deadline = due_date(changed_at, NAME_CHANGE_PERIOD, load_calendar(session))
    change = NameChange(
        enterprise_id=enterprise.id,
        former_name=enterprise.name,
        new_name=new_name,
        changed_on=changed_on,
        submitted_at=now,
        submitted_by=caller.person_id,
        is_late=now >= deadline.at,
        licence_file_id=papers[0],
        other_file_id=papers[1] if len(papers) > 1 else None,
        state=WAITING,
        remark="",
    )
    session.add(change)
    session.flush()
    set_due(
        session,
        subject_kind=SUBJECT,
        subject_id=change.id,
        kind=REVIEW,
        period=REVIEW_PERIOD,
        responsible_role="reviewer",
        started_at=now,
        enterprise_id=enterprise.id,
    )
    _record(session, "name_change.report", caller, change, now)
    return change


def decide(
    session: Session,
    change_id: UUID,
    *,
    caller: Caller,
    approved: bool,
    remark: str,
    now: datetime,
) -> NameChange:
    """Accept a change of name, from the day it happened on, or turn it down with a remark.

    Raises:
        RegistrationNotFound: when there is no such report.
        WrongState: when it was decided already.
        ApplicationRefused: when it is turned down without a word why.
    """
    change = session.get(NameChange, change_id, with_for_update=True)
    if change is None:
        raise RegistrationNotFound
    if change.state != WAITING:
        raise WrongState
    if not approved and not remark.strip():
        raise ApplicationRefused([Problem("invalid", "须说明理由", "say why", "remark")])
    change.state = "approved" if approved else "rejected"
    change.remark, change.decided_at, change.decided_by = remark, now, caller.person_id
    if approved:
        enterprise = session.get_one(Enterprise, change.enterprise_id, with_for_update=True)
        rename(session, enterprise, name=change.new_name, on=change.changed_on)
    meet(session, subject_kind=SUBJECT, subject_id=change.id, kind=REVIEW, now=now)
    _record(session, f"name_change.{change.state}", caller, change, now)
    tell_of_account(
        session,
        change.submitted_by,
        AccountKind.NAME_CHANGE_APPROVED if approved else AccountKind.NAME_CHANGE_REJECTED,
        Facts(now, name=change.new_name, why=remark),
        subject=(SUBJECT, change.id),
    )
    session.flush()
    return change


def due_of(session: Session, change: NameChange) -> DueDateRow | None:
    """Return by when a report of a new name was to be reviewed."""
    return latest_due(session, subject_kind=SUBJECT, subject_id=change.id)


def list_changes(session: Session, *, enterprise_id: UUID | None) -> list[NameChange]:
    """Return an enterprise's reports, or everyone's, the newest first."""
    query = select(NameChange).order_by(NameChange.submitted_at.desc()).limit(100)
    if enterprise_id is not None:
        query = query.where(NameChange.enterprise_id == enterprise_id)
    return list(session.scalars(query))


def _record(
    session: Session, action: str, caller: Caller, change: NameChange, now: datetime
) -> None:
    record(
        session,
        actor_id=caller.person_id,
        action=action,
        subject_kind=SUBJECT,
        subject_id=change.id,
        now=now,
        is_late=change.is_late,
    )
