"""Carries notices to the mailboxes and phones that people proved to be theirs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.notices.rules import BY_PHONE_TOO
from directory.notices.tables import Notice
from directory.privacy.errors import DataErased
from directory.privacy.vault import Vault
from directory.registrations.confirmations import Channel, Outgoing, post
from directory.registrations.identities import open_field
from directory.registrations.tables import PersonIdentity
from foundation.encryption import KeyRing
from foundation.identifiers import PersonId

BATCH = 200


def list_unposted(session: Session) -> Sequence[UUID]:
    return session.scalars(
        select(Notice.id).where(Notice.posted_at.is_(None)).order_by(Notice.created_at).limit(BATCH)
    ).all()


def post_notice(session: Session, notice_id: UUID, *, now: datetime, ring: KeyRing) -> bool:
    """Hand a notice to the sender of messages, once; False where nobody has an address for it."""
    taken = session.execute(
        update(Notice)
        .where(Notice.id == notice_id, Notice.posted_at.is_(None))
        .values(posted_at=now)
        .returning(Notice.person_id, Notice.kind, Notice.text_zh, Notice.text_en)
    ).one_or_none()
    if taken is None:
        return False
    person_id, kind, text_zh, text_en = taken
    texts = {Channel.EMAIL: f"【仪享】{text_zh}\n\n{text_en}\n"}
    if kind in BY_PHONE_TOO:
        texts[Channel.PHONE] = f"【仪享】{text_zh}"
    is_sent = False
    for channel, text in texts.items():
        address = find_address(session, person_id, channel, ring)
        if address is not None:
            post(session, Outgoing(channel, address, text), now=now, ring=ring)
            is_sent = True
    return is_sent


def find_address(
    session: Session, person_id: PersonId, channel: Channel, ring: KeyRing
) -> str | None:
    """Return the address somebody proved to be theirs; None where there is none any more."""
    identity = session.get(PersonIdentity, person_id)
    if identity is None:
        return None
    try:
        return open_field(Vault(session, ring), identity, channel) or None
    except DataErased:
        return None
