"""One's own account: second factor, devices, tokens, password."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.clock import read_now
from directory.audit.tables import AuditEntry
from directory.people.tables import SecondFactor
from directory.people.totp import code_at, step_of
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

NEW_PASSWORD = "ground glass tulip"


class StoppedClock:
    """The request's clock, moved by hand: a code's time step must not end mid-test."""

    def __init__(self, app: FastAPI) -> None:
        self.now = datetime(2026, 11, 20, 9, tzinfo=UTC)
        app.dependency_overrides[read_now] = lambda: self.now

    def pass_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(app: FastAPI) -> StoppedClock:
    return StoppedClock(app)


def set_second_factor(client: TestClient, clock: StoppedClock) -> tuple[bytes, list[str]]:
    offer = client.post("/api/v1/me/second-factor").json()
    secret = base64.b32decode(offer["secret"])
    assert offer["qr_svg"].startswith("<svg")
    answer = client.post(
        "/api/v1/me/second-factor/confirm", json={"code": code_at(secret, step_of(clock.now))}
    )
    assert answer.status_code == 200, answer.text
    return secret, answer.json()["recovery_codes"]


def sign_in(client: TestClient, login: str, code: str | None = None, password: str = "") -> str:
    """Try to sign in, and return `in` or the code of the refusal."""
    answer = client.post(
        "/api/v1/sign-in",
        json={"login": login, "password": password or make.PASSWORD, "code": code},
    )
    return "in" if answer.status_code == 200 else str(answer.json()["code"])


def test_second_factor_is_asked_for_once_it_is_set(
    clock: StoppedClock, cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    login = cast.oscar.login
    secret, _ = set_second_factor(signed_in_as(cast.oscar), clock)

    assert sign_in(stranger, login) == "second_factor_required"
    assert sign_in(stranger, login, "000000") == "second_factor_wrong"
    used = code_at(secret, step_of(clock.now))
    assert sign_in(stranger, login, used) == "second_factor_wrong", "a code works once"
    clock.pass_by(30)
    assert sign_in(stranger, login, code_at(secret, step_of(clock.now))) == "in"


def test_recovery_code_works_once(
    clock: StoppedClock, cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    _, recovery_codes = set_second_factor(signed_in_as(cast.oscar), clock)

    assert len(set(recovery_codes)) == 10
    assert sign_in(stranger, cast.oscar.login, recovery_codes[3].lower()) == "in"
    assert sign_in(stranger, cast.oscar.login, recovery_codes[3]) == "second_factor_wrong"
    state = stranger.get("/api/v1/me/second-factor").json()
    assert state == {"is_set": True, "recovery_codes_left": 9}


def test_secret_of_the_second_factor_is_sealed(
    clock: StoppedClock, cast: Cast, signed_in_as: SignedInAs, session: Session
) -> None:
    secret, _ = set_second_factor(signed_in_as(cast.oscar), clock)

    stored = session.get_one(SecondFactor, cast.oscar.id).secret

    assert secret not in stored


def test_role_that_needs_a_second_factor_can_do_nothing_before_it(
    app: FastAPI, clock: StoppedClock, cast: Cast, signed_in_as: SignedInAs
) -> None:
    app.state.settings = app.state.settings.model_copy(
        update={"second_factor_roles": "operator,finance"}
    )
    oscar, alice = signed_in_as(cast.oscar), signed_in_as(cast.alice)

    refused = oscar.get("/api/v1/due-dates")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_missing")
    assert oscar.get("/api/v1/me").json()["must_set_second_factor"] is True
    assert alice.get("/api/v1/me").json()["must_set_second_factor"] is False
    assert alice.get("/api/v1/me/tokens").status_code == 200

    set_second_factor(oscar, clock)
    assert oscar.get("/api/v1/due-dates").status_code == 200


def test_setting_the_second_factor_ends_sign_ins_that_never_gave_one(
    clock: StoppedClock, cast: Cast, signed_in_as: SignedInAs
) -> None:
    stolen, own = signed_in_as(cast.oscar), signed_in_as(cast.oscar)

    set_second_factor(own, clock)

    assert stolen.get("/api/v1/me").status_code == 401
    assert own.get("/api/v1/me").status_code == 200


def test_second_factor_is_turned_off_with_a_code_only(
    clock: StoppedClock, cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    client = signed_in_as(cast.oscar)
    secret, _ = set_second_factor(client, clock)
    clock.pass_by(30)

    wrong = client.post("/api/v1/me/second-factor/turn-off", json={"code": "000000"})
    right = client.post(
        "/api/v1/me/second-factor/turn-off", json={"code": code_at(secret, step_of(clock.now))}
    )

    assert wrong.json()["code"] == "second_factor_wrong"
    assert right.status_code == 204
    assert client.get("/api/v1/me").status_code == 401
    assert sign_in(stranger, cast.oscar.login) == "in"


def test_one_may_see_and_end_where_one_is_signed_in(cast: Cast, signed_in_as: SignedInAs) -> None:
    phone, desk, carol = (
        signed_in_as(cast.alice),
        signed_in_as(cast.alice),
        signed_in_as(cast.carol),
    )
    items = desk.get("/api/v1/me/sign-ins").json()["items"]
    [other] = [item["id"] for item in items if not item["is_this"]]

    assert len(items) == 2
    assert carol.delete(f"/api/v1/me/sign-ins/{other}").status_code == 404
    assert phone.get("/api/v1/me").status_code == 200
    assert desk.delete(f"/api/v1/me/sign-ins/{other}").status_code == 204
    assert phone.get("/api/v1/me").status_code == 401
    assert desk.get("/api/v1/me").status_code == 200


def test_signing_out_everywhere_ends_every_sign_in_at_once(
    cast: Cast, signed_in_as: SignedInAs
) -> None:
    clients = [signed_in_as(cast.alice) for _ in range(3)]
    carol = signed_in_as(cast.carol)

    assert clients[0].post("/api/v1/me/sign-ins/end-all").json() == {"ended": 3}

    assert [client.get("/api/v1/me").status_code for client in clients] == [401] * 3
    assert carol.get("/api/v1/me").status_code == 200


def test_new_password_must_be_good_and_ends_other_sign_ins(
    cast: Cast, signed_in_as: SignedInAs, stranger: TestClient, session: Session
) -> None:
    other, client = signed_in_as(cast.alice), signed_in_as(cast.alice)
    change = "/api/v1/me/password"

    wrong = client.post(change, json={"former": "not it", "password": NEW_PASSWORD})
    weak = client.post(change, json={"former": make.PASSWORD, "password": "password1"})
    done = client.post(change, json={"former": make.PASSWORD, "password": NEW_PASSWORD})

    assert wrong.json()["code"] == "sign_in_failed"
    assert [problem["code"] for problem in weak.json()["problems"]] == ["too_short", "too_common"]
    assert done.status_code == 204
    assert other.get("/api/v1/me").status_code == 401
    assert sign_in(stranger, cast.alice.login) == "sign_in_failed"
    assert sign_in(stranger, cast.alice.login, password=NEW_PASSWORD) == "in"
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "person.change_password")
    ).one()
    assert entry.actor_id == cast.alice.id


def test_expired_password_opens_nothing_but_its_change(
    app: FastAPI, cast: Cast, signed_in_as: SignedInAs
) -> None:
    app.state.settings = app.state.settings.model_copy(update={"password_policy": "mlps"})
    client = signed_in_as(cast.bob)  # whose password is as old as the account, of 2020

    assert client.get("/api/v1/due-dates").json()["code"] == "password_expired"
    changed = client.post(
        "/api/v1/me/password", json={"former": make.PASSWORD, "password": "Ground-glass7"}
    )
    assert changed.status_code == 204
    assert client.get("/api/v1/due-dates").status_code == 200


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_token_does_what_its_scopes_say_and_no_more(
    cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    client = signed_in_as(cast.oscar)
    made = client.post(
        "/api/v1/me/tokens", json={"name": "board", "scopes": ["workdays:read"]}
    ).json()
    headers = bearer(made["token"])

    assert re.fullmatch(r"yx_[\w-]{43}", made["token"])
    assert stranger.get("/api/v1/due-dates", headers=headers).status_code == 200
    beyond = stranger.post("/api/v1/work-calendar/notices", headers=headers, json={})
    assert beyond.json()["code"] == "scope_missing"
    account = stranger.post("/api/v1/me/sign-ins/end-all", headers=headers)
    assert account.json()["code"] == "only_in_person"
    assert made["token"] not in client.get("/api/v1/me/tokens").text


def test_token_is_no_more_than_its_person(
    cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    client = signed_in_as(cast.alice)
    made = client.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["workdays:read"]}).json()

    refused = stranger.get("/api/v1/due-dates", headers=bearer(made["token"]))

    assert refused.json()["code"] == "not_allowed"


def test_program_of_a_role_that_needs_a_second_factor_needs_its_person_to_have_one(
    app: FastAPI,
    clock: StoppedClock,
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
) -> None:
    """Else a token made before its person got the role would do without."""
    client = signed_in_as(cast.oscar)
    made = client.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["workdays:read"]}).json()
    app.state.settings = app.state.settings.model_copy(update={"second_factor_roles": "operator"})

    refused = stranger.get("/api/v1/due-dates", headers=bearer(made["token"]))
    set_second_factor(client, clock)

    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_missing")
    assert stranger.get("/api/v1/due-dates", headers=bearer(made["token"])).status_code == 200


def test_revoked_expired_and_forged_tokens_open_nothing(
    app: FastAPI, clock: StoppedClock, cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    client, carol = signed_in_as(cast.oscar), signed_in_as(cast.carol)
    body = {"name": "x", "scopes": ["workdays:read"], "lasts_days": 1}
    revoked, lasting = (client.post("/api/v1/me/tokens", json=body).json() for _ in range(2))

    assert carol.delete(f"/api/v1/me/tokens/{revoked['id']}").status_code == 404
    assert client.delete(f"/api/v1/me/tokens/{revoked['id']}").status_code == 204

    def status(text: str) -> int:
        return stranger.get("/api/v1/due-dates", headers=bearer(text)).status_code

    assert status(revoked["token"]) == 401
    assert status(lasting["token"]) == 200
    assert status(lasting["token"][:-1] + "!") == 401
    assert status("yx_") == 401
    assert status("eyJhbGciOiJub25lIn0.eyJzdWIiOiJvc2NhciJ9.") == 401
    clock.pass_by(86_400)
    assert status(lasting["token"]) == 401
    assert app.state.settings.secret_key != SecretStr("")


def test_scope_nobody_knows_is_refused(cast: Cast, signed_in_as: SignedInAs) -> None:
    answer = signed_in_as(cast.alice).post(
        "/api/v1/me/tokens", json={"name": "x", "scopes": ["everything"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "scope_unknown")


def test_callers_requests_are_limited_by_route(
    app: FastAPI, cast: Cast, signed_in_as: SignedInAs
) -> None:
    app.state.throttle._requests_max = 3  # noqa: SLF001 - the limit of a running process
    client = signed_in_as(cast.alice)

    statuses = [client.get("/api/v1/me").status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert signed_in_as(cast.carol).get("/api/v1/me").status_code == 200
