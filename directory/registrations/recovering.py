"""The way back of who forgot their password: a code to the phone or mailbox they proved."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.errors import RecoveryRefused
from directory.people.own_password import require_good_password, set_password
from directory.people.password_rules import PasswordPolicy
from directory.people.second_factor import require_second_factor
from directory.people.sign_ins import end_all_sign_ins
from directory.people.tables import Person
from directory.registrations import confirmations
from directory.registrations.confirmations import Channel
from directory.registrations.tables import PersonIdentity
from foundation.encryption import KeyRing
from foundation.tenancy import become


def recover(
    session: Session,
    *,
    login: str,
    channel: Channel,
    address: str,
    confirmation_id: UUID,
    password: str,
    code: str | None,
    policy: PasswordPolicy,
    now: datetime,
    ring: KeyRing,
) -> None:
    """Set a new password for an account whose address was just confirmed; every sign-in ends.

    One answer for an unknown name, an address that is not theirs, and one not confirmed.

    Raises:
        PasswordRefused: with everything that is wrong with the new password.
        RecoveryRefused: in the cases above.
        SecondFactorRequired: when the person has one and gave no code: it is not gone round.
        SecondFactorWrong: for a code that is wrong or was used.
    """
    require_good_password(password, policy=policy, login=login)
    was_confirmed = confirmations.use(
        session,
        confirmation_id=confirmation_id,
        channel=channel,
        address=address,
        now=now,
        ring=ring,
    )
    person = session.scalar(select(Person).where(Person.login == login, Person.is_active))
    if not was_confirmed or person is None:
        raise RecoveryRefused
    # Only whoever it is about may read whose address this is.
    become(session, person.id)
    identity = session.get(PersonIdentity, person.id)
    if identity is None or _index_of(identity, channel) not in ring.blind_indexes(
        address.lower(), channel
    ):
        raise RecoveryRefused
    require_second_factor(session, person_id=person.id, code=code, now=now, ring=ring)
    set_password(session, person, password, action="person.recover_password", now=now)
    end_all_sign_ins(session, person_id=person.id, now=now)


def _index_of(identity: PersonIdentity, channel: Channel) -> bytes:
    return identity.phone_index if channel is Channel.PHONE else identity.email_index
