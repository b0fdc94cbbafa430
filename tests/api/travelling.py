"""Signing in by the provider as a browser does: what its tests share."""

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from directory.provider.client import Provider
from foundation.settings import Settings
from tests import make
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, walk

ROUTES = "/api/v1/sign-in/provider"
PUBLIC = "http://localhost:8765"


def set_up(app: FastAPI, **settings: str) -> None:
    known = app.state.settings.model_dump() | {
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
        "public_url": PUBLIC,
        **settings,
    }
    app.state.settings = Settings(**known)
    app.state.provider = Provider(app.state.settings)


def begin(client: TestClient, to: str = "/") -> str:
    answer = client.post(f"{ROUTES}/trips", json={"to": to})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["address"])


def come_back(client: TestClient, brought: dict[str, str]) -> Any:
    return client.post(f"{ROUTES}/return", json=brought)


def travel(client: TestClient, to: str = "/") -> Any:
    """Go there and back, and return our answer."""
    return come_back(client, walk(begin(client, to)))


def link(client: TestClient) -> Any:
    answer = client.post("/api/v1/me/linked-accounts", json={"password": make.PASSWORD})
    assert answer.status_code == 201, answer.text
    return come_back(client, walk(answer.json()["address"]))


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


def faults_of(answer: Any) -> list[str]:
    assert code_of(answer) == (403, "identity_token_refused"), answer.text
    return [problem["code"] for problem in answer.json()["problems"]]
