"""How instruments, their time and their prices look on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from billing.charges.rules import Price, Step
from billing.tariffs.queries import in_force
from billing.tariffs.tables import Tariff
from booking.calendars.hours import surcharged_spans
from booking.instruments.categories import CATEGORIES
from booking.instruments.live import Live, LiveState, read_live
from booking.instruments.queries import list_devices, list_instruments
from booking.policies.books import Book
from booking.reservations.rules import BookingPolicy, Slot
from booking.reservations.times import Calendar, next_free
from directory.people.service import Caller
from foundation.errors import Problem
from foundation.identifiers import InstitutionId, InstrumentId, ReservationId


class InstitutionView(BaseModel):
    id: InstitutionId
    name_zh: str
    name_en: str


class PriceView(BaseModel):
    """What an hour costs today."""

    per_hour_fen: int
    currency: str
    billed_min_minutes: float
    billed_step_minutes: float
    minimum_fen: int
    tariff_version: int

    @classmethod
    def of(cls, tariff: Tariff) -> Self:
        return cls(
            per_hour_fen=tariff.per_hour_fen,
            currency=tariff.currency,
            billed_min_minutes=tariff.billed_min_s / 60,
            billed_step_minutes=tariff.billed_step_s / 60,
            minimum_fen=tariff.minimum_fen,
            tariff_version=tariff.version,
        )


class PolicyView(BaseModel):
    """What slots the instrument takes."""

    grid_minutes: float
    length_min_minutes: float
    length_max_minutes: float
    notice_min_minutes: float
    horizon_days: float
    set_up_minutes: float
    cool_down_minutes: float

    @classmethod
    def of(cls, policy: BookingPolicy) -> Self:
        return cls(
            grid_minutes=policy.grid.total_seconds() / 60,
            length_min_minutes=policy.length_min.total_seconds() / 60,
            length_max_minutes=policy.length_max.total_seconds() / 60,
            notice_min_minutes=policy.notice_min.total_seconds() / 60,
            horizon_days=policy.horizon.total_seconds() / 86400,
            set_up_minutes=policy.set_up.total_seconds() / 60,
            cool_down_minutes=policy.cool_down.total_seconds() / 60,
        )


class LiveView(BaseModel):
    """What the instrument is doing now, as its meter says."""

    state: LiveState
    at: datetime

    @classmethod
    def of(cls, live: Live | None) -> Self | None:
        return cls(state=live.state, at=live.at) if live else None


class InstrumentView(BaseModel):
    id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    model: str
    maker: str
    category: str
    category_zh: str
    category_en: str
    location: str
    description_zh: str
    description_en: str
    institution: InstitutionView
    time_zone: str
    price: PriceView | None
    next_free_at: datetime | None
    live: LiveView | None
    policy: PolicyView
    device_names: list[str]
    modes: list[str]
    """How it is offered: self_operated, assisted, entrusted."""
    condition: str
    """working, faulty, in_repair or scrapped."""
    limited_to_zh: str
    """准用: the only functions and ranges it may be used for; empty where those are all."""
    limited_to_en: str


def see_instruments(
    session: Session, books: Sequence[Book], *, now: datetime
) -> list[InstrumentView]:
    """Render instruments with their price, their next free time and what they do now."""
    ids = [book.instrument.id for book in books]
    tariffs = in_force(session, ids, at=now)
    free = next_free(session, books, now=now)
    devices = list_devices(session, ids)
    live = read_live(session, ids)
    listed = list_instruments(session, ids)
    return [
        InstrumentView(
            id=one.instrument.id,
            code=one.instrument.code,
            name_zh=one.instrument.name_zh,
            name_en=one.instrument.name_en,
            model=one.instrument.model,
            maker=one.instrument.maker,
            category=one.instrument.category,
            category_zh=CATEGORIES.get(one.instrument.category, (one.instrument.category,) * 2)[0],
            category_en=CATEGORIES.get(one.instrument.category, (one.instrument.category,) * 2)[1],
            location=one.instrument.location,
            description_zh=one.instrument.description_zh,
            description_en=one.instrument.description_en,
            institution=InstitutionView(
                id=one.institution.id,
                name_zh=one.institution.name_zh,
                name_en=one.institution.name_en,
            ),
            time_zone=book.zone.key,
            price=PriceView.of(tariff) if (tariff := tariffs.get(one.instrument.id)) else None,
            next_free_at=free[one.instrument.id],
            live=LiveView.of(live.get(one.instrument.id)),
            policy=PolicyView.of(book.policy),
            device_names=[device.name for device in devices[one.instrument.id]],
            modes=[str(mode) for mode in one.instrument.modes],
            condition=one.instrument.condition,
            limited_to_zh=one.instrument.limited_to_zh,
            limited_to_en=one.instrument.limited_to_en,
        )
        for book, one in ((book, listed[book.instrument.id]) for book in books)
    ]


class SpanView(BaseModel):
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, slot: Slot) -> Self:
        return cls(starts_at=slot.starts_at, ends_at=slot.ends_at)


class TakenView(SpanView):
    """Time that is not free. Whose it is, nobody is told but its holder."""

    kind: str
    reservation_id: ReservationId | None = None


class ExtendedView(SpanView):
    """延时错时: open for so many thousandths of the price more."""

    surcharge_permille: int


def see_extended(book: Book, window: Slot) -> list[ExtendedView]:
    return [
        ExtendedView(
            starts_at=max(one.slot.starts_at, window.starts_at),
            ends_at=min(one.slot.ends_at, window.ends_at),
            surcharge_permille=one.permille,
        )
        for one in surcharged_spans(window, book.timetable)
    ]


class CalendarView(BaseModel):
    instrument_id: InstrumentId
    time_zone: str
    from_: Annotated[datetime, Field(serialization_alias="from")]
    to: datetime
    taken: list[TakenView]
    free: list[SpanView]
    extended: list[ExtendedView]
    """Hours that are open for more money."""


def see_taken(calendar: Calendar, caller: Caller | None) -> list[TakenView]:
    """Show each reservation, and the set-up and cool-down around it."""
    views = [
        TakenView(starts_at=slot.starts_at, ends_at=slot.ends_at, kind="closure")
        for slot in calendar.closed
    ]
    for one in calendar.taken:
        is_mine = caller is not None and caller.person_id == one.holder_id
        views.append(
            TakenView(
                starts_at=one.during.starts_at,
                ends_at=one.during.ends_at,
                kind="mine" if is_mine else "reserved",
                reservation_id=one.reservation_id if is_mine else None,
            )
        )
        for starts_at, ends_at in (
            (one.blocked.starts_at, one.during.starts_at),
            (one.during.ends_at, one.blocked.ends_at),
        ):
            if starts_at < ends_at:
                views.append(TakenView(starts_at=starts_at, ends_at=ends_at, kind="buffer"))
    return views


class StepView(BaseModel):
    """One line of the arithmetic of a price."""

    label_zh: str
    label_en: str
    value: str
    amount_fen: int | None = None

    @classmethod
    def of(cls, step: Step) -> Self:
        return cls(
            label_zh=step.label_zh,
            label_en=step.label_en,
            value=step.value,
            amount_fen=step.amount_fen,
        )


class FaultView(BaseModel):
    code: str
    detail_zh: str
    detail_en: str
    field: str | None

    @classmethod
    def of(cls, problem: Problem) -> Self:
        return cls(
            code=problem.code, detail_zh=problem.zh, detail_en=problem.en, field=problem.field
        )


class QuoteView(BaseModel):
    """What a slot would cost if it were used to its end, and what speaks against it."""

    amount_fen: int | None
    currency: str
    tariff_version: int | None
    steps: list[StepView]
    problems: list[FaultView]

    @classmethod
    def of(cls, quoted: tuple[Tariff, Price] | None, problems: Sequence[Problem]) -> Self:
        tariff, price = quoted or (None, None)
        return cls(
            amount_fen=price.amount.minor_units if price else None,
            currency=price.amount.currency if price else "CNY",
            tariff_version=tariff.version if tariff else None,
            steps=[StepView.of(step) for step in price.steps] if price else [],
            problems=[FaultView.of(problem) for problem in problems],
        )
