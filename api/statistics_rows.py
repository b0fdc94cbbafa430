"""Routes under /statistics that open a figure to the rows it was counted from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy.orm import Session

from api.database import ReadOnly
from api.paging import PAGE_MAX, read_cursor, read_id, read_instant, write_cursor
from api.routing import Router
from api.statistics import Manager, Period, whose
from billing.charges.totals import ChargeRow, fees_of, list_charges_behind
from booking.reservations.rules import Slot
from booking.statistics.rows import (
    KeptRow,
    Narrowed,
    ServiceRecord,
    list_kept_behind,
    list_uses_behind,
)
from booking.statistics.rules import counted_h
from foundation.identifiers import (
    ChargeId,
    EnterpriseId,
    InstitutionId,
    InstrumentId,
    ReservationId,
    UsageSessionId,
)

router = Router(prefix="/statistics", tags=["statistics"])

T = TypeVar("T")


class InstrumentNamed(BaseModel):
    code: str
    name_zh: str
    name_en: str


class UseRow(BaseModel):
    """One use; `counted_h` is what of it lies in the period."""

    id: UsageSessionId
    reservation_id: ReservationId | None
    instrument: InstrumentNamed
    enterprise: str | None
    """None: the institution's own use."""
    starts_at: datetime
    ends_at: datetime
    metered_ms: int
    counted_h: float
    content: str
    fee_fen: int | None
    """None: not charged yet."""

    @classmethod
    def of(cls, one: ServiceRecord, period: Slot, fee_fen: int | None) -> Self:
        return cls(
            id=one.usage_session_id,
            reservation_id=one.reservation_id,
            instrument=InstrumentNamed(
                code=one.instrument_code, name_zh=one.instrument_zh, name_en=one.instrument_en
            ),
            enterprise=one.enterprise,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            metered_ms=one.metered_ms,
            counted_h=round(float(counted_h(one.slot, one.metered_ms, period)), 4),
            content=one.content,
            fee_fen=fee_fen,
        )


class UseRows(BaseModel):
    items: list[UseRow]
    next_cursor: str | None


class ReservationRow(BaseModel):
    id: ReservationId
    instrument: InstrumentNamed
    enterprise: str
    starts_at: datetime
    ends_at: datetime
    is_missed: bool

    @classmethod
    def of(cls, one: KeptRow) -> Self:
        return cls(
            id=one.reservation_id,
            instrument=InstrumentNamed(
                code=one.instrument_code, name_zh=one.instrument_zh, name_en=one.instrument_en
            ),
            enterprise=one.enterprise,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            is_missed=one.is_missed,
        )


class ReservationRows(BaseModel):
    items: list[ReservationRow]
    next_cursor: str | None


class ChargeLine(BaseModel):
    id: ChargeId
    kind: str
    """usage, labour, late_cancel or no_show."""
    instrument: InstrumentNamed
    enterprise: str
    reservation_id: ReservationId | None
    billed_seconds: int
    amount_fen: int
    created_at: datetime

    @classmethod
    def of(cls, one: ChargeRow) -> Self:
        return cls(
            id=one.charge_id,
            kind=one.kind,
            instrument=InstrumentNamed(
                code=one.instrument_code, name_zh=one.instrument_zh, name_en=one.instrument_en
            ),
            enterprise=one.enterprise,
            reservation_id=one.reservation_id,
            billed_seconds=one.billed_seconds,
            amount_fen=one.amount_fen,
            created_at=one.created_at,
        )


class ChargeRows(BaseModel):
    items: list[ChargeLine]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Behind:
    """Which rows are asked for: of whom, of when, of which instrument, after which one."""

    reading: Session
    institution_id: InstitutionId | None
    period: Slot
    instrument_id: InstrumentId | None
    after: tuple[datetime, UUID] | None
    limit: int

    def cut(
        self, found: Sequence[T], key: Callable[[T], tuple[datetime, UUID]]
    ) -> tuple[Sequence[T], str | None]:
        """Take a page off what was found with one row more, and say where the next begins."""
        page = found[: self.limit]
        return page, write_cursor(*key(page[-1])) if len(found) > self.limit else None


async def read_behind(
    *,
    caller: Manager,
    period: Period,
    reading: ReadOnly,
    institution_id: InstitutionId | None = None,
    instrument_id: InstrumentId | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> Behind:
    after = None
    if cursor is not None:
        at, last_id = read_cursor(cursor, 2)
        after = (read_instant(at), read_id(last_id))
    owner = whose(caller, institution_id)
    return Behind(reading, owner, period, instrument_id, after, limit)


Asked = Annotated[Behind, Depends(read_behind, scope="function")]


@router.get("/uses")
def list_uses(
    behind: Asked, *, enterprise_id: EnterpriseId | None = None, is_own: bool = False
) -> UseRows:
    """List the uses that hours, utilisation and sharing were counted from."""
    found = list_uses_behind(
        behind.reading,
        behind.institution_id,
        behind.period,
        Narrowed(behind.instrument_id, enterprise_id, is_own),
        after=behind.after,
        limit=behind.limit + 1,
    )
    page, next_cursor = behind.cut(found, lambda one: (one.slot.starts_at, one.usage_session_id))
    fees = fees_of(behind.reading, [one.usage_session_id for one in page])
    return UseRows(
        items=[UseRow.of(one, behind.period, fees.get(one.usage_session_id)) for one in page],
        next_cursor=next_cursor,
    )


@router.get("/reservations")
def list_kept(behind: Asked, *, is_missed: bool | None = None) -> ReservationRows:
    """List the reservations that the rate of no-shows was counted from."""
    found = list_kept_behind(
        behind.reading,
        behind.institution_id,
        behind.period,
        is_missed=is_missed,
        instrument_id=behind.instrument_id,
        after=behind.after,
        limit=behind.limit + 1,
    )
    page, next_cursor = behind.cut(found, lambda one: (one.slot.starts_at, one.reservation_id))
    return ReservationRows(items=[ReservationRow.of(one) for one in page], next_cursor=next_cursor)


@router.get("/charges")
def list_charged(behind: Asked) -> ChargeRows:
    """List the charges that the money of the period was summed from."""
    found = list_charges_behind(
        behind.reading,
        behind.institution_id,
        behind.period,
        instrument_id=behind.instrument_id,
        after=behind.after,
        limit=behind.limit + 1,
    )
    page, next_cursor = behind.cut(found, lambda one: (one.created_at, one.charge_id))
    return ChargeRows(items=[ChargeLine.of(one) for one in page], next_cursor=next_cursor)
