"""Questions about how devices are now: everything a dashboard shows, in two statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, InstitutionId, RunId

PHASES: Final = {0: "idle", 1: "warm_up", 2: "run", 3: "cool_down", 4: "fault"}
QUALITIES: Final = {0: "good", 1: "repeated", 2: "late", 3: "bad"}


class LastValue(NamedTuple):
    """A tuple, because a dashboard of a thousand devices has ten thousand."""

    name: str
    unit: str
    value: float | None
    at: datetime
    quality: str


@dataclass(frozen=True, slots=True)
class Interlock:
    wanted: str
    reported: str
    lease_until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenRun:
    id: RunId
    session: str
    started_at: datetime
    metered_ms: int


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """One device as of now."""

    id: DeviceId
    name: str
    model: str
    institution_id: InstitutionId
    protocol: str
    online: bool
    op: str
    mode: str
    boot: str | None
    seen_at: datetime | None
    interlock: Interlock | None
    run: OpenRun | None
    alarms: int
    worst_alarm: str | None
    gaps: int
    last: tuple[LastValue, ...]

    @property
    def phase(self) -> str | None:
        return name_phase(next((last.value for last in self.last if last.name == "phase"), None))


def name_phase(value: float | None) -> str | None:
    return None if value is None else PHASES.get(int(value))


class LastValues(NamedTuple):
    """A device's newest values, written as JSON by the database; and its phase."""

    json: str
    phase: str | None


DEVICES: Final = """
    WITH chosen AS (
        SELECT * FROM devices
        WHERE (CAST(:institution_id AS uuid) IS NULL OR institution_id = :institution_id)
          AND (CAST(:names AS text[]) IS NULL OR name = ANY (:names))
          AND (CAST(:after AS text) IS NULL OR name > :after)
        ORDER BY name LIMIT :limit
    ), alarmed AS (
        SELECT device_id, count(*) AS alarms, max(CASE severity
            WHEN 'critical' THEN 3 WHEN 'major' THEN 2 WHEN 'minor' THEN 1 ELSE 0 END) AS worst
        FROM alarms WHERE cleared_at IS NULL GROUP BY 1
    ), gapped AS (
        SELECT device_id, count(*) AS gaps FROM sequence_gaps
        WHERE filled_at IS NULL AND given_up_at IS NULL GROUP BY 1
    )
    SELECT device.id, device.name, device.model, device.institution_id, device.protocol,
           coalesce(state.online, false) AND coalesce(gateway.online, true) AS online,
           coalesce(state.op, 'not_available') AS op, coalesce(state.mode, 'none') AS mode,
           state.boot, state.seen_at,
           wanted.value AS wanted, wanted.reported_value, wanted.lease_until,
           coalesce(wanted.reported_at, wanted.wanted_at) AS interlock_at,
           run.id AS run_id, run.session, run.started_at, run.metered_ms,
           coalesce(alarmed.alarms, 0) AS alarms, alarmed.worst,
           coalesce(gapped.gaps, 0) AS gaps
    FROM chosen AS device
    LEFT JOIN device_states AS state ON state.device_id = device.id
    LEFT JOIN gateway_states AS gateway ON gateway.name = device.gateway
    LEFT JOIN wanted_states AS wanted
           ON wanted.device_id = device.id AND wanted.target = 'interlock'
    LEFT JOIN LATERAL (
        SELECT * FROM runs WHERE runs.device_id = device.id AND runs.state = 'open'
        ORDER BY started_at DESC LIMIT 1) AS run ON true
    LEFT JOIN alarmed ON alarmed.device_id = device.id
    LEFT JOIN gapped ON gapped.device_id = device.id
    ORDER BY device.name
"""

VALUES: Final = """
    SELECT asked.place, channel.name, channel.unit, latest.value, latest.at, latest.quality
    FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked (device_id, place)
    JOIN channels AS channel ON channel.device_id = asked.device_id
    JOIN latest_readings AS latest ON latest.channel_id = channel.id
    ORDER BY channel.id
"""
VALUES_AS_JSON: Final = """
    SELECT asked.place,
           '[' || string_agg(
               '{"key":' || to_json(channel.name) || ',"name":' || to_json(channel.name)
               || ',"unit":' || to_json(channel.unit)
               || ',"value":' || coalesce(latest.value::text, 'null')
               || ',"at":' || to_json(latest.at) || ',"quality":"'
               || coalesce((%s::text[])[latest.quality + 1], 'bad') || '"}',
               ',' ORDER BY channel.id) || ']',
           max(latest.value) FILTER (WHERE channel.name = 'phase')
    FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked (device_id, place)
    JOIN channels AS channel ON channel.device_id = asked.device_id
    JOIN latest_readings AS latest ON latest.channel_id = channel.id
    GROUP BY asked.place
"""
SEVERITIES: Final = ("info", "minor", "major", "critical")


def read_devices(
    session: Session,
    *,
    institution_id: InstitutionId | None = None,
    names: Sequence[str] | None = None,
    after: str | None = None,
    limit: int = 1_000,
    with_values: bool = True,
) -> list[DeviceNow]:
    """Return devices by name with all that is known of them now."""
    rows = session.execute(
        text(DEVICES),
        {
            "institution_id": institution_id,
            "names": None if names is None else list(names),
            "after": after,
            "limit": limit,
        },
    ).all()
    last = read_last(session, [row.id for row in rows]) if with_values else {}
    return [see_device(row, last) for row in rows]


def read_last(session: Session, device_ids: Sequence[DeviceId]) -> dict[DeviceId, list[LastValue]]:
    """Return the newest reading of every channel of these devices.

    By psycopg itself and in binary: through the ORM's rows it takes three times as long.
    """
    found: dict[DeviceId, list[LastValue]] = {device_id: [] for device_id in device_ids}
    if not found:
        return found
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    lists = list(found.values())
    with raw.cursor(binary=True) as cursor:
        for place, name, unit, value, at, quality in cursor.execute(VALUES, [list(found)]):
            lists[place - 1].append(LastValue(name, unit, value, at, QUALITIES.get(quality, "bad")))
    return found


def read_last_as_json(
    session: Session, device_ids: Sequence[DeviceId]
) -> dict[DeviceId, LastValues]:
    """Return the newest reading of every channel, ready to be sent.

    Ten thousand values as objects of ours cost four times what they cost the database.
    """
    if not device_ids:
        return {}
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    names = [QUALITIES[place] for place in range(len(QUALITIES))]
    with raw.cursor(binary=True) as cursor:
        cursor.execute(VALUES_AS_JSON, [names, list(device_ids)])
        return {
            device_ids[place - 1]: LastValues(json, name_phase(phase))
            for place, json, phase in cursor.fetchall()
        }


def see_device(
    row: Any,  # noqa: ANN401 - a row of DEVICES
    last: dict[DeviceId, list[LastValue]],
) -> DeviceNow:
    return DeviceNow(
        id=DeviceId(row.id),
        name=row.name,
        model=row.model,
        institution_id=InstitutionId(row.institution_id),
        protocol=row.protocol,
        online=row.online,
        op=row.op,
        mode=row.mode,
        boot=row.boot,
        seen_at=row.seen_at,
        interlock=Interlock(row.wanted, row.reported_value, row.lease_until, row.interlock_at)
        if row.wanted
        else None,
        run=OpenRun(RunId(row.run_id), row.session, row.started_at, row.metered_ms)
        if row.run_id
        else None,
        alarms=row.alarms,
        worst_alarm=None if row.worst is None else SEVERITIES[row.worst],
        gaps=row.gaps,
        last=tuple(last.get(row.id, ())),
    )
