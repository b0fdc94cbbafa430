"""Wanted states, the commands that follow, and what devices answer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId
from telemetry.alarms.tables import Alarm
from telemetry.controls.reconciling import reconcile
from telemetry.controls.rules import LOCKED, UNLOCKED
from telemetry.controls.service import record_result, want
from telemetry.controls.tables import Command, WantedState
from telemetry.devices.service import MetricDeclared, store_birth
from telemetry.readings.service import store_latest
from tests import make

NOW = datetime(2030, 1, 1, 9, tzinfo=UTC)
LEASE = NOW + timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def device_id(session: Session) -> DeviceId:
    return make.device(session, institution=make.institution(session)).id


@pytest.fixture
def says(connection: Connection, device_id: DeviceId) -> Callable[[str, datetime], None]:
    """Let the device report its relay."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    keys = store_birth(
        raw,
        device_id,
        boot="b",
        firmware="",
        model="",
        metrics=[MetricDeclared(1, "interlock", "1", "b")],
        received_at=NOW - timedelta(days=1),
    )

    def say(value: str, at: datetime) -> None:
        ms = int(at.timestamp() * 1000)
        store_latest(raw, [(keys[1], ms, float(value == UNLOCKED), 0, ms)])

    return say


def unlock(session: Session, device_id: DeviceId, now: datetime = NOW) -> str:
    return str(
        want(
            session,
            device_id=device_id,
            value=UNLOCKED,
            lease_until=LEASE,
            reason="check-in",
            wanted_by=None,
            now=now,
        )
    )


def wanted(session: Session, device_id: DeviceId) -> WantedState:
    session.expire_all()
    return session.get_one(WantedState, (device_id, "interlock"))


def test_wanting_the_same_again_is_the_same_command(session: Session, device_id: DeviceId) -> None:
    first = unlock(session, device_id)
    again = unlock(session, device_id, NOW + SECOND)

    assert first == again
    assert len(session.scalars(select(Command)).all()) == 1


def test_command_is_carried_until_it_is_answered(session: Session, device_id: DeviceId) -> None:
    command_id = unlock(session, device_id)

    rounds = [reconcile(session, now=NOW + seconds * SECOND) for seconds in (0, 1, 6, 7)]
    record_result(
        session,
        device_id=device_id,
        command_id=command_id,
        is_done=True,
        state=UNLOCKED,
        error=None,
        now=NOW + 8 * SECOND,
    )
    after = reconcile(session, now=NOW + 20 * SECOND)

    assert [[str(errand.command_id) for errand in errands] for errands in rounds] == [
        [command_id],
        [],
        [command_id],
        [],
    ]
    assert after == []
    assert wanted(session, device_id).reported_value == UNLOCKED


def test_lease_that_is_over_becomes_a_command_to_lock(
    session: Session, device_id: DeviceId
) -> None:
    unlock(session, device_id)

    errands = reconcile(session, now=LEASE)

    assert [(errand.value, errand.lease_until) for errand in errands] == [(LOCKED, None)]
    outcomes = session.scalars(select(Command.outcome).order_by(Command.wanted_at)).all()
    assert outcomes == ["superseded", "waiting"]


def test_device_that_reports_the_wanted_state_needs_no_answer(
    session: Session, device_id: DeviceId, says: Callable[[str, datetime], None]
) -> None:
    unlock(session, device_id)
    reconcile(session, now=NOW)
    says(UNLOCKED, NOW + SECOND)

    assert reconcile(session, now=NOW + 10 * SECOND) == []
    assert wanted(session, device_id).reported_value == UNLOCKED
    assert session.scalars(select(Command.outcome)).all() == ["done"]


def test_device_that_fell_back_is_commanded_anew_and_alarmed(
    session: Session, device_id: DeviceId, says: Callable[[str, datetime], None]
) -> None:
    command_id = unlock(session, device_id)
    reconcile(session, now=NOW)
    record_result(
        session,
        device_id=device_id,
        command_id=command_id,
        is_done=True,
        state=UNLOCKED,
        error=None,
        now=NOW + SECOND,
    )
    says(LOCKED, NOW + 60 * SECOND)

    errands = reconcile(session, now=NOW + 61 * SECOND)

    assert [errand.value for errand in errands] == [UNLOCKED]
    assert str(errands[0].command_id) != command_id
    assert wanted(session, device_id).reported_value == "unknown"
    assert session.scalars(select(Alarm.code)).all() == ["INTERLOCK_NOT_OBEYED"]

    says(UNLOCKED, NOW + 62 * SECOND)
    reconcile(session, now=NOW + 63 * SECOND)

    assert wanted(session, device_id).reported_value == UNLOCKED
    assert session.scalars(select(Alarm.cleared_at)).all() == [NOW + 63 * SECOND]


def test_answer_to_another_devices_command_changes_nothing(
    session: Session, device_id: DeviceId
) -> None:
    command_id = unlock(session, device_id)
    other = make.device(session, institution=make.institution(session)).id

    for wrong in (command_id, "no uuid"):
        assert not record_result(
            session,
            device_id=other,
            command_id=wrong,
            is_done=True,
            state=UNLOCKED,
            error=None,
            now=NOW,
        )
    assert wanted(session, device_id).reported_value == "unknown"
