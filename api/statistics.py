"""Routes under /statistics: how much is used and shared, for managers and the platform."""

from datetime import date, datetime, time
from fractions import Fraction
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from api.database import ReadOnly
from api.exports import WORKBOOK, attach
from api.identity import allow
from api.routing import Router
from billing.charges.totals import fees_of, money_in
from booking.reservations.rules import Slot
from booking.statistics.queries import (
    names_of,
    read_figures,
    read_figures_and_trend,
    sound_period,
)
from booking.statistics.rows import list_service_records
from booking.statistics.rules import Figures, InstrumentFigures, Quotas
from booking.statistics.sheets import FIGURES, RECORDS, USERS, write_figures, write_records
from booking.statistics.trend import Portion, Step
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.privacy.grades import Export
from directory.roles.rules import Role
from foundation.identifiers import EnterpriseId, InstitutionId, InstrumentId

router = Router(prefix="/statistics", tags=["statistics"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER, Role.OPERATOR, Role.AUDITOR)]


def read_period(request: Request, from_: Annotated[date, Query(alias="from")], to: date) -> Slot:
    """Return the span from the first day's midnight to the last day's end, as here counted."""
    zone = zone_of(request)
    midnight = [datetime.combine(day, time(), zone) for day in (from_, to)]
    return sound_period(*midnight)


Period = Annotated[Slot, Depends(read_period)]


YEAR_H = 8784
Hours = Annotated[int | None, Query(ge=1, le=YEAR_H)]


def read_quotas(request: Request, general_h: Hours = None, special_h: Hours = None) -> Quotas:
    """Return the deployment's 定额机时, or those asked for instead: what another base would say."""
    settings = request.app.state.settings
    return Quotas(general_h or settings.quota_general_h, special_h or settings.quota_special_h)


AskedQuotas = Annotated[Quotas, Depends(read_quotas)]


def zone_of(request: Request) -> ZoneInfo:
    """Return the zone in which the deployment's days are counted."""
    return ZoneInfo(request.app.state.settings.time_zone)


def whose(caller: Caller, institution_id: InstitutionId | None) -> InstitutionId | None:
    """Return whose figures may be had: a manager's own, the platform's choice.

    Raises:
        NotAllowed: to a manager who asks for another institution's.
    """
    if caller.has(Role.OPERATOR, Role.AUDITOR):
        return institution_id
    if caller.institution_id is None or institution_id not in {None, caller.institution_id}:
        raise NotAllowed
    return caller.institution_id


def as_share(rate: Fraction | None) -> float | None:
    return None if rate is None else round(float(rate), 4)


class FiguresView(BaseModel):
    """Hours and rates; a rate of nothing is null. `utilisation` may be above 1."""

    effective_h: float
    external_h: float
    quota_h: float
    utilisation: float | None
    sharing: float | None
    uses: int
    attended: int
    missed: int
    no_show: float | None
    money_fen: int
    """What was charged in the period, fees included."""

    @classmethod
    def of(cls, one: InstrumentFigures, money_fen: int) -> Self:
        return cls(
            effective_h=round(float(one.effective_h), 2),
            external_h=round(float(one.external_h), 2),
            quota_h=round(float(one.quota_h), 2),
            utilisation=as_share(one.utilisation),
            sharing=as_share(one.sharing),
            uses=one.uses,
            attended=one.attended,
            missed=one.missed,
            no_show=as_share(one.no_show),
            money_fen=money_fen,
        )


class InstrumentFiguresView(BaseModel):
    instrument_id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    is_shared: bool
    figures: FiguresView


class UserHoursView(BaseModel):
    enterprise_id: EnterpriseId | None
    name: str | None
    """None with an id of none: the institution's own use."""
    hours: float


class QuotasView(BaseModel):
    """定额机时 a year: what utilisation is measured against."""

    general_h: int
    special_h: int


class PortionView(BaseModel):
    starts_on: date
    effective_h: float
    external_h: float

    @classmethod
    def of(cls, portion: Portion) -> Self:
        return cls(
            starts_on=portion.starts_on,
            effective_h=round(float(portion.effective_h), 2),
            external_h=round(float(portion.external_h), 2),
        )


class TrendView(BaseModel):
    """The hours of each day, week or month of the period."""

    step: Step
    items: list[PortionView]


class StatisticsView(BaseModel):
    total: FiguresView
    open_rate: float | None
    quotas: QuotasView
    trend: TrendView
    instruments: list[InstrumentFiguresView]
    users: list[UserHoursView]


@router.get("/usage")
def read_statistics(
    *,
    request: Request,
    caller: Manager,
    period: Period,
    quotas: AskedQuotas,
    reading: ReadOnly,
    institution_id: InstitutionId | None = None,
) -> StatisticsView:
    """Count utilisation, sharing, hours by user, open rate and no-shows; `to` is excluded."""
    owner = whose(caller, institution_id)
    figures, step, portions = read_figures_and_trend(
        reading, owner, period, quotas=quotas, zone=zone_of(request)
    )
    names = names_of(reading, _enterprises(figures))
    money = money_in(reading, owner, period)
    return StatisticsView(
        total=FiguresView.of(figures.total, sum(money.values())),
        open_rate=as_share(figures.opened),
        quotas=QuotasView(general_h=quotas.general_h, special_h=quotas.special_h),
        trend=TrendView(step=step, items=[PortionView.of(one) for one in portions]),
        instruments=[
            InstrumentFiguresView(
                instrument_id=one.card.instrument_id,
                code=one.card.code,
                name_zh=one.card.name_zh,
                name_en=one.card.name_en,
                is_shared=one.card.is_shared,
                figures=FiguresView.of(one, money.get(one.card.instrument_id, 0)),
            )
            for one in figures.instruments
        ],
        users=[
            UserHoursView(
                enterprise_id=key,
                name=names.get(key) if key else None,
                hours=round(float(hours), 2),
            )
            for key, hours in sorted(figures.hours_by_enterprise.items(), key=lambda item: -item[1])
        ],
    )


@router.get("/usage.xlsx", response_class=Response, responses={200: {"content": {WORKBOOK: {}}}})
def export_statistics(
    caller: Manager,
    period: Period,
    quotas: AskedQuotas,
    reading: ReadOnly,
    institution_id: InstitutionId | None = None,
) -> Response:
    """Give the same figures as a workbook."""
    owner = whose(caller, institution_id)
    figures = read_figures(reading, owner, period, quotas=quotas)
    names = names_of(reading, _enterprises(figures))
    money = money_in(reading, owner, period)
    workbook = write_figures(figures, names, money)
    return attach(Export.FIGURES, (*FIGURES, *USERS), workbook, "使用统计.xlsx")


@router.get(
    "/service-records.xlsx", response_class=Response, responses={200: {"content": {WORKBOOK: {}}}}
)
def export_service_records(
    request: Request,
    caller: Manager,
    period: Period,
    reading: ReadOnly,
    institution_id: InstitutionId | None = None,
) -> Response:
    """Give the service records the national platform asks for: users, time, content, fee."""
    records = list_service_records(reading, whose(caller, institution_id), period)
    fees = fees_of(reading, [one.usage_session_id for one in records])
    workbook = write_records(records, fees, zone_of(request))
    return attach(Export.SERVICE_RECORDS, RECORDS, workbook, "服务记录.xlsx")


def _enterprises(figures: Figures) -> list[EnterpriseId]:
    return [key for key in figures.hours_by_enterprise if key is not None]
