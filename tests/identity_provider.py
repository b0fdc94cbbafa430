"""An OpenID provider on a real socket: Authlib's server parts on Flask, honest unless bent.

Authlib judges what we send (the client's secret, the address to come back to, PKCE, that a
code is used once); `forge` and `instead` make it lie, be slow, or speak another language.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin as OpenIDCodeMixin
from authlib.oidc.core import OpenIDCode, UserInfo
from flask import Flask, request
from joserfc import jwt
from joserfc.jwk import ECKey, Key
from werkzeug.serving import make_server

CLIENT_ID = "yixiang-test"
CLIENT_SECRET = "a secret of the client: +&/é"
Claims = dict[str, Any]
Header = dict[str, Any]
Forge = Callable[[Header, Claims], str]


@dataclass
class Subject:
    """Whoever is signed in at the provider."""

    sub: str = "subject-1"
    name: str = "李小雨"
    amr: list[str] = field(default_factory=lambda: ["pwd"])
    acr: str = ""


@dataclass
class Client(ClientMixin):  # type: ignore[misc] # authlib's own classes have no types
    redirect_uri: str
    id_token_signed_response_alg: str = "ES256"

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint != "token" or method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(OpenIDCodeMixin):  # type: ignore[misc] # likewise
    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    subject: Subject

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> str:
        return self.subject.acr

    def get_amr(self) -> list[str]:
        return self.subject.amr


def new_key(name: str) -> Key:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})


class IdentityProvider:
    """The provider's mind: who is signed in, its keys, and how it is bent."""

    def __init__(self) -> None:
        self.issuer = ""
        self.client = Client("")
        self.reset()

    def reset(self) -> None:
        self.subject = Subject()
        self.keys = [new_key("first")]
        self.published: list[Key] | None = None
        self.codes: dict[str, Code] = {}
        self.forge: Forge | None = None
        self.instead: dict[str, Callable[[], Any]] = {}
        self.asked: list[str] = []

    def sign(self, header: Header, claims: Claims) -> str:
        return jwt.encode(header, claims, self.keys[-1], [header["alg"]])

    @property
    def public_keys(self) -> list[dict[str, Any]]:
        keys = self.keys if self.published is None else self.published
        return [dict(key.as_dict(private=False)) for key in keys]

    @property
    def public_pem(self) -> bytes:
        key = self.keys[-1]
        assert isinstance(key, ECKey)
        return key.as_pem(private=False)

    @property
    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave?from=app",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }


class _Grant(AuthorizationCodeGrant):  # type: ignore[misc] # likewise
    provider: IdentityProvider

    def save_authorization_code(self, code: str, asked: Any) -> None:
        data = asked.payload.data
        self.provider.codes[code] = Code(
            code,
            asked.payload.redirect_uri,
            asked.payload.scope,
            data["nonce"],
            data["code_challenge"],
            data["code_challenge_method"],
            asked.user,
        )

    def query_authorization_code(self, code: str, _client: Client) -> Code | None:
        return self.provider.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.provider.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> Subject:
        return authorization_code.subject


class _Tokens(OpenIDCode):  # type: ignore[misc] # likewise
    def __init__(self, provider: IdentityProvider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, _asked: Any) -> bool:
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def get_client_claims(self, _client: Client) -> Claims:
        return {"iss": self.provider.issuer, "aud": [CLIENT_ID]}

    def get_encode_header(self, _client: Client) -> Header:
        return {"alg": "ES256", "kid": self.provider.keys[-1].kid}

    def resolve_client_private_key(self, _client: Client) -> Key:
        return self.provider.keys[-1]

    def generate_user_info(self, user: Subject, _scope: str) -> Any:
        return UserInfo(sub=user.sub, name=user.name)

    def encode_id_token(self, token: Any, asked: Any) -> str:
        honest: str = super().encode_id_token(token, asked)
        if self.provider.forge is None:
            return honest
        opened = jwt.decode(honest, self.provider.keys[-1], ["ES256"])
        return self.provider.forge(dict(opened.header), dict(opened.claims))


def build(provider: IdentityProvider) -> Flask:
    app = Flask("identity provider")
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: provider.client if client_id == CLIENT_ID else None,
        save_token=lambda _token, _request: None,
    )
    grant = type("Grant", (_Grant,), {"provider": provider})
    server.register_grant(grant, [_Tokens(provider), CodeChallenge(required=True)])

    @app.before_request
    def bend() -> Any:
        provider.asked.append(request.path)
        answer = provider.instead.get(request.path)
        return answer() if answer else None

    @app.get("/.well-known/openid-configuration")
    def discover() -> Any:
        return provider.discovery

    @app.get("/keys")
    def publish() -> Any:
        return {"keys": provider.public_keys}

    @app.get("/authorize")
    def authorize() -> Any:
        wanted = server.get_consent_grant(end_user=provider.subject)
        answer = server.create_authorization_response(grant_user=provider.subject, grant=wanted)
        answer.location += f"&iss={provider.issuer}"
        return answer

    @app.post("/token")
    def exchange() -> Any:
        return server.create_token_response()

    return app


@contextmanager
def running() -> Iterator[IdentityProvider]:
    """Serve a provider on a port of its own for a while."""
    provider = IdentityProvider()
    listener = make_server("127.0.0.1", 0, build(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{listener.port}"
    former = os.environ.get("AUTHLIB_INSECURE_TRANSPORT")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"  # it listens on the loopback only
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
        if former is None:
            del os.environ["AUTHLIB_INSECURE_TRANSPORT"]


def walk(address: str) -> dict[str, str]:
    """Go to the provider as a browser does, signed in there, and return what it sends along."""
    answer = httpx.get(address, follow_redirects=False, trust_env=False)
    assert answer.status_code == 302, answer.text
    return dict(httpx.URL(answer.headers["location"]).params)
