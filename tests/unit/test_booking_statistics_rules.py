"""The national formulas, against figures computed by hand."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.reservations.rules import Slot
from booking.statistics.rules import HOUR_MS, Card, Kept, Quotas, Use, clipped_h, count, quota_in
from foundation.identifiers import EnterpriseId, InstrumentId

MAY = Slot(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
A, B = InstrumentId(UUID(int=1)), InstrumentId(UUID(int=2))
ACME, OTHER = EnterpriseId(UUID(int=11)), EnterpriseId(UUID(int=12))


def card(instrument_id: InstrumentId, *, is_shared: bool = True, quota_h: int = 1400) -> Card:
    return Card(instrument_id, "A-1", "仪器", "Instrument", is_shared, quota_h)


def use(
    starts_at: datetime,
    hours: float,
    *,
    metered_h: float | None = None,
    of: InstrumentId = A,
    by: EnterpriseId | None = ACME,
) -> Use:
    metered = hours if metered_h is None else metered_h
    return Use(of, by, Slot(starts_at, starts_at + timedelta(hours=hours)), int(metered * HOUR_MS))


def test_figures_of_a_month_as_counted_by_hand() -> None:
    uses = [
        use(datetime(2026, 5, 4, 1, tzinfo=UTC), 4),
        use(datetime(2026, 5, 5, 1, tzinfo=UTC), 3, metered_h=2),
        use(datetime(2026, 5, 6, 1, tzinfo=UTC), 6, by=None),
        use(datetime(2026, 5, 7, 1, tzinfo=UTC), 2, by=OTHER),
        use(datetime(2026, 5, 8, 1, tzinfo=UTC), 8, of=B, by=None),
    ]
    kept = {A: Kept(attended=3, missed=1)}

    figures = count([card(A), card(B, is_shared=False, quota_h=800)], uses, kept, MAY)

    first, second = figures.instruments
    assert [first.effective_h, first.external_h, first.uses] == [14, 8, 4]
    # 1400 h a year: 31 days of 365 are 118.904 h, of which 14 h are 11.77 %.
    assert first.quota_h == Fraction(1400 * 31, 365)
    assert first.utilisation == Fraction(14 * 365, 1400 * 31)
    assert round(float(first.utilisation), 4) == 0.1177
    assert first.sharing == Fraction(4, 7)
    assert first.no_show == Fraction(1, 4)
    assert [second.effective_h, second.sharing, second.no_show] == [8, 0, None]
    assert figures.total.effective_h == 22
    assert figures.total.sharing == Fraction(8, 22)
    assert figures.opened == Fraction(1, 2)
    assert figures.hours_by_enterprise == {ACME: 6, OTHER: 2, None: 14}


def test_rate_of_nothing_is_none() -> None:
    nothing = count([card(A, quota_h=0)], [], {}, MAY)

    assert nothing.instruments[0].utilisation is None
    assert nothing.instruments[0].sharing is None
    assert nothing.instruments[0].no_show is None
    assert count([], [], {}, MAY).opened is None


def test_use_beyond_the_quota_is_not_capped() -> None:
    busy = [use(MAY.starts_at, 24 * 31)]

    [one] = count([card(A, quota_h=800)], busy, {}, MAY).instruments

    assert one.utilisation == Fraction(744 * 365, 800 * 31)
    assert one.utilisation > 1


@pytest.mark.parametrize(
    ("starts_at", "hours", "inside"),
    [
        pytest.param(datetime(2026, 4, 30, 22, tzinfo=UTC), 4, 2, id="over the beginning"),
        pytest.param(datetime(2026, 5, 31, 21, tzinfo=UTC), 4, 3, id="over the end"),
        pytest.param(datetime(2026, 4, 30, tzinfo=UTC), 24 * 33, 24 * 31, id="over both"),
        pytest.param(datetime(2026, 4, 30, 20, tzinfo=UTC), 4, 0, id="ends as it begins"),
        pytest.param(datetime(2026, 6, 1, tzinfo=UTC), 4, 0, id="begins as it ends"),
    ],
)
def test_use_is_clipped_at_the_ends(starts_at: datetime, hours: int, inside: int) -> None:
    assert clipped_h(use(starts_at, hours), MAY) == inside


def test_metered_time_is_spread_over_its_session() -> None:
    half_inside = use(datetime(2026, 5, 31, 22, tzinfo=UTC), 4, metered_h=3)

    assert clipped_h(half_inside, MAY) == Fraction(3, 2)


@given(st.integers(-100, 800), st.integers(1, 200), st.integers(1, 743))
def test_two_periods_that_meet_count_each_hour_once(begin: int, hours: int, cut: int) -> None:
    one = use(MAY.starts_at + timedelta(hours=begin), hours)
    middle = MAY.starts_at + timedelta(hours=cut)

    parts = [
        clipped_h(one, part) for part in (Slot(MAY.starts_at, middle), Slot(middle, MAY.ends_at))
    ]

    assert sum(parts) == clipped_h(one, MAY)


@pytest.mark.parametrize(
    ("usage_class", "category", "quota_h"),
    [
        (None, "chromatography", 1400),
        (None, "mechanics", 800),
        ("general", "mechanics", 1400),
        ("special", "chromatography", 800),
    ],
)
def test_quota_follows_purpose_and_category(
    usage_class: str | None, category: str, quota_h: int
) -> None:
    assert Quotas().of(usage_class, category) == quota_h
    assert Quotas(1600, 1600).of(usage_class, category) == 1600


def test_a_years_quota_is_whole() -> None:
    year = Slot(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

    assert quota_in(year, 1400) == 1400
