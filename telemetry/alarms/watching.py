"""Verbs that watch readings by rules: what they show is what the alarms on record say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId
from telemetry.alarms.notices import note_alarm
from telemetry.alarms.rules import (
    SETTLES_AFTER,
    Episode,
    Known,
    Limit,
    Reading,
    RuleKind,
    Timers,
    compare,
    follow,
)
from telemetry.alarms.service import clear_alarm, notify_watchers, raise_alarm
from telemetry.alarms.tables import Alarm, AlarmRule, AlarmWatch
from telemetry.devices.tables import Channel, Device, DeviceState
from telemetry.readings.tables import LateMark, LatestReading
from telemetry.readings.tables import Reading as ReadingRow


@dataclass(frozen=True, slots=True)
class Watched:
    """One rule with one device it is about."""

    rule_id: UUID
    device_id: DeviceId


def list_watched(session: Session) -> list[Watched]:
    """List what there is to watch: each enabled rule with each device it is about."""
    rows = session.execute(
        select(AlarmRule.id, Device.id)
        .join(
            Device,
            (Device.institution_id == AlarmRule.institution_id)
            & or_(AlarmRule.device_id.is_(None), AlarmRule.device_id == Device.id),
        )
        .where(AlarmRule.is_enabled, AlarmRule.kind != RuleKind.UNRESERVED)
        .order_by(AlarmRule.id, Device.id)
    )
    return [Watched(rule_id, device_id) for rule_id, device_id in rows]


def watch(session: Session, watched: Watched, *, now: datetime) -> bool:
    """Bring the alarms of one rule on one device to what its readings show."""
    rule = session.get_one(AlarmRule, watched.rule_id)
    if rule.kind == RuleKind.STALE:
        return watch_silence(session, rule, watched.device_id, now=now)
    return watch_limit(session, rule, watched.device_id, now=now)


def watch_silence(session: Session, rule: AlarmRule, device_id: DeviceId, *, now: datetime) -> bool:
    """Raise where nothing was heard for too long; the server's clock is all there is."""
    newest = (
        select(func.max(LatestReading.received_at))
        .join(Channel, Channel.id == LatestReading.channel_id)
        .where(Channel.device_id == device_id)
        .scalar_subquery()
    )
    heard_at: datetime | None = session.scalar(
        select(func.greatest(DeviceState.seen_at, newest)).where(DeviceState.device_id == device_id)
    )
    if heard_at is None:
        return False  # it has never spoken, so it cannot have fallen silent
    silent_from = heard_at + timedelta(seconds=rule.for_s)
    subject = str(rule.id)
    if silent_from <= now:
        alarm_id = raise_alarm(
            session,
            device_id=device_id,
            code=rule.code,
            subject=subject,
            severity=rule.severity,
            raised_at=silent_from,
            now=now,
            detail={"heard_at": heard_at.isoformat()},
        )
        if alarm_id is not None:
            note_alarm(session, alarm_id, "raised", now=now)
        return alarm_id is not None
    return clear_alarm(
        session, device_id=device_id, code=rule.code, subject=subject, cleared_at=heard_at
    )


def watch_limit(session: Session, rule: AlarmRule, device_id: DeviceId, *, now: datetime) -> bool:
    channel_id = session.scalar(
        select(Channel.id).where(Channel.device_id == device_id, Channel.name == rule.metric)
    )
    if channel_id is None:
        return False
    assert rule.limit_value is not None, "the table requires it of these kinds"
    limit = Limit(
        RuleKind(rule.kind),
        rule.limit_value,
        rule.hysteresis,
        timedelta(seconds=rule.for_s),
        timedelta(seconds=rule.clear_for_s),
    )
    stand = session.scalar(
        select(AlarmWatch)
        .where(AlarmWatch.rule_id == rule.id, AlarmWatch.device_id == device_id)
        .with_for_update()
    )
    since, timers = now - limit.lookback - SETTLES_AFTER, Timers()
    if stand is not None and stand.checked_to is not None:
        timers = Timers(stand.pending_since, stand.clearing_since, stand.raised_at)
        since = stand.checked_to
        late_from = find_late(session, channel_id, after=stand.looked_at)
        if late_from is not None and late_from <= since:
            active_from = first_alarm(session, rule, device_id, since=late_from)
            since, timers = min(late_from, active_from or late_from) - limit.lookback, Timers()
    readings = read_since(session, channel_id, since)
    if not readings:
        return False
    _, episodes = follow(limit, timers, readings)
    changed = correct(session, rule, device_id, episodes, since=since, now=now)
    # The timers are kept a while behind, so that what is out of order is still in front.
    settled_to = readings[-1].at - SETTLES_AFTER
    settled = [reading for reading in readings if reading.at <= settled_to]
    timers, _ = follow(limit, timers, settled)
    keep(session, rule.id, device_id, timers, max(settled_to, since), now=now)
    return changed


def find_late(session: Session, channel_id: int, *, after: datetime) -> datetime | None:
    """Return the earliest of the readings that came late since then."""
    found: datetime | None = session.scalar(
        select(func.min(LateMark.first_at)).where(
            LateMark.channel_id == channel_id, LateMark.noted_at > after
        )
    )
    return found


def first_alarm(
    session: Session, rule: AlarmRule, device_id: DeviceId, *, since: datetime
) -> datetime | None:
    """Return when the earliest alarm was raised that was still active then."""
    found: datetime | None = session.scalar(
        select(func.min(Alarm.raised_at)).where(
            Alarm.device_id == device_id,
            Alarm.code == rule.code,
            Alarm.subject == str(rule.id),
            or_(Alarm.cleared_at.is_(None), Alarm.cleared_at >= since),
        )
    )
    return found


def read_since(session: Session, channel_id: int, since: datetime) -> list[Reading]:
    rows = session.execute(
        select(ReadingRow.at, ReadingRow.value)
        .where(
            ReadingRow.channel_id == channel_id,
            ReadingRow.at > since,
            ReadingRow.value.is_not(None),
        )
        .order_by(ReadingRow.at)
    )
    return [Reading(at, value) for at, value in rows if value is not None]


def correct(
    session: Session,
    rule: AlarmRule,
    device_id: DeviceId,
    episodes: Sequence[Episode],
    *,
    since: datetime,
    now: datetime,
) -> bool:
    """Raise, clear and withdraw until the record says what the readings say."""
    subject = str(rule.id)
    known = session.scalars(
        select(Alarm).where(
            Alarm.device_id == device_id,
            Alarm.code == rule.code,
            Alarm.subject == subject,
            Alarm.withdrawn_at.is_(None),
            or_(Alarm.cleared_at.is_(None), Alarm.cleared_at > since),
        )
    ).all()
    todo = compare(
        episodes, [Known(alarm.id, alarm.raised_at, alarm.cleared_at) for alarm in known]
    )
    for key, cleared_at in todo.clear:
        session.execute(update(Alarm).where(Alarm.id == key).values(cleared_at=cleared_at))
        note_alarm(session, UUID(str(key)), "cleared", now=now)
    for key in todo.withdraw:
        session.execute(
            update(Alarm)
            .where(Alarm.id == key)
            .values(
                withdrawn_at=now,
                cleared_at=func.coalesce(Alarm.cleared_at, func.greatest(Alarm.raised_at, now)),
            )
        )
        note_alarm(session, UUID(str(key)), "withdrawn", now=now)
    for episode in todo.raise_:
        alarm_id = raise_alarm(
            session,
            device_id=device_id,
            code=rule.code,
            subject=subject,
            severity=rule.severity,
            raised_at=episode.raised_at,
            now=now,
            detail={"metric": rule.metric, "limit": rule.limit_value, "value": episode.worst},
        )
        if alarm_id is None:
            continue
        if episode.cleared_at is not None:
            session.execute(
                update(Alarm).where(Alarm.id == alarm_id).values(cleared_at=episode.cleared_at)
            )
        note_alarm(session, alarm_id, "raised", now=now)
    if todo.clear or todo.withdraw:
        notify_watchers(session, device_id)
    return bool(todo.clear or todo.withdraw or todo.raise_)


def keep(
    session: Session,
    rule_id: UUID,
    device_id: DeviceId,
    timers: Timers,
    checked_to: datetime,
    *,
    now: datetime,
) -> None:
    values = {
        "pending_since": timers.pending_since,
        "clearing_since": timers.clearing_since,
        "raised_at": timers.raised_at,
        "checked_to": checked_to,
        "looked_at": now,
    }
    session.execute(
        insert(AlarmWatch)
        .values(rule_id=rule_id, device_id=device_id, **values)
        .on_conflict_do_update(index_elements=["rule_id", "device_id"], set_=values)
    )
