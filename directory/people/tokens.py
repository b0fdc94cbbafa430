"""Access tokens: a program's right to act as a person, within its scopes."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, column, func, select, text, update
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.errors import TokenNotFound, TooManyTokens
from directory.people.passwords import hash_token
from directory.people.service import (
    SEEN_EVERY,
    WHO,
    WHO_COLUMNS,
    WHOSE,
    Caller,
    read_caller,
)
from directory.people.tables import AccessToken
from foundation.identifiers import PersonId

PREFIX = "yx_"
TOKENS_MAX = 20


def make_token(
    session: Session,
    *,
    person_id: PersonId,
    name: str,
    scopes: Sequence[str],
    lasts: timedelta,
    now: datetime,
) -> tuple[AccessToken, str]:
    """Make a token, and return it with its text, which is never seen again.

    Raises:
        TooManyTokens: when the person has as many as one may.
    """
    standing = session.scalar(
        select(func.count()).select_from(AccessToken).where(*_stands(now), _of(person_id))
    )
    if (standing or 0) >= TOKENS_MAX:
        raise TooManyTokens
    text = PREFIX + secrets.token_urlsafe(32)
    token = AccessToken(
        token_hash=hash_token(text),
        person_id=person_id,
        name=name,
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(token)
    session.flush()
    _record(session, "token.make", person_id, token.id, now)
    facts = Facts(now, name=name, until=token.expires_at)
    tell_of_account(session, person_id, AccountKind.TOKEN_MADE, facts)
    return token, text


def list_tokens(session: Session, *, person_id: PersonId, now: datetime) -> list[AccessToken]:
    query = select(AccessToken).where(*_stands(now), _of(person_id))
    return list(session.scalars(query.order_by(AccessToken.created_at)))


def revoke_token(session: Session, *, person_id: PersonId, token_id: UUID, now: datetime) -> None:
    """End one of the person's own tokens.

    Raises:
        TokenNotFound: when there is none of theirs by that id.
    """
    revoked = session.scalar(
        update(AccessToken)
        .where(AccessToken.id == token_id, *_stands(now), _of(person_id))
        .values(revoked_at=now)
        .returning(AccessToken.id)
    )
    if revoked is None:
        raise TokenNotFound
    _record(session, "token.revoke", person_id, token_id, now)


# A role that asks for a second factor asks it of its person's programs, too.
CALLER = text(f"""
SELECT {WHO}, given.id AS token_id, given.scopes, given.last_used_at, EXISTS (
    SELECT FROM second_factors f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL
) AS with_second_factor
FROM access_tokens given {WHOSE}
WHERE given.token_hash = :token_hash AND given.revoked_at IS NULL AND given.expires_at > :now
    AND p.is_active
""").columns(  # noqa: S608 - of constants
    *WHO_COLUMNS, *map(column, ("token_id", "scopes", "last_used_at", "with_second_factor"))
)


def find_token_caller(session: Session, *, text: str, now: datetime) -> Caller | None:
    """Return whose program asks with this token, if the token stands and the person is active."""
    given = {"token_hash": hash_token(text), "now": now}
    found = session.execute(CALLER, given).one_or_none()
    if found is None:
        return None
    if found.last_used_at is None or now - found.last_used_at > SEEN_EVERY:
        session.execute(
            update(AccessToken).where(AccessToken.id == found.token_id).values(last_used_at=now)
        )
    return read_caller(
        found, scopes=frozenset(found.scopes), with_second_factor=found.with_second_factor
    )


def _stands(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (AccessToken.revoked_at.is_(None), AccessToken.expires_at > now)


def _of(person_id: PersonId) -> ColumnElement[bool]:
    return AccessToken.person_id == person_id


def _record(
    session: Session, action: str, person_id: PersonId, token_id: UUID, now: datetime
) -> None:
    record(
        session,
        actor_id=person_id,
        action=action,
        subject_kind="access_token",
        subject_id=token_id,
        now=now,
    )
