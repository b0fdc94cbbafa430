"""The lab's own calendar: all its instruments by day and week, for those who work there."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel

from api.clock import Now
from api.database import ReadOnly
from api.identity import allow
from api.instrument_views import LiveView, SpanView
from api.instruments import sound_window
from api.paging import PAGE_MAX, read_cursor, read_id, write_cursor
from api.routing import Router
from booking.calendars.board import Board, Closing, Entry, Row, read_board
from booking.reservations.rules import Wish
from booking.reservations.states import ReservationState
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId, ReservationId

router = Router(tags=["instruments"])

Staff = Annotated[Caller, allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER)]
Word = Annotated[str | None, Query(max_length=200)]


class BoardInstrument(BaseModel):
    id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    category: str
    location: str
    condition: str
    time_zone: str
    grid_minutes: int
    live: LiveView | None
    shut: list[SpanView]
    """When its opening hours shut it."""

    @classmethod
    def of(cls, row: Row) -> Self:
        one = row.instrument
        return cls(
            id=one.id,
            code=one.code,
            name_zh=one.name_zh,
            name_en=one.name_en,
            category=one.category,
            location=one.location,
            condition=one.condition,
            time_zone=row.book.zone.key,
            grid_minutes=row.book.policy.grid // timedelta(minutes=1),
            live=LiveView.of(row.live),
            shut=[SpanView.of(span) for span in row.shut],
        )


class BoardReservation(BaseModel):
    id: ReservationId
    instrument_id: InstrumentId
    state: ReservationState
    starts_at: datetime
    ends_at: datetime
    blocked_from: datetime
    """With set-up."""
    blocked_to: datetime
    """With cool-down."""
    holder: str
    enterprise: str
    purpose: str
    may_move: bool
    """Whether its time may still be changed; the policy decides besides."""

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            id=entry.reservation_id,
            instrument_id=entry.instrument_id,
            state=entry.state,
            starts_at=entry.slot.starts_at,
            ends_at=entry.slot.ends_at,
            blocked_from=entry.blocked.starts_at,
            blocked_to=entry.blocked.ends_at,
            holder=entry.holder,
            enterprise=entry.enterprise,
            purpose=entry.purpose,
            may_move=entry.may_move,
        )


class BoardClosure(BaseModel):
    id: UUID
    instrument_id: InstrumentId | None
    """None: every instrument."""
    starts_at: datetime
    ends_at: datetime
    kind: str
    """closure, maintenance, calibration or fault."""
    reason_zh: str
    reason_en: str
    repeat_days: int | None

    @classmethod
    def of(cls, one: Closing) -> Self:
        return cls(
            id=one.closure_id,
            instrument_id=one.instrument_id,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            kind=one.kind,
            reason_zh=one.reason_zh,
            reason_en=one.reason_en,
            repeat_days=one.repeat_days,
        )


class BoardView(BaseModel):
    instruments: list[BoardInstrument]
    reservations: list[BoardReservation]
    closures: list[BoardClosure]
    next_cursor: str | None

    @classmethod
    def of(cls, board: Board, next_cursor: str | None) -> Self:
        return cls(
            instruments=[BoardInstrument.of(row) for row in board.rows],
            reservations=[BoardReservation.of(entry) for entry in board.entries],
            closures=[BoardClosure.of(one) for one in board.closings],
            next_cursor=next_cursor,
        )


@router.get("/lab-calendar")
def read_lab_calendar(
    *,
    caller: Staff,
    reading: ReadOnly,
    now: Now,
    from_: Annotated[AwareDatetime, Query(alias="from")],
    to: AwareDatetime,
    category: Word = None,
    location: Word = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> BoardView:
    """Show one's institution's instruments with reservations, closures and opening hours."""
    if caller.institution_id is None:
        raise NotAllowed
    after = None
    if cursor:
        code, last_id = read_cursor(cursor, 2)
        after = (code, read_id(last_id))
    board, last = read_board(
        reading,
        caller.institution_id,
        sound_window(Wish(from_, to)),
        now=now,
        category=category,
        location=location,
        after=after,
        limit=limit,
    )
    return BoardView.of(board, write_cursor(*last) if last else None)
