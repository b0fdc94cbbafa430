"""Verbs on experts. The caller owns the transaction; nothing here commits."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.experts.tables import Expert
from directory.people.service import Caller
from foundation.errors import NotFound, Refused

SHOWN_MAX = 500


class ExpertNotFound(NotFound):
    code = "expert_not_found"
    zh = "没有这位专家。"
    en = "There is no such expert."


class LeavingTooEarly(Refused):
    code = "leaving_too_early"
    zh = "出库日期早于入库日期。"
    en = "An expert cannot leave before entering."


def enter(
    session: Session,
    *,
    caller: Caller,
    name: str,
    title: str,
    field: str,
    employer: str,
    entered_on: date,
    now: datetime,
) -> Expert:
    """Take an expert into the library."""
    expert = Expert(
        name=name,
        title=title,
        field=field,
        employer=employer,
        entered_on=entered_on,
        created_at=now,
    )
    session.add(expert)
    session.flush()
    _record(session, "expert.enter", caller, expert, now)
    return expert


def leave(
    session: Session, expert_id: UUID, *, caller: Caller, left_on: date, now: datetime
) -> Expert:
    """Note that an expert left the library.

    Raises:
        ExpertNotFound: when there is none by this id.
        LeavingTooEarly: for a day before the entry.
    """
    expert = session.get(Expert, expert_id, with_for_update=True)
    if expert is None:
        raise ExpertNotFound
    if left_on < expert.entered_on:
        raise LeavingTooEarly
    expert.left_on = left_on
    session.flush()
    _record(session, "expert.leave", caller, expert, now)
    return expert


def list_experts(session: Session, *, field: str | None, on: date | None) -> list[Expert]:
    """Return the experts in the library on a day, of a field if one is named.

    `on`: None for everyone who was ever in it, those who left last.
    """
    query = select(Expert)
    if on is not None:
        query = query.where(
            Expert.entered_on <= on, Expert.left_on.is_(None) | (Expert.left_on > on)
        )
    if field:
        query = query.where(Expert.field.contains(field, autoescape=True))
    order = (Expert.left_on.desc().nulls_first(), Expert.name, Expert.id)
    return list(session.scalars(query.order_by(*order).limit(SHOWN_MAX)))


def _record(session: Session, action: str, caller: Caller, expert: Expert, now: datetime) -> None:
    record(
        session,
        actor_id=caller.person_id,
        action=action,
        subject_kind="expert",
        subject_id=expert.id,
        now=now,
    )
