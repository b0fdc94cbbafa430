"""What the page of a reservation, the kiosk and the form ask for beside the reservation."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from booking.feeds.tables import InstrumentLabel
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.identifiers import InstrumentId
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

URL = "/api/v1/reservations"
CODE = "ABCD2345"
PIN = "380417"


def hour(number: int) -> datetime:
    now = read_clock().replace(minute=0, second=0, microsecond=0)
    return now + timedelta(days=2, hours=number)


def slot(first: int, last: int) -> dict[str, str]:
    return {"starts_at": hour(first).isoformat(), "ends_at": hour(last).isoformat()}


def quarter(minutes: int, length: int = 60) -> dict[str, str]:
    """A slot that begins at the quarter of an hour this many minutes ahead."""
    soon = read_clock().replace(second=0, microsecond=0)
    starts_at = soon + timedelta(minutes=minutes - soon.minute % 15)
    return {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(minutes=length)).isoformat(),
    }


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


@pytest.fixture
def instrument_id(session_factory: sessionmaker[Session], cast: Cast) -> InstrumentId:
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        make.tariff(session, instrument=instrument)
        session.add(
            InstrumentLabel(code=CODE, instrument_id=instrument.id, created_at=read_clock())
        )
        return instrument.id


def reserve(client: TestClient, instrument_id: InstrumentId, when: dict[str, str]) -> str:
    body = {"instrument_id": str(instrument_id), **when}
    answer = client.post(URL, json=body, headers=key())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_history_tells_moves_and_hand_overs_with_who_and_what_was_before(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    with session_factory.begin() as session:
        colleague = make.person(session, Role.MEMBER, enterprise=cast.enterprise)
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)
    one = reserve(alice, instrument_id, slot(0, 2))
    done = [
        alice.post(f"{URL}/{one}/move", json=slot(4, 6)),
        mei.post(f"{URL}/{one}/move", json=slot(5, 7)),
        alice.post(f"{URL}/{one}/hand-over", json={"person_id": str(colleague.id)}),
    ]
    assert [(act.status_code, act.json().get("code")) for act in done] == [(200, None)] * 3

    history = signed_in_as(colleague).get(f"{URL}/{one}/details").json()["history"]

    assert [(entry["kind"], entry["by"]) for entry in history] == [
        ("state", cast.alice.display_name),
        ("rescheduled", cast.alice.display_name),
        ("rescheduled", cast.mei.display_name),
        ("handed_over", cast.alice.display_name),
    ]
    assert datetime.fromisoformat(history[1]["former"]["starts_at"]) == hour(0)
    assert datetime.fromisoformat(history[2]["former"]["starts_at"]) == hour(4)
    assert history[3]["whom"] == cast.alice.display_name


def test_details_are_nobody_elses_and_cost_as_many_questions_however_long_the_history(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    alice = signed_in_as(cast.alice)
    one = reserve(alice, instrument_id, slot(0, 2))

    def count() -> int:
        asked: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        with session_factory() as session:
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", note)
            assert alice.get(f"{URL}/{one}/details").status_code == 200
            event.remove(connection, "before_cursor_execute", note)
        return len(asked)

    short = count()
    for first in range(1, 6):
        assert alice.post(f"{URL}/{one}/move", json=slot(first, first + 1)).status_code == 200

    assert count() == short > 0
    assert signed_in_as(cast.carol).get(f"{URL}/{one}/details").status_code == 404
    assert signed_in_as(cast.dan).get(f"{URL}/{one}/details").status_code == 404


def test_cancelling_says_before_what_it_would_cost(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    """Half of two hours at 200 yuan, once the first quarter of an hour and the day are over."""
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)
    terms = {"instrument_id": str(instrument_id), "terms": {"free_cancel_s": 864_000, "grace_s": 0}}
    assert mei.put("/api/v1/booking-policies", json=terms).status_code == 200
    one = reserve(alice, instrument_id, slot(0, 2))

    late = alice.get(f"{URL}/{one}/details").json()["cancelling"]
    by_lab = mei.get(f"{URL}/{one}/details").json()["cancelling"]

    assert (late["kind"], late["fee_fen"], late["late_fee_permille"]) == ("late", 20_000, 500)
    assert (by_lab["kind"], by_lab["fee_fen"]) == ("by_lab", 0)


def test_moving_says_before_what_it_would_cost_and_what_speaks_against_it(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, carol = signed_in_as(cast.alice), signed_in_as(cast.carol)
    one = reserve(alice, instrument_id, slot(0, 1))
    reserve(carol, instrument_id, slot(6, 7))

    longer = alice.post(f"{URL}/{one}/quote", json=slot(0, 2)).json()
    met = alice.post(f"{URL}/{one}/quote", json=slot(5, 7)).json()
    backwards = alice.post(f"{URL}/{one}/quote", json=slot(2, 0)).json()

    assert (longer["former_fen"], longer["amount_fen"], longer["problems"]) == (20_000, 40_000, [])
    assert datetime.fromisoformat(longer["free_until"]) == hour(0) - timedelta(hours=24)
    assert [problem["code"] for problem in met["problems"]] == ["slot_taken"]
    assert (backwards["amount_fen"], backwards["free_until"]) == (None, None)
    assert backwards["problems"]
    assert carol.post(f"{URL}/{one}/quote", json=slot(0, 2)).status_code == 404


def test_each_person_is_offered_what_is_theirs_to_do(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, bob, oscar = (signed_in_as(one) for one in (cast.alice, cast.bob, cast.oscar))
    one = reserve(alice, instrument_id, slot(0, 2))

    acts = {
        name: set(client.get(f"{URL}/{one}").json()["acts"])
        for name, client in (("alice", alice), ("bob", bob), ("oscar", oscar))
    }

    assert acts == {
        "alice": {"hand-over", "move", "cancel"},
        "bob": {"move", "cancel"},
        "oscar": set(),
    }


def test_parts_of_a_series_know_each_other(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice = signed_in_as(cast.alice)
    repeat = {"weeks": 1, "weekdays": [hour(0).isoweekday()], "count": 3}
    body = {"instrument_id": str(instrument_id), **slot(0, 2), "repeat": repeat}
    dates = alice.post("/api/v1/reservation-series", json=body, headers=key()).json()["items"]
    made = [one["reservation_id"] for one in dates if one["reservation_id"]]

    series = alice.get(f"{URL}/{made[0]}/details").json()["series"]

    assert [one["id"] for one in series] == made
    assert len(made) >= 2


def test_colleagues_are_those_of_ones_own_enterprise(
    signed_in_as: SignedInAs, session_factory: sessionmaker[Session], cast: Cast
) -> None:
    with session_factory.begin() as session:
        colleague = make.person(session, Role.MEMBER, enterprise=cast.enterprise)
    url = "/api/v1/me/colleagues"

    found = signed_in_as(cast.alice).get(url).json()["items"]

    assert [one["id"] for one in found] == [str(colleague.id)]
    assert signed_in_as(cast.oscar).get(url).json()["items"] == []


def test_kiosk_shows_who_is_next_without_their_name_then_lets_them_in_and_out(
    signed_in_as: SignedInAs, stranger: TestClient, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice = signed_in_as(cast.alice)
    alice.put("/api/v1/me/pin", json={"pin": PIN})
    reserve(alice, instrument_id, quarter(15))
    kiosk, who = f"/api/v1/kiosk/{CODE}", {"login": cast.alice.login, "pin": PIN}

    before = stranger.get(kiosk).json()
    nothing = stranger.post(f"{kiosk}/end", json=who)
    came = stranger.post(f"{kiosk}/check-in", json=who)
    during = stranger.get(kiosk).json()["turns"]
    left = stranger.post(f"{kiosk}/end", json=who)

    assert [turn["state"] for turn in before["turns"]] == ["reserved"]
    assert before["turns"][0]["who"][0] == cast.alice.display_name[0]
    assert cast.alice.display_name not in str(before)
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_to_end")
    assert (came.status_code, during[0]["state"]) == (200, "checked_in")
    assert (left.status_code, left.json()["state"]) == (200, "ended")
    assert stranger.get("/api/v1/me").status_code == 401
    assert stranger.get("/api/v1/kiosk/NOSUCH22").status_code == 404


def test_kiosk_says_when_one_comes_too_early_and_when_one_has_nothing(
    signed_in_as: SignedInAs, stranger: TestClient, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice = signed_in_as(cast.alice)
    alice.put("/api/v1/me/pin", json={"pin": PIN})
    act, who = f"/api/v1/kiosk/{CODE}/check-in", {"login": cast.alice.login, "pin": PIN}

    nothing = stranger.post(act, json=who)
    reserve(alice, instrument_id, quarter(60))
    early = stranger.post(act, json=who)

    assert nothing.json()["code"] == "nothing_reserved_now"
    assert early.json()["code"] == "too_early_to_check_in"


def test_what_one_waits_for_is_named_and_given_up_by_oneself_only(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    alice, url = signed_in_as(cast.alice), "/api/v1/waitlist"
    body = {"instrument_id": str(instrument_id), **slot(0, 6), "length_minutes": 120}

    joined = alice.post(url, json=body, headers=key())
    listed = alice.get(url).json()["items"]
    others = signed_in_as(cast.carol).post(f"{url}/{listed[0]['id']}/withdraw")
    gone = alice.post(f"{url}/{listed[0]['id']}/withdraw").json()

    assert (joined.status_code, joined.json()["state"]) == (201, "waiting")
    assert [one["instrument"]["name_zh"] for one in listed] == ["高效液相色谱仪"]
    assert others.status_code == 404
    assert gone["state"] == "withdrawn"


def test_basket_takes_all_or_none_and_says_which_was_taken(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    with session_factory.begin() as session:
        second = make.instrument(session, institution=cast.institution)
        code, other = second.code, str(second.id)
    alice, url = signed_in_as(cast.alice), "/api/v1/reservations-together"
    both = [{"instrument_id": one, **slot(0, 2)} for one in (str(instrument_id), other)]
    reserve(signed_in_as(cast.carol), InstrumentId(UUID(other)), slot(1, 3))

    refused = alice.post(url, json={"requests": both}, headers=key())
    apart = [both[0], {**both[1], **slot(3, 5)}]
    taken = alice.post(url, json={"requests": apart}, headers=key()).json()["items"]

    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert [one["detail_en"].split(":")[0] for one in refused.json()["problems"]] == [code]
    assert [one["state"] for one in taken] == ["reserved", "reserved"]
