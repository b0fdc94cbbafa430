"""What a past period would have cost at another price: the same time, counted anew."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.charges.off_hours import read_off_hours
from billing.charges.rules import HourlyTariff, price_time
from billing.charges.tables import Charge
from billing.tariffs.tables import Tariff
from booking.reservations.rules import Slot
from booking.reservations.tables import as_slot
from booking.usage.tables import UsageSession
from directory.enterprises.tables import Enterprise
from foundation.identifiers import ChargeId, InstrumentId

LINES_MAX = 5000


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One use as it was charged, and as it would have been."""

    charge_id: ChargeId
    enterprise: str
    slot: Slot
    metered_ms: int
    was_fen: int
    would_be_fen: int


def rehearse(
    session: Session, instrument_id: InstrumentId, trial: HourlyTariff, period: Slot
) -> list[Rehearsed]:
    """Price every use charged in the period anew, with the same surcharges; one query."""
    rows = session.execute(
        select(Charge, UsageSession, Enterprise.name)
        .join(UsageSession, UsageSession.id == Charge.usage_session_id)
        .join(Tariff, Tariff.id == Charge.tariff_id)
        .join(Enterprise, Enterprise.id == Charge.enterprise_id)
        .where(
            Tariff.instrument_id == instrument_id,
            Charge.kind == "usage",
            Charge.created_at >= period.starts_at,
            Charge.created_at < period.ends_at,
        )
        .order_by(Charge.created_at, Charge.id)
        .limit(LINES_MAX)
    )
    return [
        Rehearsed(
            charge_id=charge.id,
            enterprise=enterprise,
            slot=as_slot(usage.during),
            metered_ms=usage.metered_ms,
            was_fen=charge.amount_fen,
            would_be_fen=price_time(
                timedelta(milliseconds=usage.metered_ms),
                trial,
                read_off_hours(charge.rule.get("off_hours")),
            ).amount.minor_units,
        )
        for charge, usage, enterprise in rows
    ]
