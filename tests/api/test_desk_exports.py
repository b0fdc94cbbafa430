"""What the board and the trail show, as workbooks: narrowed alike, to the same people."""

import io
from typing import Any
from uuid import uuid4

import openpyxl
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from directory.audit.tables import AuditEntry
from directory.roles.rules import Role
from directory.workdays.rules import working_days
from directory.workdays.service import set_due
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

BOARD, TRAIL = "/api/v1/due-dates.xlsx", "/api/v1/audit.xlsx"


def rows_of(answer: Response) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200, answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def test_board_is_exported_as_it_is_narrowed_and_to_whose_desk_it_is(
    cast: Cast, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]
) -> None:
    with session_factory.begin() as session:
        reviewer = make.person(session, Role.REVIEWER)
        for kind, role in (("registration_review", "reviewer"), ("complaint", "operator")):
            set_due(
                session,
                subject_kind="registration",
                subject_id=uuid4(),
                kind=kind,
                period=working_days(3),
                responsible_role=role,
                started_at=read_clock(),
            )
    oscar = signed_in_as(cast.oscar)

    whole = rows_of(oscar.get(BOARD))
    narrowed = rows_of(oscar.get(BOARD, params={"responsible_role": "operator"}))
    own = rows_of(signed_in_as(reviewer).get(BOARD))

    assert len(whole) == 3
    assert [row[3] for row in narrowed] == ["时限", "complaint"]
    assert [row[3:5] for row in own] == [("时限", "规则"), ("注册审核", "3 个工作日")]
    assert len(rows_of(oscar.get(BOARD, params={"urgency": "overdue"}))) == 1
    assert signed_in_as(cast.alice).get(BOARD).status_code == 403


def test_export_of_the_trail_is_an_entry_of_the_trail(
    cast: Cast, signed_in_as: SignedInAs, session: Session
) -> None:
    oscar = signed_in_as(cast.oscar)
    oscar.post(
        "/api/v1/stations",
        json={"name": "=南浔站", "address": "南浔", "has_window": True, "notice_posted": False},
    )

    found = rows_of(oscar.get(TRAIL, params={"action": "station."}))

    assert [(row[2], row[5]) for row in found[1:]] == [("station.open", cast.oscar.display_name)]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.export")).one()
    assert entry.detail == {"entries": 1, "asked": {"action": "station."}}
    assert signed_in_as(cast.mei).get(TRAIL).status_code == 403
