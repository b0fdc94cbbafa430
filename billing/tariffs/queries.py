"""Questions about prices: which tariff holds, and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, select
from sqlalchemy.orm import Session

from billing.charges.rules import HourlyTariff
from billing.tariffs.tables import Tariff
from directory.people.tables import Person
from foundation.identifiers import InstrumentId
from foundation.money import Money

# Built once: every quote and every reservation asks them.
OF_INSTRUMENTS = select(Tariff).where(
    Tariff.instrument_id == any_(bindparam("ids", type_=ARRAY(Uuid())))
)
IN_FORCE = OF_INSTRUMENTS.where(
    Tariff.valid.contains(bindparam("at", type_=DateTime(timezone=True)))
)


def in_force(
    session: Session, instrument_ids: Sequence[InstrumentId], *, at: datetime
) -> dict[InstrumentId, Tariff]:
    """Return the one tariff of each instrument that holds at the instant."""
    rows = session.scalars(IN_FORCE, {"ids": list(instrument_ids), "at": at})
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
    rows = session.scalars(OF_INSTRUMENTS, {"ids": [*{key for key, _ in wanted}]}).all()
    return {
        (instrument_id, at): tariff
        for instrument_id, at in wanted
        for tariff in rows
        if tariff.instrument_id == instrument_id and at in tariff.valid
    }


def list_versions(session: Session, instrument_id: InstrumentId) -> list[tuple[Tariff, str | None]]:
    """Return every version of an instrument's price, the latest first, with who made it."""
    rows = session.execute(
        select(Tariff, Person.display_name)
        .outerjoin(Person, Person.id == Tariff.created_by)
        .where(Tariff.instrument_id == instrument_id)
        .order_by(Tariff.version.desc())
    )
    return [(tariff, name) for tariff, name in rows]
