"""Questions about the catalogue: which instrument, with which devices, under which policy."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument, InstrumentDevice
from directory.institutions.tables import Institution
from foundation.identifiers import DeviceId, InstitutionId, InstrumentId
from telemetry.devices.tables import Device


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument with the institution that answers for it."""

    instrument: Instrument
    institution: Institution


@dataclass(frozen=True, slots=True)
class LinkedDevice:
    """A device of an instrument, and what it is there for."""

    device_id: DeviceId
    name: str
    is_meter: bool
    has_interlock: bool


@dataclass(frozen=True, slots=True)
class CategoryCount:
    code: str
    count: int


def _listed() -> Select[Instrument, Institution]:
    return select(Instrument, Institution).join(
        Institution, Institution.id == Instrument.institution_id
    )


def list_instruments(
    session: Session, instrument_ids: Sequence[InstrumentId]
) -> dict[InstrumentId, Listed]:
    rows = session.execute(_listed().where(Instrument.id.in_(instrument_ids)))
    return {instrument.id: Listed(instrument, institution) for instrument, institution in rows}


def search_words(q: str) -> list[str]:
    """Split what somebody typed; every word must be found, in any order."""
    return [word for word in q.lower().replace(",", " ").split() if word][:8]


def _like(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def search(
    session: Session,
    *,
    q: str = "",
    category: str | None = None,
    institution_id: InstitutionId | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 20,
) -> list[Listed]:
    """Return shared instruments whose texts hold every word, by code, after the cursor."""
    found = _listed().where(Instrument.is_shared)
    for word in search_words(q):
        found = found.where(Instrument.search_text.like(_like(word)))
    if category:
        found = found.where(Instrument.category == category)
    if institution_id:
        found = found.where(Instrument.institution_id == institution_id)
    if after:
        found = found.where(func.row(Instrument.code, Instrument.id) > func.row(*after))
    found = found.order_by(Instrument.code, Instrument.id).limit(limit)
    return [Listed(*row) for row in session.execute(found)]


def count_categories(session: Session) -> list[CategoryCount]:
    rows = session.execute(
        select(Instrument.category, func.count())
        .where(Instrument.is_shared)
        .group_by(Instrument.category)
        .order_by(func.count().desc(), Instrument.category)
    )
    return [CategoryCount(code, count) for code, count in rows]


def list_devices(
    session: Session, instrument_ids: Sequence[InstrumentId]
) -> dict[InstrumentId, list[LinkedDevice]]:
    """Return each instrument's devices, by name."""
    devices: dict[InstrumentId, list[LinkedDevice]] = defaultdict(list)
    rows = session.execute(
        select(
            InstrumentDevice.instrument_id,
            Device.id,
            Device.name,
            InstrumentDevice.is_meter,
            InstrumentDevice.has_interlock,
        )
        .join(Device, Device.id == InstrumentDevice.device_id)
        .where(InstrumentDevice.instrument_id.in_(instrument_ids))
        .order_by(Device.name)
    )
    for instrument_id, device_id, name, is_meter, has_interlock in rows:
        devices[instrument_id].append(LinkedDevice(device_id, name, is_meter, has_interlock))
    return devices


def list_ids_of_devices(
    session: Session, device_ids: Sequence[DeviceId]
) -> dict[DeviceId, InstrumentId]:
    """Return which instrument each device belongs to."""
    rows = session.execute(
        select(InstrumentDevice.device_id, InstrumentDevice.instrument_id).where(
            InstrumentDevice.device_id.in_(device_ids)
        )
    )
    return dict(rows.tuples().all())
