"""The lease flow over HTTP: the manager's part, the policy's, the series', the kiosk's."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session, sessionmaker

from booking.attendance.tables import Penalty
from booking.feeds.tables import InstrumentLabel
from booking.instruments.tables import Instrument
from booking.reservations.tables import Reservation
from foundation.clock import read_clock
from foundation.identifiers import InstrumentId
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

URL = "/api/v1/reservations"
ZONE = ZoneInfo("Asia/Shanghai")


def hour(number: int) -> datetime:
    now = read_clock().replace(minute=0, second=0, microsecond=0)
    return now + timedelta(days=2, hours=number)


def slot(first: int, last: int) -> dict[str, str]:
    return {"starts_at": hour(first).isoformat(), "ends_at": hour(last).isoformat()}


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


@pytest.fixture
def instrument_id(session_factory: sessionmaker[Session], cast: Cast) -> InstrumentId:
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        make.tariff(session, instrument=instrument)
        return instrument.id


def test_manager_sets_a_policy_then_approves_under_it(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)
    policy = {"instrument_id": str(instrument_id), "terms": {"needs_approval": True}}

    assert mei.put("/api/v1/booking-policies", json=policy).status_code == 200
    asked = alice.post(
        URL, json={"instrument_id": str(instrument_id), **slot(0, 2)}, headers=key()
    ).json()
    refused = alice.post(f"{URL}/{asked['id']}/approve")
    approved = mei.post(f"{URL}/{asked['id']}/approve")

    assert asked["state"] == "submitted"
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_reservation")
    assert (approved.status_code, approved.json()["state"]) == (200, "reserved")
    assert [step["to"] for step in approved.json()["transitions"]] == [
        "submitted",
        "approved",
        "reserved",
    ]


def test_policy_with_faults_is_refused_naming_each(signed_in_as: SignedInAs, cast: Cast) -> None:
    terms = {"notice_min_s": -1, "colour": "red", "quotas": [{"per": "year"}]}

    answer = signed_in_as(cast.mei).put("/api/v1/booking-policies", json={"terms": terms})

    assert (answer.status_code, answer.json()["code"]) == (422, "policy_refused")
    assert [problem["field"] for problem in answer.json()["problems"]] == [
        "notice_min_s",
        "colour",
        "quotas",
    ]


def test_closure_names_whom_it_meets_and_keeps_others_out(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)
    body = {"instrument_id": str(instrument_id), **slot(0, 2)}
    made = alice.post(URL, json=body, headers=key()).json()

    closure = {**body, **slot(1, 6), "kind": "maintenance", "reason_zh": "保养"}
    closed = mei.post("/api/v1/closures", json=closure).json()
    late = alice.post(URL, json={**body, **slot(4, 5)}, headers=key())
    mei.delete(f"/api/v1/closures/{closed['id']}")
    then = alice.post(URL, json={**body, **slot(4, 5)}, headers=key())

    assert closed["met"] == [made["id"]]
    assert [problem["code"] for problem in late.json()["problems"]] == ["closed_for_maintenance"]
    assert then.status_code == 201


def test_hold_of_another_tenant_blocks_until_its_limit_and_not_after(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    alice, carol = signed_in_as(cast.alice), signed_in_as(cast.carol)
    body = {"instrument_id": str(instrument_id), **slot(0, 2)}
    hold = alice.post(URL, json={**body, "is_hold": True}, headers=key()).json()
    early = carol.post(URL, json=body, headers=key())
    with session_factory.begin() as session:
        made = session.get_one(Reservation, hold["id"])
        made.expires_at = read_clock()

    after = carol.post(URL, json=body, headers=key())

    assert (hold["state"], early.json()["code"]) == ("held", "slot_taken")
    assert after.status_code == 201
    assert alice.get(f"{URL}/{hold['id']}").json()["state"] == "expired"


def test_series_shows_the_conflict_of_a_date_and_takes_the_others(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    body = {"instrument_id": str(instrument_id), **slot(0, 2)}
    taken = {**body, "starts_at": (hour(0) + timedelta(days=7)).isoformat()}
    taken["ends_at"] = (hour(2) + timedelta(days=7)).isoformat()
    signed_in_as(cast.carol).post(URL, json=taken, headers=key())
    weekday = hour(0).astimezone(ZONE).isoweekday()

    answer = signed_in_as(cast.alice).post(
        "/api/v1/reservation-series",
        json={**body, "repeat": {"weeks": 1, "weekdays": [weekday], "count": 3}},
        headers=key(),
    )

    dates = answer.json()["items"]
    assert answer.status_code == 201
    assert [one["reservation_id"] is not None for one in dates] == [True, False, True]
    assert dates[1]["problems"][0]["code"] == "slot_taken"
    assert dates[1]["alternatives"]


def test_kiosk_takes_name_and_pin_and_shuts_after_wrong_ones(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    alice = signed_in_as(cast.alice)
    with session_factory.begin() as session:
        session.add(
            InstrumentLabel(code="ABCD2345", instrument_id=instrument_id, created_at=read_clock())
        )
    soon = read_clock().replace(second=0, microsecond=0)
    soon += timedelta(minutes=15 - soon.minute % 15)
    body = {
        "instrument_id": str(instrument_id),
        "starts_at": soon.isoformat(),
        "ends_at": (soon + timedelta(hours=1)).isoformat(),
    }
    alice.post(URL, json=body, headers=key())
    kiosk, name = "/api/v1/kiosk/ABCD2345/check-in", cast.alice.login

    weak = alice.put("/api/v1/me/pin", json={"pin": "123456"})
    assert weak.json()["code"] == "unfit_pin"
    assert alice.put("/api/v1/me/pin", json={"pin": "380417"}).status_code == 204
    wrong = alice.post(kiosk, json={"login": name, "pin": "380418"})
    right = alice.post(kiosk, json={"login": name, "pin": "380417"})
    shut = [
        alice.post(kiosk, json={"login": name, "pin": "000000"}).json()["code"] for _ in "123456"
    ]

    assert wrong.json()["code"] == "wrong_pin"
    assert (right.status_code, right.json()["state"]) == (200, "checked_in")
    assert shut == ["wrong_pin"] * 5 + ["pin_shut"]


def test_special_day_opens_the_lab_for_more_money_and_the_quote_says_so(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    """Two hours at 200 yuan, on a day that costs half as much again: 600 yuan."""
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)
    local = hour(0).astimezone(ZONE)
    day = local.date().isoformat()
    hours = [{"weekday": local.isoweekday() % 7 + 1, "opens_s": 0, "closes_s": 3600}]
    own = {"instrument_id": str(instrument_id)}
    assert mei.put("/api/v1/opening-hours", json={**own, "items": hours}).status_code == 204
    shut = alice.post(URL, json={**own, **day_slot(day)}, headers=key())
    special = {**own, "day": day, "reason": "周末加开", "items": [
        {"opens_s": 8 * 3600, "closes_s": 12 * 3600, "surcharge_permille": 500}
    ]}  # fmt: skip

    wrong = {**special, "items": [{"opens_s": 9, "closes_s": 8}]}
    refused = mei.put("/api/v1/special-days", json=wrong)
    opened = mei.put("/api/v1/special-days", json=special)
    quoted = alice.post(f"/api/v1/instruments/{instrument_id}/quote", json=day_slot(day)).json()
    made = alice.post(URL, json={**own, **day_slot(day)}, headers=key())
    shown = alice.get(f"/api/v1/instruments/{instrument_id}/opening-hours").json()
    calendar = alice.get(
        f"/api/v1/instruments/{instrument_id}/calendar", params={"from": f"{day}T00:00:00+08:00"}
    ).json()
    forgot = mei.delete("/api/v1/special-days", params={**own, "day": day})
    again = mei.delete("/api/v1/special-days", params={**own, "day": day})

    assert [one["code"] for one in shut.json()["problems"]] == ["outside_hours"]
    assert (refused.status_code, refused.json()["code"]) == (422, "policy_refused")
    assert opened.status_code == 204
    assert quoted["amount_fen"] == 60_000
    assert [one["surcharge_permille"] for one in calendar["extended"]] == [500]
    assert (made.status_code, made.json()["estimate_fen"]) == (201, 60_000)
    assert shown["special_days"] == [
        {"day": day, "opens_s": 28_800, "closes_s": 43_200, "surcharge_permille": 500}
    ]
    assert (forgot.status_code, again.status_code) == (204, 404)


def day_slot(day: str) -> dict[str, str]:
    return {"starts_at": f"{day}T09:00:00+08:00", "ends_at": f"{day}T11:00:00+08:00"}


def test_unpaid_bill_keeps_an_enterprise_out_until_it_is_settled(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)
    body = {"instrument_id": str(instrument_id), **slot(0, 2)}
    bill = {"enterprise_id": str(cast.enterprise.id), "amount_fen": 12_000,
            "due_on": "2026-01-31", "reason": "2025 年 12 月账单"}  # fmt: skip

    owed = mei.post("/api/v1/arrears", json=bill)
    refused = alice.post(URL, json=body, headers=key())
    seen = alice.get("/api/v1/arrears").json()["items"]
    settled = mei.post(f"/api/v1/arrears/{owed.json()['id']}/settle")
    made = alice.post(URL, json=body, headers=key())

    assert owed.status_code == 201
    assert [one["code"] for one in refused.json()["problems"]] == ["in_arrears"]
    assert [one["amount_fen"] for one in seen] == [12_000]
    assert (settled.status_code, made.status_code) == (200, 201)
    assert alice.post("/api/v1/arrears", json=bill).status_code == 403


def test_slot_that_passed_unseen_waits_for_a_technicians_word(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    with session_factory.begin() as session:
        past = make.reservation(
            session,
            instrument=session.get_one(Instrument, instrument_id),
            holder=cast.alice,
            starts_at=hour(-100),
        )
    alice, bob = signed_in_as(cast.alice), signed_in_as(cast.bob)
    act = f"{URL}/{past.id}/resolve-unseen"

    waiting = bob.get(URL, params={"unseen": True}).json()["items"]
    not_hers = alice.post(act, json={"was_used": False, "reason": "网关离线"})
    unsaid = bob.post(act, json={"was_used": False, "reason": ""})
    done = bob.post(act, json={"was_used": False, "reason": "网关离线,登记本无记录"})

    assert [one["id"] for one in waiting] == [str(past.id)]
    assert (not_hers.status_code, unsaid.status_code) == (403, 422)
    assert (done.status_code, done.json()["state"]) == (200, "cancelled")
    assert bob.get(URL, params={"unseen": True}).json()["items"] == []


def test_manager_sees_the_appeals_they_are_to_decide(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    with session_factory.begin() as session:
        missed = make.reservation(
            session,
            instrument=session.get_one(Instrument, instrument_id),
            holder=cast.alice,
            starts_at=hour(-100),
            state="no_show",
        )
        session.add(
            Penalty(
                person_id=cast.alice.id,
                institution_id=cast.institution.id,
                reservation_id=missed.id,
                reason_zh="爽约",
                reason_en="missed",
                noticed_at=hour(-99),
                starts_at=hour(-75),
                ends_at=hour(600),
            )
        )
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)

    [own] = alice.get("/api/v1/penalties").json()["items"]
    alice.post(f"/api/v1/penalties/{own['id']}/appeal", json={"text": "门禁故障"})
    [seen] = mei.get("/api/v1/penalties").json()["items"]
    decided = mei.post(
        f"/api/v1/penalties/{own['id']}/decision", json={"is_upheld": False, "decision": "属实"}
    )

    assert (seen["state"], seen["appeal"]) == ("appealed", "门禁故障")
    assert seen["person_id"] == str(cast.alice.id)
    assert (decided.status_code, decided.json()["state"]) == (200, "lifted")
    assert signed_in_as(cast.dan).get("/api/v1/penalties").json()["items"] == []
