"""Which instruments cost how much, for searches."""

from datetime import datetime

from sqlalchemy import Select, select

from billing.tariffs.tables import Tariff
from foundation.identifiers import InstrumentId


def priced_within(
    least_fen: int | None, most_fen: int | None, *, at: datetime
) -> Select[InstrumentId]:
    """Select the instruments whose hour costs so much at the instant."""
    found = select(Tariff.instrument_id).where(Tariff.valid.contains(at))
    if least_fen is not None:
        found = found.where(Tariff.per_hour_fen >= least_fen)
    if most_fen is not None:
        found = found.where(Tariff.per_hour_fen <= most_fen)
    return found
