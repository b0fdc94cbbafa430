"""One-time codes against the RFC's vectors, passwords by policy, and how guesses are counted."""

from datetime import UTC, datetime, timedelta

import pytest

from api.throttle import GUESSES_MAX, Throttle
from directory.people.errors import TooManyRequests, TooManySignIns
from directory.people.password_rules import PasswordPolicy, find_problems, has_expired
from directory.people.totp import address_for_apps, code_at, matching_step, step_of
from foundation.encryption import KeyRing

RFC_SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_code_agrees_with_rfc_6238_appendix_b(seconds: int, expected: str) -> None:
    assert code_at(RFC_SECRET, seconds // 30, digits=8) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "755224"), (1, "287082"), (5, "254676"), (9, "520489")],
)
def test_code_agrees_with_rfc_4226_appendix_d(count: int, expected: str) -> None:
    assert code_at(RFC_SECRET, count) == expected


def test_code_works_once_and_near_its_time_only() -> None:
    step = step_of(NOW)
    code = code_at(RFC_SECRET, step)

    assert matching_step(RFC_SECRET, code, NOW, after=0) == step
    assert matching_step(RFC_SECRET, code, NOW, after=step) is None
    assert matching_step(RFC_SECRET, code, NOW + timedelta(seconds=30), after=0) == step
    assert matching_step(RFC_SECRET, code, NOW + timedelta(seconds=90), after=0) is None
    assert matching_step(RFC_SECRET, "", NOW, after=0) is None


def test_address_is_what_apps_read() -> None:
    address = address_for_apps(b"\0" * 20, login="alice", issuer="Y")

    assert address == f"otpauth://totp/Y%3Aalice?secret={'A' * 32}&issuer=Y&digits=6&period=30"


def codes(password: str, policy: PasswordPolicy = PasswordPolicy.ASVS) -> set[str]:
    return {problem.code for problem in find_problems(password, policy=policy, about=["alice"])}


@pytest.mark.parametrize(
    "common",
    [
        "password123",
        "P@ssw0rd2026!",
        "1234567890",
        "aaaaaaaaaaaa",
        "abababababab",
        "Qwertyuiop1",
        "0987654321",
        "passwordpassword",
        "zhongguo2026",
        "iloveyou!!!!",
        "poiuytrewq",
    ],
)
def test_common_password_is_refused_however_dressed_up(common: str) -> None:
    assert "too_common" in codes(common)


@pytest.mark.parametrize(
    "good",
    [
        "a password for tests",
        "correct horse battery",
        "gr0und-glass-tulip",
        "锦瑟无端五十弦一弦一柱思华年",
    ],
)
def test_long_uncommon_password_will_do_without_signs(good: str) -> None:
    assert codes(good) == set()


def test_every_fault_of_a_password_is_named() -> None:
    assert codes("alice1") == {"too_short", "names_owner"}
    assert codes("x" * 129) == {"too_long", "too_common"}
    assert codes("ground glass tulip", PasswordPolicy.MLPS) == {"too_plain"}
    assert codes("Ground-glass7", PasswordPolicy.MLPS) == set()


def test_password_expires_only_where_the_policy_says_so() -> None:
    changed_at = NOW - timedelta(days=91)

    assert has_expired(changed_at, NOW, PasswordPolicy.MLPS)
    assert not has_expired(changed_at, NOW, PasswordPolicy.ASVS)


OLD, NEW = "the deployment's secret until today", "another secret, from tomorrow on 9"
RING = KeyRing.of(OLD)


def throttle_of(ring: KeyRing, **more: int) -> Throttle:
    return Throttle(mark_keys=lambda: ring.index_keys("known browser"), **more)


def guess(throttle: Throttle, *, login: str = "alice", address: str = "a", mark: str = "") -> None:
    throttle.count_sign_in(login=login, address=address, mark=mark, now=NOW)


def test_account_is_guessed_ten_times_an_hour_and_no_more() -> None:
    throttle = throttle_of(RING)
    for number in range(GUESSES_MAX):
        guess(throttle, address=str(number))

    with pytest.raises(TooManySignIns):
        guess(throttle, login="ALICE", address="yet another")
    throttle.count_sign_in(login="alice", address="b", mark="", now=NOW + timedelta(hours=2))


def test_owner_is_not_locked_out_by_who_guesses() -> None:
    throttle = throttle_of(RING)
    mark = throttle.mark_of("alice")
    for number in range(GUESSES_MAX + 5):
        try:
            guess(throttle, address=str(number))
        except TooManySignIns:
            continue

    guess(throttle, address="home", mark=mark)

    with pytest.raises(TooManySignIns):
        guess(throttle, address="elsewhere", mark=throttle.mark_of("bob"))


def test_owner_is_known_to_every_process_of_the_deployment_and_to_no_other() -> None:
    mark = throttle_of(KeyRing.of(OLD)).mark_of("alice")
    for keys, is_known in (((OLD,), True), ((NEW, OLD), True), ((NEW,), False)):
        elsewhere = throttle_of(KeyRing.of(*keys))
        for number in range(GUESSES_MAX):
            guess(elsewhere, address=str(number))
        if is_known:
            guess(elsewhere, mark=mark)
        else:
            with pytest.raises(TooManySignIns):
                guess(elsewhere, mark=mark)


def test_each_of_many_processes_forgives_a_typing_error() -> None:
    one_of_many = throttle_of(RING, processes=64)
    for _ in range(3):
        guess(one_of_many)
    with pytest.raises(TooManySignIns):
        guess(one_of_many)


def test_several_processes_together_admit_no_more_guesses_than_one() -> None:
    processes = [throttle_of(RING, processes=2), throttle_of(RING, processes=2)]
    admitted = 0
    for number in range(4 * GUESSES_MAX):
        try:
            guess(processes[number % 2], address=str(number))
        except TooManySignIns:
            continue
        admitted += 1

    assert admitted == GUESSES_MAX


def test_success_forgives_what_came_before() -> None:
    throttle = throttle_of(RING)
    for _ in range(3):
        for _ in range(GUESSES_MAX):
            guess(throttle)
        throttle.forgive(login="alice", mark="")


def test_requests_are_counted_by_caller_and_route() -> None:
    throttle = throttle_of(RING, requests_max=2)
    ask = throttle.count_request
    ask(caller="alice", route="GET /a", now=NOW)
    ask(caller="alice", route="GET /a", now=NOW)
    ask(caller="alice", route="GET /b", now=NOW)
    ask(caller="bob", route="GET /a", now=NOW)

    with pytest.raises(TooManyRequests):
        ask(caller="alice", route="GET /a", now=NOW)
    ask(caller="alice", route="GET /a", now=NOW + timedelta(minutes=1))
