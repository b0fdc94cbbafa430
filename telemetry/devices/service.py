"""Verbs on devices: keep what a birth declares and what a state says.

These take the writer's psycopg connection, not a Session: they are on the fast path.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from telemetry.devices.rules import is_current

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What the writer needs of a device for each message."""

    id: UUID
    name: str
    gateway: str | None


@dataclass(frozen=True, slots=True)
class MetricDeclared:
    key: int
    name: str
    unit: str
    kind: str


@dataclass(frozen=True, slots=True)
class StateReport:
    boot: str
    is_online: bool
    at: datetime
    op: str
    mode: str
    session: str | None
    is_retained: bool
    """Delivered from the broker's memory, as at each start of ours, rather than just said."""


def load_devices(connection: Connection) -> dict[str, KnownDevice]:
    rows = connection.execute("SELECT id, name, gateway FROM devices")
    return {name: KnownDevice(device_id, name, gateway) for device_id, name, gateway in rows}


def load_keys(connection: Connection, device_id: UUID, boot: str) -> dict[int, int] | None:
    """Return metric key → channel of one boot, or None where no birth told."""
    row = connection.execute(
        "SELECT keys FROM births WHERE device_id = %s AND boot = %s", [device_id, boot]
    ).fetchone()
    return None if row is None else {int(key): int(channel) for key, channel in row[0].items()}


def store_birth(
    connection: Connection,
    device_id: UUID,
    *,
    boot: str,
    firmware: str,
    model: str,
    metrics: Iterable[MetricDeclared],
    received_at: datetime,
) -> dict[int, int]:
    """Keep the metric catalogue of a boot; return metric key → channel.

    A channel is the same quantity under the same name for ever; a birth may correct its unit.
    """
    declared = sorted(metrics, key=lambda metric: metric.key)
    channels: dict[str, int] = {}
    for metric in declared:
        row = connection.execute(
            """
            INSERT INTO channels (device_id, name, unit, kind) VALUES (%s, %s, %s, %s)
            ON CONFLICT (device_id, name)
            DO UPDATE SET unit = excluded.unit, kind = excluded.kind
            RETURNING id
            """,
            [device_id, metric.name, metric.unit, metric.kind],
        ).fetchone()
        assert row is not None, "an upsert returns its row"
        channels[metric.name] = row[0]
    keys = {metric.key: channels[metric.name] for metric in declared}
    connection.execute(
        """
        INSERT INTO births (device_id, boot, firmware, model, keys, at)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (device_id, boot) DO UPDATE
        SET keys = births.keys || excluded.keys, firmware = excluded.firmware
        """,
        [
            device_id,
            boot,
            firmware,
            model,
            Jsonb({str(key): channel for key, channel in keys.items()}),
            received_at,
        ],
    )
    return keys


def store_state(
    connection: Connection,
    device: KnownDevice,
    report: StateReport,
    *,
    received_at: datetime,
) -> bool:
    """Take a device's word on what it does; say whether that changed anything."""
    known = connection.execute(
        "SELECT boot, online, at FROM device_states WHERE device_id = %s FOR UPDATE", [device.id]
    ).fetchone()
    births = [
        boot
        for (boot,) in connection.execute(
            "SELECT boot FROM births WHERE device_id = %s ORDER BY at", [device.id]
        )
    ]
    if not is_current(
        boot=report.boot,
        known_boot=None if known is None else known[0],
        births=births,
        is_online=report.is_online,
    ):
        return False
    if (
        known is not None
        and report.is_retained
        and known[0] == report.boot
        # What the broker remembers may be older than what we know, never newer.
        and (report.at < known[2] or (report.at, report.is_online) == (known[2], known[1]))
    ):
        return False
    connection.execute(
        """
        INSERT INTO device_states
            (device_id, boot, online, op, mode, session, at, received_at, seen_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (device_id) DO UPDATE
        SET boot = excluded.boot, online = excluded.online, op = excluded.op,
            mode = excluded.mode, session = excluded.session,
            at = CASE WHEN excluded.online THEN excluded.at
                ELSE greatest(device_states.at, excluded.at) END,
            received_at = excluded.received_at,
            seen_at = CASE WHEN excluded.online
                THEN greatest(device_states.seen_at, excluded.seen_at)
                ELSE device_states.seen_at END
        """,
        [
            device.id,
            report.boot,
            report.is_online,
            report.op,
            report.mode,
            report.session,
            report.at,
            received_at,
            received_at,
        ],
    )
    if known is None or known[1] != report.is_online or known[0] != report.boot:
        note_presence(
            connection, device.name, report.boot, is_online=report.is_online, at=received_at
        )
    return True


def store_gateway_state(
    connection: Connection, name: str, *, boot: str, is_online: bool, received_at: datetime
) -> bool:
    """Take a gateway's word, or its will; an old boot's will changes nothing."""
    known = connection.execute(
        "SELECT boot, online FROM gateway_states WHERE name = %s FOR UPDATE", [name]
    ).fetchone()
    if known is not None and known[0] != boot and not is_online:
        return False
    if known is not None and (known[0], known[1]) == (boot, is_online):
        return False
    connection.execute(
        """
        INSERT INTO gateway_states (name, boot, online, received_at) VALUES (%s, %s, %s, %s)
        ON CONFLICT (name) DO UPDATE
        SET boot = excluded.boot, online = excluded.online, received_at = excluded.received_at
        """,
        [name, boot, is_online, received_at],
    )
    note_presence(connection, name, boot, is_online=is_online, at=received_at)
    return True


def note_presence(
    connection: Connection, name: str, boot: str, *, is_online: bool, at: datetime
) -> None:
    connection.execute(
        "INSERT INTO presence_changes (name, boot, online, at) VALUES (%s, %s, %s, %s)",
        [name, boot, is_online, at],
    )


def note_seen(connection: Connection, seen: Mapping[UUID, tuple[str, datetime]]) -> None:
    """Note when anything last arrived from each device, under which boot."""
    if not seen:
        return
    ordered = sorted(seen.items())
    connection.execute(
        """
        INSERT INTO device_states
            (device_id, boot, online, op, mode, session, at, received_at, seen_at)
        SELECT device_id, boot, true, 'not_available', 'none', NULL, at, at, at
        FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS seen (device_id, boot, at)
        ON CONFLICT (device_id) DO UPDATE
        SET seen_at = greatest(device_states.seen_at, excluded.seen_at)
        """,
        [
            [device_id for device_id, _ in ordered],
            [boot for _, (boot, _) in ordered],
            [at for _, (_, at) in ordered],
        ],
    )


def note_offsets(connection: Connection, offsets: Mapping[tuple[UUID, str], int]) -> None:
    """Note how far each boot's clock is behind ours, by the quickest of its messages.

    What a message took on its way is never negative, so the least is the nearest.
    """
    if not offsets:
        return
    ordered = sorted(offsets.items())
    connection.execute(
        """
        UPDATE births SET clock_offset_ms = least(births.clock_offset_ms, seen.clock_offset_ms)
        FROM unnest(%s::uuid[], %s::text[], %s::int8[])
             AS seen (device_id, boot, clock_offset_ms)
        WHERE births.device_id = seen.device_id AND births.boot = seen.boot
          AND births.clock_offset_ms IS DISTINCT FROM
              least(births.clock_offset_ms, seen.clock_offset_ms)
        """,
        [
            [device_id for (device_id, _), _ in ordered],
            [boot for (_, boot), _ in ordered],
            [offset for _, offset in ordered],
        ],
    )
