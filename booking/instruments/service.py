"""Verbs on the catalogue. The caller owns the transaction; nothing here commits."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.instruments.categories import CATEGORIES
from booking.instruments.tables import Instrument, InstrumentDevice
from foundation.identifiers import DeviceId, InstitutionId, InstrumentId


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
