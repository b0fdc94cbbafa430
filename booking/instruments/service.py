"""Verbs on the catalogue. The caller owns the transaction; nothing here commits."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.instruments.categories import CATEGORIES
from booking.instruments.tables import Instrument, InstrumentDevice
from directory.audit.service import record
from directory.institutions.tables import Institution
from foundation.identifiers import DeviceId, InstitutionId, InstrumentId, PersonId


def search_text(instrument: Instrument) -> str:
    """Put together the words an instrument is found by, Chinese and English."""
    zh, en = CATEGORIES.get(instrument.category, ("", ""))
    standards = instrument.details.get("standards", [])
    words = [
        instrument.name_zh,
        instrument.name_en,
        instrument.model,
        instrument.maker,
        instrument.code,
        zh,
        en,
        instrument.location,
        *(str(standard) for standard in standards),
        instrument.description_zh,
        instrument.description_en,
    ]
    return " ".join(words).lower()


def add_instrument(session: Session, instrument: Instrument) -> Instrument:
    """Enter an instrument in the catalogue, findable at once."""
    instrument.search_text = search_text(instrument)
    session.add(instrument)
    session.flush()
    return instrument


def say_condition(
    session: Session,
    instrument: Instrument,
    condition: str,
    *,
    is_off_calibration: bool,
    by: PersonId,
    now: datetime,
) -> None:
    """Say whether an instrument works.

    `is_off_calibration`: the fault, or its repair, left nothing of its calibration: it is red
    until it is calibrated again.
    """
    former, instrument.condition = instrument.condition, condition
    if is_off_calibration:
        institution = session.get_one(Institution, instrument.institution_id)
        yesterday = now.astimezone(ZoneInfo(institution.time_zone)).date() - timedelta(days=1)
        instrument.calibrated_until = min(instrument.calibrated_until or yesterday, yesterday)
    session.flush()
    record(
        session,
        actor_id=by,
        action="instrument.condition",
        subject_kind="instrument",
        subject_id=instrument.id,
        now=now,
        former=former,
        became=condition,
        is_off_calibration=is_off_calibration,
    )


def link_device(
    session: Session,
    *,
    device_id: DeviceId,
    instrument_id: InstrumentId,
    institution_id: InstitutionId,
) -> None:
    """Say that a device watches and switches an instrument; saying it twice is no fault."""
    session.execute(
        insert(InstrumentDevice)
        .values(
            device_id=device_id,
            instrument_id=instrument_id,
            institution_id=institution_id,
            is_meter=True,
            has_interlock=True,
        )
        .on_conflict_do_nothing()
    )
