"""Bringing what is wanted of devices together with what they report, command by command."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId
from telemetry.alarms.service import clear_alarm, raise_alarm
from telemetry.controls.rules import (
    LOCK_VALID,
    LOCKED,
    UNKNOWN,
    UNLOCKED,
    Action,
    Report,
    Standing,
    next_action,
)
from telemetry.controls.service import NOT_OBEYED, command_anew, notify_watchers_of
from telemetry.controls.tables import Command, WantedState


@dataclass(frozen=True, slots=True)
class Errand:
    """One command to be carried to its device."""

    command_id: UUID
    device_name: str
    target: str
    value: str
    lease_until: datetime | None
    expires_at: datetime


STANDINGS = text(
    """
    SELECT wanted.device_id, wanted.target, device.name, wanted.command_id, wanted.value,
           wanted.lease_until, wanted.wanted_at, wanted.reported_value,
           command.outcome, command.sent_at, command.answered_at,
           latest.value AS report, latest.received_at AS report_received_at,
           birth.at AS born_at
    FROM wanted_states AS wanted
    JOIN devices AS device ON device.id = wanted.device_id
    JOIN commands AS command ON command.id = wanted.command_id
    LEFT JOIN channels AS channel
           ON channel.device_id = wanted.device_id AND channel.name = wanted.target
    LEFT JOIN latest_readings AS latest
           ON latest.channel_id = channel.id AND latest.value IS NOT NULL
    LEFT JOIN device_states AS state ON state.device_id = wanted.device_id
    LEFT JOIN births AS birth ON birth.device_id = wanted.device_id AND birth.boot = state.boot
    ORDER BY wanted.device_id, wanted.target
    FOR UPDATE OF wanted SKIP LOCKED
    """
)


def reconcile(session: Session, *, now: datetime) -> list[Errand]:
    """Compare what is wanted with what is reported; return the commands to be carried now.

    Each is noted as sent: the caller carries them after the commit, and what is lost on
    the way is carried again.
    """
    errands = []
    for row in session.execute(STANDINGS).all():
        standing = Standing(
            value=row.value,
            lease_until=row.lease_until,
            wanted_at=row.wanted_at,
            reported_value=row.reported_value,
            outcome=row.outcome,
            sent_at=row.sent_at,
            answered_at=row.answered_at,
            report=None
            if row.report is None
            else Report(UNLOCKED if row.report else LOCKED, row.report_received_at),
            born_at=row.born_at,
        )
        device_id = DeviceId(row.device_id)
        action = next_action(standing, now)
        command_id, value, lease_until = row.command_id, row.value, row.lease_until
        if action is Action.NONE:
            continue
        if action is Action.SETTLE:
            settle(session, device_id, row.target, row.command_id, value, now=now)
            continue
        if action is Action.END_LEASE:
            value, lease_until = LOCKED, None
        if action is Action.COMMAND_ANEW:
            doubt(session, device_id, row.target, standing, now=now)
        if action is not Action.SEND:
            command_id = command_anew(
                session,
                device_id=device_id,
                target=row.target,
                value=value,
                lease_until=lease_until,
                reason=action,
                wanted_by=None,
                now=now,
            )
        errands.append(
            Errand(
                command_id,
                row.name,
                row.target,
                value,
                lease_until,
                lease_until or now + LOCK_VALID,
            )
        )
    note_sent(session, errands, now=now)
    return errands


def note_sent(session: Session, errands: Sequence[Errand], *, now: datetime) -> None:
    if errands:
        session.execute(
            update(Command)
            .where(Command.id.in_([errand.command_id for errand in errands]))
            .values(sent_at=now)
        )


def settle(
    session: Session,
    device_id: DeviceId,
    target: str,
    command_id: UUID,
    value: str,
    *,
    now: datetime,
) -> None:
    """Note that the device reports what was wanted, whether it answered or not."""
    session.execute(
        update(WantedState)
        .where(WantedState.device_id == device_id, WantedState.target == target)
        .values(reported_value=value, reported_at=now)
    )
    session.execute(
        update(Command)
        .where(Command.id == command_id, Command.outcome == "waiting")
        .values(outcome="done", answered_at=now)
    )
    clear_alarm(session, device_id=device_id, code=NOT_OBEYED, subject=target, cleared_at=now)
    notify_watchers_of(session, device_id)


def doubt(
    session: Session, device_id: DeviceId, target: str, standing: Standing, *, now: datetime
) -> None:
    """Note that a device is not in the state it was told to be in."""
    session.execute(
        update(WantedState)
        .where(WantedState.device_id == device_id, WantedState.target == target)
        .values(reported_value=UNKNOWN, reported_at=now)
    )
    raise_alarm(
        session,
        device_id=device_id,
        code=NOT_OBEYED,
        subject=target,
        severity="critical",
        raised_at=now,
        now=now,
        detail={
            "wanted": standing.value,
            "reported": standing.report.value if standing.report else UNKNOWN,
        },
    )
