"""Signing in and out, and what every answer carries."""

import asyncio
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session, sessionmaker
from starlette.types import Message, Receive, Scope, Send

from api.shell import SIGN_IN_PATH, SIGN_INS_MAX, WAITING_MAX, Shell
from directory.people.tables import Person, SignIn
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast


def test_person_is_told_who_they_are(signed_in_as: SignedInAs, cast: Cast) -> None:
    answer = signed_in_as(cast.alice).get("/api/v1/me").json()

    assert answer["login"] == cast.alice.login
    assert answer["roles"] == ["member"]
    assert answer["enterprise"] == {"id": str(cast.enterprise.id), "name": "爱丽丝的企业"}
    assert answer["institution"] is None


def test_stranger_is_nobody(stranger: TestClient) -> None:
    answer = stranger.get("/api/v1/me")

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"
    assert answer.json()["detail_zh"] == "请先登录。"


@pytest.mark.parametrize("login", ["nobody-at-all", None])
def test_wrong_password_and_unknown_name_get_one_answer(
    stranger: TestClient, cast: Cast, login: str | None
) -> None:
    answer = stranger.post(
        "/api/v1/sign-in", json={"login": login or cast.alice.login, "password": "wrong"}
    )

    assert answer.status_code == 401
    assert answer.json()["code"] == "sign_in_failed"


def test_cookie_cannot_be_read_by_scripts_or_sent_across_sites(
    stranger: TestClient, cast: Cast
) -> None:
    answer = stranger.post(
        "/api/v1/sign-in", json={"login": cast.alice.login, "password": make.PASSWORD}
    )

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_signing_out_ends_the_sign_in_at_the_server(signed_in_as: SignedInAs, cast: Cast) -> None:
    client = signed_in_as(cast.alice)
    token = client.cookies["yixiang"]

    assert client.post("/api/v1/sign-out").status_code == 204

    again = TestClient(client.app, cookies={"yixiang": token})
    assert again.get("/api/v1/me").status_code == 401


def test_sign_in_ends_with_its_time(
    signed_in_as: SignedInAs, cast: Cast, session_factory: sessionmaker[Session]
) -> None:
    client = signed_in_as(cast.alice)
    with session_factory.begin() as session:
        session.execute(update(SignIn).values(expires_at=SignIn.created_at - timedelta(seconds=1)))

    assert client.get("/api/v1/me").status_code == 401


def test_inactive_person_is_signed_out_at_once(
    signed_in_as: SignedInAs, cast: Cast, session_factory: sessionmaker[Session]
) -> None:
    client = signed_in_as(cast.alice)
    with session_factory.begin() as session:
        session.execute(update(Person).where(Person.id == cast.alice.id).values(is_active=False))

    assert client.get("/api/v1/me").status_code == 401


def test_token_itself_is_not_stored(
    signed_in_as: SignedInAs, cast: Cast, session_factory: sessionmaker[Session]
) -> None:
    token = signed_in_as(cast.alice).cookies["yixiang"]

    with session_factory() as session:
        stored = session.scalars(select(SignIn.token_hash)).all()
    assert token.encode() not in stored


def test_many_wrong_passwords_are_stopped_before_hashing(stranger: TestClient) -> None:
    body = {"login": "spray", "password": "guess"}
    answers = [stranger.post("/api/v1/sign-in", json=body).status_code for _ in range(31)]

    assert answers[:10] == [401] * 10
    assert answers[30] == 429


def test_flood_is_refused_before_anything_is_read() -> None:
    async def run() -> list[int]:
        may_end = asyncio.Event()
        statuses: list[int] = []

        async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
            await may_end.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def receive() -> Message:
            raise AssertionError("the body was read")

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        shell = Shell(slow, is_https=False, public_origin="")
        scope = {"type": "http", "method": "POST", "path": SIGN_IN_PATH, "headers": []}
        first = [
            asyncio.create_task(shell({**scope}, receive, send))
            for _ in range(SIGN_INS_MAX + WAITING_MAX)
        ]
        await asyncio.wait(first, timeout=0)
        await shell({**scope}, receive, send)
        may_end.set()
        await asyncio.gather(*first)
        await shell({**scope}, receive, send)
        return statuses

    assert asyncio.run(run()) == [503] + [200] * (SIGN_INS_MAX + WAITING_MAX + 1)


def test_client_is_not_told_of_success_before_the_commit(
    stranger: TestClient, cast: Cast, session_factory: sessionmaker[Session]
) -> None:
    @event.listens_for(session_factory, "before_commit")
    def fail(_session: Session) -> None:
        raise ConnectionError("the database went away")

    answer = stranger.post(
        "/api/v1/sign-in", json={"login": cast.alice.login, "password": make.PASSWORD}
    )

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_fault"


def test_other_sites_cannot_change_anything(stranger: TestClient, cast: Cast) -> None:
    answer = stranger.post(
        "/api/v1/sign-in",
        json={"login": cast.alice.login, "password": make.PASSWORD},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_origin"


def test_large_body_is_refused(stranger: TestClient) -> None:
    answer = stranger.post("/api/v1/sign-in", content=b"x" * (1024 * 1024 + 1))

    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


def test_every_fault_of_a_body_is_listed(stranger: TestClient) -> None:
    answer = stranger.post("/api/v1/sign-in", json={"login": "", "password": ""})

    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {
        "body.login",
        "body.password",
    }


@pytest.mark.parametrize("path", ["/api/v1/me", "/", "/api/v1/nothing"])
def test_every_answer_carries_safe_headers(stranger: TestClient, path: str) -> None:
    headers = stranger.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (
        "'unsafe-inline'"
        not in headers["content-security-policy"].split("script-src")[1].split(";")[0]
    )


def test_text_the_database_cannot_hold_is_refused_not_broken_on(stranger: TestClient) -> None:
    answer = stranger.post("/api/v1/sign-in", json={"login": "a\u0000b", "password": "x"})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
