"""Attacks on a sign-in by a provider, each refused; and a provider that is not itself."""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import OctKey

from api.clock import read_now
from api.throttle import Throttle
from directory.provider import client as wire
from foundation.clock import read_clock
from tests.api.conftest import SignedInAs
from tests.api.travelling import ROUTES, begin, code_of, come_back, faults_of, link, set_up, travel
from tests.cast import Cast
from tests.identity_provider import CLIENT_ID, Claims, Header, IdentityProvider, new_key, walk

# Attacks on the way


def test_answer_for_another_browser_is_refused(
    provider: IdentityProvider, app: FastAPI, stranger: TestClient
) -> None:
    """Somebody sends their own answer to a victim, to have them act in their account."""
    attacker = TestClient(app)
    brought = walk(begin(attacker))
    begin(stranger)

    assert code_of(come_back(stranger, brought)) == (403, "trip_unknown")
    assert code_of(come_back(TestClient(app), brought)) == (403, "trip_unknown")
    assert "/token" not in provider.asked


@pytest.mark.usefixtures("provider")
def test_wrong_state_is_refused(stranger: TestClient) -> None:
    brought = walk(begin(stranger))

    assert code_of(come_back(stranger, brought | {"state": "x"})) == (403, "trip_unknown")


def test_answer_is_taken_once(provider: IdentityProvider, stranger: TestClient) -> None:
    brought = walk(begin(stranger))
    secret = stranger.cookies["yixiang-trip"]
    assert come_back(stranger, brought).status_code == 200

    stranger.cookies.set("yixiang-trip", secret)

    assert code_of(come_back(stranger, brought)) == (403, "trip_unknown")
    assert provider.asked.count("/token") == 1


@pytest.mark.usefixtures("provider")
def test_replayed_code_is_refused_by_the_provider(stranger: TestClient) -> None:
    used = walk(begin(stranger))
    come_back(stranger, used)
    fresh = walk(begin(stranger))

    assert code_of(come_back(stranger, fresh | {"code": used["code"]})) == (403, "provider_refused")


@pytest.mark.usefixtures("provider")
def test_stolen_code_is_worth_nothing_without_the_verifier(
    app: FastAPI, stranger: TestClient
) -> None:
    stolen = walk(begin(stranger))["code"]
    thief = TestClient(app)
    own = walk(begin(thief))

    assert code_of(come_back(thief, own | {"code": stolen})) == (403, "provider_refused")


@pytest.mark.usefixtures("provider")
def test_trip_that_took_too_long_is_refused(app: FastAPI, stranger: TestClient) -> None:
    brought = walk(begin(stranger))
    app.dependency_overrides[read_now] = lambda: read_clock() + timedelta(minutes=11)

    assert code_of(come_back(stranger, brought)) == (403, "trip_unknown")


@pytest.mark.usefixtures("provider")
def test_person_who_says_no_at_the_provider_is_not_signed_in(stranger: TestClient) -> None:
    brought = walk(begin(stranger))
    said_no = {"state": brought["state"], "iss": brought["iss"], "error": "access_denied"}

    assert code_of(come_back(stranger, said_no)) == (403, "provider_refused")


@pytest.mark.parametrize("iss", ["https://other.example", None])
def test_answer_of_another_issuer_is_refused_before_its_code_goes_anywhere(
    provider: IdentityProvider, stranger: TestClient, iss: str | None
) -> None:
    brought = walk(begin(stranger)) | {"iss": iss}

    assert faults_of(come_back(stranger, brought)) == ["wrong_issuer"]  # type: ignore[arg-type]
    assert "/token" not in provider.asked


@pytest.mark.usefixtures("provider")
def test_other_sites_cannot_begin_or_end_a_trip(stranger: TestClient) -> None:
    headers = {"Origin": "https://evil.example"}
    for path, body in (("trips", {"to": "/"}), ("return", {"state": "x", "code": "x"})):
        answer = stranger.post(f"{ROUTES}/{path}", json=body, headers=headers)
        assert code_of(answer) == (403, "cross_origin")


@pytest.mark.usefixtures("provider")
def test_tries_are_limited_as_those_by_password(app: FastAPI, stranger: TestClient) -> None:
    # Of a hundred processes each admits three; the sign-in by password counts as well.
    app.state.throttle = Throttle(mark_keys=lambda: [b"k"], processes=100)
    body = {"state": "x", "code": "x"}
    codes = [code_of(stranger.post(f"{ROUTES}/return", json=body)) for _ in range(4)]

    assert codes == [(403, "trip_unknown")] * 3 + [(429, "too_many_sign_ins")]
    by_password = stranger.post("/api/v1/sign-in", json={"login": "x", "password": "x"})
    assert code_of(by_password) == (429, "too_many_sign_ins")


# Attacks on the token


def changed(**claims: Any) -> Callable[[IdentityProvider], None]:
    def bend(provider: IdentityProvider) -> None:
        provider.forge = lambda header, honest: provider.sign(header, honest | claims)

    return bend


def unsigned(provider: IdentityProvider) -> None:
    def forge(_header: Header, claims: Claims) -> str:
        parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
        return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])

    provider.forge = forge


def signed_by_public_key(provider: IdentityProvider) -> None:
    def forge(header: Header, claims: Claims) -> str:
        public = provider.public_pem
        key = OctKey.import_key(public.replace(b"-----", b""), {"kid": header["kid"]})
        return jwt.encode(header | {"alg": "HS256"}, claims, key, ["HS256"])

    provider.forge = forge


def signed_by_another(provider: IdentityProvider) -> None:
    other = new_key("first")
    provider.forge = lambda header, claims: jwt.encode(header, claims, other, ["ES256"])


def signed_by_a_stranger(provider: IdentityProvider) -> None:
    other = new_key("stranger")
    provider.forge = lambda header, claims: jwt.encode(
        header | {"kid": "stranger", "jku": "https://evil.example/keys"}, claims, other, ["ES256"]
    )


def nonsense(provider: IdentityProvider) -> None:
    provider.forge = lambda _header, _claims: "no.token"


@pytest.mark.parametrize(
    ("bend", "fault"),
    [
        (changed(nonce="of another sign-in"), "wrong_nonce"),
        (changed(aud="another-app"), "wrong_audience"),
        (changed(aud=[CLIENT_ID, "another-app"], azp=CLIENT_ID), "wrong_audience"),
        (changed(azp="another-app"), "wrong_audience"),
        (changed(iss="https://other.example"), "wrong_issuer"),
        (changed(exp=1_600_000_000), "expired"),
        (changed(iat=1_600_000_000), "expired"),
        (changed(iat=4_000_000_000, exp=4_100_000_000), "expired"),
        (changed(sub=""), "no_subject"),
        (unsigned, "wrong_algorithm"),
        (signed_by_public_key, "wrong_algorithm"),
        (signed_by_another, "bad_signature"),
        (signed_by_a_stranger, "unknown_key"),
        (nonsense, "malformed"),
    ],
    ids=lambda it: it if isinstance(it, str) else getattr(it, "__name__", "changed"),
)
def test_token_with_a_fault_signs_nobody_in(
    provider: IdentityProvider,
    stranger: TestClient,
    bend: Callable[[IdentityProvider], None],
    fault: str,
) -> None:
    bend(provider)

    assert faults_of(travel(stranger)) == [fault]


def test_fault_counts_for_who_would_be_signed_in_without_it(
    provider: IdentityProvider, cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    link(signed_in_as(cast.alice))
    changed(nonce="of another sign-in", aud="another-app")(provider)

    assert faults_of(travel(stranger)) == ["wrong_audience", "wrong_nonce"], "all are named"
    assert stranger.get("/api/v1/me").status_code == 401
    provider.forge = None
    assert travel(stranger).json()["outcome"] == "signed_in"


def test_rotated_key_is_looked_for_once_and_no_more_than_bounded(
    provider: IdentityProvider, app: FastAPI, stranger: TestClient
) -> None:
    assert travel(stranger).status_code == 200
    provider.keys.append(new_key("second"))
    assert faults_of(travel(stranger)) == ["unknown_key"], "not asked again at once"
    assert provider.asked.count("/keys") == 1

    app.dependency_overrides[read_now] = lambda: read_clock() + wire.KEYS_AGAIN_AFTER
    assert travel(stranger).status_code == 200
    assert provider.asked.count("/keys") == 2

    # What is no longer published is good no more, once we look.
    provider.published = [provider.keys[-1]]
    provider.keys.append(provider.keys[0])
    app.dependency_overrides[read_now] = lambda: read_clock() + 2 * wire.KEYS_AGAIN_AFTER
    provider.keys.append(new_key("third"))
    assert faults_of(travel(stranger)) == ["unknown_key"]
    provider.keys.pop()
    assert faults_of(travel(stranger)) == ["unknown_key"]


# The provider is not itself


def html() -> Any:
    return "<html>Welcome to the hotel's network", 200, {"Content-Type": "text/html"}


def broken() -> Any:
    return {"error": "server_error"}, 500


def elsewhere() -> Any:
    return "", 302, {"Location": "http://127.0.0.1:1/"}


def endless() -> Any:
    return ("{" * 65_536 for _ in range(1 + wire.ANSWER_BYTES_MAX // 65_536)), 200


def deep() -> Any:
    return "[" * 200_000, 200


@pytest.mark.parametrize(
    "answer",
    [
        html,
        *(pytest.param(it, marks=pytest.mark.full) for it in (broken, elsewhere, endless, deep)),
    ],
)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_provider_that_says_what_none_should_is_away(
    provider: IdentityProvider, stranger: TestClient, path: str, answer: Callable[[], Any]
) -> None:
    def travelled() -> Any:
        begun = stranger.post(f"{ROUTES}/trips", json={"to": "/"})
        if begun.status_code != 201:
            return begun
        return come_back(stranger, walk(begun.json()["address"]))

    provider.instead[path] = answer
    away = travelled()
    assert code_of(away) == (503, "provider_away")
    assert away.headers["retry-after"]

    provider.instead.clear()
    assert travelled().status_code == 200, "and back as soon as it is itself"


def test_provider_that_is_down_is_not_asked_again_at_once(
    app: FastAPI, stranger: TestClient
) -> None:
    set_up(app, oidc_issuer="http://127.0.0.1:9")

    refused = [stranger.post(f"{ROUTES}/trips", json={"to": "/"}) for _ in range(2)]

    assert [code_of(one) for one in refused] == [(503, "provider_away")] * 2
    wall = app.state.provider
    assert wall._away_until is not None  # noqa: SLF001 - what keeps it from being asked


def test_slow_provider_holds_up_few_and_not_for_long(
    provider: IdentityProvider,
    app: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "STEP_S", 0.3)
    may_answer = threading.Event()

    def slow() -> Any:
        may_answer.wait(5)
        return html()

    provider.instead["/.well-known/openid-configuration"] = slow
    codes: list[tuple[int, str]] = []

    def ask() -> None:
        codes.append(code_of(TestClient(app).post(f"{ROUTES}/trips", json={"to": "/"})))

    threads = [threading.Thread(target=ask) for _ in range(wire.CALLS_MAX + 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    may_answer.set()

    assert set(codes) <= {(503, "provider_away"), (503, "sign_in_busy")}
    assert len(codes) == len(threads)


def test_provider_that_drips_is_given_up(
    provider: IdentityProvider, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WHOLE_S", 0.2)
    pause = threading.Event()
    drops: list[str] = []

    def drip() -> Any:
        def drop_by_drop() -> Iterator[str]:
            while len(drops) < 200 and not pause.wait(0.05):
                drops.append("{")
                yield "{"

        return drop_by_drop(), 200

    provider.instead["/.well-known/openid-configuration"] = drip

    answer = stranger.post(f"{ROUTES}/trips", json={"to": "/"})

    pause.set()
    assert code_of(answer) == (503, "provider_away")
    assert len(drops) < 100, "it was not waited for"


def test_discovery_document_of_another_issuer_is_refused(
    provider: IdentityProvider, stranger: TestClient
) -> None:
    for change in (
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://other.example/token"},
        {"code_challenge_methods_supported": ["plain"]},
    ):
        document = provider.discovery | change
        provider.instead["/.well-known/openid-configuration"] = document.copy
        answer = stranger.post(f"{ROUTES}/trips", json={"to": "/"})
        assert code_of(answer) == (503, "provider_away"), change
