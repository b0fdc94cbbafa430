"""Routes on what an instrument's time costs: its versions, a new one, and what it would mean."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow
from api.instrument_views import StepView
from api.instruments import SlotBody, WindowRefused, require_instrument, sound_window
from api.routing import Router
from billing.charges.rules import HourlyTariff
from billing.charges.slots import price_slot
from billing.tariffs.errors import TariffRefused
from billing.tariffs.queries import list_versions
from billing.tariffs.rehearsing import Rehearsed, rehearse
from billing.tariffs.rules import find_price_problems
from billing.tariffs.service import announce_price, require_priced
from billing.tariffs.tables import Tariff
from booking.calendars.hours import surcharged_spans
from booking.reservations.rules import Wish, find_time_problems
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import ChargeId, InstrumentId
from foundation.money import Money

router = Router(prefix="/instruments/{instrument_id}", tags=["charges"])

Keeper = Annotated[Caller, allow(Role.INSTITUTION_MANAGER, Role.FINANCE)]
FEN_MAX = 10**12
SECONDS_MAX = 7 * 86_400
Fen = Annotated[int, Field(ge=0, le=FEN_MAX)]
Seconds = Annotated[int, Field(ge=0, le=SECONDS_MAX)]


class PriceBody(Body):
    """A price for time: rounded up to a step, never less than a least time or amount."""

    per_hour_fen: Fen
    billed_min_s: Seconds = 0
    billed_step_s: Seconds = 60
    minimum_fen: Fen = 0

    def price(self) -> HourlyTariff:
        return HourlyTariff(
            per_hour=Money(self.per_hour_fen),
            billed_min=timedelta(seconds=self.billed_min_s),
            billed_step=timedelta(seconds=self.billed_step_s),
            minimum=Money(self.minimum_fen),
        )

    def sound_price(self) -> HourlyTariff:
        """Return the price to count with.

        Raises:
            TariffRefused: when it is none.
        """
        price = self.price()
        problems = find_price_problems(price)
        if problems:
            raise TariffRefused(problems)
        return price


class NewTariffBody(PriceBody):
    starts_at: AwareDatetime


class TariffView(BaseModel):
    id: UUID
    version: int
    valid_from: datetime
    valid_to: datetime | None
    """None: until another follows."""
    per_hour_fen: int
    billed_min_s: int
    billed_step_s: int
    minimum_fen: int
    currency: str
    made_at: datetime
    made_by: str | None
    is_current: bool

    @classmethod
    def of(cls, tariff: Tariff, made_by: str | None, now: datetime) -> Self:
        assert tariff.valid.lower is not None
        return cls(
            id=tariff.id,
            version=tariff.version,
            valid_from=tariff.valid.lower,
            valid_to=tariff.valid.upper,
            per_hour_fen=tariff.per_hour_fen,
            billed_min_s=tariff.billed_min_s,
            billed_step_s=tariff.billed_step_s,
            minimum_fen=tariff.minimum_fen,
            currency=tariff.currency,
            made_at=tariff.created_at,
            made_by=made_by,
            is_current=now in tariff.valid,
        )


class TariffList(BaseModel):
    items: list[TariffView]


@router.get("/tariffs")
def list_tariffs(
    instrument_id: InstrumentId, caller: Keeper, reading: ReadOnly, now: Now
) -> TariffList:
    """List every version of an instrument's price, the latest first; none is ever edited."""
    require_priced(reading, instrument_id, caller)
    found = list_versions(reading, instrument_id)
    return TariffList(items=[TariffView.of(tariff, name, now) for tariff, name in found])


@router.post("/tariffs", status_code=201)
def create_tariff(
    instrument_id: InstrumentId,
    body: NewTariffBody,
    caller: Keeper,
    now: Now,
    transaction: Transaction,
) -> TariffView:
    """Let a new version hold from an instant on; the one before it ends there, and is kept."""
    tariff = announce_price(
        transaction, instrument_id, body.price(), starts_at=body.starts_at, by=caller, now=now
    )
    return TariffView.of(tariff, None, now)


class TrialBody(PriceBody, SlotBody):
    """A price, and a span of time to try it on."""


class TrialView(BaseModel):
    amount_fen: int
    currency: str
    billed_seconds: int
    steps: list[StepView]


@router.post("/tariff-trials")
def try_tariff(
    instrument_id: InstrumentId, body: TrialBody, caller: Keeper, reading: ReadOnly
) -> TrialView:
    """Say what a span of time would cost at a price, step by step; nothing is kept."""
    require_priced(reading, instrument_id, caller)
    wish = body.wish()
    problems = find_time_problems(wish)
    if problems:
        raise WindowRefused(problems)
    table = require_instrument(reading, instrument_id).timetable
    priced = price_slot(wish.slot, body.sound_price(), surcharged_spans(wish.slot, table))
    return TrialView(
        amount_fen=priced.amount.minor_units,
        currency=priced.amount.currency,
        billed_seconds=priced.billed_seconds,
        steps=[StepView.of(step) for step in priced.steps],
    )


class RehearsalBody(PriceBody):
    """A price, and a past period to count anew."""

    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime


class RehearsedView(BaseModel):
    charge_id: ChargeId
    enterprise: str
    starts_at: datetime
    ends_at: datetime
    metered_ms: int
    was_fen: int
    would_be_fen: int

    @classmethod
    def of(cls, one: Rehearsed) -> Self:
        return cls(
            charge_id=one.charge_id,
            enterprise=one.enterprise,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            metered_ms=one.metered_ms,
            was_fen=one.was_fen,
            would_be_fen=one.would_be_fen,
        )


class RehearsalView(BaseModel):
    """What was charged for use in a period, and what it would have been."""

    was_fen: int
    would_be_fen: int
    lines: list[RehearsedView]


@router.post("/tariff-rehearsals")
def rehearse_tariff(
    instrument_id: InstrumentId, body: RehearsalBody, caller: Keeper, reading: ReadOnly
) -> RehearsalView:
    """Count a past period anew at another price; nothing is kept."""
    require_priced(reading, instrument_id, caller)
    lines = rehearse(
        reading, instrument_id, body.sound_price(), sound_window(Wish(body.from_, body.to))
    )
    return RehearsalView(
        was_fen=sum(one.was_fen for one in lines),
        would_be_fen=sum(one.would_be_fen for one in lines),
        lines=[RehearsedView.of(one) for one in lines],
    )
