"""Routes under /charges: what is owed, and everything behind it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy.orm import Session

from api.database import ReadOnly
from api.identity import SignedIn
from api.instrument_views import StepView
from api.paging import PAGE_MAX, read_cursor, read_id, write_cursor
from api.routing import Router
from billing.adjustments.queries import Adjusted, adjustments_of
from billing.adjustments.rules import AdjustmentKind
from billing.charges.errors import ChargeNotFound
from billing.charges.queries import Opened, find_charge, list_charges
from directory.people.service import Caller
from foundation.identifiers import (
    AdjustmentId,
    ChargeId,
    ReservationId,
    TariffId,
    UsageSessionId,
)

router = Router(prefix="/charges", tags=["charges"])


class TariffView(BaseModel):
    """The tariff as it stood when the charge was made."""

    id: TariffId
    version: int
    per_hour_fen: int
    billed_min_s: int
    billed_step_s: int
    minimum_fen: int
    valid_from: datetime | None
    valid_to: datetime | None


class EvidenceView(BaseModel):
    """One event of a device that the time was counted from."""

    device: str
    boot: str
    kind: str
    seq: int
    at: datetime
    run_ms: int


class AdjustmentView(BaseModel):
    """A line beside the charge: what it adds or takes away, by whom, and why."""

    id: AdjustmentId
    kind: AdjustmentKind
    amount_fen: int
    reason: str
    by: str
    created_at: datetime

    @classmethod
    def of(cls, adjusted: Adjusted) -> Self:
        one = adjusted.adjustment
        return cls(
            id=one.id,
            kind=AdjustmentKind(one.kind),
            amount_fen=one.amount_fen,
            reason=one.reason,
            by=adjusted.by,
            created_at=one.created_at,
        )


class ChargeView(BaseModel):
    id: ChargeId
    reservation_id: ReservationId | None
    kind: str
    """usage, labour, late_cancel or no_show."""
    usage_id: UsageSessionId | None
    amount_fen: int
    """As it was charged."""
    payable_fen: int
    """With what was waived and corrected since."""
    adjustments: list[AdjustmentView]
    currency: str
    billed_seconds: int
    tariff: TariffView
    steps: list[StepView]
    evidence: list[EvidenceView]
    created_at: datetime

    @classmethod
    def of(cls, opened: Opened, adjusted: Sequence[Adjusted] = ()) -> Self:
        charge, rule = opened.charge, opened.charge.rule
        return cls(
            id=charge.id,
            reservation_id=charge.reservation_id,
            kind=charge.kind,
            usage_id=charge.usage_session_id,
            amount_fen=charge.amount_fen,
            payable_fen=charge.amount_fen + sum(one.adjustment.amount_fen for one in adjusted),
            adjustments=[AdjustmentView.of(one) for one in adjusted],
            currency=charge.currency,
            billed_seconds=charge.billed_seconds,
            tariff=TariffView(
                id=charge.tariff_id,
                version=rule["version"],
                per_hour_fen=rule["per_hour_fen"],
                billed_min_s=rule["billed_min_s"],
                billed_step_s=rule["billed_step_s"],
                minimum_fen=rule["minimum_fen"],
                valid_from=rule["valid_from"],
                valid_to=rule["valid_to"],
            ),
            steps=[StepView.model_validate(step) for step in rule["steps"]],
            evidence=[EvidenceView.model_validate(event) for event in charge.evidence],
            created_at=charge.created_at,
        )


class ChargePage(BaseModel):
    items: list[ChargeView]
    next_cursor: str | None


def see_charge(session: Session, charge_id: ChargeId, caller: Caller) -> ChargeView:
    opened = find_charge(session, charge_id, caller)
    if opened is None:
        raise ChargeNotFound
    return ChargeView.of(opened, adjustments_of(session, [charge_id])[charge_id])


@router.get("")
def list_my_charges(
    *,
    caller: SignedIn,
    reading: ReadOnly,
    mine: bool = False,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> ChargePage:
    """List the charges that concern the caller, the newest first."""
    before = read_id(read_cursor(cursor, 1)[0]) if cursor else None
    found: Sequence[Opened] = list_charges(
        reading, caller, mine=mine, before=before, limit=limit + 1
    )
    page = found[:limit]
    adjusted = adjustments_of(reading, [opened.charge.id for opened in page])
    return ChargePage(
        items=[ChargeView.of(opened, adjusted[opened.charge.id]) for opened in page],
        next_cursor=write_cursor(page[-1].charge.id) if len(found) > limit else None,
    )


@router.get("/{charge_id}")
def read_charge(charge_id: ChargeId, caller: SignedIn, reading: ReadOnly) -> ChargeView:
    """Open a charge to its tariff, its arithmetic, its evidence and what was adjusted."""
    return see_charge(reading, charge_id, caller)
