"""The api's own login, as docs/security.md has it made: it works, owns nothing, edits no trail."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.app import create_app
from directory.people.tables import Person
from directory.roles.rules import Role
from foundation.database import make_engine, make_session_factory
from foundation.settings import Settings
from tests import make
from tests.api.matrix import OWN, World, build
from tests.api.test_access_matrix import STREAMS, operations

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"
# Roles are the whole server's, which other tests share.
DOCUMENTED, LOGIN, PASSWORD = "yixiang_api", f"login_{uuid4().hex[:12]}", "made-for-one-test"
DENIED = "42501"


def documented() -> list[str]:
    """Return the statements that the document has a superuser run."""
    block = re.search(r"(?m)^    CREATE ROLE yixiang_api .*\n(?:    .*\n)*", TEXT)
    assert block, "the document has no such statements"
    mine = block[0].replace(DOCUMENTED, LOGIN).replace("…", PASSWORD)
    return [line.strip() for line in mine.splitlines() if line.strip()]


TEXT = DOCUMENT.read_text(encoding="utf-8")


@pytest.fixture
def login_url(empty_database_url: str, superuser_url: str) -> Iterator[str]:
    """The address of the test's database, as the login that the document makes."""
    with psycopg.connect(superuser_url, autocommit=True) as owner:
        for statement in documented():
            owner.execute(statement)
        try:
            found = urlsplit(empty_database_url)
            host = f"{LOGIN}:{PASSWORD}@{found.hostname or ''}{f':{found.port}' * bool(found.port)}"
            yield found._replace(netloc=host).geturl()
        finally:
            owner.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s",
                [LOGIN],
            )
            owner.execute(f"DROP ROLE {LOGIN}")


@pytest.fixture
def world(empty_database_url: str, login_url: str) -> World:  # noqa: ARG001 - after the login
    engine = make_engine(empty_database_url, pool_size=1)
    with make_session_factory(engine).begin() as session:
        world = build(session)
    engine.dispose()
    return world


@pytest.fixture
def app(login_url: str, tmp_path: Path) -> Iterator[FastAPI]:
    engine = make_engine(login_url, pool_size=2)
    settings = Settings(
        database_url=SecretStr(login_url),
        cookie_secure=False,
        data=tmp_path,
        secret_key=SecretStr("a secret for tests, long and mixed enough"),
        second_factor_roles="",
        rate_limit_per_minute=0,
    )
    yield create_app(settings, engine)
    engine.dispose()


def sign_in(app: FastAPI, person: Person) -> TestClient:
    client = TestClient(app, raise_server_exceptions=False)
    body = {"login": person.login, "password": make.PASSWORD}
    assert client.post("/api/v1/sign-in", json=body).status_code == 200
    return client


@pytest.mark.committed
def test_documented_login_owns_nothing_and_edits_no_trail(login_url: str, world: World) -> None:
    with psycopg.connect(login_url, autocommit=True) as connection:
        powers = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
            " (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
            " FROM pg_roles r WHERE rolname = current_user"
        ).fetchone()
        reservations = "SELECT count(*) FROM reservations"

        assert powers == (False, False, False, False, False, 0)
        for statement in (
            "UPDATE audit_entries SET action = 'x'",
            "DELETE FROM audit_entries",
            "TRUNCATE audit_entries",
            "INSERT INTO audit_seals VALUES (1, 1, now(), '')",
            "DELETE FROM charges",
            "UPDATE device_events SET run_ms = 0",
            "ALTER TABLE reservations DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE reservations NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY tenant ON reservations",
            "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
            "CREATE TABLE mine (x int)",
            "DROP TABLE charges",
            "SET session_replication_role = 'replica'",
            "SET SESSION AUTHORIZATION postgres",
            f"ALTER ROLE {LOGIN} SUPERUSER",
        ):
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute(statement)
            assert refusal.value.sqlstate == DENIED, f"{statement}: {refusal.value}"
        with connection.transaction():
            connection.execute("SET LOCAL ROLE yixiang_app")
            assert connection.execute(reservations).fetchone() == (0,)
            connection.execute(
                "SELECT set_config('app.enterprises', %s, true)",
                [str(world.people[Role.MEMBER].enterprise_id)],
            )
            own = connection.execute(reservations).fetchone()
        assert own == (2,), "the wall stands for this login as for the owner's"


@pytest.mark.committed
def test_api_reserves_under_the_documented_login(app: FastAPI, world: World) -> None:
    member = sign_in(app, world.people[Role.MEMBER])
    own = world.path_for(Role.MEMBER, "/api/v1/reservations/{reservation_id}", OWN)

    assert member.get(own).status_code == 200
    assert member.post(f"{own}/cancel", json={}).status_code == 200
    assert member.get(own).json()["state"] == "cancelled"


@pytest.mark.committed
@pytest.mark.full
@pytest.mark.parametrize(
    "role", [None, Role.MEMBER, Role.INSTITUTION_MANAGER, Role.OPERATOR], ids=str
)
def test_no_operation_wants_more_than_the_documented_login_may(
    role: Role | None, app: FastAPI, world: World
) -> None:
    client = sign_in(app, world.people[role]) if role else TestClient(app)
    cookies = dict(client.cookies)
    faults, statuses = [], set()
    for operation in operations(app):
        if (operation.method, operation.path) in STREAMS:
            continue
        path = world.path_for(role, operation.path, OWN)
        answer = client.request(
            operation.method, path, json=operation.body({}), headers={"Idempotency-Key": "k"}
        )
        if operation.path.endswith(("/sign-out", "/sign-ins")) and role:
            cookies = dict(sign_in(app, world.people[role]).cookies)
        client.cookies.clear()
        client.cookies.update(cookies)
        statuses.add(answer.status_code)
        if answer.status_code >= 500 and answer.json()["code"] != "scanner_away":
            faults.append(f"{operation.label}: {answer.status_code} {answer.text[:200]}")

    assert faults == []
    assert 200 in statuses
