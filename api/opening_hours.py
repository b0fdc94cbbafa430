"""Routes by which a lab says when it is open: weekdays, special days, closures."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, allow
from api.instruments import SlotBody, require_instrument
from api.routing import Router
from booking.calendars.hours import Hours, SpecialHours
from booking.calendars.service import (
    close,
    forget_special_day,
    read_said,
    reopen,
    set_hours,
    set_special_day,
)
from booking.policies.books import Book
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId, ReservationId

router = Router(tags=["policies"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]


class WindowBody(Body):
    weekday: int = Field(ge=1, le=7)
    opens_s: int
    closes_s: int
    is_extended: bool = False
    surcharge_permille: int = Field(default=0, ge=0)


class HoursBody(Body):
    instrument_id: InstrumentId | None = None
    items: list[WindowBody] = Field(max_length=70)


@router.put("/opening-hours", status_code=204)
def put_hours(body: HoursBody, caller: Manager, now: Now, transaction: Transaction) -> None:
    """Let these be the opening hours; none at all: open day and night."""
    hours = [
        Hours(one.weekday, one.opens_s, one.closes_s, one.is_extended, one.surcharge_permille)
        for one in body.items
    ]
    set_hours(transaction, hours, by=caller, now=now, instrument_id=body.instrument_id)


class WindowView(BaseModel):
    weekday: int
    opens_s: int
    closes_s: int
    is_extended: bool
    surcharge_permille: int


class SpecialWindowView(BaseModel):
    day: date
    opens_s: int | None
    """None: shut all day."""
    closes_s: int | None
    surcharge_permille: int


class TimetableView(BaseModel):
    """When an instrument is open, by the lab's clock; no hours at all: day and night."""

    time_zone: str
    hours: list[WindowView]
    special_days: list[SpecialWindowView]

    @classmethod
    def of(cls, book: Book) -> "TimetableView":
        table = book.timetable
        return cls(
            time_zone=book.zone.key,
            hours=[
                WindowView(
                    weekday=one.weekday,
                    opens_s=one.opens_s,
                    closes_s=one.closes_s,
                    is_extended=one.is_extended,
                    surcharge_permille=one.surcharge_permille,
                )
                for one in sorted(table.hours, key=lambda one: (one.weekday, one.opens_s))
            ],
            special_days=[
                SpecialWindowView(
                    day=one.day,
                    opens_s=one.opens_s,
                    closes_s=one.closes_s,
                    surcharge_permille=one.surcharge_permille,
                )
                for one in sorted(table.special_days, key=lambda one: (one.day, one.opens_s or 0))
            ],
        )


@router.get("/instruments/{instrument_id}/opening-hours")
def read_hours(instrument_id: InstrumentId, _caller: Anyone, reading: ReadOnly) -> TimetableView:
    """Show when an instrument is open, and which hours cost more."""
    return TimetableView.of(require_instrument(reading, instrument_id))


class SpecialWindowBody(Body):
    opens_s: int
    closes_s: int
    surcharge_permille: int = Field(default=0, ge=0, le=10_000)


class SpecialDayBody(Body):
    """One date's own hours; none: shut all day."""

    instrument_id: InstrumentId | None = None
    day: date
    reason: str = Field(default="", max_length=200)
    items: list[SpecialWindowBody] = Field(default=[], max_length=10)


@router.put("/special-days", status_code=204)
def put_special_day(
    body: SpecialDayBody, caller: Manager, now: Now, transaction: Transaction
) -> None:
    """Let a date have hours of its own: open on a holiday, or shut on a working day."""
    set_special_day(
        transaction,
        body.day,
        [
            SpecialHours(body.day, one.opens_s, one.closes_s, one.surcharge_permille)
            for one in body.items
        ],
        reason=body.reason,
        by=caller,
        now=now,
        instrument_id=body.instrument_id,
    )


@router.delete("/special-days", status_code=204)
def delete_special_day(
    *,
    day: date,
    instrument_id: InstrumentId | None = None,
    caller: Manager,
    now: Now,
    transaction: Transaction,
) -> None:
    """Let a date have the hours of its weekday again."""
    forget_special_day(transaction, day, by=caller, now=now, instrument_id=instrument_id)


class ClosureBody(SlotBody):
    instrument_id: InstrumentId | None = None
    kind: Literal["closure", "maintenance", "calibration", "fault"] = "closure"
    reason_zh: str = Field(max_length=200)
    reason_en: str = Field(default="", max_length=200)
    repeat_days: int | None = Field(default=None, ge=1, le=366)
    repeat_until: date | None = None


class ClosureView(BaseModel):
    id: UUID
    met: list[ReservationId]
    """Reservations that stand in the closed time: the lab gives them back one by one."""


@router.post("/closures", status_code=201)
def create_closure(
    body: ClosureBody, caller: Manager, now: Now, transaction: Transaction
) -> ClosureView:
    """Close an instrument, or all of one's own, for a time."""
    closure, met = close(
        transaction,
        body.wish(),
        kind=body.kind,
        reason_zh=body.reason_zh,
        reason_en=body.reason_en,
        by=caller,
        now=now,
        instrument_id=body.instrument_id,
        repeat_days=body.repeat_days,
        repeat_until=body.repeat_until,
    )
    return ClosureView(id=closure.id, met=met)


@router.delete("/closures/{closure_id}", status_code=204)
def withdraw_closure(closure_id: UUID, caller: Manager, now: Now, transaction: Transaction) -> None:
    """Withdraw a closure."""
    reopen(transaction, closure_id, by=caller, now=now)


class SaidSpecialDay(SpecialWindowView):
    reason: str


class SaidHours(BaseModel):
    """What is said of exactly this scope, whatever other scopes say besides."""

    hours: list[WindowView]
    special_days: list[SaidSpecialDay]


@router.get("/opening-hours")
def read_said_hours(
    caller: Manager, reading: ReadOnly, instrument_id: InstrumentId | None = None
) -> SaidHours:
    """Show the hours and days said of one's institution, or of one instrument alone."""
    hours, days = read_said(reading, by=caller, instrument_id=instrument_id)
    return SaidHours(
        hours=[
            WindowView(
                weekday=one.weekday,
                opens_s=one.opens_s,
                closes_s=one.closes_s,
                is_extended=one.kind == "extended",
                surcharge_permille=one.surcharge_permille,
            )
            for one in hours
        ],
        special_days=[
            SaidSpecialDay(
                day=one.day,
                opens_s=one.opens_s,
                closes_s=one.closes_s,
                surcharge_permille=one.surcharge_permille,
                reason=one.reason,
            )
            for one in days
        ],
    )
