"""What a password must be, by the deployment's policy. Pure.

ASVS 5.0 asks for length and against known passwords, and forbids composition rules and forced
changes; GB/T 22239 (等保) asks for both. They cannot both hold, so a deployment chooses.
"""

import string
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from foundation.errors import Problem

LENGTH_MAX = 128
KINDS_MIN = 3
LASTS_MLPS = timedelta(days=90)
SAME_CHARACTERS_MAX = 4
CONTEXT_LENGTH_MIN = 4

# The stems that lists of leaked passwords are made of; digits and signs around them and the
# usual swaps of letters are taken off first, so that a few stems stand for thousands.
STEMS = frozenset(
    (Path(__file__).parent / "common_passwords.txt").read_text(encoding="ascii").split()
)
LEET = str.maketrans("013457@$!", "oleastasi")
SEQUENCES = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")


class PasswordPolicy(StrEnum):
    ASVS = "asvs"
    MLPS = "mlps"


LENGTH_MIN = {PasswordPolicy.ASVS: 10, PasswordPolicy.MLPS: 8}


def is_common(password: str) -> bool:
    """Whether a list of leaked passwords would hold it, or one very near it."""
    plain = password.lower()
    if len(set(plain)) <= SAME_CHARACTERS_MAX or plain.isdigit():
        return True
    bare = plain.strip(string.digits + string.punctuation + " ")
    forms = {bare, bare.translate(LEET), plain.translate(LEET).strip(string.punctuation + " ")}
    # "passwordpassword" and "qwertyqwerty" are leaked as often as their halves.
    forms |= {form[: len(form) // 2] for form in forms if form[: len(form) // 2] * 2 == form}
    return any(form in STEMS or _is_run(form) for form in forms)


def _is_run(text: str) -> bool:
    return not text or any(text in row or text in row[::-1] for row in SEQUENCES)


def find_problems(
    password: str, *, policy: PasswordPolicy, about: Iterable[str] = ()
) -> list[Problem]:
    """Return every reason to refuse a new password. `about`: words that name its owner."""
    problems = []
    least = LENGTH_MIN[policy]
    if len(password) < least:
        problems.append(
            Problem("too_short", f"至少 {least} 个字符", f"at least {least} characters", "password")
        )
    if len(password) > LENGTH_MAX:
        problems.append(
            Problem(
                "too_long",
                f"最多 {LENGTH_MAX} 个字符",
                f"at most {LENGTH_MAX} characters",
                "password",
            )
        )
    if is_common(password):
        problems.append(
            Problem("too_common", "该密码过于常见", "this password is among the leaked", "password")
        )
    words = [word.lower() for word in about if len(word) >= CONTEXT_LENGTH_MIN]
    if any(word in password.lower() for word in words):
        problems.append(
            Problem(
                "names_owner", "密码不能包含账号", "it may not hold the account's name", "password"
            )
        )
    if policy is PasswordPolicy.MLPS and _kinds(password) < KINDS_MIN:
        problems.append(
            Problem(
                "too_plain",
                "须含大写、小写、数字、符号中的三种",
                "three kinds of: capitals, small letters, digits, signs",
                "password",
            )
        )
    return problems


def _kinds(password: str) -> int:
    kinds = (str.isupper, str.islower, str.isdigit)
    named = sum(any(kind(character) for character in password) for kind in kinds)
    return named + any(not character.isalnum() for character in password)


def has_expired(changed_at: datetime, now: datetime, policy: PasswordPolicy) -> bool:
    return policy is PasswordPolicy.MLPS and now - changed_at > LASTS_MLPS
