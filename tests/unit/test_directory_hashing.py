"""Passwords are hashed by a process of its own, within a budget."""

import os
import signal

import pytest
from pydantic import SecretStr

from directory.people import passwords
from directory.people.hashing import Budget
from directory.people.passwords import Hashing, is_password
from foundation.settings import Settings

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def stored() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def hashing() -> Hashing:
    return Hashing()


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def read(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def spend(budget: Budget, clock: Clock, *, times: int, cost_s: float) -> float:
    """Return how long so many pieces of work took, waiting included."""
    began_s = clock.now_s
    for _ in range(times):
        budget.wait()
        clock.now_s += cost_s
        budget.spend(cost_s)
    return clock.now_s - began_s


def test_what_a_calm_spell_saved_is_spent_without_waiting_and_then_the_share_holds() -> None:
    clock = Clock()
    budget = Budget(0.1, 0.2, clock=clock.read, sleep=clock.sleep)

    assert spend(budget, clock, times=5, cost_s=0.04) == pytest.approx(0.2)
    assert spend(budget, clock, times=100, cost_s=0.04) == pytest.approx(40, rel=0.05)


def test_calm_saves_no_more_than_the_most() -> None:
    clock = Clock()
    budget = Budget(0.1, 0.2, clock=clock.read, sleep=clock.sleep)
    clock.now_s = 3_600

    assert spend(budget, clock, times=5, cost_s=0.04) == pytest.approx(0.2)
    assert spend(budget, clock, times=5, cost_s=0.04) > 1


@pytest.mark.parametrize("text", ["wrong", "", "多字节\n与换行", "\ud800"])
def test_other_passwords_are_not_the_one(stored: str, text: str) -> None:
    assert is_password(PASSWORD, stored)
    assert not is_password(text, stored)


def test_nobody_has_a_password() -> None:
    assert not is_password("nobody has this password", None)
    assert not is_password(PASSWORD, "no hash at all")


def test_another_process_is_begun_where_one_died(hashing: Hashing, stored: str) -> None:
    assert hashing.ask("verify", stored, PASSWORD) is True
    assert hashing.process is not None
    os.kill(hashing.process.pid, signal.SIGKILL)

    assert hashing.ask("verify", stored, PASSWORD) is True
    hashing.end()


def test_it_gives_way_to_everybody_else(hashing: Hashing, stored: str) -> None:
    hashing.ask("verify", stored, PASSWORD)
    assert hashing.process is not None

    assert os.getpriority(os.PRIO_PROCESS, hashing.process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    hashing.end()


def test_it_ends_with_the_one_who_asks(hashing: Hashing, stored: str) -> None:
    hashing.ask("verify", stored, PASSWORD)
    process = hashing.process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()

    assert process.wait(10) == 0
    hashing.end()


@pytest.mark.parametrize("processes", [1, 4])
def test_all_processes_together_take_one_share(processes: int) -> None:
    settings = Settings(
        database_url=SecretStr("postgresql://nobody@localhost/nothing"),
        api_workers=processes,
        hashing_share=0.2,
    )

    assert settings.hashing_share_each * processes == pytest.approx(0.2)
