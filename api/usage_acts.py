"""Routes on what was used: confirm, object, resolve, correct, and every change so far."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import SignedIn
from api.instrument_views import StepView
from api.reservation_views import ReservationView
from api.reservations import see_one
from api.routing import Router
from billing.charges.service import propose
from booking.reservations.errors import ReservationNotFound
from booking.reservations.queries import find_known
from booking.usage import reviewing
from booking.usage.errors import NotMetered
from booking.usage.queries import list_changes, list_sessions
from foundation.identifiers import PersonId, ReservationId

router = Router(prefix="/reservations/{reservation_id}/usage", tags=["usage"])


class WhyBody(Body):
    reason: str = Field(min_length=1, max_length=500)


class CorrectionBody(WhyBody):
    metered_ms: int = Field(ge=0)


class ResolutionBody(WhyBody):
    metered_ms: int | None = Field(default=None, ge=0)
    """None: the objection changes nothing."""


class ChangeView(BaseModel):
    kind: str
    former: dict[str, Any]
    became: dict[str, Any]
    reason: str
    actor_id: PersonId | None
    at: datetime


class ChangeList(BaseModel):
    items: list[ChangeView]


@router.post("/confirm")
def confirm_usage(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Confirm what was metered, as the lab's technician."""
    reviewing.confirm(transaction, reservation_id, by=caller, now=now)
    return see_one(transaction, reservation_id, caller, now)


@router.post("/dispute")
def dispute_usage(
    reservation_id: ReservationId,
    body: WhyBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Object to what was metered, as the client."""
    reviewing.dispute(transaction, reservation_id, by=caller, reason=body.reason, now=now)
    return see_one(transaction, reservation_id, caller, now)


@router.post("/resolve")
def resolve_dispute(
    reservation_id: ReservationId,
    body: ResolutionBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Answer an objection, as the lab's manager."""
    reviewing.resolve(
        transaction,
        reservation_id,
        metered_ms=body.metered_ms,
        by=caller,
        reason=body.reason,
        now=now,
    )
    return see_one(transaction, reservation_id, caller, now)


@router.post("/correct")
def correct_usage(
    reservation_id: ReservationId,
    body: CorrectionBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Correct what was metered before it is billed; the former values stay."""
    reviewing.correct(
        transaction,
        reservation_id,
        metered_ms=body.metered_ms,
        by=caller,
        reason=body.reason,
        now=now,
    )
    return see_one(transaction, reservation_id, caller, now)


@router.get("/changes")
def list_usage_changes(
    reservation_id: ReservationId, caller: SignedIn, reading: ReadOnly
) -> ChangeList:
    """Every change of the usage session, with the former values and the reason."""
    if find_known(reading, reservation_id, caller) is None:
        raise ReservationNotFound
    usage = list_sessions(reading, [reservation_id]).get(reservation_id)
    changes = list_changes(reading, usage.id) if usage else []
    return ChangeList(
        items=[
            ChangeView(
                kind=change.kind,
                former=change.former,
                became=change.became,
                reason=change.reason,
                actor_id=change.actor_id,
                at=change.at,
            )
            for change in changes
        ]
    )


class ProposedView(BaseModel):
    """What the use would be charged if this time were confirmed now."""

    metered_ms: int
    billed_seconds: int
    amount_fen: int
    currency: str
    tariff_version: int
    steps: list[StepView]


@router.get("/proposal")
def propose_charge(
    reservation_id: ReservationId,
    caller: SignedIn,
    reading: ReadOnly,
    metered_ms: Annotated[int | None, Query(ge=0, le=31 * 86_400_000)] = None,
) -> ProposedView:
    """Say what would be charged for what was metered, or for a corrected time; nothing is kept."""
    known = find_known(reading, reservation_id, caller)
    if known is None:
        raise ReservationNotFound
    usage = list_sessions(reading, [reservation_id]).get(reservation_id)
    if usage is None:
        raise NotMetered
    used_ms = usage.metered_ms if metered_ms is None else metered_ms
    tariff, priced, _ = propose(reading, usage, known.reservation, timedelta(milliseconds=used_ms))
    return ProposedView(
        metered_ms=used_ms,
        billed_seconds=priced.billed_seconds,
        amount_fen=priced.amount.minor_units,
        currency=priced.amount.currency,
        tariff_version=tariff.version,
        steps=[StepView.of(step) for step in priced.steps],
    )
