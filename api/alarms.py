"""Routes under /alarms: what is wrong with devices, and who has seen it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.devices import Watcher, institution_of
from api.identity import allow
from api.paging import PAGE_MAX, read_cursor, read_id, read_instant, write_cursor
from api.routing import Router
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import DeviceId
from telemetry.alarms import service
from telemetry.alarms.errors import AlarmNotFound
from telemetry.alarms.queries import find_alarm, list_alarms
from telemetry.alarms.tables import Alarm

router = Router(prefix="/alarms", tags=["devices"])

Hand = Annotated[Caller, allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER, Role.OPERATOR)]


class AlarmView(BaseModel):
    id: UUID
    device: str
    device_id: DeviceId
    code: str
    subject: str
    severity: str
    is_active: bool
    raised_at: datetime
    noticed_at: datetime
    cleared_at: datetime | None
    withdrawn_at: datetime | None
    """When late data showed that it never was so."""
    acknowledged_at: datetime | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, alarm: Alarm, device: str) -> "AlarmView":
        return cls(
            id=alarm.id,
            device=device,
            device_id=alarm.device_id,
            code=alarm.code,
            subject=alarm.subject,
            severity=alarm.severity,
            is_active=alarm.cleared_at is None,
            raised_at=alarm.raised_at,
            noticed_at=alarm.noticed_at,
            cleared_at=alarm.cleared_at,
            withdrawn_at=alarm.withdrawn_at,
            acknowledged_at=alarm.acknowledged_at,
            detail=alarm.detail,
        )


class AlarmPage(BaseModel):
    items: list[AlarmView]
    next_cursor: str | None


@router.get("")
def list_all_alarms(
    caller: Watcher,
    reading: ReadOnly,
    *,
    active: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> AlarmPage:
    """List alarms, newest first."""
    before = None
    if cursor:
        raised_at, last_id = read_cursor(cursor, 2)
        before = (read_instant(raised_at), read_id(last_id))
    found = list_alarms(
        reading,
        institution_id=institution_of(caller),
        is_active=active,
        before=before,
        limit=limit + 1,
    )
    shown = found[:limit]
    last = shown[-1][0] if len(found) > limit else None
    return AlarmPage(
        items=[AlarmView.of(alarm, name) for alarm, name in shown],
        next_cursor=write_cursor(last.raised_at, last.id) if last else None,
    )


@router.post("/{alarm_id}/acknowledge")
def acknowledge(alarm_id: UUID, caller: Hand, now: Now, transaction: Transaction) -> AlarmView:
    """Say that somebody has seen it. The first to say so stays on record."""
    found = find_alarm(transaction, alarm_id)
    institution_id = institution_of(caller)
    if found is None or institution_id not in {None, found[1].institution_id}:
        raise AlarmNotFound
    alarm = service.acknowledge_alarm(transaction, alarm_id, by=caller.person_id, now=now)
    return AlarmView.of(alarm, found[1].name)
