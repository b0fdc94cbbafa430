"""Calendar feeds, read back by a library and by the letter of RFC 5545."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from booking.feeds.tables import CalendarFeed
from booking.instruments.tables import Instrument
from booking.reservations.asking import Request
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from directory.people.service import caller_of
from directory.people.tables import Person
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast
from tests.rfc5545 import find_faults

HOUR = timedelta(hours=1)
PURPOSE = "拉伸试验，三根试样；含逗号, 分号; 反斜杠\\ 与换行\n第二行" + "很长" * 60


def coming_hour(hours: int) -> datetime:
    return read_clock().replace(minute=0, second=0, microsecond=0) + timedelta(days=1, hours=hours)


@pytest.fixture
def instrument(session_factory: sessionmaker[Session], cast: Cast) -> Instrument:
    with session_factory.begin() as session:
        return make.instrument(session, institution=cast.institution, name_zh="万能试验机")


@pytest.fixture
def reservation_id(
    session_factory: sessionmaker[Session], cast: Cast, instrument: Instrument
) -> str:
    with session_factory.begin() as session:
        request = Request(instrument.id, Wish(coming_hour(4), coming_hour(6)), purpose=PURPOSE)
        made = reserve(session, request, by=caller_of(cast.alice), now=read_clock())
        return str(made.id)


def open_feed(client: TestClient, **body: str) -> str:
    answer = client.post("/api/v1/feeds", json=body)
    assert answer.status_code == 201, answer.text
    return urlsplit(str(answer.json()["url"])).path


def read(client: TestClient, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return answer.content


def events(document: bytes) -> list[Any]:
    return list(Calendar.from_ical(document).walk("VEVENT"))


def test_feed_is_read_back_with_its_zone_and_its_texts(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, reservation_id: str
) -> None:
    path = open_feed(signed_in_as(cast.alice), kind="person")

    [event] = events(read(stranger, path))

    assert str(event["uid"]) == f"{reservation_id}@yixiang"
    assert event["dtstart"].dt == coming_hour(4)
    assert event["dtend"].dt - event["dtstart"].dt == 2 * HOUR
    assert event["dtstart"].params["tzid"] == "Asia/Shanghai"
    assert str(event["summary"]) == "万能试验机"
    assert str(event["status"]) == "CONFIRMED"
    assert str(event["description"]) == f"已预约\n{PURPOSE}"


def test_feed_keeps_the_rules_of_rfc_5545(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, reservation_id: str
) -> None:
    document = read(stranger, open_feed(signed_in_as(cast.alice), kind="person"))

    assert find_faults(document) == []
    assert reservation_id.encode() in document
    assert b"TZOFFSETTO:+0800" in document


def test_cancelled_entry_stays_with_its_uid_and_a_higher_sequence(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, reservation_id: str
) -> None:
    alice = signed_in_as(cast.alice)
    path = open_feed(alice, kind="person")
    [before] = events(read(stranger, path))

    assert alice.post(f"/api/v1/reservations/{reservation_id}/cancel", json={}).status_code == 200

    [after] = events(read(stranger, path))
    assert after["uid"] == before["uid"]
    assert str(after["status"]) == "CANCELLED"
    assert str(after["transp"]) == "TRANSPARENT"
    assert after["sequence"] > before["sequence"]


def test_each_change_keeps_the_uid_and_raises_the_sequence(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, reservation_id: str
) -> None:
    """A program that holds an entry takes another for newer by its SEQUENCE, then its DTSTAMP."""
    alice = signed_in_as(cast.alice)
    path = open_feed(alice, kind="person")
    shown = events(read(stranger, path))
    for hour in (7, 9, 4):
        slot = {"starts_at": coming_hour(hour), "ends_at": coming_hour(hour + 2)}
        body = {name: at.isoformat() for name, at in slot.items()}
        answer = alice.post(f"/api/v1/reservations/{reservation_id}/move", json=body)
        assert answer.status_code == 200, answer.text
        document = read(stranger, path)
        assert find_faults(document) == []
        shown += events(document)

    assert [one["dtstart"].dt for one in shown] == [coming_hour(hour) for hour in (4, 7, 9, 4)]
    assert {str(one["uid"]) for one in shown} == {f"{reservation_id}@yixiang"}
    sequences = [one["sequence"] for one in shown]
    assert sequences == sorted(set(sequences))
    stamps = [one["dtstamp"].dt for one in shown]
    assert stamps == sorted(stamps)


def test_staff_follow_their_instruments_and_institution(
    stranger: TestClient,
    signed_in_as: SignedInAs,
    cast: Cast,
    instrument: Instrument,
    reservation_id: str,
) -> None:
    bob = signed_in_as(cast.bob)
    of_instrument = {"kind": "instrument", "instrument_id": str(instrument.id)}
    for body in (of_instrument, {"kind": "institution"}):
        [event] = events(read(stranger, open_feed(bob, **body)))

        assert str(event["uid"]).startswith(reservation_id)
        assert str(event["summary"]) == f"万能试验机 · 爱丽丝的企业 · {cast.alice.display_name}"


def test_nobody_follows_what_is_not_theirs(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    of_instrument = {"kind": "instrument", "instrument_id": str(instrument.id)}
    for person, body in (
        (cast.dan, of_instrument),
        (cast.alice, of_instrument),
        (cast.alice, {"kind": "institution"}),
        (cast.oscar, {"kind": "institution"}),
    ):
        answer = signed_in_as(person).post("/api/v1/feeds", json=body)

        assert (answer.status_code, answer.json()["code"]) == (403, "feed_not_yours")
    for body in ({"kind": "instrument"}, {"kind": "instrument", "instrument_id": str(uuid4())}):
        answer = signed_in_as(cast.bob).post("/api/v1/feeds", json=body)

        assert (answer.status_code, answer.json()["code"]) == (404, "instrument_not_found")


def test_another_persons_feed_shows_nothing_of_ones_reservation(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, reservation_id: str
) -> None:
    assert reservation_id
    for person, body in ((cast.carol, {"kind": "person"}), (cast.dan, {"kind": "institution"})):
        assert events(read(stranger, open_feed(signed_in_as(person), **body))) == []


def test_revoked_feed_is_gone_and_the_secret_is_nowhere(
    stranger: TestClient,
    signed_in_as: SignedInAs,
    cast: Cast,
    session_factory: sessionmaker[Session],
) -> None:
    alice = signed_in_as(cast.alice)
    path = open_feed(alice, kind="person")
    token = path.split("/")[-2]
    [listed] = alice.get("/api/v1/feeds").json()["items"]
    with session_factory.begin() as session:
        kept = session.scalars(select(CalendarFeed.token_hash)).one()
    assert token.encode() not in kept
    assert token not in alice.get("/api/v1/feeds").text
    of_another = signed_in_as(cast.carol).delete(f"/api/v1/feeds/{listed['id']}")
    assert (of_another.status_code, of_another.json()["code"]) == (404, "feed_not_found")

    assert alice.delete(f"/api/v1/feeds/{listed['id']}").status_code == 204

    for gone in (path, f"/api/v1/feeds/{'x' * 43}/calendar.ics"):
        answer = stranger.get(gone)
        assert (answer.status_code, answer.json()["code"]) == (404, "feed_not_found")
    assert alice.get("/api/v1/feeds").json()["items"] == []


def test_feed_ends_with_its_owners_standing(
    stranger: TestClient,
    signed_in_as: SignedInAs,
    cast: Cast,
    session_factory: sessionmaker[Session],
) -> None:
    path = open_feed(signed_in_as(cast.bob), kind="institution")
    assert stranger.get(path).status_code == 200

    with session_factory.begin() as session:
        session.execute(update(Person).where(Person.id == cast.bob.id).values(institution_id=None))

    assert stranger.get(path).json()["code"] == "feed_not_found"


def test_unchanged_feed_is_not_sent_again(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, reservation_id: str
) -> None:
    assert reservation_id
    path = open_feed(signed_in_as(cast.alice), kind="person")
    tag = stranger.get(path).headers["etag"]

    again = stranger.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
