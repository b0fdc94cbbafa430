"""Schemathesis over every operation of the document, as each kind of caller: nothing breaks.

Bounded in the default run; `--long` tries many more.
"""

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from sqlalchemy import Connection
from sqlalchemy.orm import Session, sessionmaker

from api.throttle import Throttle
from directory.roles.rules import Role
from tests import make
from tests.api.matrix import World, build
from tests.api.test_access_matrix import STREAMS, Operation, operations

EXAMPLES, EXAMPLES_LONG = 2, 40
ROLES = [None, Role.MEMBER, Role.INSTITUTION_MANAGER, Role.OPERATOR]
DOCUMENTED_EVERYWHERE = {405, 413}
"""Answers of the frame around all operations, not of one."""


@pytest.fixture
def world(session_factory: sessionmaker[Session]) -> World:
    with session_factory.begin() as session:
        return build(session)


@pytest.fixture(params=ROLES, ids=str)
def caller(request: pytest.FixtureRequest, app: FastAPI, world: World) -> TestClient:
    client = TestClient(app, raise_server_exceptions=False)
    if request.param is not None:
        login = world.people[request.param].login
        body = {"login": login, "password": make.PASSWORD}
        assert client.post("/api/v1/sign-in", json=body).status_code == 200
    return client


def send(client: TestClient, case: Case[Any]) -> Any:
    sent = case.as_transport_kwargs(base_url="http://testserver")
    # The caller stays who they are, whatever was made up for the cookies.
    sent.pop("cookies", None)
    return client.request(**sent)


@pytest.mark.full
def test_no_input_breaks_any_operation(
    app: FastAPI, caller: TestClient, connection: Connection, pytestconfig: pytest.Config
) -> None:
    schema = schemathesis.openapi.from_dict(app.openapi())
    examples = EXAMPLES_LONG if pytestconfig.getoption("--long") else EXAMPLES
    faults: list[str] = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        described = found.ok()
        if (described.method.upper(), described.path) in STREAMS:
            continue
        documented = {int(code) for code in described.definition.raw["responses"] if code.isdigit()}

        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=described.as_strategy())
        def attack(case: Case[Any]) -> None:
            app.state.throttle = Throttle()
            kept = dict(caller.cookies)
            with connection.begin_nested() as undone:
                answer = send(caller, case)
                undone.rollback()
            caller.cookies.clear()
            caller.cookies.update(kept)
            label = f"{case.method} {case.path}"
            if answer.status_code >= 500 and answer.json()["code"] != "scanner_away":
                faults.append(f"{label}: {answer.status_code} {answer.text[:200]}")
            elif answer.status_code not in documented | DOCUMENTED_EVERYWHERE:  # noqa: B023
                faults.append(f"{label}: undocumented {answer.status_code}")

        attack()

    assert sorted(set(faults)) == []
    assert len(operations(app)) > 50


def test_operations_are_read_as_the_matrix_reads_them(app: FastAPI) -> None:
    assert all(isinstance(operation, Operation) for operation in operations(app))
