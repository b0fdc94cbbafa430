"""Routes under /quarantine: what arrived and could not be understood."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.alarms import Hand
from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.devices import Watcher, institution_of
from api.paging import PAGE_MAX, WrongCursor, read_cursor, write_cursor
from api.routing import Router
from directory.people.service import Caller
from telemetry.devices.queries import list_names
from telemetry.quarantine.queries import list_quarantined
from telemetry.quarantine.rules import Reason
from telemetry.quarantine.service import want_replay
from telemetry.quarantine.tables import QuarantinedMessage

router = Router(prefix="/quarantine", tags=["devices"])

PREVIEW_BYTES = 400


class QuarantinedView(BaseModel):
    id: int
    topic: str
    reason: str
    detail: str
    received_at: datetime
    times: int
    size: int
    preview: str
    """The beginning, as text where it is text, else in hexadecimal."""

    @classmethod
    def of(cls, message: QuarantinedMessage) -> "QuarantinedView":
        return cls(
            id=message.id,
            topic=message.topic,
            reason=message.reason,
            detail=message.detail,
            received_at=message.received_at,
            times=message.times,
            size=message.size,
            preview=preview(message.payload),
        )


class QuarantinePage(BaseModel):
    items: list[QuarantinedView]
    next_cursor: str | None


def preview(payload: bytes) -> str:
    beginning = payload[:PREVIEW_BYTES]
    try:
        text = beginning.decode()
    except UnicodeDecodeError:
        return beginning.hex(" ")
    return text if text.isprintable() else beginning.hex(" ")


def names_seen_by(session: Session, caller: Caller) -> list[str] | None:
    """Return the wire names the caller may look at; None: all, strangers' too."""
    institution_id = institution_of(caller)
    return None if institution_id is None else list_names(session, institution_id)


@router.get("")
def list_set_aside(
    caller: Watcher,
    reading: ReadOnly,
    reason: Reason | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> QuarantinePage:
    """List the messages set aside, newest first; each is counted once however often it came."""
    before_id = None
    if cursor:
        (text,) = read_cursor(cursor, 1)
        if not text.isdecimal():
            raise WrongCursor
        before_id = int(text)
    found = list_quarantined(
        reading,
        device_names=names_seen_by(reading, caller),
        reason=reason,
        before_id=before_id,
        limit=limit + 1,
    )
    shown = found[:limit]
    return QuarantinePage(
        items=[QuarantinedView.of(message) for message in shown],
        next_cursor=write_cursor(str(shown[-1].id)) if len(found) > limit else None,
    )


class ReplayBody(Body):
    """Which messages to take once more: these, or all of a reason."""

    ids: list[int] | None = Field(default=None, max_length=1000)
    reason: Reason | None = None


class ReplayView(BaseModel):
    wanted: int
    """The ingest process takes them within seconds; what is refused again comes back here."""


@router.post("/replay", status_code=202)
def replay(body: ReplayBody, caller: Hand, now: Now, transaction: Transaction) -> ReplayView:
    """Have messages taken once more, after what was wrong was mended."""
    wanted = want_replay(
        transaction,
        names=names_seen_by(transaction, caller),
        ids=body.ids,
        reason=body.reason,
        now=now,
    )
    return ReplayView(wanted=wanted)
