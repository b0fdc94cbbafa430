"""The calendar's tables: imports, and due dates that follow them."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit.tables import AuditEntry
from directory.notices.tables import Notice as Told
from directory.roles.rules import Role
from directory.workdays.notices import Notice
from directory.workdays.queries import list_days, list_due, list_notices
from directory.workdays.rules import Urgency, working_days
from directory.workdays.service import (
    escalate,
    import_notice,
    load_calendar,
    meet,
    set_due,
)
from directory.workdays.tables import DueDateRow
from foundation.identifiers import PersonId, new_id
from tests import make

NOW = datetime(2026, 12, 23, 2, tzinfo=UTC)


def notice_2027() -> Notice:
    """An invented arrangement: New Year off until Monday the 4th, made up on the 9th."""
    off = [date(2027, 1, day) for day in (1, 2, 3, 4)] + [
        date(2027, 2, day) for day in range(5, 13)
    ]
    return Notice(
        year=2027,
        title="关于2027年部分节假日安排的通知",
        issued_on=date(2026, 11, 25),
        off=dict.fromkeys(off, "元旦"),
        work={date(2027, 1, 9): "元旦"},
    )


def complaint_due(session: Session) -> DueDateRow:
    return set_due(
        session,
        subject_kind="complaint",
        subject_id="C-1",
        kind="complaint_answer",
        period=working_days(7),
        responsible_role="operator",
        started_at=NOW,
    )


def test_due_date_moves_and_settles_when_the_notice_comes(session: Session) -> None:
    row = complaint_due(session)
    before = (row.due_at, row.provisional)

    imported = import_notice(session, notice_2027(), actor_id=None, now=NOW)

    session.refresh(row)
    assert (imported.moved, imported.settled) == (1, 1)
    assert before == (datetime(2027, 1, 4, 16, tzinfo=UTC), True)
    assert (row.due_at, row.provisional) == (datetime(2027, 1, 5, 16, tzinfo=UTC), False)


def test_notice_imported_again_replaces_the_year(session: Session) -> None:
    import_notice(session, notice_2027(), actor_id=None, now=NOW)

    corrected = notice_2027()
    without_make_up = Notice(2027, corrected.title, corrected.issued_on, corrected.off, {})
    import_notice(session, without_make_up, actor_id=None, now=NOW)

    assert not load_calendar(session).is_working(date(2027, 1, 9))


def test_notices_that_ship_with_the_program_count_until_they_are_replaced(
    session: Session,
) -> None:
    shipped = list_notices(session)
    new_year = list_days(session, first=date(2026, 1, 1), last=date(2026, 1, 4))

    import_notice(session, notice_2027(), actor_id=None, now=NOW)

    assert [(one.year, one.imported_at) for one in shipped] == [(2025, None), (2026, None)]
    assert [(one.day.day, one.is_working) for one in new_year] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]
    assert [(one.year, one.imported_at) for one in list_notices(session)] == [
        (2025, None),
        (2026, None),
        (2027, NOW),
    ]
    days = list_days(session, first=date(2027, 1, 1), last=date(2027, 1, 31))
    assert [one.day.day for one in days if one.is_working] == [9]


def test_done_leaves_the_board_and_a_restart_leaves_one_clock(session: Session) -> None:
    complaint_due(session)
    complaint_due(session)
    assert len(list_due(session)) == 1

    meet(session, subject_kind="complaint", subject_id="C-1", kind="complaint_answer", now=NOW)

    assert list_due(session) == []
    assert len(list_due(session, include_done=True)) == 2


def test_escalation_is_told_once_a_level(session: Session) -> None:
    row = complaint_due(session)
    late = datetime(2027, 1, 7, 2, tzinfo=UTC)

    first = escalate(session, now=late)
    again = escalate(session, now=late)

    assert [told.level for told in first] == [Urgency.LONG_OVERDUE]
    assert again == []
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "due_date.escalate"))
    assert [entry.subject_id for entry in entries] == [row.subject_id]


def due_for(session: Session, role: Role, **more: Any) -> DueDateRow:
    return set_due(
        session,
        subject_kind="registration",
        subject_id=new_id(),
        kind="registration_review",
        period=working_days(2),
        responsible_role=role,
        started_at=NOW,
        **more,
    )


def told_of(session: Session) -> list[tuple[PersonId, str]]:
    rows = session.execute(
        select(Told.person_id, Told.kind).order_by(Told.created_at, Told.person_id)
    )
    return [(row.person_id, row.kind) for row in rows]


def test_who_answers_is_told_as_it_comes_near_and_the_operator_once_it_is_long_past(
    session: Session,
) -> None:
    reviewer, operator = make.person(session, Role.REVIEWER), make.person(session, Role.OPERATOR)
    make.person(session, Role.AUDITOR)
    due_for(session, Role.REVIEWER)  # on Friday the 25th at midnight

    for day in (24, 25, 26, 28, 29):
        escalate(session, now=datetime(2026, 12, day, 2, tzinfo=UTC))
        escalate(session, now=datetime(2026, 12, day, 3, tzinfo=UTC))

    assert told_of(session) == [
        (reviewer.id, "due_soon"),
        (reviewer.id, "due_overdue"),
        *sorted([(reviewer.id, "due_long_overdue"), (operator.id, "due_long_overdue")]),
    ]


def test_desk_of_an_institution_is_its_own_and_one_that_nobody_sits_at_is_the_operators(
    session: Session,
) -> None:
    institution, other = make.institution(session), make.institution(session)
    own = make.person(session, Role.INSTITUTION_MANAGER, institution=institution)
    make.person(session, Role.INSTITUTION_MANAGER, institution=other)
    operator = make.person(session, Role.OPERATOR)
    due_for(session, Role.INSTITUTION_MANAGER, institution_id=institution.id)
    due_for(session, Role.REVIEWER)

    escalate(session, now=datetime(2026, 12, 25, 2, tzinfo=UTC))

    assert set(told_of(session)) == {(own.id, "due_soon"), (operator.id, "due_soon")}
