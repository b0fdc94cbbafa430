"""Routes that waive or correct a charge, by a line beside it."""

from typing import Annotated

from pydantic import Field

from api.bodies import Body
from api.charges import ChargeView, see_charge
from api.clock import Now
from api.database import Transaction
from api.idempotency import Once
from api.identity import allow
from api.routing import Router
from billing.adjustments.rules import AdjustmentKind
from billing.adjustments.service import adjust
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import ChargeId

router = Router(prefix="/charges/{charge_id}/adjustments", tags=["charges"])

Accountant = Annotated[Caller, allow(Role.INSTITUTION_MANAGER, Role.FINANCE)]
FEN_MAX = 10**12


class AdjustmentRequest(Body):
    kind: AdjustmentKind
    amount_fen: int | None = Field(default=None, ge=-FEN_MAX, le=FEN_MAX)
    """What is added to the charge; less than nothing takes away, and nothing said waives all."""
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")


@router.post("", status_code=201)
def adjust_charge(
    *,
    charge_id: ChargeId,
    body: AdjustmentRequest,
    caller: Accountant,
    now: Now,
    transaction: Transaction,
    once: Once,
) -> ChargeView:
    """Waive or correct a charge; what it was, who changed it, and why, stays beside it."""

    def adjusted() -> ChargeView:
        adjust(
            transaction,
            charge_id,
            kind=body.kind,
            amount_fen=body.amount_fen,
            reason=body.reason,
            by=caller,
            now=now,
        )
        return see_charge(transaction, charge_id, caller)

    return once.answer(transaction, body, ChargeView, adjusted)
