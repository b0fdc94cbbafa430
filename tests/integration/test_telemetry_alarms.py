"""Alarms on record follow what readings show, and late readings correct them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from foundation.encryption import KeyRing
from foundation.identifiers import InstitutionId, new_id
from telemetry.alarms.errors import RuleRefused
from telemetry.alarms.notices import list_due, secret_place, settle, take
from telemetry.alarms.rules import RuleKind
from telemetry.alarms.setup import add_recipient, rewrap_secrets
from telemetry.alarms.storage import StorageWish, watch_storage
from telemetry.alarms.tables import Alarm, AlarmNotice, AlarmRecipient, AlarmRule
from telemetry.alarms.watching import list_watched, watch
from telemetry.devices.service import MetricDeclared, note_seen, store_birth
from telemetry.devices.tables import Device
from telemetry.readings.service import (
    DAY_MS,
    LATE,
    ensure_partitions,
    mark_late,
    store_latest,
    store_readings,
)
from tests import make

START = datetime(2030, 1, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Say = Callable[..., None]


@pytest.fixture
def device(session: Session) -> Device:
    return make.device(session, institution=make.institution(session))


@pytest.fixture
def say(connection: Connection, device: Device) -> Say:
    """Let the device report temperatures, each at a minute after the start."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    keys = store_birth(
        raw,
        device.id,
        boot="b",
        firmware="",
        model="",
        metrics=[MetricDeclared(1, "temp", "Cel", "f")],
        received_at=START,
    )

    def report(values: dict[float, float], *, now: datetime, quality: int = 0) -> None:
        now_ms = int(now.timestamp() * 1000)
        rows = sorted(
            (keys[1], int((START + at * MINUTE).timestamp() * 1000), value, quality, now_ms)
            for at, value in values.items()
        )
        ensure_partitions(raw, {row[1] // DAY_MS for row in rows})
        store_readings(raw, rows)
        mark_late(raw, rows, now=now)
        store_latest(raw, rows[-1:])

    return report


@pytest.fixture
def rule(session: Session, device: Device) -> AlarmRule:
    made = AlarmRule(
        institution_id=device.institution_id,
        device_id=device.id,
        kind=RuleKind.ABOVE,
        metric="temp",
        limit_value=80,
        hysteresis=5,
        for_s=120,
        clear_for_s=120,
        severity="major",
        code="TEMP_HI",
        created_at=START,
    )
    session.add(made)
    session.flush()
    return made


def look(session: Session, now: datetime) -> list[tuple[datetime, datetime | None, bool]]:
    """Watch everything once; return each alarm: raised, cleared, whether withdrawn."""
    for watched in list_watched(session):
        watch(session, watched, now=now)
    session.expire_all()
    rows = session.scalars(select(Alarm).order_by(Alarm.raised_at)).all()
    return [(alarm.raised_at, alarm.cleared_at, alarm.withdrawn_at is not None) for alarm in rows]


@pytest.mark.usefixtures("rule")
def test_alarm_is_raised_and_cleared_at_the_devices_times(session: Session, say: Say) -> None:
    say(dict.fromkeys(range(4), 90), now=START + 4 * MINUTE)
    raised = look(session, START + 4 * MINUTE)
    say(dict.fromkeys(range(4, 8), 60), now=START + 8 * MINUTE)
    cleared = look(session, START + 8 * MINUTE)

    assert raised == [(START + 2 * MINUTE, None, False)]
    assert cleared == [(START + 2 * MINUTE, START + 6 * MINUTE, False)]


@pytest.mark.usefixtures("rule")
def test_timers_outlive_a_restart(session: Session, say: Say) -> None:
    """An hour passes in steps; nothing but the database carries the timers over."""
    for minute in range(60):
        say({minute: 90 if minute >= 58 else 20}, now=START + minute * MINUTE)
        assert look(session, START + minute * MINUTE) == []
    say({60: 90}, now=START + 60 * MINUTE)

    assert look(session, START + 60 * MINUTE) == [(START + 60 * MINUTE, None, False)]


@pytest.mark.usefixtures("rule")
def test_late_readings_that_disprove_an_alarm_withdraw_it(session: Session, say: Say) -> None:
    say({0: 90, 10: 90}, now=START + 10 * MINUTE)
    assert look(session, START + 10 * MINUTE) == [(START + 2 * MINUTE, None, False)]
    say(dict.fromkeys(range(11, 40), 20), now=START + 40 * MINUTE)
    look(session, START + 40 * MINUTE)

    # What the gateway kept while it was away: in between it was cool.
    late = {minute + 0.5: 20 for minute in range(10)}
    say(late, now=START + 60 * MINUTE, quality=LATE)

    assert [withdrawn for _, _, withdrawn in look(session, START + 60 * MINUTE)] == [True]


@pytest.mark.usefixtures("rule")
def test_late_readings_show_an_alarm_nobody_saw(session: Session, say: Say) -> None:
    say({0: 20, 60: 20}, now=START + 60 * MINUTE)
    assert look(session, START + 60 * MINUTE) == []

    late = {minute: 90 if 10 <= minute < 20 else 20 for minute in range(1, 59)}
    say(late, now=START + 61 * MINUTE, quality=LATE)

    assert look(session, START + 61 * MINUTE) == [(START + 12 * MINUTE, START + 22 * MINUTE, False)]


def test_silence_is_an_alarm_until_the_device_speaks(
    session: Session, say: Say, rule: AlarmRule
) -> None:
    rule.kind, rule.limit_value, rule.metric, rule.for_s = RuleKind.STALE, None, "", 300
    session.flush()

    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    assert rule.device_id is not None
    note_seen(raw, {rule.device_id: ("b", START)})

    quiet = look(session, START + 4 * MINUTE)
    silent = look(session, START + 6 * MINUTE)
    say({7: 20}, now=START + 7 * MINUTE)
    back = look(session, START + 8 * MINUTE)

    assert (quiet, silent) == ([], [(START + 5 * MINUTE, None, False)])
    assert back == [(START + 5 * MINUTE, START + 7 * MINUTE, False)]


@pytest.mark.usefixtures("rule")
def test_whoever_wants_to_know_is_told_once_and_again_after_a_failure(
    session: Session, say: Say, device: Device
) -> None:
    for severity_min in ("minor", "critical"):
        session.add(
            AlarmRecipient(
                id=new_id(),
                institution_id=device.institution_id,
                kind="email",
                address="lab@example.org",
                secret=None,
                severity_min=severity_min,
                created_at=START,
            )
        )
    session.flush()
    now = START + 4 * MINUTE
    say(dict.fromkeys(range(4), 90), now=now)
    look(session, now)
    look(session, now)

    (notice_id,) = list_due(session, now=now)
    first = take(session, notice_id, now=now, lease=MINUTE)
    other = take(session, notice_id, now=now, lease=MINUTE)
    settle(session, notice_id, "no answer", now=now)

    assert first is not None
    assert first.body["type"] == "alarm.raised"
    assert other is None
    assert list_due(session, now=now) == []
    assert list_due(session, now=now + 5 * timedelta(seconds=1)) == [notice_id]
    settle(session, notice_id, None, now=now)
    assert session.scalars(select(AlarmNotice.sent_at)).all() == [now]


def test_hook_secrets_are_sealed_anew_when_the_deployments_secret_changes(
    session: Session, device: Device
) -> None:
    old, new = "the former secret key of 2029: qwxzjv", "the present secret key of 2030: plmnbk"
    made = [
        add_recipient(
            session,
            InstitutionId(device.institution_id),
            kind="webhook",
            address=f"https://example.org/{number}",
            severity_min="major",
            secret=f"whsec_{number}",
            ring=KeyRing.of(old),
            now=START,
        )
        for number in range(3)
    ]

    assert rewrap_secrets(session, KeyRing.of(new, old)) == 3
    assert rewrap_secrets(session, KeyRing.of(new, old)) == 0

    alone = KeyRing.of(new)
    assert [alone.open(one.secret or b"", secret_place(one.id)) for one in made] == [
        b"whsec_0",
        b"whsec_1",
        b"whsec_2",
    ]


def test_storage_that_leaves_its_range_either_way_is_an_alarm_of_its_own(
    session: Session, say: Say, device: Device
) -> None:
    """A refrigerator for samples: 2 to 8 degrees, five minutes' grace for an open door."""
    rules = watch_storage(
        session,
        InstitutionId(device.institution_id),
        StorageWish(device_id=device.id, metric="temp", low=2, high=8, for_s=300, silent_s=900),
        now=START,
    )
    assert [(one.kind, one.code) for one in rules] == [
        ("above", "STORAGE_HI"),
        ("below", "STORAGE_LO"),
        ("stale", "STORAGE_SILENT"),
    ]

    door = {minute: 12 if 2 <= minute < 5 else 4 for minute in range(10)}
    say(door, now=START + 10 * MINUTE)
    assert look(session, START + 10 * MINUTE) == [], "a door was open"

    say(dict.fromkeys(range(10, 18), -3), now=START + 18 * MINUTE)
    assert look(session, START + 18 * MINUTE) == [(START + 15 * MINUTE, None, False)]
    say(dict.fromkeys(range(18, 30), 5), now=START + 30 * MINUTE)
    assert look(session, START + 30 * MINUTE) == [(START + 15 * MINUTE, START + 23 * MINUTE, False)]
    codes = session.scalars(select(Alarm.code)).all()
    assert codes == ["STORAGE_LO"]


def test_storage_whose_range_is_empty_is_refused(session: Session, device: Device) -> None:
    wish = StorageWish(device_id=device.id, metric="temp", low=8, high=8, for_s=300, silent_s=900)

    with pytest.raises(RuleRefused) as refused:
        watch_storage(session, InstitutionId(device.institution_id), wish, now=START)

    assert [problem.code for problem in refused.value.problems] == ["range_empty"]
