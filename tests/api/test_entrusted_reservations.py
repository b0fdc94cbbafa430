"""全程代办: a clerk of a station reserves for a client, as far as it was entrusted with that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session, sessionmaker

from booking.waitlists.service import offer_next
from directory.enterprises.tables import Enterprise
from directory.people.tables import Person
from directory.roles.rules import Role
from directory.stations.tables import Entrustment, Station
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

URL = "/api/v1/reservations"
WAITS = "/api/v1/waitlist"
TODAY = read_clock().date()


@dataclass
class Desk:
    """A station's clerk at work, with somebody of one client and somebody of another firm."""

    clerk: TestClient
    alice: TestClient
    admin: TestClient
    """Who gave the entrustment for Alice's enterprise."""
    alices_id: str
    strangers_id: str
    instrument_id: str

    def reserve(self, hour: int = 0, **more: Any) -> Response:
        return reserve(self.clerk, self.instrument_id, hour, **{"holder_id": self.alices_id} | more)


def reserve(by: TestClient, instrument_id: str, hour: int = 0, **more: Any) -> Response:
    starts_at = read_clock().replace(minute=0, second=0, microsecond=0)
    starts_at += timedelta(days=2, hours=hour)
    span = {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
    }
    body = {"instrument_id": instrument_id} | span | more
    return by.post(URL, json=body, headers={"Idempotency-Key": uuid4().hex})


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(
    cast: Cast, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]
) -> OpenDesk:
    def open_it(*scope: str, days: int = 10, endorses: bool = False, both: bool = False) -> Desk:
        with session_factory.begin() as session:
            instrument = make.instrument(session, institution=cast.institution)
            make.tariff(session, instrument=instrument)
            station = Station(
                name="南浔站",
                address="",
                has_window=True,
                notice_posted=False,
                created_at=read_clock(),
            )
            session.add(station)
            session.flush()
            clerk = make.person(session, Role.STATION_STAFF)
            clerk.station_id = station.id
            firm = make.enterprise(session)
            stranger = make.person(session, Role.MEMBER, enterprise=firm)
            session.get_one(Enterprise, cast.enterprise.id).needs_endorsement = endorses
            admin = make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)
            for giver in (admin, *([stranger] if both else [])):
                session.add(entrustment(giver, station, scope, TODAY + timedelta(days=days)))
            ids = (str(cast.alice.id), str(stranger.id), str(instrument.id))
        clerks, alices, admins = map(signed_in_as, (clerk, cast.alice, admin))
        return Desk(clerks, alices, admins, *ids)

    return open_it


def entrustment(
    giver: Person, station: Station, scope: tuple[str, ...], valid_to: date
) -> Entrustment:
    assert giver.enterprise_id
    return Entrustment(
        enterprise_id=giver.enterprise_id,
        station_id=station.id,
        scope=list(scope),
        valid_from=TODAY - timedelta(days=30),
        valid_to=valid_to,
        given_by=giver.id,
        given_at=read_clock(),
    )


def code_of(answer: Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def test_clerk_lets_a_client_wait_and_takes_the_offer_for_them(
    open_desk: OpenDesk, session_factory: sessionmaker[Session]
) -> None:
    desk = open_desk("reservations")
    first = read_clock().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    wait = {
        "instrument_id": desk.instrument_id,
        "starts_at": first.isoformat(),
        "ends_at": (first + timedelta(hours=4)).isoformat(),
        "length_minutes": 60,
    }

    def ask(**more: Any) -> Response:
        return desk.clerk.post(WAITS, json=wait | more, headers={"Idempotency-Key": uuid4().hex})

    assert code_of(ask()) == (422, "client_not_named")
    assert code_of(ask(holder_id=desk.strangers_id)) == (422, "not_a_colleague")
    asked = ask(holder_id=desk.alices_id)
    assert (asked.status_code, asked.json()["holder"]["id"]) == (201, desk.alices_id)
    key = asked.json()["id"]
    for side in (desk.clerk, desk.alice):
        assert [one["id"] for one in side.get(WAITS).json()["items"]] == [key]
    with session_factory.begin() as session:
        assert offer_next(session, UUID(key), now=read_clock())

    taken = desk.clerk.post(f"{WAITS}/{key}/accept")

    assert (taken.status_code, taken.json()["state"]) == (200, "reserved"), taken.text
    assert taken.json()["holder"]["id"] == desk.alices_id


def test_clerk_whose_entrustment_is_of_something_else_sees_nobody_wait(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk("samples")

    assert code_of(desk.clerk.get(WAITS)) == (200, None)
    assert desk.clerk.get(WAITS).json()["items"] == []


def test_clerk_reserves_for_a_client_who_sees_who_did(open_desk: OpenDesk) -> None:
    desk = open_desk("reservations")

    made = desk.reserve()

    assert made.status_code == 201, made.text
    assert made.json()["holder"]["id"] == desk.alices_id
    assert "cancel" in made.json()["acts"]
    key = made.json()["id"]
    assert [one["id"] for one in desk.clerk.get(URL).json()["items"]] == [key]
    assert [one["id"] for one in desk.clerk.get(f"{URL}?mine=true").json()["items"]] == [key]
    told = desk.alice.get(f"{URL}/{key}/details").json()
    assert told["made_by"] is not None
    assert desk.clerk.post(f"{URL}/{key}/cancel", json={}).json()["state"] == "cancelled"


def test_clerk_is_told_for_whom_they_may_reserve(open_desk: OpenDesk, cast: Cast) -> None:
    desk = open_desk("reservations")

    listed = desk.clerk.get("/api/v1/me/colleagues").json()["items"]

    assert desk.alices_id in [one["id"] for one in listed]
    assert {one["enterprise"] for one in listed} == {cast.enterprise.name}
    assert desk.strangers_id not in [one["id"] for one in listed]


@pytest.mark.parametrize(
    ("scope", "days"),
    [(("samples", "orders"), 10), (("reservations",), -1)],
    ids=["entrusted with other things", "no longer entrusted"],
)
def test_clerk_without_an_entrustment_for_it_is_refused_and_sees_nothing(
    open_desk: OpenDesk, scope: tuple[str, ...], days: int
) -> None:
    desk = open_desk(*scope, days=days)
    own = reserve(desk.alice, desk.instrument_id).json()["id"]

    assert code_of(desk.reserve(3)) == (403, "not_allowed")
    assert desk.clerk.get(URL).json()["items"] == []
    assert desk.clerk.get(f"{URL}/{own}").status_code == 404
    assert desk.clerk.post(f"{URL}/{own}/cancel", json={}).status_code == 404
    assert desk.clerk.get("/api/v1/me/colleagues").json()["items"] == []


def test_clerk_says_for_whom_and_for_nobody_else(open_desk: OpenDesk) -> None:
    desk = open_desk("reservations")

    assert code_of(desk.reserve(holder_id=None)) == (422, "client_not_named")
    assert code_of(desk.reserve(holder_id=desk.strangers_id)) == (422, "not_a_colleague")


def test_clerk_of_two_clients_hands_nothing_from_one_to_the_other(open_desk: OpenDesk) -> None:
    desk = open_desk("reservations", both=True)
    key = desk.reserve().json()["id"]

    handed = desk.clerk.post(f"{URL}/{key}/hand-over", json={"person_id": desk.strangers_id})

    assert code_of(handed) == (422, "not_a_colleague")


def test_client_that_endorses_is_asked_before_the_lab(open_desk: OpenDesk) -> None:
    desk = open_desk("reservations", endorses=True)

    assert desk.reserve().json()["state"] == "proposed"


def test_client_that_takes_it_back_ends_the_clerks_sight(open_desk: OpenDesk) -> None:
    desk = open_desk("reservations")
    key = desk.reserve().json()["id"]
    given = desk.admin.get("/api/v1/entrustments").json()["items"][0]["id"]

    assert desk.clerk.get(f"{URL}/{key}").status_code == 200
    assert desk.admin.post(f"/api/v1/entrustments/{given}/revoke").status_code == 200
    assert desk.clerk.get(f"{URL}/{key}").status_code == 404
    assert desk.alice.get(f"{URL}/{key}").status_code == 200
