"""Nobody reaches what is another tenant's: every role × every operation × whose thing it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Connection, true
from sqlalchemy.orm import Session, sessionmaker

from api.app import PREFIX
from api.database import open_reading, open_transaction
from api.identity import Access, PublicAccess
from api.routes import ROUTERS
from api.throttle import Throttle
from directory.roles.rules import Role
from tests import make
from tests.api.matrix import (
    BELONGINGS,
    CANARY,
    NONE,
    OTHER,
    OWN,
    SAME,
    World,
    body_for,
    build,
    is_platform,
)

Declaration = Access | PublicAccess

STREAMS = {("GET", f"{PREFIX}/live")}
"""Never end, so they are tested where they live."""
PUBLIC_THINGS = {"instrument_id"}
"""The catalogue is open to strangers: nothing of it is another tenant's secret."""
# Who reaches most in the default run; all of them with --full.
EACH_KIND = {Role.MEMBER}
ROLES = [None, *Role]
TENANT_ROLES = {Role.MEMBER, Role.ENTERPRISE_ADMIN, Role.INSTITUTION_MANAGER, Role.TECHNICIAN}


def declarations(dependant: Dependant) -> Iterator[Declaration]:
    for part in dependant.dependencies:
        if isinstance(part.call, Access | PublicAccess):
            yield part.call
        yield from declarations(part)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    declared: tuple[Declaration, ...]
    body: Any
    is_form: bool

    @property
    def names(self) -> set[str]:
        return {part.split("}")[0] for part in self.path.split("{")[1:]}

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"


def api_routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def operations(app: FastAPI) -> list[Operation]:
    """Read every operation from the document, with its route's declaration beside it."""
    document = app.openapi()
    by_label = {
        (method, PREFIX + route.path): tuple(declarations(route.dependant))
        for route in api_routes()
        for method in route.methods or ()
    }
    found = []
    for path, verbs in document["paths"].items():
        for verb, described in verbs.items():
            content = described.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            found.append(
                Operation(
                    verb.upper(),
                    path,
                    by_label[verb.upper(), path],
                    body_for(schema, document) if schema else None,
                    bool(content) and schema is None,
                )
            )
    return found


@pytest.mark.parametrize("route", api_routes(), ids=lambda r: f"{sorted(r.methods)} {r.path}")
def test_every_route_declares_who_may_use_it_once(route: APIRoute) -> None:
    assert len(set(map(id, declarations(route.dependant)))) == 1


def test_every_operation_of_the_document_is_a_route_of_ours(app: FastAPI) -> None:
    assert len(operations(app)) == sum(len(route.methods or ()) for route in api_routes())


def test_every_thing_that_a_path_may_name_is_in_the_matrix(app: FastAPI, world: World) -> None:
    names = {name for operation in operations(app) for name in operation.names}

    assert {name for name in names if not world.has_thing(name)} == set()


@dataclass
class Asked:
    """What somebody got: enough to compare two answers, and to find a leak in one."""

    status: int
    code: str | None
    text: str


class Asker:
    """Sends requests as one role; each leaves nothing behind."""

    def __init__(
        self, app: FastAPI, connection: Connection, world: World, whose: Sequence[str] = BELONGINGS
    ) -> None:
        self.whose = whose
        self._app, self._connection, self._world = app, connection, world
        self._client = TestClient(app, raise_server_exceptions=False)

    def become(self, role: Role | None) -> None:
        self._client.cookies.clear()
        if role is not None:
            answer = self._client.post(
                f"{PREFIX}/sign-in",
                json={"login": self._world.people[role].login, "password": make.PASSWORD},
            )
            assert answer.status_code == 200, answer.text

    def ask(self, operation: Operation, path: str) -> Asked:
        # Limits on guesses are tested elsewhere; here they would hide what stands behind.
        self._app.state.throttle = Throttle(mark_keys=self._app.state.keys.for_marks)
        cookies = dict(self._client.cookies)
        with self._connection.begin_nested() as undone:
            answer = self._client.request(
                operation.method,
                path,
                json=operation.body,
                headers={"Idempotency-Key": "matrix-key"},
            )
            undone.rollback()
        self._client.cookies.clear()
        self._client.cookies.update(cookies)
        is_problem = "problem+json" in answer.headers.get("content-type", "")
        return Asked(answer.status_code, answer.json()["code"] if is_problem else None, answer.text)


@pytest.fixture
def world(session_factory: sessionmaker[Session]) -> World:
    with session_factory.begin() as session:
        return build(session)


@pytest.fixture(params=["both walls", pytest.param("the code alone", marks=pytest.mark.full)])
def asker(
    request: pytest.FixtureRequest, app: FastAPI, connection: Connection, world: World
) -> Asker:
    if request.param == "the code alone":
        # Without the database's own wall, so that a filter missing in the code shows.
        def open_bare() -> Iterator[Session]:
            with app.state.session_factory.begin() as session:
                yield session

        app.dependency_overrides[open_transaction] = open_bare
        app.dependency_overrides[open_reading] = open_bare
        return Asker(app, connection, world, (OTHER, NONE))
    return Asker(app, connection, world)


def may(role: Role | None, operation: Operation) -> bool:
    [declared] = operation.declared
    if isinstance(declared, PublicAccess):
        return True
    return role is not None and (declared.roles is None or role in declared.roles)


@pytest.mark.parametrize(
    "role",
    [
        pytest.param(role, id=str(role), marks=[] if role in EACH_KIND else [pytest.mark.full])
        for role in ROLES
    ],
)
def test_no_role_reaches_what_is_not_its_own(
    role: Role | None, app: FastAPI, asker: Asker, world: World, pytestconfig: pytest.Config
) -> None:
    is_bare = asker.whose == (OTHER, NONE)
    if is_bare and role not in TENANT_ROLES and not pytestconfig.getoption("--long"):
        pytest.skip("sees no tenant's things either way; runs with --long")
    asker.become(role)
    leaks, asked = [], 0
    for operation in operations(app):
        if (operation.method, operation.path) in STREAMS:
            continue
        answers: dict[str, Asked] = {}
        for belonging in asker.whose if operation.names else (NONE,):
            path = world.path_for(role, operation.path, belonging)
            answers[belonging] = asker.ask(operation, path)
            asked += 1
        leaks += [
            f"{operation.label} {belonging}: {fault}"
            for belonging, answer in answers.items()
            for fault in faults_of(role, operation, answer)
        ]
        if not is_platform(role) and not operation.names & PUBLIC_THINGS:
            leaks += [
                f"{operation.label}: a foreign thing answers {answers[OTHER].status}"
                f" {answers[OTHER].code}, no thing {answers[NONE].status} {answers[NONE].code}"
                for _ in [0]
                if OTHER in answers
                and (answers[OTHER].status, answers[OTHER].code)
                != (answers[NONE].status, answers[NONE].code)
            ]

    assert leaks == []
    assert asked > len(operations(app))


def faults_of(role: Role | None, operation: Operation, answer: Asked) -> Iterator[str]:
    if answer.status >= 500 and answer.code != "scanner_away":
        yield f"{answer.status} {answer.text[:200]}"
    if CANARY in answer.text and not is_platform(role):
        yield "shows another tenant's secret"
    if not may(role, operation) and answer.status not in {401, 403}:
        yield f"is not declared for {role}, and answers {answer.status}"
    if role is None and not may(role, operation) and answer.status != 401:
        yield f"tells a stranger {answer.status}"


def test_matrix_sees_what_is_ones_own(app: FastAPI, asker: Asker, world: World) -> None:
    """The matrix would be green as well if nobody saw anything."""
    asker.become(Role.MEMBER)
    reading = [
        it for it in operations(app) if it.path == f"{PREFIX}/reservations/{{reservation_id}}"
    ]
    paths = {b: world.path_for(Role.MEMBER, reading[0].path, b) for b in BELONGINGS}

    statuses = {b: asker.ask(reading[0], path).status for b, path in paths.items()}

    assert statuses == {OWN: 200, SAME: 404, OTHER: 404, NONE: 404}
    asker.become(Role.ENTERPRISE_ADMIN)
    assert asker.ask(reading[0], paths[SAME]).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/reservations/{reservation_id}", None),
        ("POST", "/reservations/{reservation_id}/cancel", {}),
        ("GET", "/charges/{charge_id}", None),
    ],
)
def test_filter_that_the_code_forgot_is_made_up_for_by_the_database(
    app: FastAPI,
    connection: Connection,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    *,
    method: str,
    path: str,
    body: Any,
) -> None:
    """Take the tenant's filters out of the code: with the second wall nothing is reached."""
    everything = lambda *_: True  # noqa: E731 - three names, one answer
    monkeypatch.setattr("booking.reservations.rights.is_client_of", everything)
    monkeypatch.setattr("booking.reservations.queries._visible_to", lambda _: true())
    monkeypatch.setattr("billing.charges.queries._visible_to", lambda _: true())
    asker = Asker(app, connection, world)
    asker.become(Role.MEMBER)
    [operation] = [it for it in operations(app) if (it.method, it.path) == (method, PREFIX + path)]
    paths = [world.path_for(Role.MEMBER, operation.path, b) for b in (SAME, OTHER)]

    same, other = (asker.ask(Operation(method, path, (), body, False), it) for it in paths)  # noqa: FBT003

    assert same.status == 200, "the filters are gone, or this test shows nothing"
    assert other.status == 404
