"""Signing in and out, and what every answer carries."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, select, update
from sqlalchemy.orm import Session, sessionmaker
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from api.shell import SIGN_IN_PATH, SIGN_INS_MAX, WAITING_MAX, Shell
from api.throttle import ADDRESS_TRIES_MAX, GUESSES_MAX, Throttle
from directory.people.tables import Person, SignIn
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.test_account import StoppedClock
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


def test_signing_in_anew_ends_what_the_browser_carried(
    signed_in_as: SignedInAs, cast: Cast
) -> None:
    """A token that somebody copied, or put there, is worth nothing after the next sign-in."""
    client = signed_in_as(cast.alice)
    former = client.cookies["yixiang"]
    body = {"login": cast.bob.login, "password": make.PASSWORD}

    failed = client.post("/api/v1/sign-in", json=body | {"password": "wrong"})
    kept = TestClient(client.app, cookies={"yixiang": former}).get("/api/v1/me")
    assert (failed.status_code, kept.status_code) == (401, 200)

    assert client.post("/api/v1/sign-in", json=body).json()["login"] == cast.bob.login
    assert client.cookies["yixiang"] != former
    again = TestClient(client.app, cookies={"yixiang": former})
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


def test_every_try_is_logged_without_what_was_typed(stranger: TestClient, cast: Cast) -> None:
    with capture_logs() as told:
        for password in ("a wrong password", make.PASSWORD):
            body = {"login": cast.alice.login, "password": password}
            stranger.post("/api/v1/sign-in", json=body)

    refused, entered = (it for it in told if it.get("part") == "sign-in")
    assert (refused["event"], refused["code"]) == ("sign-in refused", "sign_in_failed")
    assert (entered["event"], entered["person"]) == ("signed in", str(cast.alice.id))
    assert refused["account"] == entered["account"]
    assert not [it for it in told if cast.alice.login in str(it) or "wrong password" in str(it)]


def test_address_is_the_connections_whatever_a_header_says(
    stranger: TestClient, cast: Cast
) -> None:
    body = {"login": cast.alice.login, "password": make.PASSWORD}
    said = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-IP": "x"}

    stranger.post("/api/v1/sign-in", json=body, headers=said)

    [kept] = stranger.get("/api/v1/me/sign-ins").json()["items"]
    assert kept["address"] == "testclient"


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


@pytest.fixture
def clock(app: FastAPI) -> StoppedClock:
    return StoppedClock(app)


def test_sign_in_that_nobody_uses_ends(
    clock: StoppedClock, signed_in_as: SignedInAs, cast: Cast
) -> None:
    used, unused = signed_in_as(cast.alice), signed_in_as(cast.alice)
    clock.pass_by(45 * 60)
    assert used.get("/api/v1/me").status_code == 200
    clock.pass_by(15 * 60)
    assert unused.get("/api/v1/me").status_code == 200, "an hour, and not less"

    clock.pass_by(60 * 60 + 1)

    answer = unused.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_idle")
    assert unused.get("/api/v1/instruments").status_code == 200, "what is public stays so"
    again = used.post(
        "/api/v1/sign-in", json={"login": cast.alice.login, "password": make.PASSWORD}
    )
    assert again.status_code == 200
    assert len(used.get("/api/v1/me/sign-ins").json()["items"]) == 1, "it is not listed either"


def test_idle_limit_is_shorter_under_the_other_policy(
    app: FastAPI, clock: StoppedClock, signed_in_as: SignedInAs, cast: Cast
) -> None:
    app.state.settings = app.state.settings.model_copy(update={"password_policy": "mlps"})
    alice = signed_in_as(cast.alice)

    clock.pass_by(31 * 60)

    assert alice.get("/api/v1/me").json()["code"] == "sign_in_idle"


@pytest.mark.parametrize("headers", [{"X-Unattended": "1"}, {"Accept": "text/event-stream"}])
def test_what_a_page_asks_by_itself_keeps_no_sign_in_alive(
    clock: StoppedClock, signed_in_as: SignedInAs, cast: Cast, headers: dict[str, str]
) -> None:
    alice = signed_in_as(cast.alice)
    for _ in range(4):
        clock.pass_by(15 * 60)
        assert alice.get("/api/v1/me", headers=headers).status_code == 200

    clock.pass_by(15 * 60)

    assert alice.get("/api/v1/me", headers=headers).json()["code"] == "sign_in_idle"


def test_last_use_is_written_once_a_minute_at_most(
    clock: StoppedClock,
    signed_in_as: SignedInAs,
    cast: Cast,
    session: Session,
    connection: Connection,
) -> None:
    alice = signed_in_as(cast.alice)
    began, writes = clock.now, []

    @event.listens_for(connection, "before_cursor_execute")
    def note(*arguments: object) -> None:
        if str(arguments[2]).startswith("UPDATE sign_ins"):
            writes.append(clock.now)

    for _ in range(10):
        clock.pass_by(20)
        alice.get("/api/v1/me")

    assert [(at - began).total_seconds() for at in writes] == [80, 160]
    assert session.scalars(select(SignIn.last_seen_at)).all() == [writes[-1]]


def test_requests_for_codes_of_many_addresses_are_counted_apart() -> None:
    throttle = Throttle(mark_keys=lambda: [b"key"])
    now = read_clock()

    for number in range(2 * GUESSES_MAX):
        throttle.count_sign_in(login="", address=f"192.0.2.{number}", mark="", now=now)
    for number in range(2 * ADDRESS_TRIES_MAX):
        throttle.count_sign_in(login=f"person-{number}", address="", mark="", now=now)
