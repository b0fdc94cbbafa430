"""Routes for several reservations in one act, and for waiting until time is free."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.idempotency import Once
from api.identity import SignedIn
from api.instrument_views import FaultView, SpanView
from api.instruments import SlotBody
from api.reservation_views import HolderView, InstrumentRef, ReservationView
from api.reservations import ReservationRequest, see_one
from api.routing import Router
from billing.holds.service import set_aside_if_credit_allows
from booking.reservations.series import (
    DATES_MAX,
    INSTRUMENTS_MAX,
    Occurrence,
    Repeat,
    reserve_series,
    reserve_together,
)
from booking.reservations.tables import as_slot
from booking.waitlists.queries import Wait, list_waits, read_wait
from booking.waitlists.service import accept, join, slot_offered, withdraw
from booking.waitlists.tables import WaitlistEntry
from foundation.identifiers import InstrumentId, PersonId, ReservationId

router = Router(tags=["reservations"])


class RepeatBody(Body):
    """Every so many weeks, on weekdays 1 (Monday) to 7, so many times."""

    weeks: int = Field(default=1, ge=1, le=52)
    weekdays: list[int] = Field(min_length=1, max_length=7)
    count: int = Field(ge=1, le=DATES_MAX)


class SeriesBody(ReservationRequest):
    repeat: RepeatBody
    is_trial: bool = False
    """Only look what would be taken."""


class OccurrenceView(BaseModel):
    """One date: reserved, free, or what stands in its way and what is free instead."""

    starts_at: datetime
    ends_at: datetime
    reservation_id: ReservationId | None
    problems: list[FaultView]
    alternatives: list[SpanView]

    @classmethod
    def of(cls, one: Occurrence) -> Self:
        return cls(
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            reservation_id=one.reservation.id if one.reservation else None,
            problems=[FaultView.of(problem) for problem in one.problems],
            alternatives=[SpanView.of(slot) for slot in one.alternatives],
        )


class ReservationSeriesView(BaseModel):
    items: list[OccurrenceView]


@router.post("/reservation-series", status_code=201)
def create_series(
    body: SeriesBody, caller: SignedIn, now: Now, transaction: Transaction, once: Once
) -> ReservationSeriesView:
    """Take every date that can be had, and say of the others why not."""

    def reserve() -> ReservationSeriesView:
        occurrences = reserve_series(
            transaction,
            body.request(),
            Repeat(body.repeat.weeks, tuple(body.repeat.weekdays), body.repeat.count),
            by=caller,
            now=now,
            holder_id=body.holder_id,
            is_trial=body.is_trial,
        )
        for one in occurrences:
            if one.reservation is not None:
                set_aside_if_credit_allows(transaction, one.reservation, now=now)
        return ReservationSeriesView(items=[OccurrenceView.of(one) for one in occurrences])

    return once.answer(transaction, body, ReservationSeriesView, reserve)


class TogetherBody(Body):
    """Several instruments, all of them or none."""

    requests: list[ReservationRequest] = Field(min_length=1, max_length=INSTRUMENTS_MAX)
    holder_id: PersonId | None = None
    """A colleague all of them are for; oneself where it is left out."""


class TogetherView(BaseModel):
    items: list[ReservationView]


@router.post("/reservations-together", status_code=201)
def create_together(
    body: TogetherBody, caller: SignedIn, now: Now, transaction: Transaction, once: Once
) -> TogetherView:
    """Reserve several instruments in one act, all or nothing."""

    def reserve() -> TogetherView:
        made = reserve_together(
            transaction,
            [one.request() for one in body.requests],
            by=caller,
            now=now,
            holder_id=body.holder_id,
        )
        for reservation in made:
            set_aside_if_credit_allows(transaction, reservation, now=now)
        return TogetherView(items=[see_one(transaction, one.id, caller, now) for one in made])

    return once.answer(transaction, body, TogetherView, reserve)


class WaitBody(SlotBody):
    """A window, and how much time within it."""

    instrument_id: InstrumentId
    length_minutes: int = Field(ge=1, le=60 * 24 * 31)
    holder_id: PersonId | None = None
    """Who waits, where that is somebody one may reserve for; oneself where it is left out."""


class WaitView(BaseModel):
    id: UUID
    instrument_id: InstrumentId
    instrument: InstrumentRef
    holder: HolderView
    """Who waits."""
    within: SpanView
    length_minutes: float
    state: str
    offer: SpanView | None
    offer_ends_at: datetime | None
    reservation_id: ReservationId | None
    created_at: datetime

    @classmethod
    def of(cls, wait: Wait) -> Self:
        entry, offered = wait.entry, wait.offered
        slot = slot_offered(entry, offered)
        return cls(
            id=entry.id,
            instrument_id=entry.instrument_id,
            instrument=InstrumentRef(
                id=wait.instrument.id,
                code=wait.instrument.code,
                name_zh=wait.instrument.name_zh,
                name_en=wait.instrument.name_en,
                location=wait.instrument.location,
                time_zone=wait.time_zone,
            ),
            holder=HolderView(id=wait.holder.id, display_name=wait.holder.display_name),
            within=SpanView.of(as_slot(entry.within)),
            length_minutes=entry.length_s / 60,
            state=entry.state,
            offer=SpanView.of(slot) if slot else None,
            offer_ends_at=offered.expires_at if slot and offered else None,
            reservation_id=entry.reservation_id,
            created_at=entry.created_at,
        )


def see_wait(session: Session, entry: WaitlistEntry) -> WaitView:
    session.flush()
    return WaitView.of(read_wait(session, entry.id))


class WaitList(BaseModel):
    items: list[WaitView]


@router.post("/waitlist", status_code=201)
def join_waitlist(
    body: WaitBody, caller: SignedIn, now: Now, transaction: Transaction, once: Once
) -> WaitView:
    """Wait for time on an instrument; an offer is held for half an hour."""
    return once.answer(
        transaction,
        body,
        WaitView,
        lambda: see_wait(
            transaction,
            join(
                transaction,
                body.instrument_id,
                body.wish(),
                timedelta(minutes=body.length_minutes),
                by=caller,
                now=now,
                holder_id=body.holder_id,
            ),
        ),
    )


@router.get("/waitlist")
def list_waitlist(caller: SignedIn, reading: ReadOnly) -> WaitList:
    """List what one waits for, and what the clients of one's station do."""
    waits = list_waits(reading, caller)
    return WaitList(items=[WaitView.of(wait) for wait in waits])


@router.post("/waitlist/{entry_id}/accept")
def accept_offer(
    entry_id: UUID, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Take what is offered."""
    reservation = accept(transaction, entry_id, by=caller, now=now)
    set_aside_if_credit_allows(transaction, reservation, now=now)
    return see_one(transaction, reservation.id, caller, now)


@router.post("/waitlist/{entry_id}/withdraw")
def withdraw_entry(
    entry_id: UUID, caller: SignedIn, now: Now, transaction: Transaction
) -> WaitView:
    """Wait no longer."""
    return see_wait(transaction, withdraw(transaction, entry_id, by=caller, now=now))
