"""Verbs on the broker's credentials. The caller owns the transaction; nothing here commits."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from directory.audit.service import record
from foundation.encryption import KeyRing, Place
from foundation.identifiers import InstitutionId, PersonId
from telemetry.credentials.errors import CredentialNotFound
from telemetry.credentials.plugin import Wanted
from telemetry.credentials.rules import (
    Account,
    hash_password,
    is_password,
    may_use,
    new_password,
)
from telemetry.credentials.tables import BrokerCredential
from telemetry.devices.tables import Device

GRACE = timedelta(days=1)
"""How long the former password works after a rotation, so that the field can follow."""


def issue(
    session: Session,
    *,
    username: str,
    institution_id: InstitutionId | None,
    actor_id: PersonId,
    now: datetime,
    ring: KeyRing | None = None,
) -> str:
    """Make a password for a device or a gateway of the institution, or a new one in its place.

    `ring`: seals it until the broker has been told, where the broker keeps its own accounts.

    Raises:
        CredentialNotFound: when no device of the institution has this name or this gateway.
    """
    owner = _owner_of(session, username)
    if owner is None or (institution_id is not None and owner != institution_id):
        raise CredentialNotFound
    password = renew(session, username=username, owner=owner, by=actor_id, now=now, ring=ring)
    _record(session, "credential.issue", username, actor_id, now)
    return password


def issue_for(
    session: Session, device: Device, *, by: PersonId, now: datetime, ring: KeyRing | None = None
) -> tuple[str, str]:
    """Make the password a claim code turns into; return the name it belongs to, and it.

    A device behind a gateway does not sign in itself: its gateway does, for it.
    """
    username = device.gateway or device.name
    owner = device.institution_id
    password = renew(session, username=username, owner=owner, by=by, now=now, ring=ring)
    _record(session, "credential.claim", username, by, now)
    return username, password


def renew(
    session: Session,
    *,
    username: str,
    owner: InstitutionId,
    by: PersonId,
    now: datetime,
    ring: KeyRing | None = None,
) -> str:
    """Put a new password in the place of the present one, which works for a while yet."""
    password = new_password()
    credential = session.get(BrokerCredential, username, with_for_update=True)
    if credential is None:
        credential = BrokerCredential(
            username=username,
            institution_id=owner,
            password_hash=hash_password(password),
            made_at=now,
            made_by=by,
        )
        session.add(credential)
    else:
        is_standing = credential.revoked_at is None
        credential.former_hash = credential.password_hash if is_standing else None
        credential.former_until = now + GRACE if is_standing else None
        credential.password_hash = hash_password(password)
        credential.made_at, credential.made_by, credential.revoked_at = now, by, None
    credential.untold = ring.seal(password.encode(), _place(username)) if ring else None
    session.flush()
    return password


def revoke(
    session: Session,
    *,
    username: str,
    institution_id: InstitutionId | None,
    actor_id: PersonId,
    now: datetime,
) -> None:
    """End a credential at once, its former password too."""
    credential = session.get(BrokerCredential, username, with_for_update=True)
    is_foreign = credential is not None and institution_id not in {
        None,
        credential.institution_id,
    }
    if credential is None or is_foreign:
        raise CredentialNotFound
    credential.revoked_at = credential.revoked_at or now
    credential.former_hash = credential.former_until = credential.untold = None
    session.flush()
    _record(session, "credential.revoke", username, actor_id, now)


def list_credentials(
    session: Session, institution_id: InstitutionId | None
) -> list[BrokerCredential]:
    query = select(BrokerCredential).order_by(BrokerCredential.username)
    if institution_id is not None:
        query = query.where(BrokerCredential.institution_id == institution_id)
    return list(session.scalars(query))


def may_connect(
    session: Session, *, username: str, client_id: str, password: str, now: datetime
) -> bool:
    """Whether this is the account's password, under its own client id."""
    credential = session.get(BrokerCredential, username)
    if credential is None or credential.revoked_at is not None or client_id != username:
        return False
    if is_password(password, credential.password_hash):
        return True
    if credential.former_hash is None or credential.former_until is None:
        return False
    return now < credential.former_until and is_password(password, credential.former_hash)


def may_use_topic(
    session: Session, *, username: str, client_id: str, action: str, topic: str
) -> bool:
    credential = session.get(BrokerCredential, username)
    if credential is None or credential.revoked_at is not None:
        return False
    account = Account(username, credential.password_hash, _devices_of(session, username))
    return may_use(account, client_id=client_id, action=action, topic=topic)


def list_accounts(session: Session) -> list[Account]:
    """Return every standing account with the devices it speaks for."""
    standing = select(BrokerCredential).where(BrokerCredential.revoked_at.is_(None))
    return [
        Account(row.username, row.password_hash, _devices_of(session, row.username))
        for row in session.scalars(standing.order_by(BrokerCredential.username))
    ]


def list_wanted(session: Session, ring: KeyRing) -> list[Wanted]:
    """Return every account there is or was, with what the broker has yet to be told of it."""
    return [
        Wanted(
            row.username,
            _devices_of(session, row.username),
            is_revoked=row.revoked_at is not None,
            password=ring.open(row.untold, _place(row.username)).decode() if row.untold else None,
        )
        for row in session.scalars(select(BrokerCredential).order_by(BrokerCredential.username))
    ]


def note_told(session: Session, one: Wanted, ring: KeyRing) -> bool:
    """Forget a password that the broker knows now; False: meanwhile there is another."""
    row = session.get_one(BrokerCredential, one.username, with_for_update=True)
    if row.untold is None or ring.open(row.untold, _place(one.username)).decode() != one.password:
        return False
    row.untold = None
    session.flush()
    return True


def _place(username: str) -> Place:
    return Place("broker_credentials", "untold", username)


def _devices_of(session: Session, username: str) -> tuple[str, ...]:
    """Return the devices a name speaks for: itself, or those behind the gateway."""
    alone = (Device.name == username) & Device.gateway.is_(None)
    query = select(Device.name).where(or_(alone, Device.gateway == username))
    return tuple(session.scalars(query.order_by(Device.name)))


def _owner_of(session: Session, username: str) -> InstitutionId | None:
    """Return whose devices a name speaks for; nobody's, where they are not all of one owner."""
    owners = session.scalars(
        select(Device.institution_id)
        .where(or_(Device.name == username, Device.gateway == username))
        .distinct()
    ).all()
    return owners[0] if len(owners) == 1 else None


def _record(
    session: Session, action: str, username: str, actor_id: PersonId, now: datetime
) -> None:
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_kind="broker_credential",
        subject_id=username,
        now=now,
    )
