"""Writing one batch: every row of it, in the transaction of the caller."""

from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId
from gateways.mqtt.batch import Batch
from telemetry.controls.service import record_result
from telemetry.devices.sequences import Boot, Standing, account, declare_lost
from telemetry.devices.service import store_gateway_state, store_state
from telemetry.events.service import store_alarms, store_events
from telemetry.quarantine.service import quarantine
from telemetry.readings.service import mark_late, store_readings
from telemetry.rollups.service import mark
from telemetry.runs.service import build_runs


def insert(
    connection: Connection,
    raw: psycopg.Connection[Any],
    batch: Batch,
    *,
    rolls_up: bool,
    now: datetime,
) -> tuple[dict[Boot, Standing], int]:
    """Store it; return where each boot stands by now, and how many readings were new."""
    new = store_readings(raw, batch.readings)
    if new:
        mark_late(raw, batch.readings, now=now)
    if new and rolls_up:
        mark(raw, (row[1] for row in batch.readings))
    store_events(raw, batch.events)
    store_alarms(raw, batch.alarms)
    for device, report, received_at in batch.states:
        store_state(raw, device, report, received_at=received_at)
    for name, report, received_at in batch.gateway_states:
        store_gateway_state(
            raw, name, boot=report.boot, is_online=report.is_online, received_at=received_at
        )
    quarantine(raw, batch.rejected)
    standings = account(raw, batch.sequences, now=now)
    for boot, first, last in batch.lost:
        declare_lost(raw, boot, first, last)
    if batch.lost:
        standings |= account(raw, {boot: [] for boot, _, _ in batch.lost}, now=now)
    if batch.events or batch.results:
        _follow(connection, batch, now=now)
    return standings, new


def _follow(connection: Connection, batch: Batch, *, now: datetime) -> None:
    """Build the runs that its events belong to, and take devices' answers to commands."""
    with Session(connection, join_transaction_mode="rollback_only") as session:
        build_runs(
            session,
            {(DeviceId(event.device_id), event.session) for event in batch.events},
            now=now,
        )
        for report in batch.results:
            record_result(
                session,
                device_id=DeviceId(report.device.id),
                command_id=report.result.id,
                is_done=report.result.ok,
                state=report.result.state,
                error=report.result.error,
                now=report.received_at,
            )
        session.flush()
