"""Questions about adjustments: what stands beside which charge, and what is left to pay."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import Session

from billing.adjustments.tables import Adjustment
from billing.charges.tables import Charge
from directory.people.tables import Person
from foundation.identifiers import ChargeId


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An adjustment, with the name of who made it."""

    adjustment: Adjustment
    by: str


def payable() -> ColumnElement[int]:
    """What a charge comes to with all that was adjusted, as a column of a query on charges."""
    adjusted = (
        # A sum of whole numbers is a decimal to the database.
        select(cast(func.coalesce(func.sum(Adjustment.amount_fen), 0), BigInteger))
        .where(Adjustment.charge_id == Charge.id)
        .correlate(Charge)
        .scalar_subquery()
    )
    return Charge.amount_fen + adjusted


def adjustments_of(
    session: Session, charge_ids: Sequence[ChargeId]
) -> dict[ChargeId, list[Adjusted]]:
    """Return the lines beside each charge, the first one first; one query for all."""
    found: dict[ChargeId, list[Adjusted]] = defaultdict(list)
    rows = session.execute(
        select(Adjustment, Person.display_name)
        .join(Person, Person.id == Adjustment.made_by)
        .where(Adjustment.charge_id.in_(charge_ids))
        .order_by(Adjustment.id)
    )
    for adjustment, name in rows:
        found[adjustment.charge_id].append(Adjusted(adjustment, name))
    return found
