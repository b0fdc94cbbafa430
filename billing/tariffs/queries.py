"""Questions about prices: which tariff holds, and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.charges.rules import HourlyTariff
from billing.tariffs.tables import Tariff
from foundation.identifiers import InstrumentId
from foundation.money import Money


def in_force(
    session: Session, instrument_ids: Sequence[InstrumentId], *, at: datetime
) -> dict[InstrumentId, Tariff]:
    """Return the one tariff of each instrument that holds at the instant."""
    rows = session.scalars(
        select(Tariff).where(Tariff.instrument_id.in_(instrument_ids), Tariff.valid.contains(at))
    )
    return {tariff.instrument_id: tariff for tariff in rows}


def hourly(tariff: Tariff) -> HourlyTariff:
    return HourlyTariff(
        per_hour=Money(tariff.per_hour_fen, tariff.currency),
        billed_min=timedelta(seconds=tariff.billed_min_s),
        billed_step=timedelta(seconds=tariff.billed_step_s),
        minimum=Money(tariff.minimum_fen, tariff.currency),
    )


def find_in_force(
    session: Session, wanted: Sequence[tuple[InstrumentId, datetime]]
) -> dict[tuple[InstrumentId, datetime], Tariff]:
    """Return the tariff of each pair of instrument and instant; one query for all."""
    rows = session.scalars(
        select(Tariff).where(
            Tariff.instrument_id.in_({instrument_id for instrument_id, _ in wanted})
        )
    ).all()
    return {
        (instrument_id, at): tariff
        for instrument_id, at in wanted
        for tariff in rows
        if tariff.instrument_id == instrument_id and at in tariff.valid
    }
