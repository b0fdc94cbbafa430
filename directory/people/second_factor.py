"""A second factor: one-time codes by the clock, and codes for when the phone is lost."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.errors import (
    SecondFactorNotBegun,
    SecondFactorRequired,
    SecondFactorSet,
    SecondFactorWrong,
)
from directory.people.passwords import hash_token
from directory.people.tables import RecoveryCode, SecondFactor
from directory.people.totp import DIGITS, matching_step
from directory.privacy.vault import Vault
from foundation.encryption import KeyRing, Place
from foundation.identifiers import PersonId

SECRET_BYTES = 20
RECOVERY_CODES = 10
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GROUPS, GROUP_LENGTH = 6, 4
"""120 random bits: from 112 on a plain hash will do (ASVS 6.5.2)."""


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether a person's second factor is set, and how many recovery codes are left."""

    is_set: bool
    recovery_codes_left: int


def begin(session: Session, *, person_id: PersonId, now: datetime, ring: KeyRing) -> bytes:
    """Make a new secret for the person's authenticator; it counts once a code confirms it.

    Raises:
        SecondFactorSet: when one is set already.
    """
    factor = session.get(SecondFactor, person_id, with_for_update=True)
    if factor is not None and factor.confirmed_at is not None:
        raise SecondFactorSet
    secret = secrets.token_bytes(SECRET_BYTES)
    sealed = Vault(session, ring).seal_bytes(
        secret, subject=person_id, place=_place(person_id), now=now
    )
    if factor is None:
        factor = SecondFactor(person_id=person_id)
        session.add(factor)
    factor.secret, factor.created_at, factor.last_step = sealed, now, 0
    session.flush()
    return secret


def confirm(
    session: Session, *, person_id: PersonId, code: str, now: datetime, ring: KeyRing
) -> list[str]:
    """Set the second factor for good, and return its recovery codes, shown this once.

    Raises:
        SecondFactorNotBegun: when no secret was made.
        SecondFactorSet: when it was confirmed before.
        SecondFactorWrong: for a wrong code.
    """
    factor = session.get(SecondFactor, person_id, with_for_update=True)
    if factor is None:
        raise SecondFactorNotBegun
    if factor.confirmed_at is not None:
        raise SecondFactorSet
    _use_code(session, factor, code, now, ring)
    factor.confirmed_at = now
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    session.add_all(
        RecoveryCode(person_id=person_id, code_hash=hash_token(_bare(code))) for code in codes
    )
    _record(session, "second_factor.set", person_id, now)
    tell_of_account(session, person_id, AccountKind.SECOND_FACTOR_SET, Facts(now))
    session.flush()
    return codes


def turn_off(
    session: Session, *, person_id: PersonId, code: str, now: datetime, ring: KeyRing
) -> None:
    """Remove the second factor; only with a code of it.

    Raises:
        SecondFactorWrong: for a wrong code.
    """
    require_second_factor(session, person_id=person_id, code=code, now=now, ring=ring)
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    session.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    _record(session, "second_factor.turn_off", person_id, now)
    tell_of_account(session, person_id, AccountKind.SECOND_FACTOR_TURNED_OFF, Facts(now))


def require_second_factor(
    session: Session, *, person_id: PersonId, code: str | None, now: datetime, ring: KeyRing
) -> bool:
    """Judge the code of a person who has a second factor; False: they have none.

    Raises:
        SecondFactorRequired: when there is one and no code was given.
        SecondFactorWrong: for a code that is wrong or was used.
    """
    factor = session.get(SecondFactor, person_id, with_for_update=True)
    if factor is None or factor.confirmed_at is None:
        return False
    if not code:
        raise SecondFactorRequired
    if len(_bare(code)) == DIGITS:
        _use_code(session, factor, code, now, ring)
    else:
        _use_recovery_code(session, person_id, code, now)
    return True


def state_of(session: Session, person_id: PersonId) -> FactorState:
    factor = session.get(SecondFactor, person_id)
    left = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    )
    return FactorState(factor is not None and factor.confirmed_at is not None, left or 0)


def _use_code(
    session: Session, factor: SecondFactor, code: str, now: datetime, ring: KeyRing
) -> None:
    secret = Vault(session, ring).open_bytes(
        factor.secret, subject=factor.person_id, place=_place(factor.person_id)
    )
    step = matching_step(secret, code.strip(), now, after=factor.last_step)
    if step is None:
        raise SecondFactorWrong
    factor.last_step = step


def _use_recovery_code(session: Session, person_id: PersonId, code: str, now: datetime) -> None:
    used = session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_hash == hash_token(_bare(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.person_id)
    )
    if used is None:
        raise SecondFactorWrong
    _record(session, "second_factor.use_recovery_code", person_id, now)
    tell_of_account(session, person_id, AccountKind.RECOVERY_CODE_USED, Facts(now))


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def _bare(code: str) -> str:
    return code.strip().replace("-", "").upper()


def _place(person_id: PersonId) -> Place:
    return Place("second_factors", "secret", str(person_id))


def _record(session: Session, action: str, person_id: PersonId, now: datetime) -> None:
    record(
        session,
        actor_id=person_id,
        action=action,
        subject_kind="person",
        subject_id=person_id,
        now=now,
    )
