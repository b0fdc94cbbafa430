"""What is done to an account is told its owner: in the inbox, by mail, some of it by phone."""

import base64
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from directory.notices.posting import list_unposted, post_notice
from directory.notices.tables import Notice
from directory.people.tables import Person
from directory.people.totp import code_at, step_of
from directory.roles.rules import Role
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.registering import EMAIL, PHONE, Outside, register
from tests.cast import Cast

CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/{}.0.0.0 Safari/537.36"
PHONE_BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604.1"


def told(client: TestClient) -> list[str]:
    return [notice["kind"] for notice in client.get("/api/v1/notices").json()["items"]]


def text(client: TestClient, kind: str) -> str:
    items = client.get("/api/v1/notices").json()["items"]
    [said] = [it["text_zh"] + it["text_en"] for it in items if it["kind"] == kind]
    return str(said)


def sign_in(app: FastAPI, person: Person, browser: str) -> TestClient:
    client = TestClient(app, raise_server_exceptions=False, headers={"User-Agent": browser})
    body = {"login": person.login, "password": make.PASSWORD}
    assert client.post("/api/v1/sign-in", json=body).status_code == 200
    return client


def test_sign_in_by_a_new_device_is_told_and_by_a_known_one_is_not(
    app: FastAPI, cast: Cast
) -> None:
    desk = sign_in(app, cast.alice, CHROME.format(140))
    assert told(desk) == [], "the first of all is no news"
    sign_in(app, cast.alice, CHROME.format(141))
    assert told(desk) == [], "an update makes no new device"

    sign_in(app, cast.alice, PHONE_BROWSER)

    assert told(desk) == ["new_device"]
    assert "Safari · iPhone，地址 testclient" in text(desk, "new_device")
    assert told(sign_in(app, cast.carol, CHROME.format(140))) == []


def test_password_and_ended_sign_ins_are_told(cast: Cast, signed_in_as: SignedInAs) -> None:
    signed_in_as(cast.alice)
    client = signed_in_as(cast.alice)
    body = {"former": make.PASSWORD, "password": "ground glass tulip"}

    assert client.post("/api/v1/me/password", json=body).status_code == 204
    assert told(client) == ["password_changed"]

    other = client.get("/api/v1/me/sign-ins").json()["items"][0]["id"]
    assert client.delete(f"/api/v1/me/sign-ins/{other}").status_code == 204
    again = TestClient(client.app)
    again.post(
        "/api/v1/sign-in", json={"login": cast.alice.login, "password": "ground glass tulip"}
    )
    assert sorted(told(again)) == ["password_changed", "sign_ins_ended"]


def test_second_factor_and_tokens_are_told(cast: Cast, signed_in_as: SignedInAs) -> None:
    client = signed_in_as(cast.alice)
    secret = base64.b32decode(client.post("/api/v1/me/second-factor").json()["secret"])
    code = code_at(secret, step_of(read_clock()))
    made = client.post("/api/v1/me/second-factor/confirm", json={"code": code}).json()
    scopes = {"name": "看板", "scopes": ["reservations:read"]}
    client.post("/api/v1/me/tokens", json=scopes)

    assert sorted(told(client)) == ["second_factor_set", "token_made"]
    assert "“看板”" in text(client, "token_made")
    recovery = {"code": made["recovery_codes"][0]}
    assert client.post("/api/v1/me/second-factor/turn-off", json=recovery).status_code == 204
    assert {"recovery_code_used", "second_factor_turned_off"} <= set(told(signed_in_as(cast.alice)))


def test_roles_changed_by_an_administrator_are_told(
    cast: Cast, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]
) -> None:
    with session_factory.begin() as session:
        admin = make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)
    client, alice = signed_in_as(admin), signed_in_as(cast.alice)
    path = f"/api/v1/enterprise/members/{cast.alice.id}/roles"

    client.put(path, json={"roles": ["member"]})
    assert told(alice) == [], "nothing changed"
    client.put(path, json={"roles": ["enterprise_admin", "member"]})

    assert told(alice) == ["roles_changed"]
    assert "企业管理员、企业成员" in text(alice, "roles_changed")
    assert told(client) == []


@pytest.fixture
def applicant(app: FastAPI, stranger: TestClient, outside: Outside) -> tuple[TestClient, Any]:
    return register(app, outside, stranger)


@pytest.fixture
def outside(app: FastAPI, session_factory: sessionmaker[Session]) -> Outside:
    return Outside(app, session_factory)


def carry_out(outside: Outside) -> list[tuple[str, str]]:
    """Run what the two jobs do, and return to whom what went."""
    outside.received.clear()
    with outside.sessions.begin() as session:
        ring = outside.app.state.keys.ring
        for key in list_unposted(session):
            post_notice(session, key, now=read_clock(), ring=ring)
    outside.deliver()
    return [(it.address, it.text) for it in outside.received]


def test_result_of_a_review_reaches_mailbox_and_phone(
    cast: Cast,
    applicant: tuple[TestClient, Any],
    outside: Outside,
    signed_in_as: SignedInAs,
    session: Session,
) -> None:
    client, view = applicant
    oscar = signed_in_as(cast.oscar)
    review = f"/api/v1/reviews/registrations/{view['id']}"
    remarks = [{"field": "papers.business_licence", "text": "照片不清晰"}]
    oscar.post(f"{review}/send-back", json={"remarks": remarks})

    sent = carry_out(outside)
    assert {address for address, _ in sent} == {EMAIL, PHONE}
    assert all("照片不清晰" in said for _, said in sent)
    client.post(f"/api/v1/registrations/mine/{view['id']}/submit")
    oscar.post(f"{review}/approve")

    assert sorted(told(client)) == ["registration_approved", "registration_returned"]
    assert {address for address, _ in carry_out(outside)} == {EMAIL, PHONE}
    assert carry_out(outside) == []
    subjects = session.scalars(select(Notice.subject_kind).distinct()).all()
    assert subjects == ["registration"]


def test_nobody_reads_anothers_notices(app: FastAPI, cast: Cast, signed_in_as: SignedInAs) -> None:
    sign_in(app, cast.alice, CHROME.format(140))
    alice = sign_in(app, cast.alice, PHONE_BROWSER)
    [notice] = alice.get("/api/v1/notices").json()["items"]

    foreign = signed_in_as(cast.carol).post(f"/api/v1/notices/{notice['id']}/read")

    assert (foreign.status_code, foreign.json()["code"]) == (404, "notice_not_found")
    assert alice.post("/api/v1/notices/read-all").json() == {"read": 1}
