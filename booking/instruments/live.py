"""Questions about what instruments do now, as their meters say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.instruments.tables import InstrumentDevice
from foundation.identifiers import InstrumentId
from telemetry.alarms.tables import Alarm
from telemetry.devices.tables import Device, DeviceState, GatewayState


class LiveState(StrEnum):
    """What anybody may know of an instrument's state."""

    RUNNING = "running"
    IDLE = "idle"
    ATTENTION = "attention"
    FAULT = "fault"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Live:
    state: LiveState
    at: datetime


def judge(*, is_online: bool, op: str, has_alarm: bool) -> LiveState:
    """Put presence, operation and alarms into one word, the gravest first."""
    if not is_online or op == "not_available":
        return LiveState.OFFLINE
    if op == "out_of_service":
        return LiveState.FAULT
    if has_alarm:
        return LiveState.ATTENTION
    return LiveState.RUNNING if op == "executing" else LiveState.IDLE


def read_live(session: Session, instrument_ids: Sequence[InstrumentId]) -> dict[InstrumentId, Live]:
    """Return what each instrument's meter says; those without one are left out."""
    is_alarmed = exists().where(
        Alarm.device_id == Device.id,
        Alarm.cleared_at.is_(None),
        Alarm.severity.in_(["major", "critical"]),
    )
    rows = session.execute(
        select(InstrumentDevice.instrument_id, DeviceState, GatewayState.online, is_alarmed)
        .join(Device, Device.id == InstrumentDevice.device_id)
        .join(DeviceState, DeviceState.device_id == Device.id)
        .outerjoin(GatewayState, GatewayState.name == Device.gateway)
        .where(InstrumentDevice.instrument_id.in_(instrument_ids), InstrumentDevice.is_meter)
        .order_by(Device.name.desc())
    )
    return {
        instrument_id: Live(
            judge(
                is_online=state.online and gateway_online is not False,
                op=state.op,
                has_alarm=has_alarm,
            ),
            state.seen_at,
        )
        for instrument_id, state, gateway_online, has_alarm in rows
    }
