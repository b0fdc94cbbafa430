"""The operators appoint who works for the platform and the stations, and see them off."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from directory.audit.tables import AuditEntry
from directory.officers.service import appoint
from directory.people.accounts import NewAccount
from directory.people.password_rules import PasswordPolicy
from directory.roles.rules import Role
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.registering import choose_own
from tests.cast import Cast

OFFICERS = "/api/v1/officers"
NEW = {
    "login": "new.officer",
    "display_name": "新审核员",
    "password": "ground glass tulip",
    "roles": ["reviewer"],
}


@pytest.fixture
def oscar(cast: Cast, signed_in_as: SignedInAs) -> TestClient:
    return signed_in_as(cast.oscar)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_reviewer_who_was_appointed_signs_in_and_reviews(
    oscar: TestClient, stranger: TestClient, session: Session
) -> None:
    made = oscar.post(OFFICERS, json=NEW)

    assert made.status_code == 201, made.text
    login = {"login": NEW["login"], "password": NEW["password"]}
    assert stranger.post("/api/v1/sign-in", json=login).json()["roles"] == ["reviewer"]
    choose_own(stranger, str(NEW["password"]))
    assert stranger.get("/api/v1/reviews/registrations").status_code == 200
    assert made.json()["id"] in [one["id"] for one in oscar.get(OFFICERS).json()["items"]]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "officer.appoint")).one()
    assert (entry.subject_id, entry.detail) == (made.json()["id"], {"roles": ["reviewer"]})


def test_clerk_of_a_station_is_appointed_to_it(oscar: TestClient, stranger: TestClient) -> None:
    station = oscar.post(
        "/api/v1/stations",
        json={"name": "南浔站", "address": "南浔", "has_window": True, "notice_posted": False},
    ).json()
    body = NEW | {"roles": ["station_staff"], "station_id": station["id"]}

    made = oscar.post(OFFICERS, json=body)

    assert (made.status_code, made.json()["station"]) == (201, "南浔站")
    stranger.post("/api/v1/sign-in", json={"login": NEW["login"], "password": NEW["password"]})
    choose_own(stranger, str(NEW["password"]))
    assert stranger.get("/api/v1/entrustments").json()["items"] == []
    promoted = oscar.put(f"{OFFICERS}/{made.json()['id']}/roles", json={"roles": ["operator"]})
    assert code(promoted) == (422, "officer_refused")


def test_first_operator_is_appointed_by_nobody_who_signed_in(
    session_factory: sessionmaker[Session], stranger: TestClient
) -> None:
    new = NewAccount("first.operator", "首任", "ground glass tulip", {Role.OPERATOR})
    with session_factory.begin() as session:
        policy = PasswordPolicy.ASVS
        appoint(session, new, station_id=None, caller=None, policy=policy, now=read_clock())

    login = {"login": new.login, "password": new.password}
    assert stranger.post("/api/v1/sign-in", json=login).json()["roles"] == ["operator"]
    choose_own(stranger, new.password)
    trail = stranger.get("/api/v1/audit", params={"action": "officer.appoint"}).json()["items"]
    assert [one["actor_id"] for one in trail] == [None]


@pytest.mark.parametrize(
    ("roles", "problem"),
    [
        (["member"], "role"),
        (["institution_manager"], "role"),
        (["station_staff"], "role"),
        (["auditor", "operator"], "auditor_alone"),
    ],
)
def test_roles_that_do_not_go_together_are_refused(
    oscar: TestClient, roles: list[str], problem: str
) -> None:
    answer = oscar.post(OFFICERS, json=NEW | {"roles": roles})

    assert code(answer) == (422, "officer_refused")
    assert [one["code"] for one in answer.json()["problems"]] == [problem]


def test_last_operator_stays_one_and_nobody_sees_themselves_off(
    oscar: TestClient, cast: Cast
) -> None:
    own = f"{OFFICERS}/{cast.oscar.id}"
    assert code(oscar.put(f"{own}/roles", json={"roles": ["reviewer"]})) == (
        409,
        "last_administrator",
    )
    assert code(oscar.post(f"{own}/see-off")) == (422, "officer_refused")

    oscar.post(OFFICERS, json=NEW | {"roles": ["operator"]})

    assert oscar.put(f"{own}/roles", json={"roles": ["reviewer"]}).status_code == 200


def test_who_works_elsewhere_is_nobody_here(oscar: TestClient, cast: Cast) -> None:
    for person in (cast.alice, cast.bob, cast.mei):
        assert code(oscar.post(f"{OFFICERS}/{person.id}/see-off")) == (404, "officer_not_found")


def test_who_was_seen_off_is_out_at_once(
    oscar: TestClient, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]
) -> None:
    with session_factory.begin() as session:
        reviewer = make.person(session, Role.REVIEWER)
    client = signed_in_as(reviewer)

    assert oscar.post(f"{OFFICERS}/{reviewer.id}/see-off").json()["is_active"] is False
    assert client.get("/api/v1/me").status_code == 401
