"""All that a plain reservation must know beforehand, read in one round trip."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.policies.books import CARD_AND_RULES, INSTRUMENTS, Book, open_books
from booking.policies.rules import Standing
from booking.reservations.rules import Slot
from booking.reservations.standing import Asker, as_standing
from booking.reservations.states import HOLDING_STATES
from booking.reservations.tables import quoted
from foundation.database import ask_at_once
from foundation.identifiers import InstrumentId

CASE = f"""
SELECT s.is_active, s.banned_until, s.owes_since, t.is_taken, t.has_remains, {CARD_AND_RULES}
FROM {INSTRUMENTS} CROSS JOIN standing_of(%(asker)s, %(payer)s, i.institution_id, %(now)s) s
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(t.expires_at IS NULL OR t.expires_at > %(now)s), false) AS is_taken,
        coalesce(bool_or(t.expires_at <= %(now)s), false) AS has_remains
    FROM instrument_times t WHERE t.instrument_id = i.id
    AND t.state IN ({quoted(HOLDING_STATES)})
    AND t.blocked && tstzrange(
        CAST(%(starts_at)s AS timestamptz) - make_interval(secs => i.set_up_s),
        CAST(%(ends_at)s AS timestamptz) + make_interval(secs => i.cool_down_s))
) t
WHERE i.id = %(id)s
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Case:
    """An instrument's book, who asks, and whether the time is gone already."""

    book: Book
    standing: Standing
    is_taken: bool
    """Committed time is in the way: only ever a quicker no; a yes is the constraint's alone."""
    has_remains: bool
    """A hold is in the way that is over, and that nobody has tidied up yet."""


def read_case(
    session: Session,
    instrument_id: InstrumentId,
    asker: Asker,
    slot: Slot | None,
    *,
    now: datetime,
) -> Case | None:
    """Read it without waiting for anybody; without a slot nothing is said of its time."""
    rows = ask_at_once(
        session,
        CASE,
        {
            "id": instrument_id,
            "asker": asker.person_id,
            "payer": asker.enterprise_id,
            "starts_at": slot.starts_at if slot else None,
            "ends_at": slot.ends_at if slot else None,
            "now": now,
        },
    )
    if not rows:
        return None
    (row,) = rows
    *standing, is_taken, has_remains = row[:5]
    (book,) = open_books(session, [row[5:]])
    return Case(
        book=book,
        standing=as_standing(standing, book, now=now),
        is_taken=is_taken and slot is not None,
        has_remains=has_remains,
    )
