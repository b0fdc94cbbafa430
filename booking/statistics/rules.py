"""How much instruments are used and shared, by the national formulas. Pure and exact.

有效机时 is warm-up, work and cool-down, as metered, counted by its overlap with the period;
what nobody used counts nothing. A rate whose denominator is zero is none, not zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

from booking.reservations.rules import Slot
from foundation.identifiers import EnterpriseId, InstrumentId

HOUR_MS = 3_600_000
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Quotas:
    """定额机时: how many hours a year an instrument is expected to work."""

    general_h: int = 1400
    """7 h × 5 days × 40 weeks."""
    special_h: int = 800
    """4 h × 5 days × 40 weeks: for special purposes, and in mechanics."""

    def of(self, usage_class: str | None, category: str) -> int:
        if usage_class == "special" or (usage_class is None and category == "mechanics"):
            return self.special_h
        return self.general_h


@dataclass(frozen=True, slots=True)
class Card:
    """What of an instrument the figures need."""

    instrument_id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    is_shared: bool
    quota_h: int


@dataclass(frozen=True, slots=True)
class Use:
    """A usage session."""

    instrument_id: InstrumentId
    enterprise_id: EnterpriseId | None
    """None: the institution's own use."""
    slot: Slot
    metered_ms: int


@dataclass(frozen=True, slots=True)
class Kept:
    """How many reservations of an instrument were kept, and how many missed."""

    attended: int
    missed: int


@dataclass(frozen=True, slots=True)
class InstrumentFigures:
    """One instrument's figures; hours are exact fractions."""

    card: Card
    effective_h: Fraction
    external_h: Fraction
    uses: int
    attended: int
    missed: int
    quota_h: Fraction

    @property
    def utilisation(self) -> Fraction | None:
        """机时利用率, uncapped: reports show 100 % at most, and keep what is beyond."""
        return ratio(self.effective_h, self.quota_h)

    @property
    def sharing(self) -> Fraction | None:
        """共享率: hours for others, of all hours."""
        return ratio(self.external_h, self.effective_h)

    @property
    def no_show(self) -> Fraction | None:
        return ratio(Fraction(self.missed), Fraction(self.attended + self.missed))


@dataclass(frozen=True, slots=True)
class Figures:
    """All instruments' figures, and their sums."""

    instruments: list[InstrumentFigures]
    total: InstrumentFigures
    opened: Fraction | None
    """开放率: instruments open for reservations, of all."""
    hours_by_enterprise: dict[EnterpriseId | None, Fraction] = field(default_factory=dict)


def ratio(part: Fraction, whole: Fraction) -> Fraction | None:
    return part / whole if whole else None


def clipped_h(use: Use, period: Slot) -> Fraction:
    """Return the hours of a use that fall into the period: clipped at both its ends."""
    return counted_h(use.slot, use.metered_ms, period)


def counted_h(slot: Slot, metered_ms: int, period: Slot) -> Fraction:
    """Return the same of a session: what was metered is taken to be spread evenly over it."""
    starts_at = max(slot.starts_at, period.starts_at)
    ends_at = min(slot.ends_at, period.ends_at)
    if ends_at <= starts_at:
        return Fraction(0)
    share = _exact(ends_at - starts_at) / _exact(slot.length)
    return share * Fraction(metered_ms, HOUR_MS)


def _exact(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1))


def quota_in(period: Slot, quota_h: int) -> Fraction:
    """Return the part of a year's quota that belongs to the period."""
    return quota_h * _exact(period.length) / _exact(YEAR)


def count(
    cards: Sequence[Card],
    uses: Iterable[Use],
    kept: Mapping[InstrumentId, Kept],
    period: Slot,
) -> Figures:
    """Put the figures of a period together."""
    effective: dict[InstrumentId, Fraction] = defaultdict(Fraction)
    external: dict[InstrumentId, Fraction] = defaultdict(Fraction)
    numbers: dict[InstrumentId, int] = defaultdict(int)
    by_enterprise: dict[EnterpriseId | None, Fraction] = defaultdict(Fraction)
    for use in uses:
        hours = clipped_h(use, period)
        if not hours:
            continue
        effective[use.instrument_id] += hours
        numbers[use.instrument_id] += 1
        by_enterprise[use.enterprise_id] += hours
        if use.enterprise_id is not None:
            external[use.instrument_id] += hours
    nothing = Kept(0, 0)
    found = [
        InstrumentFigures(
            card=card,
            effective_h=effective[card.instrument_id],
            external_h=external[card.instrument_id],
            uses=numbers[card.instrument_id],
            attended=kept.get(card.instrument_id, nothing).attended,
            missed=kept.get(card.instrument_id, nothing).missed,
            quota_h=quota_in(period, card.quota_h),
        )
        for card in cards
    ]
    return Figures(
        instruments=found,
        total=_sum(found),
        opened=ratio(Fraction(sum(card.is_shared for card in cards)), Fraction(len(cards))),
        hours_by_enterprise=dict(by_enterprise),
    )


def _sum(found: Sequence[InstrumentFigures]) -> InstrumentFigures:
    return InstrumentFigures(
        card=Card(InstrumentId(UUID(int=0)), "", "合计", "Total", is_shared=True, quota_h=0),
        effective_h=sum((one.effective_h for one in found), Fraction(0)),
        external_h=sum((one.external_h for one in found), Fraction(0)),
        uses=sum(one.uses for one in found),
        attended=sum(one.attended for one in found),
        missed=sum(one.missed for one in found),
        quota_h=sum((one.quota_h for one in found), Fraction(0)),
    )
