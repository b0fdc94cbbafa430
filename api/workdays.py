"""Routes for the calendar of working days, and for the board of what is due."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.exports import WORKBOOK, attach
from api.identity import Anyone, allow
from api.routing import Router
from directory.people.service import Caller
from directory.privacy.grades import Export
from directory.roles.rules import INSTITUTION_ROLES, Role
from directory.workdays import queries, service
from directory.workdays.notices import Notice
from directory.workdays.queries import KnownNotice, NamedDay
from directory.workdays.rules import Unit, Urgency, urgency
from directory.workdays.sheets import HEADS, Item, write_board

router = Router(tags=["workdays"])

SPAN_DAYS_MAX = 400
EXPORT_MAX = 20_000
NamedDays = Annotated[dict[date, Annotated[str, Field(max_length=40)]], Field(max_length=60)]


class NoticeRequest(Body):
    """A year's notice as its text says it."""

    year: int = Field(ge=2000, le=2100)
    title: str = Field(min_length=1, max_length=200)
    issued_on: date
    off: NamedDays
    work: NamedDays

    def to_notice(self) -> Notice:
        return Notice(self.year, self.title, self.issued_on, self.off, self.work)


class NoticeView(BaseModel):
    year: int
    title: str
    issued_on: date
    imported_at: datetime | None
    """None: it ships with the program."""

    @classmethod
    def of(cls, notice: KnownNotice) -> Self:
        return cls(
            year=notice.year,
            title=notice.title,
            issued_on=notice.issued_on,
            imported_at=notice.imported_at,
        )


class NoticeList(BaseModel):
    items: list[NoticeView]
    first_guessed_year: int


class NoticeImportView(BaseModel):
    days: int
    moved: int
    settled: int


class NamedDayView(BaseModel):
    day: date
    is_working: bool
    name: str

    @classmethod
    def of(cls, day: NamedDay) -> Self:
        return cls(day=day.day, is_working=day.is_working, name=day.name)


class NamedDayList(BaseModel):
    items: list[NamedDayView]


class DueDateView(BaseModel):
    """One thing that is to be done by an instant."""

    id: UUID
    subject_kind: str
    subject_id: str
    kind: str
    responsible_role: str
    started_at: datetime
    count: int
    unit: Unit
    due_at: datetime
    provisional: bool
    done_at: datetime | None
    urgency: Urgency

    @classmethod
    def of(cls, item: Item) -> Self:
        row = item.row
        return cls(
            id=row.id,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            kind=row.kind,
            responsible_role=row.responsible_role,
            started_at=row.started_at,
            count=row.count,
            unit=Unit(row.unit),
            due_at=row.due_at,
            provisional=row.provisional,
            done_at=row.done_at,
            urgency=item.urgency,
        )


class DueDateList(BaseModel):
    items: list[DueDateView]


@router.get("/work-calendar/notices")
def list_notices(_caller: Anyone, reading: ReadOnly, now: Now) -> NoticeList:
    """List the notices known, and the first year whose holidays are only guessed."""
    calendar = service.load_calendar(reading)
    return NoticeList(
        items=[NoticeView.of(notice) for notice in queries.list_notices(reading)],
        first_guessed_year=service.first_unpublished_year(calendar, now.date()),
    )


@router.post("/work-calendar/notices", status_code=201)
def import_notice(
    body: NoticeRequest,
    caller: Annotated[Caller, allow(Role.OPERATOR)],
    now: Now,
    transaction: Transaction,
) -> NoticeImportView:
    """Import a year's notice; every open due date is counted again."""
    done = service.import_notice(transaction, body.to_notice(), actor_id=caller.person_id, now=now)
    return NoticeImportView(days=done.days, moved=done.moved, settled=done.settled)


@router.get("/work-calendar/days")
def list_days(
    _caller: Anyone,
    reading: ReadOnly,
    first: Annotated[date, Query(alias="from")],
    last: Annotated[date, Query(alias="to")],
) -> NamedDayList:
    """List the days that imported notices name, off and made up, within a span."""
    return NamedDayList(
        items=[
            NamedDayView.of(day)
            for day in queries.list_days(reading, first=first, last=last)[:SPAN_DAYS_MAX]
        ]
    )


Desk = Annotated[
    Caller,
    allow(Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.PLATFORM_FINANCE, *INSTITUTION_ROLES),
]


class Board(BaseModel):
    """What the board is narrowed to."""

    model_config = {"extra": "forbid"}

    include_done: bool = False
    kind: str | None = Field(default=None, max_length=60)
    responsible_role: Role | None = None
    urgency: Urgency | None = None

    def read(self, session: Session, caller: Caller, now: datetime, *, limit: int) -> list[Item]:
        """Return what the caller's desk may see: all of it for who answers for it."""
        sees_all = caller.has(Role.OPERATOR, Role.AUDITOR, Role.INSTITUTION_MANAGER)
        rows = queries.list_due(
            session,
            roles=None if sees_all else caller.roles,
            institution_id=caller.institution_id,
            include_done=self.include_done,
            kind=self.kind,
            responsible_role=self.responsible_role,
            limit=limit,
        )
        calendar = service.load_calendar(session)
        items = [Item(row, urgency(row.due_at, row.done_at or now, calendar)) for row in rows]
        return [item for item in items if self.urgency in {None, item.urgency}]


Narrowed = Annotated[Board, Query()]


@router.get("/due-dates")
def list_due_dates(caller: Desk, reading: ReadOnly, now: Now, board: Narrowed) -> DueDateList:
    """List what is due: all of it for who answers for it, the others their own desk's."""
    items = board.read(reading, caller, now, limit=queries.BOARD_MAX)
    return DueDateList(items=[DueDateView.of(item) for item in items])


@router.get(
    "/due-dates.xlsx", response_class=Response, responses={200: {"content": {WORKBOOK: {}}}}
)
def export_due_dates(caller: Desk, reading: ReadOnly, now: Now, board: Narrowed) -> Response:
    """Give the same board as a workbook."""
    items = board.read(reading, caller, now, limit=EXPORT_MAX)
    return attach(Export.DUE_DATES, HEADS, write_board(items), "时限看板.xlsx")
