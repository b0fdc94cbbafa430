"""Who answers for a due date is told as it comes near; the operators too once it is long past."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from directory.notices.service import Telling, tell
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import ENTERPRISE_ROLES, INSTITUTION_ROLES, Role
from directory.workdays.rules import ZONE, Urgency
from directory.workdays.tables import DueDateRow
from foundation.identifiers import PersonId


class DueKind(StrEnum):
    DUE_SOON = "due_soon"
    DUE_OVERDUE = "due_overdue"
    DUE_LONG_OVERDUE = "due_long_overdue"


KINDS: Mapping[Urgency, DueKind] = {
    Urgency.SOON: DueKind.DUE_SOON,
    Urgency.OVERDUE: DueKind.DUE_OVERDUE,
    Urgency.LONG_OVERDUE: DueKind.DUE_LONG_OVERDUE,
}
WORDS: Mapping[DueKind, tuple[str, str]] = {
    DueKind.DUE_SOON: ("{zh}须于 {at} 前办结。", "A {en} is due before {at}."),
    DueKind.DUE_OVERDUE: ("{zh}已于 {at} 逾期。", "A {en} was due before {at}."),
    DueKind.DUE_LONG_OVERDUE: (
        "{zh}自 {at} 起逾期超过一个工作日，已上报平台运营。",
        "A {en} was due before {at}, a working day ago and more; the operators know.",
    ),
}
CLOCKS = {
    "registration_review": ("注册审核", "review of a registration"),
    "name_change_review": ("更名审核", "review of a change of name"),
    "approval": ("预约审批", "decision on a reservation"),
}


def tell_of_due(session: Session, row: DueDateRow, level: Urgency, *, now: datetime) -> None:
    """Tell each who answers for it, once a level."""
    kind = KINDS[level]
    zh, en = CLOCKS.get(row.kind, (row.kind, row.kind))
    blanks = {"zh": zh, "en": en, "at": f"{row.due_at.astimezone(ZONE):%Y-%m-%d %H:%M}"}
    text_zh, text_en = (words.format(**blanks) for words in WORDS[kind])
    for person_id in list_answering(session, row, level):
        telling = Telling(
            person_id,
            kind,
            f"due:{row.id}:{level}",
            text_zh,
            text_en,
            _subject(row),
        )
        tell(session, telling, now=now)


def _subject(row: DueDateRow) -> tuple[str, UUID] | None:
    try:
        return row.subject_kind, UUID(row.subject_id)
    except ValueError:
        return None  # numbered by hand, as complaints are: there is nothing to lead to


def list_answering(session: Session, row: DueDateRow, level: Urgency) -> Collection[PersonId]:
    """Return whose desk it is on; the operators' as well where nobody sits at it, or too late."""
    desk = _having(session, Role(row.responsible_role), row)
    if desk and level is not Urgency.LONG_OVERDUE:
        return desk
    return desk | _having(session, Role.OPERATOR, row)


def _having(session: Session, role: Role, row: DueDateRow) -> set[PersonId]:
    return set(
        session.scalars(
            select(Person.id)
            .join(RoleAssignment, RoleAssignment.person_id == Person.id)
            .where(Person.is_active, RoleAssignment.role == role, _of_tenant(role, row))
        )
    )


def _of_tenant(role: Role, row: DueDateRow) -> ColumnElement[bool]:
    if role in INSTITUTION_ROLES:
        return Person.institution_id == row.institution_id
    if role in ENTERPRISE_ROLES:
        return Person.enterprise_id == row.enterprise_id
    return and_(Person.institution_id.is_(None), Person.enterprise_id.is_(None))
