"""Verbs on adjustments. The caller owns the transaction; nothing here commits."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.adjustments.errors import AdjustmentRefused
from billing.adjustments.queries import payable
from billing.adjustments.rules import AdjustmentKind, find_adjustment_problems
from billing.adjustments.tables import Adjustment
from billing.charges.errors import ChargeNotFound
from billing.charges.tables import Charge
from directory.audit.service import record
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import AdjustmentId, ChargeId, new_id

LOCK_SPACE = 7_203


def adjust(
    session: Session,
    charge_id: ChargeId,
    *,
    kind: AdjustmentKind,
    amount_fen: int | None,
    reason: str,
    by: Caller,
    now: datetime,
) -> Adjustment:
    """Write a line beside a charge; the charge itself stays as it was made.

    `amount_fen`: what is added, less than nothing to take away; None waives all that is left.

    Raises:
        ChargeNotFound: also for a charge of another institution.
        NotAllowed: for all but its manager and its finance.
        AdjustmentRefused: naming what speaks against the amount.
    """
    # Two lines at once must not take away the same fen; a charge's own row may not be locked.
    key = (charge_id.int & 0xFFFFFFFF) - 0x80000000
    session.execute(select(func.pg_advisory_xact_lock(LOCK_SPACE, key)))
    found = session.execute(select(Charge, payable()).where(Charge.id == charge_id)).one_or_none()
    if found is None or found[0].institution_id != by.institution_id:
        raise ChargeNotFound
    if not by.has(Role.INSTITUTION_MANAGER, Role.FINANCE):
        raise NotAllowed
    charge, left_fen = found
    if amount_fen is None:
        amount_fen = -left_fen if kind is AdjustmentKind.WAIVER else 0
    if problems := find_adjustment_problems(kind, amount_fen, left_fen=left_fen):
        raise AdjustmentRefused(problems)
    adjustment = Adjustment(
        id=AdjustmentId(new_id()),
        charge_id=charge.id,
        enterprise_id=charge.enterprise_id,
        institution_id=charge.institution_id,
        kind=kind,
        amount_fen=amount_fen,
        reason=reason,
        made_by=by.person_id,
        created_at=now,
    )
    session.add(adjustment)
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action=f"charge.{kind}",
        subject_kind="charge",
        subject_id=charge.id,
        now=now,
        amount_fen=amount_fen,
        reason=reason,
    )
    return adjustment
