"""Verbs on arrears. The caller owns the transaction; nothing here commits."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.arrears.errors import ArrearsNotFound
from booking.arrears.tables import Arrears
from booking.reservations.tables import Reservation
from directory.audit.service import record
from directory.enterprises.tables import Enterprise
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from foundation.identifiers import EnterpriseId, InstitutionId, new_id

CLIENTS_MAX = 1000


def note_arrears(
    session: Session,
    enterprise_id: EnterpriseId,
    amount_fen: int,
    *,
    due_on: date,
    reason: str,
    by: Caller,
    now: datetime,
) -> Arrears:
    """Note a bill that was not paid by its day: no new reservation until it is settled."""
    arrears = Arrears(
        id=new_id(),
        institution_id=_own(by),
        enterprise_id=enterprise_id,
        amount_fen=amount_fen,
        due_on=due_on,
        reason=reason,
        noted_by=by.person_id,
        noted_at=now,
    )
    session.add(arrears)
    session.flush()
    _record(session, arrears, "noted", by=by, now=now)
    return arrears


def settle_arrears(session: Session, arrears_id: UUID, *, by: Caller, now: datetime) -> Arrears:
    """Note that it was paid, or let go.

    Raises:
        ArrearsNotFound: when there is none of this id, or it is settled already.
    """
    arrears = session.scalar(
        select(Arrears)
        .where(
            Arrears.id == arrears_id,
            Arrears.institution_id == _own(by),
            Arrears.settled_at.is_(None),
        )
        .with_for_update()
    )
    if arrears is None:
        raise ArrearsNotFound
    arrears.settled_at = now
    session.flush()
    _record(session, arrears, "settled", by=by, now=now)
    return arrears


def list_arrears(session: Session, by: Caller) -> list[Arrears]:
    """Return what is owed to one's institution, or by one's enterprise, the oldest first."""
    if by.institution_id is not None:
        whose = Arrears.institution_id == by.institution_id
    elif by.enterprise_id is not None:
        whose = Arrears.enterprise_id == by.enterprise_id
    else:
        return []
    return list(
        session.scalars(
            select(Arrears)
            .where(whose, Arrears.settled_at.is_(None))
            .order_by(Arrears.due_on, Arrears.id)
        )
    )


def names_of_owing(session: Session, arrears: Sequence[Arrears]) -> dict[EnterpriseId, str]:
    rows = session.execute(
        select(Enterprise.id, Enterprise.name).where(
            Enterprise.id.in_({one.enterprise_id for one in arrears})
        )
    )
    return {key: name for key, name in rows}  # noqa: C416 - rows are no pairs to mypy


def list_clients(session: Session, by: Caller) -> list[tuple[EnterpriseId, str]]:
    """Return the enterprises that ever reserved at one's institution, by name."""
    rows = session.execute(
        select(Enterprise.id, Enterprise.name)
        .where(
            exists().where(
                Reservation.enterprise_id == Enterprise.id, Reservation.institution_id == _own(by)
            )
        )
        .order_by(Enterprise.name, Enterprise.id)
        .limit(CLIENTS_MAX)
    )
    return [(key, name) for key, name in rows]


def _own(by: Caller) -> InstitutionId:
    if by.institution_id is None:
        raise NotAllowed
    return by.institution_id


def _record(session: Session, arrears: Arrears, what: str, *, by: Caller, now: datetime) -> None:
    record(
        session,
        actor_id=by.person_id,
        action=f"arrears.{what}",
        subject_kind="arrears",
        subject_id=arrears.id,
        now=now,
        amount_fen=arrears.amount_fen,
    )
