"""What was charged, for statistics: by use, by instrument, and line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from billing.adjustments.queries import payable
from billing.charges.tables import Charge
from billing.tariffs.tables import Tariff
from booking.instruments.tables import Instrument
from booking.reservations.rules import Slot
from directory.enterprises.tables import Enterprise
from foundation.identifiers import (
    ChargeId,
    InstitutionId,
    InstrumentId,
    ReservationId,
    UsageSessionId,
)


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A charge with the names of who pays it and for what."""

    charge_id: ChargeId
    kind: str
    amount_fen: int
    billed_seconds: int
    created_at: datetime
    reservation_id: ReservationId | None
    enterprise: str
    instrument_code: str
    instrument_zh: str
    instrument_en: str


def fees_of(
    session: Session, usage_session_ids: Sequence[UsageSessionId]
) -> dict[UsageSessionId, int]:
    """Return each session's charge in fen, as adjusted; what is not charged yet is left out."""
    rows = session.execute(
        select(Charge.usage_session_id, func.sum(payable()))
        .where(Charge.usage_session_id == func.any(list(usage_session_ids)))
        .group_by(Charge.usage_session_id)
    )
    return {key: int(fen) for key, fen in rows if key is not None}


def money_in(
    session: Session, institution_id: InstitutionId | None, period: Slot
) -> dict[InstrumentId, int]:
    """Return what was charged for each instrument in the period, in fen, fees included.

    An adjustment counts where its charge does, whenever it was made.
    """
    rows = session.execute(
        select(Tariff.instrument_id, func.sum(payable()))
        .join(Tariff, Tariff.id == Charge.tariff_id)
        .where(_made_in(institution_id, period))
        .group_by(Tariff.instrument_id)
    )
    return {key: int(fen) for key, fen in rows}


def _made_in(institution_id: InstitutionId | None, period: Slot) -> ColumnElement[bool]:
    return and_(
        Charge.created_at >= period.starts_at,
        Charge.created_at < period.ends_at,
        Charge.institution_id == institution_id if institution_id else true(),
    )


def list_charges_behind(
    session: Session,
    institution_id: InstitutionId | None,
    period: Slot,
    *,
    instrument_id: InstrumentId | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[ChargeRow]:
    """Return the charges that a sum of money was counted from, in order of time."""
    found = (
        select(
            *(Charge.id, Charge.kind, payable(), Charge.billed_seconds),
            *(Charge.created_at, Charge.reservation_id, Enterprise.name),
            *(Instrument.code, Instrument.name_zh, Instrument.name_en),
        )
        .join(Tariff, Tariff.id == Charge.tariff_id)
        .join(Instrument, Instrument.id == Tariff.instrument_id)
        .join(Enterprise, Enterprise.id == Charge.enterprise_id)
        .where(
            _made_in(institution_id, period),
            Tariff.instrument_id == instrument_id if instrument_id else true(),
        )
        .order_by(Charge.created_at, Charge.id)
        .limit(limit)
    )
    if after:
        found = found.where(func.row(Charge.created_at, Charge.id) > func.row(*after))
    return [ChargeRow(*tuple(row)) for row in session.execute(found)]
