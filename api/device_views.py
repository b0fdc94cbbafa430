"""How devices look on the wire, with the instrument and the reservation each belongs to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.instruments.live import judge
from booking.instruments.tables import Instrument, InstrumentDevice
from booking.reservations.service import slot_of
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.tables import Person
from foundation.identifiers import DeviceId, InstitutionId, InstrumentId, ReservationId, RunId
from telemetry.devices.now import DeviceNow


class InstrumentLink(BaseModel):
    id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    time_zone: str
    """The lab's clock."""


class LastValueView(BaseModel):
    key: str
    name: str
    unit: str
    value: float | None
    at: datetime
    quality: str
    """good, repeated (no change since), late, or bad."""


class InterlockView(BaseModel):
    wanted: str
    reported: str
    """locked, unlocked, or unknown where the device did not do as it was told."""
    lease_until: datetime | None
    at: datetime


class OpenRunView(BaseModel):
    id: RunId
    session: str
    started_at: datetime
    run_ms: int


class ReservationLink(BaseModel):
    """The reservation the instrument is held for now."""

    id: ReservationId
    starts_at: datetime
    ends_at: datetime
    enterprise: str
    holder: str
    state: str


class DeviceView(BaseModel):
    id: DeviceId
    name: str
    model: str
    institution_id: InstitutionId
    protocol: str
    instrument: InstrumentLink | None
    online: bool
    state: str
    """running, idle, attention, fault or offline."""
    op: str
    mode: str
    phase: str | None
    boot: str | None
    seen_at: datetime | None
    last: list[LastValueView]
    interlock: InterlockView | None
    session: OpenRunView | None
    reservation: ReservationLink | None
    alarms: int
    gaps: int
    """Stretches of messages that have not arrived."""


def read_links(
    session: Session, device_ids: Sequence[DeviceId], *, now: datetime
) -> dict[UUID, tuple[InstrumentLink, ReservationLink | None]]:
    """Find each device's instrument, and who has it now."""
    # Whoever is there has it, also before the slot begins: one may check in early.
    is_now = Reservation.state.in_([ReservationState.CHECKED_IN, ReservationState.IN_USE]) | (
        Reservation.during.contains(now) & (Reservation.state == ReservationState.RESERVED)
    )
    rows: Iterable[tuple[UUID, Instrument, str, Reservation | None, str, Person]] = session.execute(
        select(
            InstrumentDevice.device_id,
            Instrument,
            Institution.time_zone,
            Reservation,
            Enterprise.name,
            Person,
        )
        .join(Instrument, Instrument.id == InstrumentDevice.instrument_id)
        .join(Institution, Institution.id == Instrument.institution_id)
        .outerjoin(Reservation, (Reservation.instrument_id == Instrument.id) & is_now)
        .outerjoin(Enterprise, Enterprise.id == Reservation.enterprise_id)
        .outerjoin(Person, Person.id == Reservation.holder_id)
        .where(InstrumentDevice.device_id == func.any(list(device_ids)))
        .order_by(Reservation.state != ReservationState.RESERVED)  # the one who is there wins
    )
    return {
        device_id: (
            InstrumentLink(
                id=instrument.id,
                code=instrument.code,
                name_zh=instrument.name_zh,
                name_en=instrument.name_en,
                time_zone=time_zone,
            ),
            ReservationLink(
                id=reservation.id,
                starts_at=slot_of(reservation).starts_at,
                ends_at=slot_of(reservation).ends_at,
                enterprise=enterprise,
                holder=holder.display_name,
                state=reservation.state,
            )
            if reservation is not None
            else None,
        )
        for device_id, instrument, time_zone, reservation, enterprise, holder in rows
    }


def see_devices(
    session: Session, devices: Sequence[DeviceNow], *, now: datetime
) -> list[DeviceView]:
    links = read_links(session, [device.id for device in devices], now=now)
    return [see_device(device, *links.get(device.id, (None, None))) for device in devices]


def see_device(
    device: DeviceNow, instrument: InstrumentLink | None, reservation: ReservationLink | None
) -> DeviceView:
    return DeviceView(
        id=device.id,
        name=device.name,
        model=device.model,
        institution_id=device.institution_id,
        protocol=device.protocol,
        instrument=instrument,
        online=device.online,
        state=judge(
            is_online=device.online,
            op=device.op,
            has_alarm=device.worst_alarm in {"major", "critical"},
        ),
        op=device.op,
        mode=device.mode,
        phase=device.phase,
        boot=device.boot,
        seen_at=device.seen_at,
        last=[
            LastValueView(
                key=last.name,
                name=last.name,
                unit=last.unit,
                value=last.value,
                at=last.at,
                quality=last.quality,
            )
            for last in device.last
        ],
        interlock=InterlockView(
            wanted=device.interlock.wanted,
            reported=device.interlock.reported,
            lease_until=device.interlock.lease_until,
            at=device.interlock.at,
        )
        if device.interlock
        else None,
        session=OpenRunView(
            id=device.run.id,
            session=device.run.session,
            started_at=device.run.started_at,
            run_ms=device.run.metered_ms,
        )
        if device.run
        else None,
        reservation=reservation,
        alarms=device.alarms,
        gaps=device.gaps,
    )
