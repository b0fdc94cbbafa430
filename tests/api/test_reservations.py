"""Reserving over HTTP: statuses, problems, keys, and who may see what."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from booking.reservations.tables import Reservation
from foundation.clock import read_clock
from foundation.identifiers import InstrumentId
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

URL = "/api/v1/reservations"


def quarter(number: int) -> datetime:
    """The so-many-eth quarter of an hour from the next."""
    now = read_clock()
    start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return start + timedelta(minutes=15 * (number + 1))


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


@pytest.fixture
def instrument_id(session_factory: sessionmaker[Session], cast: Cast) -> InstrumentId:
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        make.link(session, instrument, make.device(session, institution=cast.institution))
        make.tariff(session, instrument=instrument, per_hour_fen=20_000)
        return instrument.id


def body(instrument_id: InstrumentId, first: int = 0, last: int = 4) -> dict[str, str]:
    return {
        "instrument_id": str(instrument_id),
        "starts_at": quarter(first).isoformat(),
        "ends_at": quarter(last).isoformat(),
        "purpose": "拉伸试验",
    }


def test_reservation_is_made_and_shown(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    answer = signed_in_as(cast.alice).post(URL, json=body(instrument_id), headers=key())

    shown = answer.json()
    assert answer.status_code == 201
    assert shown["state"] == "reserved"
    assert shown["enterprise"]["name"] == "爱丽丝的企业"
    assert shown["estimate_fen"] == 20_000
    assert shown["can"] == {"check_in": True, "cancel": True, "end": False}
    assert [(one["from"], one["to"]) for one in shown["transitions"]] == [(None, "reserved")]


def test_second_reservation_of_the_same_time_is_a_conflict(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    asked = body(instrument_id)
    assert signed_in_as(cast.alice).post(URL, json=asked, headers=key()).status_code == 201

    clash = signed_in_as(cast.carol).post(URL, json=asked, headers=key())

    assert (clash.status_code, clash.json()["code"]) == (409, "slot_taken")
    assert clash.headers["content-type"] == "application/problem+json"


def test_same_key_again_gives_the_same_reservation(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, headers, asked = signed_in_as(cast.alice), key(), body(instrument_id)
    first = alice.post(URL, json=asked, headers=headers)

    again = alice.post(URL, json=asked, headers=headers)

    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(alice.get(URL).json()["items"]) == 1


def test_same_key_for_another_slot_is_refused(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, headers = signed_in_as(cast.alice), key()
    alice.post(URL, json=body(instrument_id), headers=headers)

    other = alice.post(URL, json=body(instrument_id, 8, 12), headers=headers)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_reservation_needs_a_key(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    answer = signed_in_as(cast.alice).post(URL, json=body(instrument_id))

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("times", "codes"),
    [
        pytest.param(
            ("2020-01-01T09:03:00Z", "2020-01-01T09:00:00Z"),
            ["reversed", "in_the_past", "off_the_grid"],
            id="reversed, past and off the grid",
        ),
        pytest.param(
            ("2020-01-01T09:00:00Z", "2020-01-01T09:00:00Z"),
            ["empty", "in_the_past"],
            id="empty and past",
        ),
        pytest.param(
            ("2020-01-01T09:00:00", "2020-01-01T10:00:00"),
            ["no_time_zone", "no_time_zone"],
            id="naive",
        ),
        pytest.param(("soon", "later"), ["not_a_time", "not_a_time"], id="no times at all"),
    ],
)
def test_unsound_slot_is_refused_with_every_problem(
    signed_in_as: SignedInAs,
    cast: Cast,
    instrument_id: InstrumentId,
    times: tuple[str, str],
    codes: list[str],
) -> None:
    asked = {**body(instrument_id), "starts_at": times[0], "ends_at": times[1]}

    answer = signed_in_as(cast.alice).post(URL, json=asked, headers=key())

    assert (answer.status_code, answer.json()["code"]) == (422, "slot_refused")
    assert [problem["code"] for problem in answer.json()["problems"]] == codes
    assert all(one["detail_zh"] and one["detail_en"] for one in answer.json()["problems"])


def test_unknown_instrument_is_404(signed_in_as: SignedInAs, cast: Cast) -> None:
    asked = body(InstrumentId(uuid4()))

    answer = signed_in_as(cast.alice).post(URL, json=asked, headers=key())

    assert (answer.status_code, answer.json()["code"]) == (404, "instrument_not_found")


def test_reservation_is_hidden_from_those_it_does_not_concern(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    made = signed_in_as(cast.alice).post(URL, json=body(instrument_id), headers=key()).json()

    seen = {
        name: signed_in_as(getattr(cast, name)).get(f"{URL}/{made['id']}").status_code
        for name in ("alice", "bob", "mei", "oscar", "carol", "dan")
    }
    listed = {
        name: len(signed_in_as(getattr(cast, name)).get(URL).json()["items"])
        for name in ("alice", "bob", "mei", "oscar", "carol", "dan")
    }

    assert seen == {"alice": 200, "bob": 200, "mei": 200, "oscar": 200, "carol": 404, "dan": 404}
    assert listed == {"alice": 1, "bob": 1, "mei": 1, "oscar": 1, "carol": 0, "dan": 0}


def test_check_in_opens_the_interlock_and_end_shuts_it(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice = signed_in_as(cast.alice)
    made = alice.post(URL, json=body(instrument_id), headers=key()).json()

    opened = alice.post(f"{URL}/{made['id']}/check-in").json()
    shut = alice.post(f"{URL}/{made['id']}/end").json()

    assert opened["state"] == "checked_in"
    assert opened["interlock"]["wanted"] == "unlocked"
    assert opened["interlock"]["lease_until"] == made["ends_at"]
    assert opened["can"] == {"check_in": False, "cancel": False, "end": True}
    assert (shut["state"], shut["interlock"]["wanted"]) == ("ended", "locked")


def test_check_in_long_before_the_slot_is_refused(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice = signed_in_as(cast.alice)
    made = alice.post(URL, json=body(instrument_id, 4, 8), headers=key()).json()

    answer = alice.post(f"{URL}/{made['id']}/check-in")

    assert made["can"]["check_in"] is False
    assert (answer.status_code, answer.json()["code"]) == (422, "too_early_to_check_in")


def test_cancelling_twice_is_a_conflict(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice = signed_in_as(cast.alice)
    made = alice.post(URL, json=body(instrument_id), headers=key()).json()

    first = alice.post(f"{URL}/{made['id']}/cancel", json={"reason": "改期"})
    second = alice.post(f"{URL}/{made['id']}/cancel", json={})

    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert first.json()["transitions"][-1]["reason"] == "改期"
    assert (second.status_code, second.json()["code"]) == (409, "wrong_state")


def test_reservations_are_paged_by_cursor(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice = signed_in_as(cast.alice)
    made = [
        alice.post(URL, json=body(instrument_id, 4 * n, 4 * n + 4), headers=key()).json()["id"]
        for n in range(3)
    ]

    first = alice.get(URL, params={"limit": 2, "mine": True}).json()
    rest = alice.get(URL, params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_client_is_not_told_of_success_before_the_commit(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    alice = signed_in_as(cast.alice)

    def fail(session: Session) -> None:
        written = session.scalar(select(func.count()).select_from(Reservation))
        if written:
            raise ConnectionError("the database went away")

    event.listen(session_factory, "before_commit", fail)
    answer = alice.post(URL, json=body(instrument_id), headers=key())
    event.remove(session_factory, "before_commit", fail)

    assert answer.status_code == 500
    assert alice.get(URL).json()["items"] == []


def test_stranger_reserves_nothing(stranger: TestClient, instrument_id: InstrumentId) -> None:
    answer = stranger.post(URL, json=body(instrument_id), headers=key())

    assert answer.status_code == 401
