"""Verbs on tariffs. The caller owns the transaction; nothing here commits."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from billing.charges.rules import HourlyTariff
from billing.tariffs.errors import TariffRefused
from billing.tariffs.rules import find_price_problems, find_start_problems
from billing.tariffs.tables import Tariff
from booking.instruments.errors import InstrumentNotFound
from booking.instruments.tables import Instrument
from directory.audit.service import record
from directory.people.service import Caller
from foundation.identifiers import InstitutionId, InstrumentId, PersonId, new_id


def set_price(
    session: Session,
    *,
    instrument_id: InstrumentId,
    institution_id: InstitutionId,
    price: HourlyTariff,
    starts_at: datetime,
    by: PersonId | None,
    now: datetime,
) -> Tariff:
    """Let a new version hold from an instant on; the one before it ends there, and is kept."""
    last = session.scalar(
        select(Tariff)
        .where(Tariff.instrument_id == instrument_id, func.upper_inf(Tariff.valid))
        .with_for_update()
    )
    if last is not None:
        assert last.valid.lower is not None
        assert last.valid.lower < starts_at, "a price begins after the one it follows"
        last.valid = Range(last.valid.lower, starts_at)
        session.flush()
    tariff = Tariff(
        id=new_id(),
        instrument_id=instrument_id,
        institution_id=institution_id,
        version=last.version + 1 if last else 1,
        valid=Range(starts_at, None),
        currency=price.per_hour.currency,
        per_hour_fen=price.per_hour.minor_units,
        billed_min_s=int(price.billed_min.total_seconds()),
        billed_step_s=int(price.billed_step.total_seconds()),
        minimum_fen=price.minimum.minor_units,
        created_by=by,
        created_at=now,
    )
    session.add(tariff)
    session.flush()
    record(
        session,
        actor_id=by,
        action="tariff.set",
        subject_kind="tariff",
        subject_id=tariff.id,
        now=now,
        version=tariff.version,
        per_hour_fen=tariff.per_hour_fen,
    )
    return tariff


def announce_price(
    session: Session,
    instrument_id: InstrumentId,
    price: HourlyTariff,
    *,
    starts_at: datetime,
    by: Caller,
    now: datetime,
) -> Tariff:
    """Let a price hold from a future instant on; what holds until then is never edited.

    Raises:
        InstrumentNotFound: for one of another institution.
        TariffRefused: with all that speaks against it.
    """
    instrument = require_priced(session, instrument_id, by, for_update=True)
    last = session.scalar(
        select(Tariff).where(Tariff.instrument_id == instrument_id, func.upper_inf(Tariff.valid))
    )
    problems = [
        *find_price_problems(price),
        *find_start_problems(starts_at, last.valid.lower if last else None, now=now),
    ]
    if problems:
        raise TariffRefused(problems)
    return set_price(
        session,
        instrument_id=instrument_id,
        institution_id=instrument.institution_id,
        price=price,
        starts_at=starts_at,
        by=by.person_id,
        now=now,
    )


def require_priced(
    session: Session, instrument_id: InstrumentId, by: Caller, *, for_update: bool = False
) -> Instrument:
    """Return an instrument of one's own institution.

    Raises:
        InstrumentNotFound: for any other.
    """
    found = select(Instrument).where(
        Instrument.id == instrument_id, Instrument.institution_id == by.institution_id
    )
    # Two who set a price at once come one after the other.
    instrument = session.scalar(found.with_for_update() if for_update else found)
    if instrument is None:
        raise InstrumentNotFound
    return instrument
