"""Questions about the audit trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit.tables import AuditEntry
from directory.people.tables import Person
from foundation.identifiers import PersonId


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; None means any."""

    actor_id: PersonId | None = None
    action: str | None = None
    """An action, or the beginning of one: `registration.`"""
    subject_kind: str | None = None
    subject_id: str | None = None
    after: datetime | None = None
    before: datetime | None = None


def search(
    session: Session, wanted: Search, *, older_than: int | None, limit: int
) -> list[AuditEntry]:
    """Return entries, the newest first, from before the one whose id is given."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if older_than is not None:
        query = query.where(AuditEntry.id < older_than)
    if wanted.actor_id is not None:
        query = query.where(AuditEntry.actor_id == wanted.actor_id)
    if wanted.action is not None:
        query = query.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    if wanted.subject_kind is not None:
        query = query.where(AuditEntry.subject_kind == wanted.subject_kind)
    if wanted.subject_id is not None:
        query = query.where(AuditEntry.subject_id == wanted.subject_id)
    if wanted.after is not None:
        query = query.where(AuditEntry.at >= wanted.after)
    if wanted.before is not None:
        query = query.where(AuditEntry.at < wanted.before)
    return list(session.scalars(query))


def name_actors(session: Session, entries: Iterable[AuditEntry]) -> dict[PersonId, str]:
    """Return what those who acted are called."""
    people = {entry.actor_id for entry in entries if entry.actor_id is not None}
    rows = session.execute(select(Person.id, Person.display_name).where(Person.id.in_(people)))
    return {row.id: row.display_name for row in rows}
