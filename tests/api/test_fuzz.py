"""Schemathesis over every operation of the document, as every role: nothing breaks.

What it makes up is made up once and sent by each: as it is, and once more about the caller's
own things, so that bodies get past "there is no such thing". Bounded in the default run of the
full tier; `--long` tries many more.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
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
from tests.api.matrix import OWN, World, build
from tests.api.test_access_matrix import STREAMS, Operation, operations

EXAMPLES, EXAMPLES_LONG = 2, 40
ROLES = [None, *Role]
DOCUMENTED_EVERYWHERE = {405, 413}
"""Answers of the frame around all operations, not of one."""
SLOW_S = 10.0
"""No question takes so long by far, on any machine; whoever finds one that does can hold us up."""
AWAY = {"scanner_away"}
"""The one 5xx that is an answer: something beside us is away."""


@dataclass(frozen=True)
class Attack:
    """What was made up for one operation, and the statuses its document promises."""

    method: str
    path: str
    documented: frozenset[int]
    cases: list[dict[str, Any]]


@pytest.fixture(scope="session")
def attacks(bare_app: FastAPI, pytestconfig: pytest.Config) -> list[Attack]:
    examples = EXAMPLES_LONG if pytestconfig.getoption("--long") else EXAMPLES
    schema = schemathesis.openapi.from_dict(bare_app.openapi())
    return [
        make_up(found.ok(), examples)
        for found in schema.get_all_operations()
        if isinstance(found, Ok) and (found.ok().method.upper(), found.ok().path) not in STREAMS
    ]


def make_up(described: Any, examples: int) -> Attack:
    cases: list[dict[str, Any]] = []

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy())
    def keep(case: Case[Any]) -> None:
        sent = case.as_transport_kwargs(base_url="http://testserver")
        # The caller stays who they are, whatever was made up for the cookies.
        sent.pop("cookies", None)
        cases.append(sent)

    keep()
    codes = described.definition.raw["responses"]
    documented = frozenset(int(code) for code in codes if code.isdigit())
    return Attack(described.method.upper(), described.path, documented, cases)


@pytest.fixture
def world(session_factory: sessionmaker[Session]) -> World:
    with session_factory.begin() as session:
        return build(session)


def variants(attack: Attack, world: World, role: Role | None) -> Iterator[dict[str, Any]]:
    own = world.path_for(role, attack.path, OWN)
    for case in map(as_sent, attack.cases):
        yield case
        if own != attack.path:
            yield case | {"url": f"http://testserver{own}"}


def as_sent(case: dict[str, Any]) -> dict[str, Any]:
    """Name a raw body as the client wants it named."""
    if isinstance(case.get("data"), bytes | str):
        return {key: it for key, it in case.items() if key != "data"} | {"content": case["data"]}
    return case


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES, ids=str)
def test_no_input_breaks_any_operation(
    role: Role | None,
    app: FastAPI,
    world: World,
    connection: Connection,
    attacks: list[Attack],
) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    if role is not None:
        body = {"login": world.people[role].login, "password": make.PASSWORD}
        assert client.post("/api/v1/sign-in", json=body).status_code == 200
    cookies = dict(client.cookies)
    faults: set[str] = set()
    for attack in attacks:
        for sent in variants(attack, world, role):
            app.state.throttle = Throttle(mark_keys=app.state.keys.for_marks)
            started = time.monotonic()
            with connection.begin_nested() as undone:
                answer = client.request(**sent)
                undone.rollback()
            took = time.monotonic() - started
            client.cookies.clear()
            client.cookies.update(cookies)
            label = f"{attack.method} {attack.path}"
            if took > SLOW_S:
                faults.add(f"{label}: {took:.0f} s for {sent}")
            if answer.status_code >= 500 and answer.json()["code"] not in AWAY:
                faults.add(f"{label}: {answer.status_code} {answer.text[:200]} to {sent}")
            elif answer.status_code not in attack.documented | DOCUMENTED_EVERYWHERE:
                faults.add(f"{label}: undocumented {answer.status_code}")

    assert not faults, "\n".join(sorted(faults))


def test_fuzz_covers_all_operations_but_streams(app: FastAPI) -> None:
    assert all(isinstance(operation, Operation) for operation in operations(app))
    assert len(operations(app)) > 50
