"""Verbs that tell runs by power, for devices that have no counter of their own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import column, delete, func, select, table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId
from telemetry.devices.tables import Channel, Device
from telemetry.readings.tables import LateMark, Reading
from telemetry.runs.detection import DetectedRun, Detection, Sample, find_runs
from telemetry.runs.rules import Doubt, RunFacts, RunState
from telemetry.runs.service import store_run
from telemetry.runs.tables import Run, RunDetection

PREFIX: Final = "power-"
BOOT: Final = "power"
# Named, not imported: what stands on runs lies above this area.
USAGE: Final = table("usage_runs", column("run_id"))
FIRST_LOOK: Final = timedelta(days=91)
MARGIN: Final = timedelta(minutes=10)
"""Readings may still come out of order by this much."""


def set_detection(
    session: Session, name: str, *, on_w: float, off_w: float, join_s: int, min_s: int
) -> bool:
    """Tell a device's runs by power from now on; say whether there is such a device."""
    device_id = session.scalar(select(Device.id).where(Device.name == name))
    if device_id is None:
        return False
    values = {"on_w": on_w, "off_w": off_w, "join_s": join_s, "min_s": min_s, "settled_to": None}
    session.execute(
        insert(RunDetection)
        .values(device_id=device_id, metric="power_w", **values)
        .on_conflict_do_update(index_elements=["device_id"], set_=values)
    )
    return True


def list_detected(session: Session) -> Sequence[DeviceId]:
    return session.scalars(select(RunDetection.device_id).order_by(RunDetection.device_id)).all()


def detect(session: Session, device_id: DeviceId, *, now: datetime) -> bool:
    """Bring a device's runs to what its power shows, from where they are settled.

    Late readings have everything from before them looked at again. A run that was there
    and is no more was part of another, unless a usage session stands on it: that one stays
    for a person to look at.
    """
    setting = session.scalar(
        select(RunDetection).where(RunDetection.device_id == device_id).with_for_update()
    )
    if setting is None:
        return False
    channel_id = session.scalar(
        select(Channel.id).where(Channel.device_id == device_id, Channel.name == setting.metric)
    )
    if channel_id is None:
        return False
    since = look_from(session, setting, channel_id, now=now)
    samples = [
        Sample(at, value)
        for at, value in session.execute(
            select(Reading.at, Reading.value)
            .where(
                Reading.channel_id == channel_id, Reading.at >= since, Reading.value.is_not(None)
            )
            .order_by(Reading.at)
        )
        if value is not None
    ]
    if not samples:
        return False
    detection = Detection(
        on_w=setting.on_w,
        off_w=setting.off_w,
        join=timedelta(seconds=setting.join_s),
        min_run=timedelta(seconds=setting.min_s),
    )
    newest = samples[-1].at
    changed = False
    found: set[str] = set()
    for run in find_runs(samples, detection):
        name = f"{PREFIX}{int(run.starts_at.timestamp() * 1000)}"
        found.add(name)
        is_open = newest - run.ends_at <= detection.join and now - newest <= detection.join
        changed |= store_run(session, device_id, name, as_facts(run, is_open=is_open), now=now)
    changed |= forget_others(session, device_id, found, since=since)
    settle(session, setting, detection, newest)
    return changed


def look_from(
    session: Session, setting: RunDetection, channel_id: int, *, now: datetime
) -> datetime:
    if setting.settled_to is None:
        return now - FIRST_LOOK
    late_from: datetime | None = session.scalar(
        select(func.min(LateMark.first_at)).where(
            LateMark.channel_id == channel_id, LateMark.noted_at >= now - timedelta(minutes=10)
        )
    )
    if late_from is None or late_from >= setting.settled_to:
        return setting.settled_to
    # From before the run the late reading may belong to.
    before: datetime | None = session.scalar(
        select(func.min(Run.started_at)).where(
            Run.device_id == setting.device_id, Run.boot == BOOT, Run.last_at >= late_from - MARGIN
        )
    )
    return min(late_from, before or late_from) - MARGIN - timedelta(seconds=setting.join_s)


def settle(session: Session, setting: RunDetection, detection: Detection, newest: datetime) -> None:
    """Note up to where nothing changes any more: before the last run that may still go on."""
    last_open: datetime | None = session.scalar(
        select(func.min(Run.started_at)).where(
            Run.device_id == setting.device_id,
            Run.boot == BOOT,
            Run.last_at >= newest - detection.join - MARGIN,
        )
    )
    edge = newest - detection.join - MARGIN
    setting.settled_to = min(edge, last_open - MARGIN) if last_open else edge
    session.flush()


def forget_others(
    session: Session, device_id: DeviceId, found: set[str], *, since: datetime
) -> bool:
    gone = session.execute(
        delete(Run)
        .where(
            Run.device_id == device_id,
            Run.boot == BOOT,
            Run.started_at >= since,
            Run.session.not_in(found),
            ~select(USAGE.c.run_id).select_from(USAGE).where(USAGE.c.run_id == Run.id).exists(),
        )
        .returning(Run.id)
    ).all()
    return bool(gone)


def as_facts(run: DetectedRun, *, is_open: bool) -> RunFacts:
    lasted_ms = (run.ends_at - run.starts_at) // timedelta(milliseconds=1)
    return RunFacts(
        boot=BOOT,
        lease=None,
        state=RunState.OPEN if is_open else RunState.CLOSED,
        started_at=run.starts_at,
        last_at=run.ends_at,
        ended_at=None if is_open else run.ends_at,
        metered_ms=lasted_ms,
        cycles=0,
        energy_wh=0,
        coverage_permille=run.coverage_permille,
        doubts=(Doubt.NO_COUNTER,),
    )
