"""What time on an instrument costs. Pure: exact in, exact out, each step in words."""

from dataclasses import dataclass
from datetime import timedelta

from billing.charges.off_hours import OffHours
from foundation.money import Money

HOUR_S = 3600
ARITHMETIC = 2
"""The version of these rules; kept with each charge, so that it can be computed again.

2 knows hours that cost more; without them it says what 1 said.
"""


@dataclass(frozen=True, slots=True)
class HourlyTariff:
    """A price for time: rounded up to a step, never less than a least time or amount."""

    per_hour: Money
    billed_min: timedelta
    billed_step: timedelta
    minimum: Money


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the arithmetic, as a person reads it."""

    label_zh: str
    label_en: str
    value: str
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a span of use costs, and how that came about."""

    billed_seconds: int
    amount: Money
    steps: tuple[Step, ...]


def billed_time(used: timedelta, tariff: HourlyTariff) -> timedelta:
    """Round the time used up to the tariff's step, and to its minimum."""
    steps = -(-max(used, tariff.billed_min) // tariff.billed_step)
    return steps * tariff.billed_step


def price_time(used: timedelta, tariff: HourlyTariff, off_hours: OffHours | None = None) -> Price:
    """Price a span of use. The only rounding of money happens here, once.

    Time, then the least amount, then what hours outside the regular ones add.
    """
    billed = billed_time(used, tariff)
    seconds = billed // timedelta(seconds=1)
    by_time = tariff.per_hour.share(seconds, HOUR_S)
    is_least = by_time.minor_units < tariff.minimum.minor_units
    steps = [
        Step("使用时长", "Time used", say_time(used)),
        Step("最短计费时长", "Least time billed", say_time(tariff.billed_min)),
        Step(
            f"按 {say_time(tariff.billed_step)} 向上取整",
            f"Rounded up to steps of {say_time(tariff.billed_step)}",
            say_time(billed),
        ),
        Step("单价(每小时)", "Price per hour", say_money(tariff.per_hour)),
        Step(
            "计费时长 × 单价,四舍五入到分",
            "Billed time × price, rounded half up to the fen",
            f"{seconds} s × {say_money(tariff.per_hour)} ÷ {HOUR_S} s",
            by_time.minor_units,
        ),
    ]
    if is_least:
        steps.append(
            Step("最低收费", "Least charge", say_money(tariff.minimum), tariff.minimum.minor_units)
        )
    base = tariff.minimum if is_least else by_time
    if off_hours is None:
        return Price(seconds, base, tuple(steps))
    part, whole = off_hours.weighted, off_hours.whole
    amount = (
        tariff.minimum.share(part, whole)
        if is_least
        else tariff.per_hour.share(seconds * part, HOUR_S * whole)
    )
    return Price(seconds, amount, (*steps, *_say_off_hours(off_hours, base, amount)))


def _say_off_hours(off_hours: OffHours, base: Money, amount: Money) -> list[Step]:
    steps = [
        Step(
            f"延时错时(加价 {part.permille / 10:g} %)",
            f"Extended hours ({part.permille / 10:g} % more)",
            f"{say_time(part.time)} / {say_time(off_hours.observed)}",
        )
        for part in off_hours.parts
    ]
    extra = amount.minor_units - base.minor_units
    return [
        *steps,
        Step(
            "延时错时加价,与机时费一并四舍五入到分",
            "Extended hours, rounded to the fen together with the time",
            say_money(Money(extra, amount.currency)),
            extra,
        ),
    ]


def say_time(span: timedelta) -> str:
    """Write a span as h:mm:ss, with milliseconds where there are any."""
    milliseconds = span // timedelta(milliseconds=1)
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" + (f".{rest:03}" if rest else "")


def say_money(amount: Money) -> str:
    sign = "-" if amount.minor_units < 0 else ""
    yuan, fen = divmod(abs(amount.minor_units), 100)
    return f"{sign}{yuan}.{fen:02} {amount.currency}"
