"""Verbs on events: store them once, whatever is delivered twice."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class EventReport:
    """One start, heartbeat or stop; the fields in the order of the columns."""

    device_id: UUID
    boot: str
    seq: int
    at: datetime
    received_at: datetime
    kind: str
    session: str
    run_ms: int
    cycles: int | None
    energy_wh: int | None
    operator: str | None
    lease: str | None


@dataclass(frozen=True, slots=True)
class AlarmReport:
    """One alarm raised or cleared by the device itself."""

    device_id: UUID
    boot: str
    seq: int
    at: datetime
    received_at: datetime
    code: str
    severity: str
    is_active: bool
    detail: dict[str, Any]


def store_events(connection: Connection, events: Sequence[EventReport]) -> int:
    """Store events; return how many were new."""
    if not events:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO device_events
                (device_id, boot, seq, at, received_at, kind, session, run_ms, cycles,
                 energy_wh, operator, lease)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT DO NOTHING
            """,
            [astuple(event) for event in events],
        )
        return cursor.rowcount


def store_alarms(connection: Connection, alarms: Sequence[AlarmReport]) -> int:
    """Store devices' own alarms; return how many were new."""
    if not alarms:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO device_alarms
                (device_id, boot, seq, at, received_at, code, severity, is_active, detail)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT DO NOTHING
            """,
            [
                (
                    alarm.device_id,
                    alarm.boot,
                    alarm.seq,
                    alarm.at,
                    alarm.received_at,
                    alarm.code,
                    alarm.severity,
                    alarm.is_active,
                    Jsonb(alarm.detail),
                )
                for alarm in alarms
            ],
        )
        return cursor.rowcount
