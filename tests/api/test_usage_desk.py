"""What was used, on the lab's desk: matched, unreserved, objected to and settled."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument
from booking.usage.service import note_unreserved
from booking.usage.tables import UsageSession
from directory.roles.rules import Role
from foundation.identifiers import DeviceId, RunId, UsageSessionId, new_id
from telemetry.alarms.tables import Alarm
from telemetry.runs.tables import Run
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

AT = datetime(2026, 4, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000


@pytest.fixture
def lab(session_factory: sessionmaker[Session], cast: Cast) -> dict[str, Any]:
    """An instrument used twice by alice, once with a doubt, and once by nobody knows whom."""
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        make.tariff(session, instrument=instrument)
        device = make.device(session, institution=cast.institution)
        make.link(session, instrument, device).is_meter = True
        close = _used(session, instrument, device.id, cast, day=0, minutes=58, doubts=[])
        doubted = _used(
            session, instrument, device.id, cast, day=1, minutes=20, doubts=["gap_in_evidence"]
        )
        run = RunId(new_id())
        session.add(_run(run, device.id, AT + timedelta(days=2)))
        session.flush()
        note_unreserved(session, run, now=AT + timedelta(days=2, hours=3))
        unreserved = session.scalars(
            select(UsageSession.id).where(UsageSession.reservation_id.is_(None))
        ).one()
    return {"close": close, "doubted": doubted, "unreserved": unreserved, "run": run}


def _run(key: RunId, device_id: DeviceId, starts_at: datetime) -> Run:
    return Run(
        id=key,
        device_id=device_id,
        session="s-1",
        boot="b",
        state="closed",
        started_at=starts_at,
        last_at=starts_at + HOUR,
        ended_at=starts_at + HOUR,
        metered_ms=HOUR_MS,
        cycles=0,
        energy_wh=0,
        coverage_permille=1000,
        updated_at=starts_at,
    )


def _used(
    session: Session,
    instrument: Instrument,
    device_id: DeviceId,
    cast: Cast,
    *,
    day: int,
    minutes: int,
    doubts: list[str],
) -> UsageSessionId:
    starts_at = AT + timedelta(days=day)
    kept = make.reservation(session, instrument=instrument, holder=cast.alice, starts_at=starts_at)
    kept.state = "metered"
    kept.during = kept.blocked = Range(starts_at, starts_at + HOUR)
    usage = UsageSession(
        reservation_id=kept.id,
        instrument_id=instrument.id,
        institution_id=instrument.institution_id,
        enterprise_id=kept.enterprise_id,
        device_id=device_id,
        during=Range(starts_at, starts_at + HOUR),
        metered_ms=minutes * 60_000,
        warm_up_ms=0,
        work_ms=minutes * 60_000,
        cool_down_ms=0,
        coverage_permille=600 if doubts else 1000,
        state="needs_review" if doubts else "metered",
        doubts=doubts,
        metered_at=starts_at + HOUR,
        created_at=starts_at,
        updated_at=starts_at,
    )
    session.add(usage)
    session.flush()
    return usage.id


def test_the_longest_waiting_comes_first_with_why_it_waits(
    signed_in_as: SignedInAs, cast: Cast, lab: dict[str, Any]
) -> None:
    told = signed_in_as(cast.bob).get("/api/v1/usage").json()

    assert told["counts"] == {"waiting": 2, "unreserved": 1, "disputed": 0}
    close, doubted = told["items"]
    assert [close["usage"]["id"], doubted["usage"]["id"]] == [
        str(lab["close"]),
        str(lab["doubted"]),
    ]
    # 58 of 60 minutes: 33.3 thousandths away, rounded up; so it is confirmed by itself.
    assert close["evidence"]["differs_permille"] == 34
    assert close["confirms_at"] is not None
    assert (doubted["confirms_at"], doubted["usage"]["doubts"]) == (None, ["gap_in_evidence"])
    assert close["reservation"]["holder"] == cast.alice.display_name
    assert close["acts"] == ["confirm", "correct"]


def test_a_page_goes_on_where_the_last_one_ended(
    signed_in_as: SignedInAs, cast: Cast, lab: dict[str, Any]
) -> None:
    bob = signed_in_as(cast.bob)

    first = bob.get("/api/v1/usage", params={"limit": 1}).json()
    second = bob.get("/api/v1/usage", params={"limit": 1, "cursor": first["next_cursor"]}).json()

    ids = [one["usage"]["id"] for one in (*first["items"], *second["items"])]
    assert ids == [str(lab["close"]), str(lab["doubted"])]
    assert second["next_cursor"] is None


def test_use_that_nobody_reserved_is_explained_and_its_alarm_goes_out(
    signed_in_as: SignedInAs,
    cast: Cast,
    lab: dict[str, Any],
    session_factory: sessionmaker[Session],
) -> None:
    bob = signed_in_as(cast.bob)
    url = f"/api/v1/usage/{lab['unreserved']}"
    before = bob.get(url).json()
    body = {"reason": "期间核查", "metered_ms": HOUR_MS // 2}

    told = bob.post(f"{url}/explain", json=body)
    again = bob.post(f"{url}/explain", json=body)
    after = bob.get(url).json()

    assert (before["reservation"], before["acts"]) == (None, ["explain"])
    assert before["alarm"]["cleared_at"] is None
    assert [run["id"] for run in before["runs"]] == [str(lab["run"])]
    assert (told.status_code, told.json()["usage"]["state"]) == (200, "confirmed")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_usage_state")
    assert after["alarm"]["cleared_at"] is not None
    [change] = after["changes"]
    assert (change["kind"], change["former_ms"], change["became_ms"], change["reason"]) == (
        "explained",
        HOUR_MS,
        HOUR_MS // 2,
        "期间核查",
    )
    assert change["by"] == cast.bob.display_name
    with session_factory() as session:
        [alarm] = session.scalars(select(Alarm).where(Alarm.code == "UNRESERVED_USE"))
        assert alarm.acknowledged_by == cast.bob.id


def test_an_explanation_is_refused_in_words(
    signed_in_as: SignedInAs, cast: Cast, lab: dict[str, Any]
) -> None:
    bob = signed_in_as(cast.bob)
    url = f"/api/v1/usage/{lab['unreserved']}/explain"

    blank = bob.post(url, json={"reason": "  "})
    longer = bob.post(url, json={"reason": "x", "metered_ms": 2 * HOUR_MS})
    reserved = bob.post(f"/api/v1/usage/{lab['close']}/explain", json={"reason": "x"})

    assert (blank.status_code, blank.json()["code"]) == (422, "reason_needed")
    assert (longer.status_code, longer.json()["code"]) == (422, "unfit_correction")
    assert (reserved.status_code, reserved.json()["code"]) == (409, "wrong_usage_state")


def test_an_objection_is_the_managers_to_answer_and_what_is_settled_is_kept(
    signed_in_as: SignedInAs, cast: Cast, lab: dict[str, Any]
) -> None:
    bob, mei = signed_in_as(cast.bob), signed_in_as(cast.mei)
    kept = bob.get(f"/api/v1/usage/{lab['doubted']}").json()["reservation"]["id"]
    url = f"/api/v1/reservations/{kept}/usage"
    corrected = bob.post(f"{url}/correct", json={"metered_ms": HOUR_MS // 2, "reason": "网络断"})
    assert corrected.status_code == 200, corrected.text
    confirmed = bob.post(f"{url}/confirm")

    settled = mei.get("/api/v1/usage", params={"pile": "settled"}).json()["items"]
    opened = mei.get(f"/api/v1/usage/{lab['doubted']}").json()

    assert confirmed.status_code == 200, confirmed.text
    assert [one["usage"]["id"] for one in settled] == [str(lab["doubted"])]
    assert [(it["kind"], it["former_ms"], it["became_ms"]) for it in opened["changes"]] == [
        ("corrected", HOUR_MS // 3, HOUR_MS // 2),
        ("confirmed", HOUR_MS // 2, HOUR_MS // 2),
    ]
    assert opened["acts"] == []


def test_the_desk_is_the_labs_own(
    signed_in_as: SignedInAs,
    cast: Cast,
    lab: dict[str, Any],
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        rival = make.person(session, Role.TECHNICIAN, institution=cast.other_institution)
    foreign = signed_in_as(rival)
    url = f"/api/v1/usage/{lab['unreserved']}"

    assert foreign.get("/api/v1/usage").json()["items"] == []
    for answer in (foreign.get(url), foreign.post(f"{url}/explain", json={"reason": "x"})):
        assert (answer.status_code, answer.json()["code"]) == (404, "usage_not_found")
    assert signed_in_as(cast.alice).get("/api/v1/usage").status_code == 403
