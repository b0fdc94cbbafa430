"""A person's own password: given again, judged, changed. The caller owns the transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.errors import PasswordRefused, SignInFailed
from directory.people.password_rules import PasswordPolicy, find_problems
from directory.people.passwords import hash_password, is_password
from directory.people.service import Caller
from directory.people.sign_ins import end_all_sign_ins
from directory.people.tables import Person
from foundation.errors import Problem

SAME = Problem("same", "须与初始密码不同", "it must not be the one given to you", "password")


def change_password(
    session: Session,
    *,
    caller: Caller,
    former: str,
    password: str,
    policy: PasswordPolicy,
    now: datetime,
) -> None:
    """Set a new password, and end every other sign-in of the person.

    Raises:
        SignInFailed: when the former password is wrong.
        PasswordRefused: with everything that is wrong with the new one.
    """
    person = require_own_password(session, caller=caller, password=former)
    require_good_password(password, policy=policy, login=person.login)
    if person.must_change_password and password == former:
        raise PasswordRefused([SAME])
    set_password(session, person, password, action="person.change_password", now=now)
    end_all_sign_ins(session, person_id=person.id, now=now, but=caller.sign_in_id)


def set_password(
    session: Session, person: Person, password: str, *, action: str, now: datetime
) -> None:
    """Set a password that its owner chose, and tell them."""
    person.password_hash = hash_password(password)
    person.password_changed_at, person.must_change_password = now, False
    tell_of_account(session, person.id, AccountKind.PASSWORD_CHANGED, Facts(now))
    record(
        session,
        actor_id=person.id,
        action=action,
        subject_kind="person",
        subject_id=person.id,
        now=now,
    )
    session.flush()


def require_own_password(session: Session, *, caller: Caller, password: str) -> Person:
    """Return the caller's own row, once they gave their password again.

    Raises:
        SignInFailed: when it is wrong.
    """
    person = session.get_one(Person, caller.person_id)
    if not is_password(password, person.password_hash):
        raise SignInFailed
    return person


def require_good_password(password: str, *, policy: PasswordPolicy, login: str) -> None:
    """Refuse a password that will not do.

    Raises:
        PasswordRefused: with everything that is wrong with it.
    """
    if problems := find_problems(password, policy=policy, about=(login,)):
        raise PasswordRefused(problems)
