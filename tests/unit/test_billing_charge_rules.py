"""What time costs, against amounts worked out by hand."""

from datetime import timedelta

import pytest

from billing.charges.rules import HourlyTariff, price_time, say_money, say_time
from foundation.money import Money


def tariff(
    per_hour: int = 32_000, *, least_min: int = 15, step_min: int = 1, minimum: int = 0
) -> HourlyTariff:
    return HourlyTariff(
        per_hour=Money(per_hour),
        billed_min=timedelta(minutes=least_min),
        billed_step=timedelta(minutes=step_min),
        minimum=Money(minimum),
    )


@pytest.mark.parametrize(
    ("used", "price", "seconds", "fen"),
    [
        pytest.param(timedelta(hours=1), tariff(), 3600, 32_000, id="an hour"),
        pytest.param(
            timedelta(minutes=41, milliseconds=1), tariff(), 2520, 22_400, id="up to the next step"
        ),
        pytest.param(timedelta(minutes=3), tariff(), 900, 8_000, id="no less than the least"),
        pytest.param(timedelta(0), tariff(), 900, 8_000, id="nothing used"),
        # 100 fen an hour for 27 minutes is exactly 45 fen; for 18 s of 1 s steps, half a fen.
        pytest.param(
            timedelta(minutes=27), tariff(100, least_min=0), 1620, 45, id="whole fen stay whole"
        ),
        pytest.param(
            timedelta(minutes=1), tariff(30, least_min=0), 60, 1, id="half a fen is rounded up"
        ),
        pytest.param(
            timedelta(minutes=1), tariff(29, least_min=0), 60, 0, id="less than half, down"
        ),
        pytest.param(
            timedelta(minutes=20), tariff(minimum=20_000), 1200, 20_000, id="the least amount"
        ),
        pytest.param(
            timedelta(minutes=61),
            tariff(8_000, least_min=30, step_min=15),
            4500,
            10_000,
            id="quarters of an hour",
        ),
    ],
)
def test_time_is_priced_as_by_hand(
    used: timedelta, price: HourlyTariff, seconds: int, fen: int
) -> None:
    priced = price_time(used, price)

    assert (priced.billed_seconds, priced.amount) == (seconds, Money(fen))


def test_each_step_is_told_in_both_languages() -> None:
    priced = price_time(timedelta(minutes=41, seconds=12), tariff(minimum=30_000))

    assert [step.value for step in priced.steps] == [
        "0:41:12",
        "0:15:00",
        "0:42:00",
        "320.00 CNY",
        "2520 s × 320.00 CNY ÷ 3600 s",
        "300.00 CNY",
    ]
    assert all(step.label_zh and step.label_en for step in priced.steps)
    assert priced.steps[-1].amount_fen == priced.amount.minor_units


def test_time_and_money_are_written_for_people() -> None:
    assert say_time(timedelta(hours=25, seconds=1, milliseconds=50)) == "25:00:01.050"
    assert say_money(Money(5)) == "0.05 CNY"
    assert say_money(Money(-123_456)) == "-1234.56 CNY"
