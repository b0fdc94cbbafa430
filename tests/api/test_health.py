"""Whether the api says how it is."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from cli.openapi import DOCUMENT, render
from foundation.database import make_engine, make_session_factory


def test_health_names_the_database(stranger: TestClient) -> None:
    answer = stranger.get("/api/v1/health")

    assert answer.status_code == 200
    assert answer.json()["database"]["version"]


def test_health_fails_while_the_database_is_away(app: FastAPI, stranger: TestClient) -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:1/none")
    app.state.session_factory = make_session_factory(engine)

    answer = stranger.get("/api/v1/health")

    engine.dispose()
    assert answer.status_code == 503
    assert answer.json()["code"] == "database_away"


def test_committed_document_is_the_one_the_api_gives() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render()
