"""Where a person is signed in: listed, and ended one by one or everywhere at once."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.errors import SignInNotFound
from directory.people.service import Caller, last_used
from directory.people.tables import SignIn
from foundation.identifiers import PersonId


def list_sign_ins(
    session: Session, *, person_id: PersonId, now: datetime, idle_limit: timedelta
) -> list[SignIn]:
    """Return the person's sign-ins that still stand, the last seen first."""
    return list(
        session.scalars(
            select(SignIn)
            .where(
                SignIn.person_id == person_id,
                SignIn.ended_at.is_(None),
                SignIn.expires_at > now,
                last_used >= now - idle_limit,
            )
            .order_by(SignIn.last_seen_at.desc().nulls_last(), SignIn.id)
        )
    )


def end_sign_in(session: Session, *, person_id: PersonId, sign_in_id: UUID, now: datetime) -> None:
    """End one of the person's own sign-ins.

    Raises:
        SignInNotFound: when there is none of theirs by that id.
    """
    ended = session.scalar(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.person_id == person_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SignIn.id)
    )
    if ended is None:
        raise SignInNotFound
    tell_of_account(session, person_id, AccountKind.SIGN_INS_ENDED, Facts(now, count=1))


def end_all_sign_ins(
    session: Session, *, person_id: PersonId, now: datetime, but: UUID | None = None
) -> int:
    """End the person's sign-ins everywhere at once, and return how many there were."""
    query = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    if but is not None:
        query = query.where(SignIn.id != but)
    return len(session.scalars(query.values(ended_at=now).returning(SignIn.id)).all())


def sign_out_everywhere(session: Session, *, person_id: PersonId, now: datetime) -> int:
    """End the person's sign-ins everywhere, as they asked, and tell them."""
    ended = end_all_sign_ins(session, person_id=person_id, now=now)
    tell_of_account(session, person_id, AccountKind.SIGN_INS_ENDED, Facts(now, count=ended))
    return ended


def prove_sign_in(session: Session, *, caller: Caller, now: datetime) -> None:
    """Note that this browser just gave a code, and end the others, which never did."""
    session.execute(
        update(SignIn).where(SignIn.id == caller.sign_in_id).values(with_second_factor=True)
    )
    end_all_sign_ins(session, person_id=caller.person_id, now=now, but=caller.sign_in_id)
