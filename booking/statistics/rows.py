"""The rows behind the figures: every use, and every reservation kept or missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.reservations.rules import Slot
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, as_slot
from booking.statistics.queries import ATTENDED, begun_in, uses_in
from booking.usage.tables import UsageSession
from directory.enterprises.tables import Enterprise
from foundation.identifiers import (
    EnterpriseId,
    InstitutionId,
    InstrumentId,
    ReservationId,
    UsageSessionId,
)

RECORDS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """服务记录: one use, as the national platform asks for it."""

    usage_session_id: UsageSessionId
    reservation_id: ReservationId | None
    instrument_id: InstrumentId
    instrument_code: str
    instrument_zh: str
    instrument_en: str
    enterprise: str | None
    """None: the institution's own use."""
    slot: Slot
    metered_ms: int
    content: str
    mode: str


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A reservation that counts as kept, or as missed."""

    reservation_id: ReservationId
    instrument_code: str
    instrument_zh: str
    instrument_en: str
    enterprise: str
    slot: Slot
    is_missed: bool


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which rows of a period: all of them, or an instrument's, or an enterprise's."""

    instrument_id: InstrumentId | None = None
    enterprise_id: EnterpriseId | None = None
    is_own: bool = False
    """Only the institution's own use."""


def list_service_records(
    session: Session, institution_id: InstitutionId | None, period: Slot
) -> list[ServiceRecord]:
    """Return who used what, how long and for what, in order of time."""
    found = _uses(institution_id, period).where(UsageSession.enterprise_id.is_not(None))
    return [_record_of(row) for row in session.execute(found.limit(RECORDS_MAX))]


def list_uses_behind(
    session: Session,
    institution_id: InstitutionId | None,
    period: Slot,
    narrowed: Narrowed,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[ServiceRecord]:
    """Return the uses that a figure was counted from, in order of time."""
    found = _uses(institution_id, period).limit(limit)
    if narrowed.instrument_id:
        found = found.where(UsageSession.instrument_id == narrowed.instrument_id)
    if narrowed.enterprise_id:
        found = found.where(UsageSession.enterprise_id == narrowed.enterprise_id)
    if narrowed.is_own:
        found = found.where(UsageSession.enterprise_id.is_(None))
    if after:
        found = found.where(
            func.row(func.lower(UsageSession.during), UsageSession.id) > func.row(*after)
        )
    return [_record_of(row) for row in session.execute(found)]


def _uses(institution_id: InstitutionId | None, period: Slot) -> Select[*tuple[Any, ...]]:
    return (
        select(
            UsageSession,
            *(Instrument.code, Instrument.name_zh, Instrument.name_en),
            Enterprise.name,
            func.coalesce(Reservation.purpose, ""),
            func.coalesce(Reservation.mode, ""),
        )
        .join(Instrument, Instrument.id == UsageSession.instrument_id)
        .outerjoin(Enterprise, Enterprise.id == UsageSession.enterprise_id)
        .outerjoin(Reservation, Reservation.id == UsageSession.reservation_id)
        .where(uses_in(institution_id, period))
        .order_by(func.lower(UsageSession.during), UsageSession.id)
    )


def _record_of(row: Sequence[Any]) -> ServiceRecord:
    usage, code, name_zh, name_en, enterprise, purpose, mode = row
    return ServiceRecord(
        usage_session_id=usage.id,
        reservation_id=usage.reservation_id,
        instrument_id=usage.instrument_id,
        instrument_code=code,
        instrument_zh=name_zh,
        instrument_en=name_en,
        enterprise=enterprise,
        slot=as_slot(usage.during),
        metered_ms=usage.metered_ms,
        content=purpose,
        mode=mode,
    )


def list_kept_behind(
    session: Session,
    institution_id: InstitutionId | None,
    period: Slot,
    *,
    is_missed: bool | None = None,
    instrument_id: InstrumentId | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[KeptRow]:
    """Return the reservations that the rate of no-shows was counted from."""
    starts_at = func.lower(Reservation.during)
    found = (
        select(
            *(Reservation.id, Instrument.code, Instrument.name_zh, Instrument.name_en),
            *(Enterprise.name, Reservation.during, Reservation.state),
        )
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .join(Enterprise, Enterprise.id == Reservation.enterprise_id)
        .where(
            begun_in(institution_id, period),
            _kept_or_missed(is_missed=is_missed),
            Reservation.instrument_id == instrument_id if instrument_id else true(),
        )
        .order_by(starts_at, Reservation.id)
        .limit(limit)
    )
    if after:
        found = found.where(func.row(starts_at, Reservation.id) > func.row(*after))
    return [
        KeptRow(
            reservation_id=key,
            instrument_code=code,
            instrument_zh=name_zh,
            instrument_en=name_en,
            enterprise=enterprise,
            slot=as_slot(during),
            is_missed=state == ReservationState.NO_SHOW,
        )
        for key, code, name_zh, name_en, enterprise, during, state in session.execute(found)
    ]


def _kept_or_missed(*, is_missed: bool | None) -> ColumnElement[bool]:
    if is_missed is None:
        return Reservation.state.in_([*ATTENDED, ReservationState.NO_SHOW])
    if is_missed:
        return Reservation.state == ReservationState.NO_SHOW
    return Reservation.state.in_(ATTENDED)
