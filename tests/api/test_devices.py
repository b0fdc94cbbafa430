"""Routes on devices, alarms and the quarantine: what they show, and to whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection
from sqlalchemy.orm import Session, sessionmaker

from api.device_views import DeviceView
from api.devices import DevicePage
from telemetry.alarms.service import raise_alarm
from telemetry.credentials.rules import is_password
from telemetry.credentials.service import list_accounts
from telemetry.devices.sequences import account, declare_lost, note_gaps
from telemetry.devices.service import (
    KnownDevice,
    MetricDeclared,
    StateReport,
    note_offsets,
    store_birth,
    store_gateway_state,
    store_state,
)
from telemetry.devices.tables import Device
from telemetry.quarantine.rules import Reason
from telemetry.quarantine.service import Rejected, quarantine
from telemetry.readings.service import ensure_partitions, store_latest, store_readings
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

NOW = datetime.now(UTC).replace(microsecond=0)
NOW_MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def raw(connection: Connection) -> psycopg.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


@pytest.fixture
def device(cast: Cast, session_factory: sessionmaker[Session], raw: psycopg.Connection) -> Device:
    """A device that has been running for ten minutes and reported its power each second."""
    with session_factory.begin() as session:
        made = make.device(session, institution=cast.institution, name="hplc-9", gateway="gw-9")
    known = KnownDevice(made.id, made.name, made.gateway)
    keys = store_birth(
        raw,
        made.id,
        boot="b1",
        firmware="1",
        model="m",
        metrics=[MetricDeclared(1, "power_w", "W", "f"), MetricDeclared(2, "phase", "1", "i")],
        received_at=NOW,
    )
    ensure_partitions(raw, {NOW_MS // 86_400_000, (NOW_MS - 600_000) // 86_400_000})
    rows = [(keys[1], NOW_MS - 1000 * s, 100.0 + s % 10, 0, NOW_MS) for s in range(600)]
    rows += [
        (keys[2], NOW_MS - 600_000, 1.0, 0, NOW_MS),
        (keys[2], NOW_MS - 300_000, 2.0, 0, NOW_MS),
    ]
    store_readings(raw, sorted(rows))
    store_latest(raw, sorted([rows[0], rows[-1]]))
    report = StateReport(
        boot="b1",
        is_online=True,
        at=NOW,
        op="executing",
        mode="processing",
        session="s-1",
        is_retained=False,
    )
    store_state(raw, known, report, received_at=NOW)
    store_gateway_state(raw, "gw-9", boot="g1", is_online=True, received_at=NOW)
    return made


@pytest.mark.usefixtures("device")
def test_device_shows_its_state_and_last_values(signed_in_as: SignedInAs, cast: Cast) -> None:
    view = signed_in_as(cast.bob).get("/api/v1/devices/hplc-9").json()

    assert (view["state"], view["phase"], view["online"]) == ("running", "run", True)
    assert [(last["key"], last["value"], last["unit"]) for last in view["last"]] == [
        ("power_w", 100.0, "W"),
        ("phase", 2.0, "1"),
    ]


@pytest.mark.usefixtures("device")
def test_wall_of_devices_says_of_each_what_its_own_page_says(
    signed_in_as: SignedInAs, cast: Cast, raw: psycopg.Connection
) -> None:
    raw.execute("UPDATE channels SET unit = %s WHERE name = 'phase'", ['"\\\u0001'])
    raw.execute("UPDATE latest_readings SET value = NULL, quality = 3 WHERE value = 100")
    bob = signed_in_as(cast.bob)

    wall = DevicePage.model_validate_json(bob.get("/api/v1/devices").content)
    own = [
        DeviceView.model_validate_json(bob.get(f"/api/v1/devices/{one.name}").content)
        for one in wall.items
    ]

    assert wall.items == own
    assert [last.value for last in wall.items[0].last] == [None, 2.0]
    assert wall.items[0].phase == "run"


def test_device_shows_what_is_missing_and_how_its_clock_goes(
    signed_in_as: SignedInAs, cast: Cast, raw: psycopg.Connection, device: Device
) -> None:
    boot = (device.name, "b1")
    bob = signed_in_as(cast.bob)

    def boots() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = bob.get("/api/v1/devices/hplc-9/boots").json()["items"]
        return items

    note_offsets(raw, {(device.id, "b1"): 740})
    note_offsets(raw, {(device.id, "b1"): 310})
    note_offsets(raw, {(device.id, "b1"): 900})
    account(raw, {boot: [1, 2, 5, 6, 9]}, now=NOW)
    assert note_gaps(raw, [boot], now=NOW) == 2
    assert bob.get("/api/v1/devices/hplc-9").json()["gaps"] == 2
    (before,) = boots()
    account(raw, {boot: [3, 4]}, now=NOW)
    declare_lost(raw, boot, 7, 8)
    assert note_gaps(raw, [boot], now=NOW) == 0
    (after,) = boots()

    assert (before["boot"], before["clock_offset_ms"]) == ("b1", 310)
    told = [(gap["first"], gap["last"], gap["filled_at"]) for gap in before["gaps"]]
    assert told == [(3, 4, None), (7, 8, None)]
    filled, lost = after["gaps"]
    assert filled["filled_at"] is not None
    assert (lost["filled_at"], lost["given_up_at"] is not None) == (None, True)
    assert bob.get("/api/v1/devices/hplc-9").json()["gaps"] == 0


@pytest.mark.usefixtures("device")
def test_device_is_away_while_its_gateway_is(
    signed_in_as: SignedInAs, cast: Cast, raw: psycopg.Connection
) -> None:
    store_gateway_state(raw, "gw-9", boot="g1", is_online=False, received_at=NOW)

    view = signed_in_as(cast.bob).get("/api/v1/devices/hplc-9").json()

    assert (view["state"], view["online"]) == ("offline", False)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("path", ["", "/series", "/runs", "/states", "/readings.csv"])
def test_another_institution_cannot_tell_that_the_device_exists(
    signed_in_as: SignedInAs, cast: Cast, path: str
) -> None:
    span = {"metric": "power_w", "from": NOW.isoformat(), "to": NOW.replace(year=2030).isoformat()}

    theirs = signed_in_as(cast.dan).get(f"/api/v1/devices/hplc-9{path}", params=span)
    nobodys = signed_in_as(cast.dan).get(f"/api/v1/devices/no-such{path}", params=span)

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["code"] == nobodys.json()["code"] == "device_not_found"


@pytest.mark.usefixtures("device")
def test_list_shows_only_the_callers_institution(signed_in_as: SignedInAs, cast: Cast) -> None:
    names = {
        who.login: [
            item["name"] for item in signed_in_as(who).get("/api/v1/devices").json()["items"]
        ]
        for who in (cast.bob, cast.dan, cast.oscar)
    }

    assert names == {cast.bob.login: ["hplc-9"], cast.dan.login: [], cast.oscar.login: ["hplc-9"]}


def test_member_may_not_look_at_devices(signed_in_as: SignedInAs, cast: Cast) -> None:
    assert signed_in_as(cast.alice).get("/api/v1/devices").status_code == 403


@pytest.mark.usefixtures("device")
def test_short_span_is_shown_raw_and_a_long_one_in_buckets(
    signed_in_as: SignedInAs, cast: Cast
) -> None:
    client = signed_in_as(cast.bob)

    def series(since: datetime, points: int) -> dict[str, object]:
        answer = client.get(
            "/api/v1/devices/hplc-9/series",
            params={
                "metric": "power_w",
                "from": since.isoformat(),
                "to": (NOW + timedelta(seconds=1)).isoformat(),
                "points": points,
            },
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    raw = series(NOW - timedelta(seconds=59), 600)
    binned = series(NOW - timedelta(seconds=599), 60)

    assert raw["bucket_s"] == 0
    points = raw["points"]
    assert isinstance(points, list)
    assert len(points) == 60
    assert points[-1] == [NOW_MS, 100.0, 100.0, 100.0]
    assert binned["bucket_s"] == 10
    buckets = binned["points"]
    assert isinstance(buckets, list)
    # Every whole bucket of ten seconds holds each of 100 … 109 once.
    assert buckets[1][1:] == [100.0, 104.5, 109.0]


@pytest.mark.usefixtures("device")
def test_span_that_ends_before_it_begins_is_refused(signed_in_as: SignedInAs, cast: Cast) -> None:
    answer = signed_in_as(cast.bob).get(
        "/api/v1/devices/hplc-9/runs",
        params={"from": NOW.isoformat(), "to": (NOW - timedelta(hours=1)).isoformat()},
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == "span_refused"


@pytest.mark.usefixtures("device")
def test_states_are_the_phases_one_after_the_other(signed_in_as: SignedInAs, cast: Cast) -> None:
    spans = (
        signed_in_as(cast.bob)
        .get(
            "/api/v1/devices/hplc-9/states",
            params={"from": (NOW - timedelta(hours=1)).isoformat(), "to": NOW.isoformat()},
        )
        .json()["items"]
    )

    assert [span["phase"] for span in spans] == ["warm_up", "run"]
    assert spans[0]["to"] == spans[1]["from"]
    assert spans[1]["to"] is None


@pytest.mark.usefixtures("device")
def test_export_holds_every_reading(signed_in_as: SignedInAs, cast: Cast) -> None:
    answer = signed_in_as(cast.bob).get(
        "/api/v1/devices/hplc-9/readings.csv",
        params={
            "metric": "power_w",
            "from": (NOW - timedelta(hours=1)).isoformat(),
            "to": (NOW + timedelta(seconds=1)).isoformat(),
        },
    )

    lines = answer.text.splitlines()
    assert lines[0] == "at,value,quality,received_at"
    assert len(lines) == 601


def test_alarm_is_acknowledged_once_and_by_the_first(
    signed_in_as: SignedInAs, cast: Cast, device: Device, session_factory: sessionmaker[Session]
) -> None:
    with session_factory.begin() as session:
        alarm_id = raise_alarm(
            session, device_id=device.id, code="TEMP_HI", severity="major", raised_at=NOW, now=NOW
        )

    by_bob = signed_in_as(cast.bob).post(f"/api/v1/alarms/{alarm_id}/acknowledge")
    by_mei = signed_in_as(cast.mei).post(f"/api/v1/alarms/{alarm_id}/acknowledge")
    by_dan = signed_in_as(cast.dan).post(f"/api/v1/alarms/{alarm_id}/acknowledge")

    assert (by_bob.status_code, by_mei.status_code, by_dan.status_code) == (200, 200, 404)
    assert by_mei.json()["acknowledged_at"] == by_bob.json()["acknowledged_at"]
    listed = signed_in_as(cast.bob).get("/api/v1/alarms", params={"active": True}).json()["items"]
    assert [item["code"] for item in listed] == ["TEMP_HI"]


@pytest.mark.usefixtures("device")
def test_quarantine_shows_reason_and_beginning(
    signed_in_as: SignedInAs, cast: Cast, raw: psycopg.Connection
) -> None:
    quarantine(
        raw,
        [
            Rejected("lab/1/hplc-9/m", b'{"s":', Reason.UNDECODABLE, "cut short", NOW),
            Rejected("lab/1/hplc-9/m", b'{"s":', Reason.UNDECODABLE, "cut short", NOW),
            Rejected("lab/1/stranger/m", b"\xff\x00", Reason.UNKNOWN_DEVICE, "who?", NOW),
        ],
    )

    mine = signed_in_as(cast.bob).get("/api/v1/quarantine").json()["items"]
    everybodys = signed_in_as(cast.oscar).get("/api/v1/quarantine").json()["items"]

    assert [(item["reason"], item["preview"], item["times"]) for item in mine] == [
        ("undecodable", '{"s":', 2)
    ]
    assert {item["preview"] for item in everybodys} == {'{"s":', "ff 00"}


def test_stranger_is_turned_away_from_devices(stranger: TestClient) -> None:
    assert stranger.get("/api/v1/devices").status_code == 401


RULE = {"kind": "above", "metric": "temp", "limit": 80, "for_s": 60, "code": "TEMP_HI"}


def test_manager_sets_up_what_is_watched_and_who_is_told(
    signed_in_as: SignedInAs, cast: Cast
) -> None:
    mei, bob, dan = (signed_in_as(who) for who in (cast.mei, cast.bob, cast.dan))

    made = mei.post("/api/v1/alarm-rules", json=RULE)
    hook = mei.post(
        "/api/v1/alarm-recipients",
        json={"kind": "webhook", "address": "https://example.org/hook", "severity_min": "minor"},
    )

    assert (made.status_code, hook.status_code) == (201, 201), made.text + hook.text
    assert hook.json()["secret"].startswith("whsec_")
    assert bob.post("/api/v1/alarm-rules", json=RULE).status_code == 403
    assert [item["code"] for item in bob.get("/api/v1/alarm-rules").json()["items"]] == ["TEMP_HI"]
    assert dan.get("/api/v1/alarm-rules").json()["items"] == []
    listed = bob.get("/api/v1/alarm-recipients").json()["items"]
    assert [(one["address"], "secret" in one) for one in listed] == [
        ("https://example.org/hook", False)
    ]
    assert mei.delete(f"/api/v1/alarm-rules/{made.json()['id']}").status_code == 204
    assert bob.get("/api/v1/alarm-rules").json()["items"] == []


def test_manager_watches_a_store_in_one_request(
    signed_in_as: SignedInAs, cast: Cast, device: Device
) -> None:
    mei = signed_in_as(cast.mei)
    device_id = str(device.id)
    body = {"device_id": device_id, "metric": "power_w", "low": 2, "high": 8}

    made = mei.post("/api/v1/alarm-rules/storage", json=body)
    refused = mei.post("/api/v1/alarm-rules/storage", json=body | {"low": 9})

    assert made.status_code == 201, made.text
    rules = [(one["kind"], one["limit"], one["for_s"]) for one in made.json()["items"]]
    assert rules == [("above", 8, 600), ("below", 2, 600), ("stale", None, 900)]
    assert (refused.status_code, refused.json()["code"]) == (422, "alarm_rule_refused")
    bob = signed_in_as(cast.bob).post("/api/v1/alarm-rules/storage", json=body)
    assert bob.status_code == 403


def test_rule_is_refused_with_everything_that_is_wrong(
    signed_in_as: SignedInAs, cast: Cast
) -> None:
    wrong = {"kind": "above", "code": "X_1", "device_id": "01890000-0000-7000-8000-000000000000"}

    answer = signed_in_as(cast.mei).post("/api/v1/alarm-rules", json=wrong)

    assert answer.status_code == 422
    codes = {problem["code"] for problem in answer.json()["problems"]}
    assert codes == {"limit_and_kind", "metric_missing", "device_not_found"}


@pytest.mark.parametrize(
    "address", ["http://example.org/", "https://u:p@example.org/", "ftp://example.org/", "x"]
)
def test_web_hook_goes_by_https_without_a_password(
    signed_in_as: SignedInAs, cast: Cast, address: str
) -> None:
    answer = signed_in_as(cast.mei).post(
        "/api/v1/alarm-recipients", json={"kind": "webhook", "address": address}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "alarm_recipient_refused")


def test_claim_code_turns_into_credentials_once(
    signed_in_as: SignedInAs,
    cast: Cast,
    stranger: TestClient,
    session_factory: sessionmaker[Session],
) -> None:
    mei = signed_in_as(cast.mei)
    body = {"name": "scale-7", "model": "YX-B200", "protocol": "mqtt"}
    assert mei.post("/api/v1/devices", json=body).status_code == 201
    first = mei.post("/api/v1/devices/scale-7/claims").json()["code"]
    code = mei.post("/api/v1/devices/scale-7/claims").json()["code"]

    void = stranger.post("/api/v1/device-claims", json={"code": first})
    told = stranger.post("/api/v1/device-claims", json={"code": code.lower().replace("-", " ")})
    again = stranger.post("/api/v1/device-claims", json={"code": code})

    assert (void.status_code, told.status_code, again.status_code) == (404, 201, 404)
    assert told.json()["name"] == "scale-7"
    with session_factory() as session:
        (account,) = list_accounts(session)
    assert (account.username, account.devices) == ("scale-7", ("scale-7",))
    assert is_password(told.json()["password"], account.password_hash)


def test_claim_of_a_device_behind_a_gateway_is_the_gateways(
    signed_in_as: SignedInAs, cast: Cast, stranger: TestClient
) -> None:
    mei = signed_in_as(cast.mei)
    body = {"name": "oven-7", "model": "YX-O1", "protocol": "modbus", "gateway": "gw-70"}
    assert mei.post("/api/v1/devices", json=body).status_code == 201
    code = mei.post("/api/v1/devices/oven-7/claims").json()["code"]

    told = stranger.post("/api/v1/device-claims", json={"code": code})

    assert told.json()["name"] == "gw-70"
    credentials = mei.get("/api/v1/broker/credentials").json()["items"]
    assert [one["username"] for one in credentials] == ["gw-70"]


def test_device_name_is_taken_for_all_institutions(signed_in_as: SignedInAs, cast: Cast) -> None:
    body = {"name": "scale-8", "model": "YX-B200", "protocol": "mqtt"}
    assert signed_in_as(cast.mei).post("/api/v1/devices", json=body).status_code == 201

    again = signed_in_as(cast.mei).post("/api/v1/devices", json=body)

    assert (again.status_code, again.json()["code"]) == (409, "device_name_taken")
