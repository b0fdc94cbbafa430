"""Verbs on enterprises: take one in, and change its name with its history kept."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.enterprises.errors import EnterpriseNotFound
from directory.enterprises.tables import Enterprise, EnterpriseName
from directory.people.service import Caller
from foundation.identifiers import EnterpriseId


def find_or_make_firm(
    session: Session, *, name: str, credit_code: str, now: datetime
) -> tuple[Enterprise, bool]:
    """Return the firm of this credit code, and whether it is new here."""
    known = session.scalar(
        select(Enterprise).where(Enterprise.credit_code == credit_code).with_for_update()
    )
    if known is not None:
        return known, False
    return make_enterprise(session, name=name, credit_code=credit_code, kind="firm", now=now), True


def make_enterprise(
    session: Session, *, name: str, credit_code: str | None, kind: str, now: datetime
) -> Enterprise:
    made = Enterprise(name=name, kind=kind, credit_code=credit_code, created_at=now)
    session.add(made)
    session.flush()
    session.add(EnterpriseName(enterprise_id=made.id, name=name))
    session.flush()
    return made


def rename(session: Session, enterprise: Enterprise, *, name: str, on: date) -> None:
    """Give an enterprise a new name from a day on, and keep the former one with its time."""
    ended = session.scalars(
        update(EnterpriseName)
        .where(EnterpriseName.enterprise_id == enterprise.id, EnterpriseName.valid_to.is_(None))
        .values(valid_to=on)
        .returning(EnterpriseName.id)
    ).all()
    if not ended:  # an enterprise from before names were kept
        session.add(EnterpriseName(enterprise_id=enterprise.id, name=enterprise.name, valid_to=on))
    session.add(EnterpriseName(enterprise_id=enterprise.id, name=name, valid_from=on))
    enterprise.name = name
    session.flush()


def name_on(session: Session, enterprise_id: EnterpriseId, day: date) -> str | None:
    """Return the name an enterprise had on a day."""
    for row in names_of(session, enterprise_id):
        starts = row.valid_from is None or row.valid_from <= day
        if starts and (row.valid_to is None or day < row.valid_to):
            return row.name
    enterprise = session.get(Enterprise, enterprise_id)
    return enterprise.name if enterprise else None


def name_enterprises(
    session: Session, enterprise_ids: Iterable[EnterpriseId]
) -> dict[EnterpriseId, str]:
    """Return what these enterprises are called now."""
    if not (wanted := list(enterprise_ids)):
        return {}
    rows = session.execute(select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def names_of(session: Session, enterprise_id: EnterpriseId) -> list[EnterpriseName]:
    query = select(EnterpriseName).where(EnterpriseName.enterprise_id == enterprise_id)
    return list(session.scalars(query.order_by(EnterpriseName.valid_from.nulls_first())))


def needs_endorsement(session: Session, by: Caller) -> bool:
    """Tell whether the caller's enterprise says yes before the lab is asked."""
    return own_enterprise(session, by).needs_endorsement


def set_endorsement(session: Session, *, is_needed: bool, by: Caller, now: datetime) -> None:
    """Let the enterprise's administrators be asked first from now on, or no longer."""
    enterprise = own_enterprise(session, by)
    if enterprise.needs_endorsement == is_needed:
        return
    enterprise.needs_endorsement = is_needed
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="enterprise.endorsement",
        subject_kind="enterprise",
        subject_id=enterprise.id,
        now=now,
        is_needed=is_needed,
    )


def own_enterprise(session: Session, by: Caller) -> Enterprise:
    """Return the enterprise one acts for.

    Raises:
        EnterpriseNotFound: for those who act for none.
    """
    enterprise = session.get(Enterprise, by.enterprise_id) if by.enterprise_id else None
    if enterprise is None:
        raise EnterpriseNotFound
    return enterprise
