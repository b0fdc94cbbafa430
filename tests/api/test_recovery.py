"""The ways back in: one's own, by a code, and a colleague's, who gives a new first password."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from directory.audit.tables import AuditEntry
from directory.people.tables import Person
from directory.people.totp import code_at, step_of
from directory.privacy.vault import Vault
from directory.registrations.identities import seal_identity
from directory.registrations.rules import Application, Kind
from directory.roles.rules import Role
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.registering import CANARY, EMAIL, PHONE, Outside, choose_own
from tests.api.test_account import StoppedClock, bearer, set_second_factor, sign_in
from tests.cast import Cast

RECOVERY = "/api/v1/password-recovery"
NEW = "amber lantern river"
FIRST = "ground glass tulip"


@pytest.fixture
def outside(app: FastAPI, session_factory: sessionmaker[Session]) -> Outside:
    return Outside(app, session_factory)


@pytest.fixture
def alice(app: FastAPI, cast: Cast, session_factory: sessionmaker[Session]) -> Person:
    """Alice, whose phone and mailbox are known."""
    with session_factory.begin() as session:
        application = Application(
            Kind.ENTERPRISE, "小李", "李思齐", CANARY, PHONE, EMAIL, "甲", "", consents=()
        )
        vault = Vault(session, app.state.keys.ring)
        seal_identity(vault, session.get_one(Person, cast.alice.id), application, read_clock())
    return cast.alice


def ask(outside: Outside, client: TestClient, **changed: Any) -> dict[str, Any]:
    """Prove a mailbox or a phone, and return the request that follows."""
    body = {"login": "", "channel": "email", "address": EMAIL, "password": NEW, **changed}
    return body | {"confirmation_id": outside.confirm(client, body["channel"], body["address"])}


@pytest.mark.parametrize(("channel", "address"), [("email", EMAIL), ("phone", PHONE)])
def test_who_forgot_their_password_sets_another_by_a_code(
    outside: Outside,
    alice: Person,
    signed_in_as: SignedInAs,
    stranger: TestClient,
    session: Session,
    *,
    channel: str,
    address: str,
) -> None:
    before = signed_in_as(alice)
    body = ask(outside, stranger, login=alice.login, channel=channel, address=address)

    weak = stranger.post(RECOVERY, json=body | {"password": "password1"})
    done = stranger.post(RECOVERY, json=body)
    again = stranger.post(RECOVERY, json=body)

    assert (weak.status_code, weak.json()["code"]) == (422, "password_refused")
    assert done.status_code == 204
    assert again.json()["code"] == "recovery_refused", "a code is good once"
    assert before.get("/api/v1/me").status_code == 401
    assert sign_in(stranger, alice.login) == "sign_in_failed"
    assert sign_in(stranger, alice.login, password=NEW) == "in"
    acts = select(AuditEntry.actor_id).where(AuditEntry.action == "person.recover_password")
    assert session.scalars(acts).all() == [alice.id]


def test_nobody_elses_password_is_set_and_nothing_is_told(
    outside: Outside, alice: Person, cast: Cast, stranger: TestClient
) -> None:
    body = ask(outside, stranger, login=alice.login, address="mallory@example.com")
    unproven = stranger.post(
        "/api/v1/confirmations", json={"channel": "email", "address": EMAIL}
    ).json()["id"]
    tries = [
        body,  # her account, another's mailbox
        body | {"login": "nobody-at-all"},
        body | {"login": cast.carol.login},  # of whom no address is known
        body | {"address": EMAIL},  # hers, but the code went elsewhere
        body | {"address": EMAIL, "confirmation_id": unproven},
    ]

    answers = [stranger.post(RECOVERY, json=one) for one in tries]

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(403, "recovery_refused")}
    assert sign_in(stranger, alice.login) == "in"


def test_recovery_does_not_go_round_the_second_factor(
    outside: Outside,
    alice: Person,
    clock: StoppedClock,
    signed_in_as: SignedInAs,
    stranger: TestClient,
) -> None:
    secret, _ = set_second_factor(signed_in_as(alice), clock)
    clock.pass_by(30)
    outside_now = ask(outside, stranger, login=alice.login)

    without = stranger.post(RECOVERY, json=outside_now)
    wrong = stranger.post(RECOVERY, json=outside_now | {"code": "000000"})
    code = code_at(secret, step_of(clock.now))
    right = stranger.post(RECOVERY, json=outside_now | {"code": code})

    assert without.json()["code"] == "second_factor_required"
    assert wrong.json()["code"] == "second_factor_wrong"
    assert right.status_code == 204
    replayed = sign_in(stranger, alice.login, code, password=NEW)
    assert replayed == "second_factor_wrong"


def test_recovery_counts_against_the_account_like_guesses(
    alice: Person, stranger: TestClient
) -> None:
    body = {"login": alice.login, "channel": "email", "address": EMAIL, "password": NEW}
    body |= {"confirmation_id": str(alice.id)}

    statuses = [stranger.post(RECOVERY, json=body).status_code for _ in range(11)]

    assert statuses == [403] * 10 + [429]


@pytest.fixture
def clock(app: FastAPI) -> StoppedClock:
    clock = StoppedClock(app)
    clock.now = read_clock()  # as the codes that are sent say
    return clock


@pytest.mark.parametrize(
    "who",
    [
        "a member",
        pytest.param("staff", marks=pytest.mark.full),
        pytest.param("an officer", marks=pytest.mark.full),
    ],
)
def test_colleague_who_lost_their_way_is_let_in_by_who_answers_for_them(
    clock: StoppedClock,
    cast: Cast,
    session_factory: sessionmaker[Session],
    signed_in_as: SignedInAs,
    stranger: TestClient,
    *,
    who: str,
) -> None:
    with session_factory.begin() as session:
        admin = make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)
        reviewer = make.person(session, Role.REVIEWER)
    boss, lost, path = {
        "a member": (admin, cast.alice, "/api/v1/enterprise/members"),
        "staff": (cast.mei, cast.bob, "/api/v1/institution/staff"),
        "an officer": (cast.oscar, reviewer, "/api/v1/officers"),
    }[who]
    before, answering = signed_in_as(lost), signed_in_as(boss)
    set_second_factor(before, clock)
    token = before.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["people:read"]}).json()

    own = answering.put(f"{path}/{boss.id}/password", json={"password": FIRST})
    weak = answering.put(f"{path}/{lost.id}/password", json={"password": "password1"})
    done = answering.put(f"{path}/{lost.id}/password", json={"password": FIRST})
    foreign = answering.put(f"{path}/{cast.dan.id}/password", json={"password": FIRST})

    assert (own.status_code, own.json()["code"]) == (409, "own_account")
    assert (weak.status_code, done.status_code, foreign.status_code) == (422, 200, 404)
    assert before.get("/api/v1/me").status_code == 401
    assert stranger.get("/api/v1/me", headers=bearer(token["token"])).status_code == 401
    assert sign_in(stranger, lost.login, password=FIRST) == "in", "the lost phone is not asked for"
    closed = stranger.get("/api/v1/notices")
    assert (closed.status_code, closed.json()["code"]) == (403, "password_expired")
    same = stranger.post("/api/v1/me/password", json={"former": FIRST, "password": FIRST})
    assert [it["code"] for it in same.json()["problems"]] == ["same"]
    choose_own(stranger, FIRST)
    kinds = [it["kind"] for it in stranger.get("/api/v1/notices").json()["items"]]
    assert "password_renewed" in kinds


def test_who_has_a_way_back_of_their_own_is_nobody_elses_to_let_in(
    alice: Person,
    cast: Cast,
    session_factory: sessionmaker[Session],
    signed_in_as: SignedInAs,
    stranger: TestClient,
) -> None:
    """Else an administrator could sign in as a member, and read their identity number."""
    with session_factory.begin() as session:
        admin = make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)

    answer = signed_in_as(admin).put(
        f"/api/v1/enterprise/members/{alice.id}/password", json={"password": FIRST}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "recovers_alone")
    assert sign_in(stranger, alice.login) == "in"
