"""Questions behind the statistics: which instruments, uses and reservations count."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.reservations.rules import Slot
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, as_slot
from booking.statistics.errors import PeriodRefused
from booking.statistics.rules import Card, Figures, Kept, Quotas, Use, count
from booking.statistics.trend import Portion, Step, spread
from booking.usage.tables import UsageSession
from directory.enterprises.tables import Enterprise
from foundation.identifiers import EnterpriseId, InstitutionId, InstrumentId

DAYS_MAX = 3 * 366
ATTENDED = sorted(
    {
        ReservationState.CHECKED_IN,
        ReservationState.IN_USE,
        ReservationState.INTERRUPTED,
        ReservationState.ENDED,
        ReservationState.METERED,
        ReservationState.DISPUTED,
        ReservationState.CONFIRMED,
        ReservationState.BILLED,
    }
)


def sound_period(starts_at: datetime, ends_at: datetime) -> Slot:
    """Return the period.

    Raises:
        PeriodRefused: when it is none, or longer than anybody counts.
    """
    if not starts_at < ends_at or (ends_at - starts_at).days > DAYS_MAX:
        raise PeriodRefused
    return Slot(starts_at, ends_at)


def read_figures(
    session: Session, institution_id: InstitutionId | None, period: Slot, *, quotas: Quotas
) -> Figures:
    """Count an institution's figures, or everybody's; three queries."""
    return _count(
        session, institution_id, period, quotas, list_uses(session, institution_id, period)
    )


def read_figures_and_trend(
    session: Session,
    institution_id: InstitutionId | None,
    period: Slot,
    *,
    quotas: Quotas,
    zone: ZoneInfo,
) -> tuple[Figures, Step, list[Portion]]:
    """Count the same, and how the hours lie in time; the same three queries."""
    uses = list(list_uses(session, institution_id, period))
    return (_count(session, institution_id, period, quotas, uses), *spread(uses, period, zone))


def _count(
    session: Session,
    institution_id: InstitutionId | None,
    period: Slot,
    quotas: Quotas,
    uses: Iterable[Use],
) -> Figures:
    return count(
        list_cards(session, institution_id, quotas),
        uses,
        count_kept(session, institution_id, period),
        period,
    )


def list_cards(
    session: Session, institution_id: InstitutionId | None, quotas: Quotas
) -> list[Card]:
    rows = session.execute(
        select(
            Instrument.id,
            Instrument.code,
            Instrument.name_zh,
            Instrument.name_en,
            Instrument.is_shared,
            Instrument.category,
            Instrument.details["usage_class"].astext,
        )
        .where(
            Instrument.condition != "scrapped",
            Instrument.institution_id == institution_id if institution_id else true(),
        )
        .order_by(Instrument.code, Instrument.id)
    )
    return [
        Card(key, code, zh, en, is_shared, quotas.of(usage_class, category))
        for key, code, zh, en, is_shared, category, usage_class in rows
    ]


def list_uses(
    session: Session, institution_id: InstitutionId | None, period: Slot
) -> Iterator[Use]:
    """Give every usage session that touches the period; those of no-shows are none."""
    rows = session.execute(
        select(
            UsageSession.instrument_id,
            UsageSession.enterprise_id,
            UsageSession.during,
            UsageSession.metered_ms,
        )
        .outerjoin(Reservation, Reservation.id == UsageSession.reservation_id)
        .where(uses_in(institution_id, period))
    ).yield_per(1000)
    for instrument_id, enterprise_id, during, metered_ms in rows:
        yield Use(instrument_id, enterprise_id, as_slot(during), metered_ms)


def uses_in(institution_id: InstitutionId | None, period: Slot) -> ColumnElement[bool]:
    """Say which usage sessions count: those that touch the period; a no-show's are none."""
    return and_(
        UsageSession.during.overlaps(Range(period.starts_at, period.ends_at)),
        or_(Reservation.id.is_(None), Reservation.state != ReservationState.NO_SHOW),
        UsageSession.institution_id == institution_id if institution_id else true(),
    )


def count_kept(
    session: Session, institution_id: InstitutionId | None, period: Slot
) -> dict[InstrumentId, Kept]:
    """Count each instrument's reservations that began in the period, kept and missed."""
    rows = session.execute(
        select(
            Reservation.instrument_id,
            func.count().filter(Reservation.state.in_(ATTENDED)),
            func.count().filter(Reservation.state == ReservationState.NO_SHOW),
        )
        .where(begun_in(institution_id, period))
        .group_by(Reservation.instrument_id)
    )
    return {key: Kept(attended, missed) for key, attended, missed in rows}


def begun_in(institution_id: InstitutionId | None, period: Slot) -> ColumnElement[bool]:
    """Say which reservations count as kept or missed: those whose slot began in the period."""
    starts_at = func.lower(Reservation.during)
    return and_(
        starts_at >= period.starts_at,
        starts_at < period.ends_at,
        Reservation.institution_id == institution_id if institution_id else true(),
    )


def names_of(session: Session, keys: Sequence[EnterpriseId]) -> dict[EnterpriseId, str]:
    rows = session.execute(select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(keys)))
    return {key: name for key, name in rows}  # noqa: C416 - rows are no pairs to mypy
