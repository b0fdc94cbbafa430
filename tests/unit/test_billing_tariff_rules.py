"""Which price may come into force, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.charges.off_hours import find_off_hours, read_off_hours
from billing.charges.rules import HourlyTariff, price_time
from billing.tariffs.rules import find_price_problems, find_start_problems
from booking.calendars.hours import Surcharged
from booking.reservations.rules import Slot
from foundation.money import Money

NOW = datetime(2026, 5, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def price(
    per_hour: int = 20_000, least: timedelta = 30 * MINUTE, step: timedelta = 15 * MINUTE
) -> HourlyTariff:
    return HourlyTariff(Money(per_hour), least, step, Money(0))


def test_a_price_may_be_nothing_at_all() -> None:
    assert find_price_problems(price(per_hour=0)) == []


@pytest.mark.parametrize(
    ("wrong", "codes"),
    [
        (price(per_hour=-1), ["negative"]),
        (price(step=timedelta(0)), ["unfit_step"]),
        (price(step=25 * HOUR), ["unfit_step"]),
        (price(least=8 * 24 * HOUR), ["unfit_least_time"]),
        (price(per_hour=-1, step=timedelta(0)), ["negative", "unfit_step"]),
    ],
)
def test_all_that_is_wrong_with_a_price_is_named(wrong: HourlyTariff, codes: list[str]) -> None:
    assert [problem.code for problem in find_price_problems(wrong)] == codes


@pytest.mark.parametrize(
    ("starts_in", "last_in", "codes"),
    [
        (HOUR, None, []),
        (HOUR, -HOUR, []),
        (timedelta(0), None, ["begins_in_the_past"]),
        (HOUR, HOUR, ["before_the_last"]),
        (-2 * HOUR, -HOUR, ["begins_in_the_past", "before_the_last"]),
    ],
)
def test_a_version_begins_in_the_future_and_after_the_last(
    starts_in: timedelta, last_in: timedelta | None, codes: list[str]
) -> None:
    last = None if last_in is None else NOW + last_in
    found = find_start_problems(NOW + starts_in, last, now=NOW)
    assert [problem.code for problem in found] == codes


def test_what_a_charge_kept_of_its_surcharge_gives_the_same_amount_again() -> None:
    used = Slot(NOW, NOW + 2 * HOUR)
    dearer = Surcharged(Slot(NOW + HOUR, NOW + 3 * HOUR), 500)
    off_hours = find_off_hours([used], [dearer])
    assert off_hours

    again = read_off_hours(off_hours.document())

    # Two hours at 200 yuan, the second half dearer by half.
    assert price_time(2 * HOUR, price(), again).amount == Money(50_000)
    assert read_off_hours(None) is None
