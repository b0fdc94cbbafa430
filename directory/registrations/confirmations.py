"""Codes that prove a phone or a mailbox belongs to whoever names it, and the messages with them."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from directory.people.passwords import hash_token
from directory.registrations.errors import ApplicationRefused, TooManyCodes
from directory.registrations.numbers import is_email, is_phone
from directory.registrations.tables import Confirmation, Message
from foundation.encryption import KeyRing, Place
from foundation.errors import Problem
from foundation.identifiers import new_id

LASTS = timedelta(minutes=10)
USE_WITHIN = timedelta(minutes=30)
TRIES_MAX = 5
CODES_MAX = 5
CODES_WINDOW = timedelta(hours=1)
SEND_TRIES_MAX = 8
TEXT = "【仪享】验证码 {code}，10 分钟内有效。请勿告知他人。Your code is {code}, for ten minutes."


class Channel(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a sender needs it."""

    channel: Channel
    address: str
    text: str


Send = Callable[[Outgoing], None]
"""Hands a message over; raises OSError when that failed and may be tried again."""


def ask(
    session: Session, *, channel: Channel, address: str, now: datetime, ring: KeyRing
) -> Confirmation:
    """Have a code sent to an address.

    Raises:
        ApplicationRefused: when it is no address.
        TooManyCodes: when the address was sent too many within the hour.
    """
    is_sound = is_phone(address) if channel is Channel.PHONE else is_email(address)
    if not is_sound:
        raise ApplicationRefused([Problem("invalid", "地址无效", "this is no address", "address")])
    recent = session.scalar(
        select(func.count())
        .select_from(Confirmation)
        .where(
            Confirmation.address_index.in_(ring.blind_indexes(address, channel)),
            Confirmation.created_at > now - CODES_WINDOW,
        )
    )
    if (recent or 0) >= CODES_MAX:
        raise TooManyCodes
    code = f"{secrets.randbelow(10**6):06d}"
    row = Confirmation(
        id=new_id(),
        channel=channel,
        address_index=ring.blind_index(address, channel),
        created_at=now,
        expires_at=now + LASTS,
    )
    row.code_hash = _hash(row.id, code)
    session.add(row)
    post(session, Outgoing(channel, address, TEXT.format(code=code)), now=now, ring=ring)
    return row


def check(session: Session, *, confirmation_id: UUID, code: str, now: datetime) -> bool:
    """Tell whether this is the code that was sent; five tries, then a new one is needed."""
    row = session.get(Confirmation, confirmation_id, with_for_update=True)
    if row is None or row.expires_at <= now or row.tries >= TRIES_MAX:
        return False
    row.tries += 1
    if not hmac.compare_digest(row.code_hash, _hash(row.id, code)):
        return False
    row.confirmed_at = row.confirmed_at or now
    return True


def use(
    session: Session,
    *,
    confirmation_id: UUID,
    channel: Channel,
    address: str,
    now: datetime,
    ring: KeyRing,
) -> bool:
    """Tell whether this address was confirmed a moment ago; a confirmation is used once."""
    used = session.scalar(
        update(Confirmation)
        .where(
            Confirmation.id == confirmation_id,
            Confirmation.channel == channel,
            Confirmation.address_index.in_(ring.blind_indexes(address, channel)),
            Confirmation.confirmed_at > now - USE_WITHIN,
            Confirmation.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(Confirmation.id)
    )
    return used is not None


def find_unconfirmed(*, phone: bool, email: bool) -> list[Problem]:
    """Return a problem for each address that was not proven."""
    return [
        Problem("not_confirmed", "尚未验证", "this was not confirmed", field)
        for field, is_proven in (("phone", phone), ("email", email))
        if not is_proven
    ]


def post(session: Session, outgoing: Outgoing, *, now: datetime, ring: KeyRing) -> None:
    """Put a message where the sender finds it after the commit."""
    message = Message(id=new_id(), channel=outgoing.channel, created_at=now)
    message.address = ring.seal(outgoing.address.encode(), _place(message.id, "address"))
    message.text = ring.seal(outgoing.text.encode(), _place(message.id, "text"))
    session.add(message)
    session.flush()


def list_waiting(session: Session) -> list[UUID]:
    query = select(Message.id).where(Message.sent_at.is_(None), Message.given_up_at.is_(None))
    return list(session.scalars(query.order_by(Message.created_at).limit(100)))


def send_one(
    session: Session, message_id: UUID, *, send: Send, now: datetime, ring: KeyRing
) -> bool:
    """Send a message and forget its content; after some failures, give it up. False: not ours."""
    message = session.scalars(
        select(Message)
        .where(Message.id == message_id, Message.sent_at.is_(None), Message.given_up_at.is_(None))
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if message is None or message.address is None or message.text is None:
        return False
    message.tries += 1
    try:
        send(
            Outgoing(
                Channel(message.channel),
                ring.open(message.address, _place(message.id, "address")).decode(),
                ring.open(message.text, _place(message.id, "text")).decode(),
            )
        )
    except OSError:
        if message.tries < SEND_TRIES_MAX:
            return False
        message.given_up_at = now
    else:
        message.sent_at = now
    message.address = message.text = None
    return True


def rewrap_waiting(session: Session, ring: KeyRing) -> int:
    """Seal what still waits to be sent anew under the current key; return how much was not."""
    waiting = session.scalars(
        select(Message)
        .where(Message.address.is_not(None))
        .order_by(Message.id)
        .with_for_update(skip_locked=True)
    )
    former = [it for it in waiting if it.address and not ring.is_current(it.address)]
    for message in former:
        for column in ("address", "text"):
            place = _place(message.id, column)
            setattr(message, column, ring.seal(ring.open(getattr(message, column), place), place))
    session.flush()
    return len(former)


def _hash(confirmation_id: UUID, code: str) -> bytes:
    return hash_token(f"{confirmation_id}:{code}")


def _place(message_id: UUID, column: str) -> Place:
    return Place("messages", column, str(message_id))
