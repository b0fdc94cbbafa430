"""Verbs on runs: build them from events, again and again, until they no longer change."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, new_id
from telemetry.devices.queries import are_online
from telemetry.events.tables import DeviceEvent
from telemetry.runs.rules import (
    Buckets,
    Evidence,
    RunFacts,
    RunState,
    Surroundings,
    find_run,
    share_out,
)
from telemetry.runs.tables import Run

# How long each phase lasted between two instants: each reading holds until the next, but
# no longer than two and a half heartbeats, so that a silence is nobody's work.
PHASES = text(
    """
    WITH seen AS (
        SELECT value, at,
               least(lead(at, 1, CAST(:until AS timestamptz)) OVER (ORDER BY at),
                     at + interval '150 seconds') AS until
        FROM readings
        WHERE channel_id = (SELECT id FROM channels
                            WHERE device_id = :device_id AND name = 'phase')
          AND at >= :since AND at < :until
    )
    SELECT CAST(value AS int), CAST(sum(extract(epoch FROM until - at)) * 1000 AS bigint)
    FROM seen WHERE value IN (1, 2, 3) GROUP BY 1
    """
)
WARM_UP, WORK, COOL_DOWN = 1, 2, 3


def build_runs(session: Session, sessions: Iterable[tuple[DeviceId, str]], *, now: datetime) -> int:
    """Bring the runs of these sessions to what their events say; return how many changed.

    Safe to repeat, and indifferent to the order in which events arrived.
    """
    wanted = sorted(set(sessions))
    if not wanted:
        return 0
    online = are_online(session, {device_id for device_id, _ in wanted})
    changed = 0
    for device_id, name in wanted:
        changed += build_run(session, device_id, name, now=now, is_online=online[device_id])
    for device_id in sorted({device_id for device_id, _ in wanted}):
        changed += close_superseded(session, device_id, now=now)
    return changed


def build_run(
    session: Session, device_id: DeviceId, name: str, *, now: datetime, is_online: bool
) -> bool:
    evidence = [
        Evidence(*row)
        for row in session.execute(
            select(
                DeviceEvent.at,
                DeviceEvent.received_at,
                DeviceEvent.kind,
                DeviceEvent.boot,
                DeviceEvent.seq,
                DeviceEvent.run_ms,
                DeviceEvent.cycles,
                DeviceEvent.energy_wh,
                DeviceEvent.lease,
            ).where(DeviceEvent.device_id == device_id, DeviceEvent.session == name)
        )
    ]
    if not evidence:
        return False
    first_at = min(one.at for one in evidence)
    last_at = max(one.at for one in evidence)
    is_superseded = session.scalar(
        select(Run.id)
        .where(Run.device_id == device_id, Run.session != name, Run.started_at >= last_at)
        .limit(1)
    )
    facts = find_run(
        evidence,
        Surroundings(
            now=now,
            is_superseded=is_superseded is not None,
            is_online=is_online,
            counter_before=counter_before(session, device_id, first_at)
            if all(one.kind != "start" for one in evidence)
            else None,
        ),
    )
    return store_run(session, device_id, name, facts, now=now)


def counter_before(session: Session, device_id: DeviceId, at: datetime) -> int | None:
    """Return what the device counted when it was last heard of before that instant."""
    return session.scalar(
        select(DeviceEvent.run_ms)
        .join(
            Run,
            and_(Run.device_id == DeviceEvent.device_id, Run.session == DeviceEvent.session),
        )
        .where(DeviceEvent.device_id == device_id, DeviceEvent.at < at, Run.last_at < at)
        .order_by(Run.started_at.desc(), DeviceEvent.at.desc())
        .limit(1)
    )


def store_run(
    session: Session, device_id: DeviceId, name: str, facts: RunFacts, *, now: datetime
) -> bool:
    """Write the run unless it is there already just so; `updated_at` moves only with content."""
    buckets = share_out(
        facts.metered_ms, measure_phases(session, device_id, facts.started_at, facts.last_at)
    )
    content = {
        "boot": facts.boot,
        "lease": facts.lease,
        "state": facts.state,
        "started_at": facts.started_at,
        "last_at": facts.last_at,
        "ended_at": facts.ended_at,
        "metered_ms": facts.metered_ms,
        "cycles": facts.cycles,
        "energy_wh": facts.energy_wh,
        "warm_up_ms": buckets.warm_up_ms,
        "work_ms": buckets.work_ms,
        "cool_down_ms": buckets.cool_down_ms,
        "coverage_permille": facts.coverage_permille,
        "doubts": list(facts.doubts),
    }
    statement = insert(Run).values(
        id=new_id(), device_id=device_id, session=name, updated_at=now, **content
    )
    same = and_(
        *(getattr(Run, key).is_not_distinct_from(statement.excluded[key]) for key in content)
    )
    result = session.execute(
        statement.on_conflict_do_update(
            index_elements=["device_id", "session"],
            set_={**{key: statement.excluded[key] for key in content}, "updated_at": now},
            where=~same,
        ).returning(Run.id)
    )
    return result.first() is not None


def measure_phases(
    session: Session, device_id: DeviceId, since: datetime, until: datetime
) -> Buckets:
    rows = session.execute(
        PHASES, {"device_id": device_id, "since": since, "until": until + timedelta(seconds=1)}
    )
    seen: dict[int, int] = {int(phase): int(lasted_ms) for phase, lasted_ms in rows}
    return Buckets(seen.get(WARM_UP, 0), seen.get(WORK, 0), seen.get(COOL_DOWN, 0))


def close_superseded(session: Session, device_id: DeviceId, *, now: datetime) -> int:
    """Close what is open although the device has gone on to something else."""
    newest = session.scalar(
        select(Run.started_at).where(Run.device_id == device_id).order_by(Run.started_at.desc())
    )
    left_open = session.scalars(
        select(Run.session).where(
            Run.device_id == device_id, Run.state == RunState.OPEN, Run.started_at < newest
        )
    ).all()
    return sum(build_run(session, device_id, name, now=now, is_online=True) for name in left_open)


def find_silent(session: Session, *, since: datetime) -> list[tuple[DeviceId, str]]:
    """List open runs of which nothing was heard since then."""
    rows = session.execute(
        select(Run.device_id, Run.session).where(Run.state == RunState.OPEN, Run.last_at < since)
    )
    return [(DeviceId(UUID(str(device_id))), name) for device_id, name in rows]
