"""延时错时: what hours outside the regular ones add to a price, worked out by hand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charges.off_hours import find_off_hours
from billing.charges.rules import HourlyTariff, price_time
from billing.charges.slots import price_slot
from booking.calendars.hours import (
    Hours,
    SpecialHours,
    Surcharged,
    Timetable,
    find_special_problems,
    surcharged_spans,
)
from booking.reservations.rules import Slot
from foundation.money import Money

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2030, 1, 7, tzinfo=ZONE)  # a Monday


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def span(starts: float, ends: float) -> Slot:
    return Slot(at(starts), at(ends))


def tariff(per_hour: int = 20_000, *, minimum: int = 0, step_min: int = 1) -> HourlyTariff:
    return HourlyTariff(Money(per_hour), timedelta(0), timedelta(minutes=step_min), Money(minimum))


EVENING = [Surcharged(span(18, 22), 500)]
NIGHT = [*EVENING, Surcharged(span(22, 24), 1000)]


@pytest.mark.parametrize(
    ("slot", "surcharged", "fen"),
    [
        pytest.param(span(9, 11), EVENING, 40_000, id="regular hours: 2 x 200"),
        pytest.param(span(18, 20), EVENING, 60_000, id="all in the evening: 2 x 300"),
        pytest.param(span(17, 19), EVENING, 50_000, id="half of it: 200 + 300"),
        pytest.param(span(21, 23), NIGHT, 70_000, id="evening and night: 300 + 400"),
        pytest.param(span(20, 22), [], 40_000, id="no surcharge at all"),
    ],
)
def test_slot_costs_more_for_its_extended_part(
    slot: Slot, surcharged: list[Surcharged], fen: int
) -> None:
    priced = price_slot(slot, tariff(), surcharged)

    assert priced.amount == Money(fen)
    assert sum(step.amount_fen or 0 for step in priced.steps) == fen


def test_metered_time_is_divided_as_the_runs_lay() -> None:
    """An hour metered in two runs of 45 min, the second all in the evening: half of it at +50 %."""
    off_hours = find_off_hours([span(17, 17.75), span(18, 18.75)], EVENING)

    priced = price_time(timedelta(hours=1), tariff(), off_hours)

    assert priced.amount == Money(25_000)
    assert off_hours is not None
    assert off_hours.document()["parts"] == [
        {
            "permille": 500,
            "ms": 2_700_000,
            "spans": [["2030-01-07T10:00:00+00:00", "2030-01-07T10:45:00+00:00"]],
        }
    ]
    assert [step.value for step in priced.steps[-2:]] == ["0:45:00 / 1:30:00", "50.00 CNY"]


def test_least_amount_comes_before_the_surcharge() -> None:
    """Six minutes at 200 yuan are 20 yuan; the least is 100; all in the evening: 150."""
    assert price_slot(span(18, 18.1), tariff(minimum=10_000), EVENING).amount == Money(15_000)


def test_fen_are_rounded_once_for_time_and_surcharge_together() -> None:
    """1 min at 0.20 yuan an hour is a third of a fen; half as much again is half a fen, so one."""
    assert price_slot(span(9, 9 + 1 / 60), tariff(20), EVENING).amount == Money(0)
    assert price_slot(span(18, 18 + 1 / 60), tariff(20), EVENING).amount == Money(1)


def test_use_that_met_no_extended_hours_has_none() -> None:
    assert find_off_hours([span(9, 18)], EVENING) is None


@given(starts=st.integers(0, 95), quarters=st.integers(1, 40), permille=st.integers(1, 3000))
def test_surcharge_never_lowers_a_price_nor_exceeds_its_share(
    starts: int, quarters: int, permille: int
) -> None:
    slot = span(starts / 4, (starts + quarters) / 4)
    plain = price_slot(slot, tariff(), []).amount.minor_units
    dear = price_slot(slot, tariff(), [Surcharged(span(18, 22), permille)]).amount.minor_units

    assert plain <= dear <= -(-plain * (1000 + permille) // 1000)


WEEK = Timetable(
    zone=ZONE,
    hours=(
        Hours(1, 8 * 3600, 18 * 3600),
        Hours(1, 18 * 3600, 22 * 3600, is_extended=True, surcharge_permille=500),
    ),
    special_days=(SpecialHours(date(2030, 1, 12), 9 * 3600, 12 * 3600, 800),),
)


def test_surcharged_spans_are_those_of_the_timetable() -> None:
    assert surcharged_spans(span(17, 19), WEEK) == [Surcharged(span(18, 22), 500)]
    assert surcharged_spans(span(9, 11), WEEK) == []
    assert surcharged_spans(span(5 * 24, 6 * 24), WEEK) == [
        Surcharged(span(5 * 24 + 9, 5 * 24 + 12), 800)
    ]


def test_hours_open_for_less_money_cost_less_where_windows_overlap() -> None:
    table = Timetable(
        zone=ZONE,
        hours=(
            Hours(1, 8 * 3600, 18 * 3600),
            Hours(1, 6 * 3600, 20 * 3600, is_extended=True, surcharge_permille=500),
        ),
    )

    assert surcharged_spans(span(0, 24), table) == [
        Surcharged(span(6, 8), 500),
        Surcharged(span(18, 20), 500),
    ]


def test_special_day_of_the_instrument_stands_instead_of_the_institutions() -> None:
    table = Timetable(
        zone=ZONE,
        special_days=(
            SpecialHours(date(2030, 1, 7), 8 * 3600, 20 * 3600, 300),
            SpecialHours(date(2030, 1, 7), 9 * 3600, 12 * 3600, 900, is_own=True),
        ),
    )

    assert surcharged_spans(span(0, 24), table) == [Surcharged(span(9, 12), 900)]


@pytest.mark.parametrize(
    ("windows", "fields"),
    [
        pytest.param([(0, 86_400)], [], id="all day"),
        pytest.param([(3600, 7200), (7200, 9000)], [], id="two that touch"),
        pytest.param([(3600, 7200), (7100, 9000)], ["items.1"], id="two that overlap"),
        pytest.param([(7200, 3600), (0, 90_000)], ["items.0", "items.1"], id="both wrong"),
    ],
)
def test_windows_of_a_special_day_are_judged_one_by_one(
    windows: list[tuple[int, int]], fields: list[str]
) -> None:
    found = find_special_problems([SpecialHours(date(2030, 1, 7), *one) for one in windows])

    assert [problem.field for problem in found] == fields
