"""The application in process, on a database whose every change is undone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from starlette.datastructures import State

from api.app import create_app, equip
from directory.people.tables import Person
from foundation.logs import set_up_logs
from foundation.settings import Settings
from tests import make
from tests.api.travelling import PUBLIC, set_up
from tests.cast import Cast, assemble
from tests.identity_provider import IdentityProvider, running

SignedInAs = Callable[[Person], TestClient]

set_up_logs("tests")


@pytest.fixture(scope="session", autouse=True)
def one_event_loop() -> Iterator[None]:
    """Let all clients share an event loop: one for each request costs more than many an answer."""
    with start_blocking_portal(backend_options={"use_uvloop": True}) as portal:
        TestClient.portal = portal
        yield
        TestClient.portal = None


@pytest.fixture(scope="session")
def bare_app(engine: Engine, database_url: str) -> FastAPI:
    """The application with its routes, which take half a second to build."""
    return create_app(Settings(database_url=SecretStr(database_url), cookie_secure=False), engine)


@pytest.fixture
def app(
    bare_app: FastAPI,
    engine: Engine,
    session_factory: sessionmaker[Session],
    database_url: str,
    tmp_path: Path,
) -> FastAPI:
    settings = Settings(
        database_url=SecretStr(database_url),
        cookie_secure=False,
        data=tmp_path,
        secret_key=SecretStr("a secret for tests, long and mixed enough"),
        second_factor_roles="",
        api_workers=1,
    )
    bare_app.state = State()
    bare_app.dependency_overrides = {}
    equip(bare_app, settings, engine)
    bare_app.state.session_factory = session_factory
    return bare_app


@pytest.fixture
def cast(session_factory: sessionmaker[Session]) -> Cast:
    with session_factory.begin() as session:
        return assemble(session)


@pytest.fixture
def stranger(app: FastAPI) -> TestClient:
    """A client that nobody has signed in with."""
    return TestClient(app, raise_server_exceptions=False, base_url="http://testserver")


@pytest.fixture
def signed_in_as(app: FastAPI) -> SignedInAs:
    """A client for each person asked for, signed in by the front door."""

    def sign_in(person: Person) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False)
        answer = client.post(
            "/api/v1/sign-in", json={"login": person.login, "password": make.PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        return client

    return sign_in


@pytest.fixture(scope="session")
def one_provider() -> Iterator[IdentityProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(one_provider: IdentityProvider, app: FastAPI) -> Iterator[IdentityProvider]:
    """An honest OpenID provider that the application knows and is known to."""
    one_provider.reset()
    one_provider.client.redirect_uri = f"{PUBLIC}/sign-in/return"
    set_up(app, oidc_issuer=one_provider.issuer)
    yield one_provider
    app.state.provider.close()
