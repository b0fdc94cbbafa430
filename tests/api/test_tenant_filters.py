"""Each place where the code asks whose something is: taken out, the matrix of access notices.

The database's own wall is taken down for it, so that the code stands alone. What no request of
the matrix can notice is listed with a test of its own; a new comparison that is neither fails here.
"""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection
from sqlalchemy.orm import Session, sessionmaker

from api.database import open_reading, open_transaction
from directory.roles.rules import Role
from tests.api.filters import PROJECT, Site, all_noted, find_sites, taken_out
from tests.api.matrix import CANARY, MIXED, NAMED, NONE, OTHER, OWN, World, build
from tests.api.shown_by import SHOWN_BY
from tests.api.test_access_matrix import STREAMS, Asker, Operation, operations

ROLES = [
    Role.MEMBER,
    Role.ENTERPRISE_ADMIN,
    Role.INSTITUTION_MANAGER,
    Role.TECHNICIAN,
    Role.FINANCE,
    Role.STATION_STAFF,
]
ALONE = ("--full", "-p", "tests.without")
TESTS = sorted(set(SHOWN_BY.values()))
TRIES_MAX = 20
"""Of each role, for each comparison."""


@pytest.fixture
def world(session_factory: sessionmaker[Session]) -> World:
    with session_factory.begin() as session:
        return build(session)


@pytest.fixture
def asker(app: FastAPI, connection: Connection, world: World) -> Asker:
    def open_bare() -> Iterator[Session]:
        with app.state.session_factory.begin() as session:
            yield session

    app.dependency_overrides[open_transaction] = open_bare
    app.dependency_overrides[open_reading] = open_bare
    return Asker(app, connection, world, (OWN, OTHER, MIXED, NAMED))


Essence = tuple[tuple[int, str | None] | None, bool, frozenset[str], tuple[str, ...]]


@dataclass(frozen=True)
class Question:
    """One request of the matrix, and what is answered in calm."""

    role: Role
    operation: Operation
    belonging: str
    calm: Essence

    def is_answered_otherwise(self, asker: Asker) -> bool:
        return ask(asker, self.operation, self.belonging) != self.calm


def ask(asker: Asker, operation: Operation, belonging: str) -> Essence:
    """Return what the matrix has an opinion of in an answer."""
    answer = asker.ask(operation, belonging)
    told = [key for key in asker.foreign_to(operation, belonging) if key in answer.text]
    is_judged = belonging not in {OWN, NONE}
    return (
        (answer.status, answer.code) if is_judged else None,
        CANARY in answer.text,
        frozenset(told),
        tuple(answer.touched),
    )


def ask_all(app: FastAPI, asker: Asker, sites: Sequence[Site]) -> dict[Site, list[Question]]:
    """Ask the matrix's questions, and note which of them each comparison had a part in."""
    made: set[int] = set()
    reached: dict[Site, list[Question]] = defaultdict(list)

    def note(number: int, value: object) -> object:
        made.add(number)
        return value

    with all_noted(sites, note):
        for role in ROLES:
            asker.become(role)
            for operation in operations(app):
                if (operation.method, operation.path) in STREAMS:
                    continue
                for belonging in asker.belongings(operation):
                    made.clear()
                    calm = ask(asker, operation, belonging)
                    for number in made:
                        question = Question(role, operation, belonging, calm)
                        reached[sites[number]].append(question)
    return reached


def some_of_each(questions: list[Question]) -> Iterator[Question]:
    """Choose those of each role that are the likeliest to notice: about another's things first."""
    likeliest = sorted(questions, key=lambda it: it.belonging in {OWN, NONE})
    for role in ROLES:
        yield from [it for it in likeliest if it.role is role][:TRIES_MAX]


@pytest.mark.full
@pytest.mark.timeout(900)
def test_each_filter_by_tenant_is_missed_when_it_is_gone(app: FastAPI, asker: Asker) -> None:
    sites = find_sites()
    reached = ask_all(app, asker, sites)

    unnoticed = set()
    for site in sites:
        role = None
        with taken_out(site):
            for question in some_of_each(reached[site]):
                if question.role is not role:
                    role = question.role
                    asker.become(role)
                if question.is_answered_otherwise(asker):
                    break
            else:
                unnoticed.add(site.label)

    assert len(sites) > 50
    unshown = sorted(unnoticed - SHOWN_BY.keys())
    assert not unshown, "let the matrix reach it, or write a test:\n" + "\n".join(unshown)


@pytest.mark.full
@pytest.mark.timeout(600)
def test_what_the_matrix_cannot_miss_is_missed_by_its_own_test() -> None:
    """Run each filter's own test without it, in a process apart."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "--tb=no", "-rf", *ALONE, *TESTS],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = {
        int(number) for number in re.findall(r"^FAILED .*without (\d+)", ran.stdout, re.MULTILINE)
    }

    known = {site.label for site in find_sites()}
    missed = [it for number, it in enumerate(SHOWN_BY) if it in known and number not in failed]
    assert missed == [], ran.stdout[-2000:]
    assert " error" not in ran.stdout.splitlines()[-1]
