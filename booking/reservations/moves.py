"""Changing a reservation's state: compare-and-set, with its history, its audit row and its news."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, column, func, select, text, update
from sqlalchemy.orm import Session

from booking.reservations.rules import Slot
from booking.reservations.states import TRANSITIONS, ReservationState
from booking.reservations.tables import Reservation
from directory.audit.service import ADD, record
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, ReservationId

NEWS_CHANNEL = "yixiang_reservations"
LOCK_SPACE = 7_201
"""The first key of our advisory locks on instruments; the second is a hash of the id."""

TECHNICIANS_SPACE = 7_202
PAYERS_SPACE = 7_204

# Built once and sent past the unit of work: every change of every reservation comes by here,
# and building them anew cost more than sending them.
LOCK = select(func.pg_advisory_xact_lock(bindparam("space"), bindparam("key")))
# The news is told when the transaction commits, and not at all if it does not.
ADD_TRANSITION = text(
    f"""
WITH noted AS (
    INSERT INTO reservation_transitions (reservation_id, from_state, to_state, at, actor_id, reason)
    VALUES (:reservation_id, :from_state, :to_state, :at, :actor_id, :reason)
), audited AS ({ADD})
SELECT pg_notify('{NEWS_CHANNEL}', :subject_id)
"""  # noqa: S608 - our own words
).columns(column("told"))


def lock_instruments(session: Session, instrument_ids: list[InstrumentId]) -> None:
    """Make everyone else who wants time on these instruments wait until we commit.

    Always in one order, so that two who want several never wait for each other. Without
    it, overlapping-but-different slots deadlock in the exclusion constraint: a second each.
    """
    _lock(session, LOCK_SPACE, instrument_ids)


def lock_payers(session: Session, enterprise_ids: Iterable[EnterpriseId]) -> None:
    """Make whoever else asks for these enterprises wait: their time is counted together.

    Taken after the instruments' locks, never before one of them. One of the enterprise is enough
    for its people too, and whoever asks for several takes theirs at once.
    """
    _lock(session, PAYERS_SPACE, enterprise_ids)


def lock_technician(session: Session, technician_id: PersonId) -> None:
    """Make whoever else assigns this technician wait: their hours are counted together.

    Taken last of all locks.
    """
    _lock(session, TECHNICIANS_SPACE, [technician_id])


def _lock(session: Session, space: int, ids: Iterable[UUID]) -> None:
    connection = session.connection()
    for key in sorted({lock_key(one) for one in ids}):
        connection.execute(LOCK, {"space": space, "key": key})


def lock_key(instrument_id: UUID) -> int:
    """Fold the random end of the id into PostgreSQL's signed 32 bits; a clash only waits."""
    return (instrument_id.int & 0xFFFFFFFF) - 0x80000000


def add_transition(
    session: Session,
    reservation_id: ReservationId,
    *,
    from_state: ReservationState | None,
    to_state: ReservationState,
    actor_id: PersonId | None,
    reason: str,
    now: datetime,
) -> None:
    """Write the history, the audit row and the news of one change, in one statement."""
    session.flush()
    session.connection().execute(
        ADD_TRANSITION,
        {
            "reservation_id": reservation_id,
            "from_state": from_state,
            "to_state": to_state,
            "at": now,
            "actor_id": actor_id,
            "reason": reason,
            "action": f"reservation.{to_state}",
            "subject_kind": "reservation",
            "subject_id": str(reservation_id),
            "detail": "{}",
        },
    )


def move(
    session: Session,
    reservation: Reservation,
    to_state: ReservationState,
    *,
    actor_id: PersonId | None,
    reason: str,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
) -> bool:
    """Move the reservation on if it still stands where we saw it, with what else changes.

    False: another process got there first, which is a normal answer. A new time may clash:
    then the constraint's IntegrityError comes through, and the caller names it.
    """
    from_state = ReservationState(reservation.state)
    assert to_state in TRANSITIONS[from_state], f"{from_state} never becomes {to_state}"
    moved = session.scalar(
        update(Reservation)
        .where(Reservation.id == reservation.id, Reservation.state == from_state)
        .values(
            state=to_state, revision=Reservation.revision + 1, changed_at=now, **(changes or {})
        )
        .returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        return False
    session.refresh(reservation)
    add_transition(
        session,
        reservation.id,
        from_state=from_state,
        to_state=to_state,
        actor_id=actor_id,
        reason=reason,
        now=now,
    )
    session.flush()
    return True


def tell(
    session: Session,
    reservation: Reservation,
    what: str,
    *,
    by: PersonId | None,
    now: datetime,
    former: Slot | None = None,
    **detail: str,
) -> None:
    """Write the audit row and the news of a change that left the state as it was."""
    if former is not None:
        detail["former"] = f"{former.starts_at.isoformat()}/{former.ends_at.isoformat()}"
    record(
        session,
        actor_id=by,
        action=f"reservation.{what}",
        subject_kind="reservation",
        subject_id=reservation.id,
        now=now,
        **detail,
    )
    session.execute(select(func.pg_notify(NEWS_CHANNEL, str(reservation.id))))
