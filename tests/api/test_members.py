"""An enterprise's administrator looks after its people, and only its own."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from directory.audit.tables import AuditEntry
from directory.people.tables import AccessToken, Person, SignIn
from directory.roles.rules import Role
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

MEMBERS = "/api/v1/enterprise/members"
NEW = {
    "login": "new.colleague",
    "display_name": "新同事",
    "password": "ground glass tulip",
    "roles": ["member"],
}


@pytest.fixture
def admin(session_factory: sessionmaker[Session], cast: Cast) -> Person:
    with session_factory.begin() as session:
        return make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)


def roles(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["roles"]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_added_colleague_signs_in_and_acts_for_the_enterprise(
    cast: Cast, admin: Person, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    client = signed_in_as(admin)

    added = client.post(MEMBERS, json=NEW)

    assert added.status_code == 201, added.text
    login = {"login": NEW["login"], "password": NEW["password"]}
    me = stranger.post("/api/v1/sign-in", json=login).json()
    assert (me["enterprise"]["name"], me["roles"]) == (cast.enterprise.name, ["member"])
    items = client.get(MEMBERS).json()["items"]
    assert {item["id"] for item in items} == {
        str(cast.alice.id),
        str(admin.id),
        added.json()["id"],
    }
    assert code(client.post(MEMBERS, json=NEW)) == (409, "login_taken")


@pytest.mark.parametrize("role", ["operator", "institution_manager", "station_staff"])
def test_administrator_gives_no_role_that_is_not_an_enterprises(
    cast: Cast, admin: Person, signed_in_as: SignedInAs, role: str
) -> None:
    client = signed_in_as(admin)
    of_alice = f"{MEMBERS}/{cast.alice.id}/roles"

    assert code(client.post(MEMBERS, json=NEW | {"roles": [role]})) == (422, "member_refused")
    assert code(client.put(of_alice, json={"roles": [role]})) == (422, "member_refused")
    assert code(client.put(of_alice, json={"roles": []})) == (422, "member_refused")


def test_last_administrator_stays_one(cast: Cast, admin: Person, signed_in_as: SignedInAs) -> None:
    client = signed_in_as(admin)
    own, of_alice = (f"{MEMBERS}/{person.id}" for person in (admin, cast.alice))

    alone = client.put(f"{own}/roles", json={"roles": ["member"]})
    assert code(alone) == (409, "last_administrator")
    assert code(client.post(f"{own}/see-off")) == (422, "member_refused")

    both = ["enterprise_admin", "member"]
    assert roles(client.put(f"{of_alice}/roles", json={"roles": both})) == both
    assert roles(client.put(f"{own}/roles", json={"roles": ["member"]})) == ["member"]
    assert code(client.get(MEMBERS)) == (403, "not_allowed")


def test_administrator_who_left_does_not_count(
    cast: Cast, admin: Person, signed_in_as: SignedInAs
) -> None:
    client = signed_in_as(admin)
    client.put(f"{MEMBERS}/{cast.alice.id}/roles", json={"roles": ["enterprise_admin"]})
    assert client.post(f"{MEMBERS}/{cast.alice.id}/see-off").status_code == 200

    answer = client.put(f"{MEMBERS}/{admin.id}/roles", json={"roles": ["member"]})

    assert code(answer) == (409, "last_administrator")


def test_who_is_seen_off_is_out_everywhere_at_once(
    cast: Cast, admin: Person, signed_in_as: SignedInAs, session: Session
) -> None:
    alice = signed_in_as(cast.alice)
    token = alice.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["reservations:read"]})
    bearer = {"Authorization": f"Bearer {token.json()['token']}"}
    client = signed_in_as(admin)

    answer = client.post(f"{MEMBERS}/{cast.alice.id}/see-off")

    assert answer.json()["is_active"] is False
    assert alice.get("/api/v1/me").status_code == 401
    assert alice.get("/api/v1/reservations", headers=bearer).status_code == 401
    left = select(SignIn).where(SignIn.person_id == cast.alice.id, SignIn.ended_at.is_(None))
    assert session.scalars(left).all() == []
    [kept] = session.scalars(select(AccessToken).where(AccessToken.person_id == cast.alice.id))
    assert kept.revoked_at is not None
    again = client.put(f"{MEMBERS}/{cast.alice.id}/roles", json={"roles": ["member"]})
    assert code(again) == (404, "member_not_found")


def test_another_enterprises_people_are_nobody_here(
    cast: Cast, admin: Person, signed_in_as: SignedInAs
) -> None:
    client = signed_in_as(admin)

    assert code(client.post(f"{MEMBERS}/{cast.carol.id}/see-off")) == (404, "member_not_found")
    answer = client.put(f"{MEMBERS}/{cast.bob.id}/roles", json={"roles": ["member"]})
    assert code(answer) == (404, "member_not_found")
    assert code(signed_in_as(cast.alice).get(MEMBERS)) == (403, "not_allowed")


def test_what_an_administrator_does_to_members_is_recorded(
    cast: Cast, admin: Person, signed_in_as: SignedInAs, session: Session
) -> None:
    client = signed_in_as(admin)
    client.put(f"{MEMBERS}/{cast.alice.id}/roles", json={"roles": ["enterprise_admin"]})
    client.post(f"{MEMBERS}/{cast.alice.id}/see-off")

    of_alice = select(AuditEntry).where(AuditEntry.subject_id == str(cast.alice.id))
    entries = session.scalars(of_alice.order_by(AuditEntry.id)).all()

    assert [(entry.action, entry.detail["roles"], entry.actor_id) for entry in entries] == [
        ("member.set_roles", ["enterprise_admin"], admin.id),
        ("member.see_off", [], admin.id),
    ]


def test_last_manager_of_an_institution_stays_one(cast: Cast, signed_in_as: SignedInAs) -> None:
    own = f"/api/v1/institution/staff/{cast.mei.id}/roles"

    answer = signed_in_as(cast.mei).put(own, json={"roles": ["technician"]})

    assert code(answer) == (409, "last_administrator")
