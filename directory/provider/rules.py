"""What to send to an OpenID provider, and what to believe of its answers. Pure.

After OpenID Connect Core 1.0 section 3.1, Discovery 1.0, RFC 7636 (PKCE) and RFC 9207 (who
answers). Signatures are for `directory/provider/tokens.py`.
"""

import hmac
import math
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from foundation.addresses import is_safe_address
from foundation.errors import Problem

TRIP_LASTS = timedelta(minutes=10)
"""From the click on the button to the provider's answer, and to our own second factor."""
LEEWAY = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""
SUBJECT_LENGTH_MAX = 255
NAME_LENGTH_MAX = 100
PATH_LENGTH_MAX = 500


class UnfitAnswer(Exception):
    """The provider said what a provider should not; the message says what."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What binds one trip to the browser that began it. All follow from the cookie's secret.

    Nobody can get from one to another, or back to the secret: the provider sees state and
    nonce and, with the code, the verifier; the database sees none of them.
    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def of(cls, secret: str) -> "Marks":
        return cls(*(_derive(secret, purpose) for purpose in ("state", "nonce", "verifier")))

    @property
    def challenge(self) -> str:
        """Return PKCE's S256 of the verifier."""
        return _text(sha256(self.verifier.encode()).digest())


def _derive(secret: str, purpose: str) -> str:
    return _text(hmac.digest(secret.encode(), purpose.encode(), sha256))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a discovery document says, as far as it is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    names_itself: bool
    """It says who it is in every answer to a browser (RFC 9207)."""
    takes_secret_in_body: bool
    """It wants the client's secret among the parameters, not in a header."""


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Read a discovery document.

    Raises:
        UnfitAnswer: when it is another's, lacks something, or leads off to plain http.
    """
    if document.get("issuer") != issuer:
        raise UnfitAnswer("the discovery document is another issuer's")
    methods = _words(document, "token_endpoint_auth_methods_supported", "client_secret_basic")
    if "S256" not in _words(document, "code_challenge_methods_supported", "S256"):
        raise UnfitAnswer("it knows no PKCE by S256")
    leaving = document.get("end_session_endpoint")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        end_session_endpoint=leaving and _endpoint(document, "end_session_endpoint", issuer),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        takes_secret_in_body="client_secret_basic" not in methods,
    )


def _endpoint(document: Mapping[str, Any], name: str, issuer: str) -> str:
    address = document.get(name)
    may_be_plain = urlsplit(issuer).scheme == "http"
    if not isinstance(address, str) or not is_safe_address(address, may_be_plain=may_be_plain):
        raise UnfitAnswer(f"its {name} is no https address")
    return address


def _words(document: Mapping[str, Any], name: str, default: str) -> Sequence[str]:
    found = document.get(name, [default])
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to an address, which may have some already."""
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *parameters.items()])
    return urlunsplit(parts._replace(query=query))


def own_path(path: str) -> str:
    r"""Return where to go after signing in: a path of ours, or the first page.

    Browsers take `//host` and `/\\host` for other sites, and drop tabs and newlines.
    """
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    is_plain = path.isprintable() and "\\" not in path and len(path) <= PATH_LENGTH_MAX
    return path if is_ours and is_plain else "/"


def is_same(given: str, expected: str) -> bool:
    """Compare in constant time; what JSON lets in need not be text that can be sent."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


@dataclass(frozen=True, slots=True)
class Expected:
    """What an identity token must say to be the answer to one trip."""

    issuer: str
    client_id: str
    nonce: str


PROBLEMS = {
    "wrong_issuer": ("签发方不符", "another issuer's"),
    "wrong_audience": ("签发给其他应用", "made for another application"),
    "expired": ("已过期或签发时间不符", "expired, or not made just now"),
    "wrong_nonce": ("不属于本次登录", "not for this sign-in"),
    "no_subject": ("缺少用户标识", "says nothing of whom"),
    "wrong_algorithm": ("签名算法不被接受", "signed by an algorithm we do not take"),
    "unknown_key": ("签名密钥未知", "signed by a key the platform does not publish"),
    "bad_signature": ("签名无效", "the signature is wrong"),
    "malformed": ("格式不正确", "malformed"),
}


def problem(code: str) -> Problem:
    zh, en = PROBLEMS[code]
    return Problem(code, zh, en, "id_token")


def find_faults(claims: Mapping[str, Any], expected: Expected, now: datetime) -> list[Problem]:
    """Return every reason not to believe a token whose signature is good."""
    audience = claims.get("aud")
    subject = claims.get("sub")
    faults = {
        "wrong_issuer": claims.get("iss") != expected.issuer,
        # We trust no other client to share a token with, so ours is the only audience.
        "wrong_audience": audience not in (expected.client_id, [expected.client_id])
        or claims.get("azp", expected.client_id) != expected.client_id,
        "expired": not _is_of_now(claims, now),
        "wrong_nonce": not is_same(str(claims.get("nonce", "")), expected.nonce),
        "no_subject": not isinstance(subject, str)
        or not 0 < len(subject) <= SUBJECT_LENGTH_MAX
        or not subject.isprintable(),
    }
    return [problem(code) for code, is_wrong in faults.items() if is_wrong]


def _is_of_now(claims: Mapping[str, Any], now: datetime) -> bool:
    """Whether it has not ended, was made during the trip, and is not for later."""
    ends, made = _instant(claims, "exp"), _instant(claims, "iat")
    begins = _instant(claims, "nbf") if "nbf" in claims else made
    if ends is None or made is None or begins is None:
        return False
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    return (
        at < ends + leeway
        and max(made, begins) <= at + leeway
        and at - made <= TRIP_LASTS.total_seconds() + leeway
    )


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def has_second_factor(
    claims: Mapping[str, Any], *, amr: Collection[str], acr: Collection[str]
) -> bool:
    """Whether the provider says, in a word the deployment trusts, that it asked for two factors."""
    methods, level = claims.get("amr"), claims.get("acr")
    said = [word for word in methods if isinstance(word, str)] if isinstance(methods, list) else []
    return any(word in amr for word in said) or (isinstance(level, str) and level in acr)


def display_name(claims: Mapping[str, Any]) -> str:
    """Return what the provider calls somebody, to begin a registration with; empty: nothing."""
    for name in ("name", "preferred_username", "nickname"):
        value = claims.get(name)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value.strip()[:NAME_LENGTH_MAX]
    return ""
