"""Routes for reading the audit trail; nobody writes it by hand, and nobody edits it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel

from api.clock import Now
from api.database import ReadOnly
from api.identity import allow
from api.routing import Router
from directory.audit.queries import Search, name_actors, search
from directory.audit.rules import Fault
from directory.audit.sealing import verify
from directory.audit.tables import AuditEntry
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import PersonId

router = Router(prefix="/audit", tags=["audit"])

PAGE = 50
Reader = Annotated[Caller, allow(Role.AUDITOR, Role.OPERATOR)]
Text = Annotated[str | None, Query(max_length=100)]


class EntryView(BaseModel):
    """One act on one thing."""

    id: int
    at: datetime
    actor_id: PersonId | None
    actor: str | None
    """What whoever acted is called now; None: the platform itself."""
    action: str
    subject_kind: str
    subject_id: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry, actors: Mapping[PersonId, str]) -> Self:
        return cls(
            id=entry.id,
            at=entry.at,
            actor_id=entry.actor_id,
            actor=actors.get(entry.actor_id) if entry.actor_id else None,
            action=entry.action,
            subject_kind=entry.subject_kind,
            subject_id=entry.subject_id,
            detail=entry.detail,
        )


class EntryList(BaseModel):
    items: list[EntryView]
    next_cursor: str | None


class VerificationView(BaseModel):
    """Whether the chain is whole; if not, the first thing wrong with it."""

    is_sound: bool
    sealed: int
    anchors: int
    forged_anchors: int
    fault: Fault | None
    fault_position: int | None
    fault_entry_id: int | None


@router.get("")
def search_audit(
    *,
    _caller: Reader,
    reading: ReadOnly,
    actor_id: PersonId | None = None,
    action: Text = None,
    subject_kind: Text = None,
    subject_id: Text = None,
    after: AwareDatetime | None = None,
    before: AwareDatetime | None = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> EntryList:
    """Search the trail, the newest first."""
    wanted = Search(actor_id, action, subject_kind, subject_id, after, before)
    entries = search(reading, wanted, older_than=cursor, limit=PAGE + 1)
    more = str(entries[PAGE - 1].id) if len(entries) > PAGE else None
    actors = name_actors(reading, entries)
    items = [EntryView.of(entry, actors) for entry in entries[:PAGE]]
    return EntryList(items=items, next_cursor=more)


@router.get("/verification")
def verify_audit(
    _caller: Reader, reading: ReadOnly, request: Request, now: Now
) -> VerificationView:
    """Check every link of the chain, and the heads kept outside the database."""
    state = request.app.state
    found = verify(
        reading,
        state.settings.audit_anchors_path,
        keys=state.keys.ring.index_keys("audit anchors"),
        now=now,
    )
    return VerificationView(
        is_sound=found.is_sound,
        sealed=found.sealed,
        anchors=found.anchors,
        forged_anchors=found.forged_anchors,
        fault=found.finding.fault if found.finding else None,
        fault_position=found.finding.position if found.finding else None,
        fault_entry_id=found.finding.entry_id if found.finding else None,
    )
