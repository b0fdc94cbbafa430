"""What somebody brings along when they ask for time: papers, bans, bills, time they have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from booking.policies.books import Book
from booking.policies.rules import Booked, Standing, lab_window
from booking.policies.tables import Agreement, Qualification
from booking.policies.terms import Over, Per, Terms, Whose
from booking.reservations.moves import lock_payers
from booking.reservations.rules import Slot
from booking.reservations.states import HOLDING_STATES, ReservationState
from foundation.identifiers import EnterpriseId, PersonId, ReservationId

COUNTS = sorted(
    HOLDING_STATES
    | {
        ReservationState.ENDED,
        ReservationState.INTERRUPTED,
        ReservationState.METERED,
        ReservationState.DISPUTED,
        ReservationState.CONFIRMED,
        ReservationState.BILLED,
        ReservationState.NO_SHOW,
    }
)
"""The states that count against a quota: time had, and time missed."""
STANDING_OF = text(
    "SELECT is_active, banned_until, owes_since FROM standing_of(:asker, :payer, :lab, :at)"
)
"""Asked of the database's own function: one's colleagues' bans are hidden from a request."""
BOOKED_OF = text(
    "SELECT id, starts_at, ends_at, holder_id, state, expires_at"
    " FROM booked_of(:machine, :asker, :payer, tstzrange(:starts_at, :ends_at), :counted)"
)
"""By when it ends: whoever reserves for years reads this month's, not all they ever had."""
BOOKED_BESIDE = text(
    "SELECT id, starts_at, ends_at, holder_id, state, expires_at, is_of_group"
    " FROM booked_beside(:machine, :asker, :payer, tstzrange(:starts_at, :ends_at), :counted)"
)
"""The same of the institution's other instruments."""


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom it is asked."""

    person_id: PersonId
    enterprise_id: EnterpriseId


def needs_standing(terms: Terms) -> bool:
    return bool(
        terms.quotas
        or terms.gap_s
        or terms.open_max is not None
        or terms.needs_qualification
        or terms.needs_agreement
    )


def counts_together(terms: Terms) -> bool:
    """Whether time on other instruments counts: then the instrument's lock is not enough."""
    return any(quota.over is not Over.INSTRUMENT for quota in terms.quotas)


def read_standing(
    session: Session,
    book: Book,
    asker: Asker,
    slot: Slot,
    *,
    now: datetime,
    instead_of: ReservationId | None,
    known: Standing | None = None,
) -> Standing:
    """Read what the rules want to know of who is asking, and no more than they want.

    `known`: what was read already of the person and their bills.
    """
    known = known or read_known(session, book, asker, now=now)
    if not needs_standing(book.terms):
        return known
    return replace(
        known,
        booked=read_booked(session, book, asker, slot, now=now, instead_of=instead_of),
        qualified_until=read_qualification(session, book, asker),
        agreed_until=session.scalar(
            select(Agreement.valid_until).where(
                Agreement.enterprise_id == asker.enterprise_id,
                Agreement.institution_id == book.instrument.institution_id,
            )
        ),
    )


def read_known(session: Session, book: Book, asker: Asker, *, now: datetime) -> Standing:
    """Read what does not hang on the instrument's terms: the account, bans and bills."""
    row = (
        session.connection()
        .execute(
            STANDING_OF,
            {
                "asker": asker.person_id,
                "payer": asker.enterprise_id,
                "lab": book.instrument.institution_id,
                "at": now,
            },
        )
        .one()
    )
    return as_standing(row, book, now=now)


def as_standing(row: Sequence[Any], book: Book, *, now: datetime) -> Standing:
    """Read a row of the database's standing_of()."""
    is_active, banned_until, owes_since = row
    # A bill may be paid until its day is over.
    is_overdue = owes_since is not None and owes_since < now.astimezone(book.zone).date()
    return Standing(
        is_active=is_active,
        banned_until=banned_until,
        owes_since=owes_since if is_overdue else None,
    )


def read_qualification(session: Session, book: Book, asker: Asker) -> Any:  # noqa: ANN401
    return session.scalar(
        select(func.max(Qualification.valid_until)).where(
            Qualification.person_id == asker.person_id,
            Qualification.institution_id == book.instrument.institution_id,
            Qualification.revoked_at.is_(None),
            or_(
                Qualification.instrument_id == book.instrument.id,
                and_(
                    # One for another instrument names no group either.
                    Qualification.instrument_id.is_(None),
                    or_(
                        Qualification.group_code.is_(None),
                        Qualification.group_code == book.instrument.group_code,
                    ),
                ),
            ),
        )
    )


def read_booked(
    session: Session,
    book: Book,
    asker: Asker,
    slot: Slot,
    *,
    now: datetime,
    instead_of: ReservationId | None,
) -> tuple[Booked, ...]:
    """Return what the person, and where a quota asks it the enterprise, has.

    That is on the instrument, and where a quota asks it on the institution's others: then
    whoever else asks for the enterprise waits, whichever instrument they ask for.
    """
    terms = book.terms
    wanted = [
        slot,
        *(lab_window(at, Per.MONTH, book.zone) for at in (slot.starts_at, slot.ends_at)),
    ]
    # A week may reach over a month's edge.
    wanted += [lab_window(at, Per.WEEK, book.zone) for at in (slot.starts_at, slot.ends_at)]
    gap = timedelta(seconds=terms.gap_s)
    is_shared = any(quota.whose is Whose.ENTERPRISE for quota in terms.quotas)
    session.flush()
    asked: Mapping[str, Any] = {
        "machine": book.instrument.id,
        "asker": asker.person_id,
        "payer": asker.enterprise_id if is_shared else None,
        "starts_at": min(one.starts_at for one in wanted) - gap,
        "ends_at": max(one.ends_at for one in wanted) + gap,
        "counted": COUNTS,
    }
    rows: list[tuple[Any, Over]] = []
    if counts_together(terms):
        lock_payers(session, [asker.enterprise_id])
        for *row, is_of_group in session.execute(BOOKED_BESIDE, asked):
            rows.append((row, Over.GROUP if is_of_group else Over.INSTITUTION))
    rows += [(row, Over.INSTRUMENT) for row in session.execute(BOOKED_OF, asked)]
    return tuple(
        Booked(
            slot=Slot(starts_at, ends_at),
            is_mine=holder_id == asker.person_id,
            is_open=state in HOLDING_STATES,
            beside=beside,
        )
        for (reservation_id, starts_at, ends_at, holder_id, state, expires_at), beside in rows
        if reservation_id != instead_of and (expires_at is None or expires_at > now)
    )
