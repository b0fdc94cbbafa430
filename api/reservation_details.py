"""Routes on all that belongs to one reservation beside itself: for the page that shows it."""

from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.clock import Now
from api.database import ReadOnly
from api.identity import SignedIn
from api.instrument_views import SpanView
from api.routing import Router
from billing.charges.fees import quote_late_fee
from billing.charges.queries import list_charges_of
from billing.charges.tables import Charge
from billing.holds.queries import find_hold
from billing.holds.tables import FundsHold
from booking.reservations.cancelling import free_until, kind_of_cancel
from booking.reservations.errors import ReservationNotFound
from booking.reservations.history import HistoryEntry, Sibling, list_series, read_history
from booking.reservations.queries import find_known
from booking.reservations.rights import is_staff_of
from booking.reservations.service import slot_of, terms_of
from booking.reservations.states import CHECK_IN_OPENS, CancelledAs, ReservationState
from booking.reservations.tables import Reservation
from booking.usage.queries import list_changes, list_sessions
from booking.usage.reviewing import confirms_at, objection_ends_at
from booking.usage.tables import UsageSession
from directory.people.service import Caller
from directory.people.tables import Person
from foundation.identifiers import ChargeId, InstrumentId, PersonId, ReservationId

router = Router(prefix="/reservations/{reservation_id}", tags=["reservations"])


class HistoryView(BaseModel):
    """One thing that happened: a change of state, or an act that left the state as it was."""

    at: datetime
    kind: str
    """state, rescheduled, extended, handed_over or assigned."""
    from_state: str | None
    to_state: str | None
    reason: str
    by: str | None
    """None: the platform itself."""
    former: SpanView | None
    whom: str | None

    @classmethod
    def of(cls, entry: HistoryEntry) -> Self:
        return cls(
            at=entry.at,
            kind=entry.kind,
            from_state=entry.from_state,
            to_state=entry.to_state,
            reason=entry.reason,
            by=entry.by,
            former=SpanView.of(entry.former) if entry.former else None,
            whom=entry.whom,
        )


class SiblingView(BaseModel):
    """Another part of what was reserved in one act."""

    id: ReservationId
    state: ReservationState
    starts_at: datetime
    ends_at: datetime
    instrument_id: InstrumentId
    instrument_code: str
    name_zh: str
    name_en: str

    @classmethod
    def of(cls, one: Sibling) -> Self:
        return cls(
            id=one.id,
            state=one.state,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            instrument_id=one.instrument_id,
            instrument_code=one.code,
            name_zh=one.name_zh,
            name_en=one.name_en,
        )


class QuestionView(BaseModel):
    key: str
    label_zh: str
    label_en: str
    answer: Any


class CancellingView(BaseModel):
    """What cancelling now would be, and cost."""

    kind: CancelledAs
    fee_fen: int
    late_fee_permille: int
    free_until: datetime | None
    """Until then it costs nothing; None where it never does."""


class HoldView(BaseModel):
    """Money set aside."""

    amount_fen: int
    deposit_fen: int
    """押金: what is set aside beside the estimate."""
    captured_fen: int
    currency: str
    state: str
    created_at: datetime
    resolved_at: datetime | None

    @classmethod
    def of(cls, hold: FundsHold) -> Self:
        return cls.model_validate(hold, from_attributes=True)


class LineView(BaseModel):
    """One charge of this reservation."""

    id: ChargeId
    kind: str
    amount_fen: int
    currency: str

    @classmethod
    def of(cls, charge: Charge) -> Self:
        return cls.model_validate(charge, from_attributes=True)


class UsageChangeView(BaseModel):
    kind: str
    former_ms: int | None
    became_ms: int | None
    reason: str
    by: str | None
    at: datetime


class ReservationDetails(BaseModel):
    history: list[HistoryView]
    series: list[SiblingView]
    """All that was reserved in the same act, this one among them; empty where it was alone."""
    questions: list[QuestionView]
    made_by: str | None
    technician: str | None
    check_in_opens_at: datetime
    missed_at: datetime
    """Who is not there by then, and did not run the instrument, has missed it."""
    objection_ends_at: datetime | None
    confirms_at: datetime | None
    """When its use is confirmed by itself; None where a person must look."""
    cancelling: CancellingView
    hold: HoldView | None
    charges: list[LineView]
    usage_changes: list[UsageChangeView]


def see_cancelling(
    session: Session, reservation: Reservation, caller: Caller, now: datetime
) -> CancellingView:
    terms = terms_of(reservation)
    is_reserved = reservation.state == ReservationState.RESERVED
    starts_at = slot_of(reservation).starts_at
    kind = (
        CancelledAs.BY_LAB
        if is_staff_of(caller, reservation)
        else kind_of_cancel(reservation, now=now)
    )
    return CancellingView(
        kind=kind,
        fee_fen=quote_late_fee(session, reservation).minor_units if kind == CancelledAs.LATE else 0,
        late_fee_permille=terms.late_fee_permille,
        free_until=free_until(reservation, starts_at) if is_reserved else None,
    )


def see_changes_of(session: Session, usage: UsageSession) -> list[UsageChangeView]:
    changes = list_changes(session, usage.id)
    names = names_of(session, [one.actor_id for one in changes])
    return [
        UsageChangeView(
            kind=one.kind,
            former_ms=one.former.get("metered_ms"),
            became_ms=one.became.get("metered_ms"),
            reason=one.reason,
            by=names.get(one.actor_id),
            at=one.at,
        )
        for one in changes
    ]


def names_of(session: Session, person_ids: list[PersonId | None]) -> dict[PersonId | None, str]:
    wanted = {one for one in person_ids if one is not None}
    if not wanted:
        return {}
    people = session.scalars(select(Person).where(Person.id.in_(wanted)))
    return {person.id: person.display_name for person in people}


@router.get("/details")
def read_details(
    reservation_id: ReservationId, caller: SignedIn, reading: ReadOnly, now: Now
) -> ReservationDetails:
    """Show who did what when, the money behind it, its questions, and what it belongs to."""
    known = find_known(reading, reservation_id, caller)
    if known is None:
        raise ReservationNotFound
    reservation = known.reservation
    terms, slot = terms_of(reservation), slot_of(reservation)
    usage = list_sessions(reading, [reservation_id]).get(reservation_id)
    names = names_of(reading, [reservation.made_by, reservation.technician_id])
    hold = find_hold(reading, reservation_id)
    series = list_series(reading, reservation_id) if reservation.series_id else []
    return ReservationDetails(
        history=[HistoryView.of(entry) for entry in read_history(reading, reservation_id)],
        series=[SiblingView.of(one) for one in series],
        questions=[
            QuestionView(
                key=one.key,
                label_zh=one.label_zh,
                label_en=one.label_en,
                answer=reservation.answers.get(one.key),
            )
            for one in terms.questions
        ],
        made_by=names.get(reservation.made_by),
        technician=names.get(reservation.technician_id),
        check_in_opens_at=slot.starts_at - CHECK_IN_OPENS,
        missed_at=min(slot.starts_at + timedelta(seconds=terms.no_show_after_s), slot.ends_at),
        objection_ends_at=objection_ends_at(reservation, usage) if usage else None,
        confirms_at=confirms_at(reservation, usage) if usage else None,
        cancelling=see_cancelling(reading, reservation, caller, now),
        hold=HoldView.of(hold) if hold else None,
        charges=[LineView.of(one) for one in list_charges_of(reading, reservation_id, caller)],
        usage_changes=see_changes_of(reading, usage) if usage else [],
    )
