"""Verbs on controls: say what a device should be in, and take its answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, PersonId, new_id
from telemetry.alarms.service import raise_alarm
from telemetry.controls.rules import LOCKED, UNKNOWN, UNLOCKED
from telemetry.controls.tables import Command, WantedState

INTERLOCK = "interlock"
NOT_OBEYED = "INTERLOCK_NOT_OBEYED"


def want(
    session: Session,
    *,
    device_id: DeviceId,
    value: str,
    lease_until: datetime | None,
    reason: str,
    wanted_by: PersonId | None,
    now: datetime,
    target: str = INTERLOCK,
) -> UUID:
    """Note the state a device should be in; the courier takes it there once this commits.

    Wanting the same again changes nothing and returns the same command. An absolute
    state with an end, never a toggle: `lease_until` belongs to `unlocked` alone.
    """
    wanted = session.scalar(
        select(WantedState)
        .where(WantedState.device_id == device_id, WantedState.target == target)
        .with_for_update()
    )
    if wanted is not None and (wanted.value, wanted.lease_until) == (value, lease_until):
        return wanted.command_id
    return command_anew(
        session,
        device_id=device_id,
        target=target,
        value=value,
        lease_until=lease_until,
        reason=reason,
        wanted_by=wanted_by,
        now=now,
    )


def command_anew(
    session: Session,
    *,
    device_id: DeviceId,
    target: str,
    value: str,
    lease_until: datetime | None,
    reason: str,
    wanted_by: PersonId | None,
    now: datetime,
) -> UUID:
    """Issue a command whatever was wanted before; what still waits is superseded."""
    session.execute(
        update(Command)
        .where(
            Command.device_id == device_id, Command.target == target, Command.outcome == "waiting"
        )
        .values(outcome="superseded", answered_at=now)
    )
    command_id = new_id()
    session.add(
        Command(
            id=command_id,
            device_id=device_id,
            target=target,
            value=value,
            lease_until=lease_until,
            reason=reason,
            wanted_by=wanted_by,
            wanted_at=now,
            expires_at=lease_until,
            outcome="waiting",
        )
    )
    session.flush()
    session.execute(
        insert(WantedState)
        .values(
            device_id=device_id,
            target=target,
            value=value,
            lease_until=lease_until,
            command_id=command_id,
            wanted_at=now,
            reported_value=UNKNOWN,
        )
        .on_conflict_do_update(
            index_elements=["device_id", "target"],
            set_={
                "value": value,
                "lease_until": lease_until,
                "command_id": command_id,
                "wanted_at": now,
            },
        )
    )
    session.execute(select(func.pg_notify("yixiang_controls", str(device_id))))
    return command_id


def record_result(
    session: Session,
    *,
    device_id: DeviceId,
    command_id: str,
    is_done: bool,
    state: str,
    error: str | None,
    now: datetime,
) -> bool:
    """Take a device's answer to a command; say whether it was to one of ours."""
    try:
        wire_id = UUID(command_id)
    except ValueError:
        return False
    command = session.scalar(
        select(Command)
        .where(Command.id == wire_id, Command.device_id == device_id)
        .with_for_update()
    )
    if command is None:
        return False
    if command.outcome == "waiting" or (is_done and command.outcome in {"refused", "expired"}):
        command.outcome = "done" if is_done else "expired" if error == "expired" else "refused"
        command.answered_at = now
        command.error = error
        session.flush()
    reported = state if state in {LOCKED, UNLOCKED} and is_done else UNKNOWN
    session.execute(
        update(WantedState)
        .where(WantedState.device_id == device_id, WantedState.command_id == wire_id)
        .values(reported_value=reported, reported_at=now)
    )
    if not is_done and error not in {"expired", "lease_over"}:
        raise_alarm(
            session,
            device_id=device_id,
            code=NOT_OBEYED,
            subject=command.target,
            severity="critical",
            raised_at=now,
            now=now,
            detail={"wanted": command.value, "error": error},
        )
    notify_watchers_of(session, device_id)
    return True


def notify_watchers_of(session: Session, device_id: DeviceId) -> None:
    """Let the live streams show the device anew once this commits."""
    session.execute(
        text("SELECT pg_notify('yixiang_devices', name) FROM devices WHERE id = :id"),
        {"id": device_id},
    )
