"""What is believed of an OpenID provider's answers: claims, documents, keys, ways back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import SecretStr

from directory.provider.rules import (
    Expected,
    Marks,
    UnfitAnswer,
    display_name,
    find_faults,
    has_second_factor,
    own_path,
    read_metadata,
    with_parameters,
)
from directory.provider.tokens import read_keys
from foundation.settings import Settings, WrongSetting

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
EXPECTED = Expected("https://id.example", "app", "nonce-1")
GOOD: dict[str, Any] = {
    "iss": "https://id.example",
    "aud": "app",
    "sub": "s1",
    "nonce": "nonce-1",
    "iat": AT - 5,
    "exp": AT + 300,
}


def faults(**changes: Any) -> list[str]:
    claims = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    return [fault.code for fault in find_faults(claims, EXPECTED, NOW)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ["app"]},
        {"azp": "app"},
        {"exp": AT - 59},
        {"iat": AT + 60, "exp": AT + 90.5},
        {"iat": AT - 660},
        {"nbf": AT + 60},
    ],
)
def test_good_token_is_believed(changes: dict[str, Any]) -> None:
    assert faults(**changes) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"iss": "https://id.example/"}, "wrong_issuer"),
        ({"iss": ...}, "wrong_issuer"),
        ({"aud": "App"}, "wrong_audience"),
        ({"aud": ["app", "other"]}, "wrong_audience"),
        ({"aud": []}, "wrong_audience"),
        ({"aud": ...}, "wrong_audience"),
        ({"azp": "other"}, "wrong_audience"),
        ({"azp": None}, "wrong_audience"),
        ({"exp": AT - 60}, "expired"),
        ({"exp": ...}, "expired"),
        ({"exp": str(AT + 300)}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": float("nan")}, "expired"),
        ({"exp": 10**400}, "expired"),
        ({"iat": ...}, "expired"),
        ({"iat": AT + 61}, "expired"),
        ({"iat": AT - 661}, "expired"),
        ({"nbf": AT + 61}, "expired"),
        ({"nbf": "soon"}, "expired"),
        ({"nonce": ...}, "wrong_nonce"),
        ({"nonce": "nonce-2"}, "wrong_nonce"),
        ({"nonce": "\ud800"}, "wrong_nonce"),
        ({"nonce": ["nonce-1"]}, "wrong_nonce"),
        ({"sub": ""}, "no_subject"),
        ({"sub": 7}, "no_subject"),
        ({"sub": "x" * 256}, "no_subject"),
        ({"sub": "a\u0000"}, "no_subject"),
        ({"sub": "\ud800"}, "no_subject"),
    ],
)
def test_each_fault_is_found_alone(changes: dict[str, Any], fault: str) -> None:
    assert faults(**changes) == [fault]


def test_every_fault_is_named() -> None:
    assert [fault.code for fault in find_faults({}, EXPECTED, NOW)] == [
        "wrong_issuer",
        "wrong_audience",
        "expired",
        "wrong_nonce",
        "no_subject",
    ]


def test_marks_follow_from_the_secret_and_from_nothing_else() -> None:
    one, again, other = Marks.of("secret"), Marks.of("secret"), Marks.of("another")

    assert one == again
    assert len({one.state, one.nonce, one.verifier, other.state}) == 4
    assert 43 <= len(one.verifier) <= 128


def test_challenge_is_that_of_rfc_7636() -> None:
    marks = Marks("", "", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert marks.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    ("claims", "is_trusted"),
    [
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": "otp"}, False),
        ({"amr": [["otp"], None]}, False),
        ({"acr": "gold"}, True),
        ({"acr": ["gold"]}, False),
        ({"acr": "otp", "amr": ["gold"]}, False),
        ({}, False),
    ],
)
def test_second_factor_needs_a_trusted_word(claims: dict[str, Any], *, is_trusted: bool) -> None:
    assert has_second_factor(claims, amr={"otp"}, acr={"gold"}) is is_trusted
    assert not has_second_factor(claims, amr=(), acr=())


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/my?view=past#x", "/my?view=past#x"),
        ("/设备", "/设备"),
        ("", "/"),
        ("my", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/my\\..", "/"),
        ("/\t/evil.example", "/"),
        ("/\n", "/"),
        ("javascript:alert(1)", "/"),
        ("https://evil.example", "/"),
        ("/" + "x" * 500, "/"),
    ],
)
def test_only_a_path_of_ours_is_gone_to(path: str, kept: str) -> None:
    assert own_path(path) == kept


def test_name_is_taken_where_there_is_one_to_read() -> None:
    assert display_name({"name": " 李小雨 ", "nickname": "x"}) == "李小雨"
    assert display_name({"name": "", "preferred_username": "li"}) == "li"
    assert display_name({"name": "a\u202eb", "nickname": 7}) == ""
    assert len(display_name({"name": "x" * 1000})) == 100


ISSUER = "https://id.example/realm"
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://id.example/authorize?theme=lab",
    "token_endpoint": "https://id.example/token",
    "jwks_uri": "https://keys.example/keys",
}


def test_plain_document_is_read() -> None:
    metadata = read_metadata(DOCUMENT, ISSUER)

    assert metadata.jwks_uri == "https://keys.example/keys"
    assert metadata.end_session_endpoint is None
    assert not metadata.names_itself
    assert not metadata.takes_secret_in_body
    posts = DOCUMENT | {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert read_metadata(posts, ISSUER).takes_secret_in_body
    assert with_parameters(metadata.authorization_endpoint, {"a": "ü&"}) == (
        "https://id.example/authorize?theme=lab&a=%C3%BC%26"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://id.example/realm/"},
        {"token_endpoint": "http://id.example/token"},
        {"token_endpoint": "http://127.0.0.1/token"},
        {"token_endpoint": None},
        {"jwks_uri": "https://user@id.example/keys"},
        {"jwks_uri": "https://[half"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "ftp://id.example"},
        {"code_challenge_methods_supported": ["plain"]},
        {"code_challenge_methods_supported": "S256"},
    ],
)
def test_unfit_document_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnfitAnswer):
        read_metadata(DOCUMENT | changes, ISSUER)


def test_keys_that_prove_nothing_are_left_out() -> None:
    good = ECKey.generate_key("P-256", {"kid": "good"}).as_dict(private=False)
    shared = OctKey.generate_key(256).as_dict()
    # A modulus of 1024 bits, which joserfc would warn of on its own.
    short = RSAKey.generate_key(2048).as_dict(private=False) | {"n": "w" * 171}
    strange: list[Any] = [
        None,
        {"kty": "EC", "crv": "P-999", "x": "", "y": ""},
        {"kty": "OKP"},
        {"kty": []},
    ]

    assert [key.kid for key in read_keys({"keys": [shared, short, *strange, good]})] == ["good"]
    unfit: list[dict[str, Any]] = [{}, {"keys": {}}, {"keys": [shared, short]}]
    for document in unfit:
        with pytest.raises(UnfitAnswer):
            read_keys(document)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "OIDC_CLIENT_ID"),
        ({"oidc_client_id": "app"}, "PUBLIC_URL"),
        ({"oidc_client_id": "app", "public_url": "http://yixiang.example"}, "https"),
    ],
)
def test_half_a_set_up_is_refused_at_the_start(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(WrongSetting, match=complaint):
        Settings.read(database_url=SecretStr("x"), oidc_issuer=ISSUER, **settings)


def test_idle_limit_follows_the_password_policy_unless_it_is_set() -> None:
    def minutes(**settings: Any) -> float:
        settings = {"database_url": SecretStr("x"), **settings}
        return Settings(**settings).idle_limit.total_seconds() / 60

    assert minutes() == 60
    assert minutes(password_policy="mlps") == 30
    assert minutes(password_policy="mlps", idle_limit_minutes=15) == 15
