"""Which devices watch and switch an instrument: its meter, its interlock, and what only watches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.instruments.cards import require_own
from booking.instruments.errors import LinksRefused
from booking.instruments.tables import Instrument, InstrumentDevice
from booking.reservations.states import AT_IT_STATES
from booking.reservations.tables import Reservation
from directory.audit.service import record
from directory.people.service import Caller
from foundation.errors import Problem
from foundation.identifiers import DeviceId, InstrumentId
from telemetry.devices.tables import Device


@dataclass(frozen=True, slots=True)
class Link:
    """What a device is to an instrument."""

    device_id: DeviceId
    is_meter: bool
    has_interlock: bool


@dataclass(frozen=True, slots=True)
class Linkable:
    """A device of the institution, and the instrument it belongs to, if any."""

    device: Device
    link: InstrumentDevice | None
    instrument: str | None


def list_linkable(
    session: Session, instrument_id: InstrumentId, *, by: Caller
) -> tuple[Instrument, list[Linkable]]:
    """Return every device of the institution, with what it is linked to already."""
    instrument = require_own(session, instrument_id, by)
    rows = session.execute(
        select(Device, InstrumentDevice, Instrument.name_zh)
        .outerjoin(InstrumentDevice, InstrumentDevice.device_id == Device.id)
        .outerjoin(Instrument, Instrument.id == InstrumentDevice.instrument_id)
        .where(Device.institution_id == instrument.institution_id)
        .order_by(Device.name)
    )
    return instrument, [Linkable(device, link, name) for device, link, name in rows]


def set_links(
    session: Session,
    instrument_id: InstrumentId,
    links: Sequence[Link],
    *,
    by: Caller,
    now: datetime,
) -> None:
    """Let exactly these devices belong to an instrument.

    Raises:
        LinksRefused: naming everything that speaks against it.
    """
    instrument, known = list_linkable(session, instrument_id, by=by)
    problems = find_link_problems(instrument.id, links, known)
    if session.scalar(
        select(Reservation.id)
        .where(Reservation.instrument_id == instrument_id, Reservation.state.in_(AT_IT_STATES))
        .limit(1)
    ):
        zh, en = "仪器正在使用，用完再改。", "It is in use; change this afterwards."
        problems.append(Problem("in_use", zh, en))
    if problems:
        raise LinksRefused(problems)
    session.execute(delete(InstrumentDevice).where(InstrumentDevice.instrument_id == instrument_id))
    session.add_all(
        InstrumentDevice(
            device_id=link.device_id,
            instrument_id=instrument_id,
            institution_id=instrument.institution_id,
            is_meter=link.is_meter,
            has_interlock=link.has_interlock,
        )
        for link in links
    )
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="instrument.devices",
        subject_kind="instrument",
        subject_id=instrument_id,
        now=now,
        devices=[str(link.device_id) for link in links],
    )


def find_link_problems(
    instrument_id: InstrumentId, links: Sequence[Link], known: Sequence[Linkable]
) -> list[Problem]:
    """Return what is wrong with the links: strangers, devices taken, twice, or two meters."""
    by_id = {one.device.id: one for one in known}
    problems = []
    for number, link in enumerate(links):
        one = by_id.get(link.device_id)
        field = f"items.{number}"
        if one is None:
            zh, en = "没有这台设备。", "There is no such device."
            problems.append(Problem("unknown_device", zh, en, field))
        elif one.link is not None and one.link.instrument_id != instrument_id:
            zh = f"{one.device.name} 已关联 {one.instrument}。"
            en = f"{one.device.name} belongs to {one.instrument} already."
            problems.append(Problem("device_taken", zh, en, field))
    if len({link.device_id for link in links}) < len(links):
        problems.append(Problem("twice", "同一设备列了两次。", "A device is named twice.", "items"))
    if sum(link.is_meter for link in links) > 1:
        zh, en = "只能有一台设备计时。", "Only one device can be the meter."
        problems.append(Problem("two_meters", zh, en, "items"))
    return problems
