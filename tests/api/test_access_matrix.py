"""Nobody reaches what is another tenant's: every role × every operation × whose thing it is."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote_plus
from zipfile import ZipFile

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Connection, text, true
from sqlalchemy.orm import Session, sessionmaker

from api.app import PREFIX
from api.database import open_reading, open_transaction
from api.identity import Access, PublicAccess
from api.routes import ROUTERS
from api.throttle import Throttle
from directory.roles.rules import Role
from tests import make
from tests.api.bodies import Described, Ids, body_for, query_for
from tests.api.foreign_rows import ForeignRows
from tests.api.matrix import (
    BELONGINGS,
    CANARY,
    MIXED,
    NAMED,
    NAMED_NONE,
    NONE,
    OTHER,
    OWN,
    SAME,
    SHOWN_TO_ALL,
    World,
    build,
    is_platform,
)

Declaration = Access | PublicAccess

STREAMS = {("GET", f"{PREFIX}/live")}
"""Never end, so they are tested where they live."""
PUBLIC_THINGS = {"instrument_id"}
"""The catalogue is open to strangers: nothing of it is another tenant's secret."""
NAMING_ANYBODY = {
    f"PUT {PREFIX}/lease-agreements": "any enterprise may sign with it",
    f"POST {PREFIX}/arrears": "any enterprise may owe it",
}
"""Operations where another's id is no secret, and why."""
# Who reaches most in the default run; all of them with --full.
EACH_KIND = {Role.MEMBER}
QUICK = (OWN, OTHER, NONE, MIXED)
"""In the default run."""
POWERS = text(
    "select role, enterprise_id::text, institution_id::text, station_id::text, is_active, count(*)"
    " from people left join role_assignments on person_id = people.id"
    " group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5"
)
BARE = (OTHER, NONE, MIXED, NAMED, NAMED_NONE)
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
    described: Described
    document: Described

    def body(self, ids: Ids) -> Any:
        schema = self._content.get("application/json", {}).get("schema")
        return body_for(schema, self.document, ids) if schema else None

    def query(self, ids: Ids) -> str:
        return query_for(self.described.get("parameters", ()), self.document, ids)

    def named(self, things: Iterable[str]) -> set[str]:
        """Return which of these things a field of the body or the query names."""
        ids = {thing: f"<{thing}>" for thing in things}
        said = f"{self.body(ids)} {self.query(ids)}"
        return {thing for thing, key in ids.items() if key in said or quote_plus(key) in said}

    @property
    def fields(self) -> set[str]:
        """Return the names that the body has a meaning for."""
        schema = self._content.get("application/json", {}).get("schema", {})
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].split("/")[-1]]
        return set(schema.get("properties", ()))

    @property
    def _content(self) -> Described:
        content: Described = self.described.get("requestBody", {}).get("content", {})
        return content

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
            found.append(
                Operation(verb.upper(), path, by_label[verb.upper(), path], described, document)
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
    touched: list[str]
    """The tables where rows of the other tenant are others than before."""
    powers: list[tuple[Any, ...]] = field(default_factory=list)


class Asker:
    """Sends requests as one role; each leaves nothing behind."""

    def __init__(
        self, app: FastAPI, connection: Connection, world: World, whose: Sequence[str] = BELONGINGS
    ) -> None:
        self.whose = whose
        self.role: Role | None = None
        self._app, self._connection, self._world = app, connection, world
        self._client = TestClient(app, raise_server_exceptions=False)
        self._foreign = ForeignRows(connection, *world.others)

    def become(self, role: Role | None) -> None:
        self._client.cookies.clear()
        self.role = role
        if role is not None:
            answer = self._client.post(
                f"{PREFIX}/sign-in",
                json={"login": self._world.people[role].login, "password": make.PASSWORD},
            )
            assert answer.status_code == 200, answer.text

    def ask(
        self, operation: Operation, belonging: str, more: Mapping[str, Any] | None = None
    ) -> Asked:
        """Ask about somebody's things; `more`: what the body has besides what it should."""
        # Limits on guesses are tested elsewhere; here they would hide what stands behind.
        self._app.state.throttle = Throttle(mark_keys=self._app.state.keys.for_marks)
        cookies = dict(self._client.cookies)
        path = self._world.path_for(self.role, operation.path, belonging)
        ids = self._world.named_for(self.role, belonging)
        with self._connection.begin_nested() as undone:
            answer = self._client.request(
                operation.method,
                path + operation.query(ids),
                json=operation.body(ids) | more if more else operation.body(ids),
                headers={"Idempotency-Key": "matrix-key"},
            )
            touched = self._foreign.changed() if operation.method != "GET" else []
            powers = self.powers() if more is not None else []
            undone.rollback()
        self._client.cookies.clear()
        self._client.cookies.update(cookies)
        is_problem = "problem+json" in answer.headers.get("content-type", "")
        code = answer.json()["code"] if is_problem else None
        return Asked(answer.status_code, code, text_of(answer), touched, powers)

    def powers(self) -> list[tuple[Any, ...]]:
        """Count who may do what, and for whom."""
        self._connection.execute(text("set local role none"))
        return [tuple(row) for row in self._connection.execute(POWERS)]

    def belongings(self, operation: Operation) -> Iterator[str]:
        """Say whose things this operation can be asked about."""
        if not operation.names:
            yield NONE
        fields = operation.named(self._world.things["own enterprise"].ids)
        for one in self.whose:
            if one in {NAMED, NAMED_NONE}:
                if fields:
                    yield one
            elif len(operation.names) > (one == MIXED):
                yield one

    def foreign_to(self, operation: Operation, belonging: str) -> frozenset[str]:
        """Return what the answer may not hold; it may say again what the request said."""
        ids = self._world.named_for(self.role, belonging)
        path = self._world.path_for(self.role, operation.path, belonging)
        said = json.dumps([path, operation.query(ids), operation.body(ids)])
        return self._world.foreign_to(self.role, said)


def text_of(answer: Response) -> str:
    """Return what an answer says, also in a sheet."""
    if not answer.content.startswith(b"PK"):
        return answer.text
    with ZipFile(BytesIO(answer.content)) as sheet:
        return "".join(sheet.read(name).decode() for name in sheet.namelist())


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
        return Asker(app, connection, world, BARE)
    is_full = request.config.getoption("--full")
    return Asker(app, connection, world, BELONGINGS if is_full else QUICK)


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
    is_bare = asker.whose is BARE
    if is_bare and role not in TENANT_ROLES and not pytestconfig.getoption("--long"):
        pytest.skip("sees no tenant's things either way; runs with --long")
    asker.become(role)
    leaks, asked = [], 0
    for operation in operations(app):
        if (operation.method, operation.path) in STREAMS:
            continue
        answers = {it: asker.ask(operation, it) for it in asker.belongings(operation)}
        asked += len(answers)
        leaks += [
            f"{operation.label} {belonging}: {fault}"
            for belonging, answer in answers.items()
            for fault in faults_of(role, operation, answer, asker.foreign_to(operation, belonging))
        ]
        if not is_platform(role):
            leaks += [
                f"{operation.label}: {fault}" for fault in betrayals_of(operation, answers, world)
            ]

    assert not leaks, "\n".join(leaks)
    assert asked > len(operations(app))


def faults_of(
    role: Role | None, operation: Operation, answer: Asked, foreign: frozenset[str]
) -> Iterator[str]:
    """Find what no single answer may do."""
    if answer.status >= 500 and answer.code != "scanner_away":
        yield f"{answer.status} {answer.text[:200]}"
    if not is_platform(role):
        if CANARY in answer.text:
            yield "shows another tenant's secret"
        yield from (f"shows another tenant's {key}" for key in foreign if key in answer.text)
        yield from (f"changes another tenant's {table}" for table in answer.touched)
    if not may(role, operation) and answer.status not in {401, 403}:
        yield f"is not declared for {role}, and answers {answer.status}"
    if role is None and not may(role, operation) and answer.status != 401:
        yield f"tells a stranger {answer.status}"


def betrayals_of(operation: Operation, answers: Mapping[str, Asked], world: World) -> Iterator[str]:
    """Find what two answers tell together: that there is something of another's."""
    if not operation.names & PUBLIC_THINGS and OTHER in answers:
        yield from differences(answers[OTHER], answers[NONE])
    if MIXED in answers and answers[MIXED].status < 400:
        yield f"does {answers[MIXED].status} to a foreign thing under one's own"
    secret = world.things["own enterprise"].ids.keys() - SHOWN_TO_ALL
    if NAMED in answers and operation.named(secret) and operation.label not in NAMING_ANYBODY:
        yield from differences(answers[NAMED], answers[NAMED_NONE])


def differences(other: Asked, none: Asked) -> Iterator[str]:
    if (other.status, other.code) != (none.status, none.code):
        yield (
            f"what is another's answers {other.status} {other.code},"
            f" what is not {none.status} {none.code}"
        )


def test_matrix_sees_what_is_ones_own(app: FastAPI, asker: Asker) -> None:
    """The matrix would be green as well if nobody saw anything."""
    asker.become(Role.MEMBER)
    reading = [
        it for it in operations(app) if it.path == f"{PREFIX}/reservations/{{reservation_id}}"
    ]

    statuses = {it: asker.ask(reading[0], it).status for it in (OWN, SAME, OTHER, NONE)}

    assert statuses == {OWN: 200, SAME: 404, OTHER: 404, NONE: 404}
    asker.become(Role.ENTERPRISE_ADMIN)
    assert asker.ask(reading[0], SAME).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/reservations/{reservation_id}"),
        ("POST", "/reservations/{reservation_id}/cancel"),
        ("GET", "/charges/{charge_id}"),
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
) -> None:
    """Take the tenant's filters out of the code: with the second wall nothing is reached."""
    everything = lambda *_: True  # noqa: E731 - three names, one answer
    monkeypatch.setattr("booking.reservations.rights.is_client_of", everything)
    monkeypatch.setattr("booking.reservations.queries._visible_to", lambda _: true())
    monkeypatch.setattr("billing.charges.queries._visible_to", lambda _: true())
    asker = Asker(app, connection, world)
    asker.become(Role.MEMBER)
    [operation] = [it for it in operations(app) if (it.method, it.path) == (method, PREFIX + path)]

    same, other = (asker.ask(operation, it) for it in (SAME, OTHER))

    assert same.status == 200, "the filters are gone, or this test shows nothing"
    assert other.status == 404
