"""How a period's hours lie in time."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from booking.reservations.rules import Slot
from booking.statistics.rules import HOUR_MS, Use
from booking.statistics.trend import Portion, Step, spread
from foundation.identifiers import EnterpriseId, InstrumentId

ZONE = ZoneInfo("Asia/Shanghai")
INSTRUMENT = InstrumentId(UUID(int=1))
CLIENT = EnterpriseId(UUID(int=2))


def local(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZONE)


def use(starts_at: datetime, hours: int, *, by: EnterpriseId | None = CLIENT) -> Use:
    slot = Slot(starts_at, starts_at + timedelta(hours=hours))
    return Use(INSTRUMENT, by, slot, hours * HOUR_MS)


def test_a_use_over_midnight_is_counted_on_both_days() -> None:
    step, portions = spread(
        [use(local(2026, 5, 1, 22), 6)], Slot(local(2026, 5, 1), local(2026, 5, 4)), ZONE
    )

    assert step is Step.DAY
    assert portions == [
        Portion(date(2026, 5, 1), Fraction(2), Fraction(2)),
        Portion(date(2026, 5, 2), Fraction(4), Fraction(4)),
        Portion(date(2026, 5, 3), Fraction(0), Fraction(0)),
    ]


def test_what_lies_outside_the_period_is_not_counted_and_own_use_is_not_external() -> None:
    period = Slot(local(2026, 5, 1), local(2026, 5, 3))
    early = use(local(2026, 4, 30, 20), 8, by=None)
    late = use(local(2026, 5, 2, 23), 2)

    _, portions = spread([late, early], period, ZONE)

    assert [(one.effective_h, one.external_h) for one in portions] == [
        (Fraction(4), Fraction(0)),
        (Fraction(1), Fraction(1)),
    ]


def test_weeks_begin_on_monday_and_the_first_and_last_are_cut() -> None:
    # 1 May 2026 is a Friday.
    period = Slot(local(2026, 5, 1), local(2026, 7, 2))

    step, portions = spread([use(local(2026, 5, 4, 8), 1)], period, ZONE)

    assert step is Step.WEEK
    assert [one.starts_on for one in portions][:3] == [
        date(2026, 5, 1),
        date(2026, 5, 4),
        date(2026, 5, 11),
    ]
    assert [one.effective_h for one in portions][:3] == [0, 1, 0]
    assert portions[-1].starts_on == date(2026, 6, 29)


def test_a_year_is_told_month_by_month() -> None:
    period = Slot(local(2026, 1, 1), local(2027, 1, 1))

    step, portions = spread([use(local(2026, 12, 31, 23), 1)], period, ZONE)

    assert step is Step.MONTH
    assert [one.starts_on.month for one in portions] == list(range(1, 13))
    assert portions[-1].effective_h == 1


def test_instants_are_read_by_the_labs_clock() -> None:
    # 17:00 in London on the 1st is already the 2nd in Shanghai.
    period = Slot(local(2026, 5, 1), local(2026, 5, 3))
    slot = Slot(datetime(2026, 5, 1, 17, tzinfo=UTC), datetime(2026, 5, 1, 18, tzinfo=UTC))

    _, portions = spread([Use(INSTRUMENT, CLIENT, slot, HOUR_MS)], period, ZONE)

    assert [one.effective_h for one in portions] == [0, 1]
