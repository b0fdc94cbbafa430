"""Telling somebody at once what was done to their reservation: no state tells of it later."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.notices.occasions import Occasion
from booking.notices.rules import Facts, Kind
from booking.notices.service import tell
from booking.reservations.tables import Reservation, as_slot


def tell_moved(
    session: Session, reservation: Reservation, *, zone: ZoneInfo, now: datetime
) -> None:
    """Tell the holder of its new time."""
    _tell(session, reservation, Kind.MOVED, zone=zone, now=now)


def tell_endorsed(
    session: Session, reservation: Reservation, *, zone: ZoneInfo, now: datetime
) -> None:
    """Tell the holder that their own enterprise said yes."""
    _tell(session, reservation, Kind.ENDORSED, zone=zone, now=now)


def _tell(
    session: Session, reservation: Reservation, kind: Kind, *, zone: ZoneInfo, now: datetime
) -> None:
    name_zh, name_en = session.execute(
        select(Instrument.name_zh, Instrument.name_en).where(
            Instrument.id == reservation.instrument_id
        )
    ).one()
    slot = as_slot(reservation.during)
    tell(
        session,
        Occasion(
            name=f"{kind}:{reservation.id}:{reservation.revision}",
            kind=kind,
            person_id=reservation.holder_id,
            reservation_id=reservation.id,
            facts=Facts(name_zh, name_en, zone, slot),
        ),
        now=now,
    )
