"""Routes for reading the audit trail; nobody writes it by hand, and nobody edits it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.exports import WORKBOOK, attach
from api.identity import allow
from api.routing import Router
from directory.audit.errors import TooManyEntries
from directory.audit.queries import Search, name_actors, search
from directory.audit.rules import Fault
from directory.audit.sealing import verify
from directory.audit.service import record
from directory.audit.sheets import HEADS, write_entries
from directory.audit.tables import AuditEntry
from directory.people.service import Caller
from directory.privacy.grades import Export
from directory.roles.rules import Role
from directory.workdays.rules import ZONE
from foundation.identifiers import PersonId

router = Router(prefix="/audit", tags=["audit"])

PAGE = 50
Reader = Annotated[Caller, allow(Role.AUDITOR, Role.OPERATOR)]
EXPORT_MAX = 20_000
Text = Annotated[str | None, Field(max_length=100)]


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


class Asked(BaseModel):
    """What is looked for in the trail; what is left out may be anything."""

    model_config = {"extra": "forbid"}

    actor_id: PersonId | None = None
    action: Text = None
    subject_kind: Text = None
    subject_id: Text = None
    after: AwareDatetime | None = None
    before: AwareDatetime | None = None

    def search(self) -> Search:
        return Search(**self.model_dump(exclude={"cursor"}))


class Paged(Asked):
    cursor: int | None = Field(default=None, ge=1, le=2**62)


@router.get("")
def search_audit(_caller: Reader, reading: ReadOnly, asked: Annotated[Paged, Query()]) -> EntryList:
    """Search the trail, the newest first."""
    entries = search(reading, asked.search(), older_than=asked.cursor, limit=PAGE + 1)
    more = str(entries[PAGE - 1].id) if len(entries) > PAGE else None
    actors = name_actors(reading, entries)
    items = [EntryView.of(entry, actors) for entry in entries[:PAGE]]
    return EntryList(items=items, next_cursor=more)


@router.get(".xlsx", response_class=Response, responses={200: {"content": {WORKBOOK: {}}}})
def export_audit(
    caller: Reader, transaction: Transaction, now: Now, asked: Annotated[Asked, Query()]
) -> Response:
    """Give what a search finds as a workbook; that it left is an entry of the trail itself."""
    entries = search(transaction, asked.search(), older_than=None, limit=EXPORT_MAX + 1)
    if len(entries) > EXPORT_MAX:
        raise TooManyEntries
    record(
        transaction,
        actor_id=caller.person_id,
        action="audit.export",
        subject_kind="audit",
        subject_id="trail",
        now=now,
        entries=len(entries),
        asked=asked.model_dump(mode="json", exclude_none=True),
    )
    actors = name_actors(transaction, entries)
    return attach(Export.AUDIT, HEADS, write_entries(entries, actors, ZONE), "审计记录.xlsx")


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
