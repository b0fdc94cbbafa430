"""Telling somebody of a reservation, in words."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.notices.occasions import Occasion
from booking.notices.rules import write
from directory.notices import service
from directory.notices.service import Telling


def tell(session: Session, occasion: Occasion, *, now: datetime) -> None:
    """Write what somebody is to be told; who was told of this before is not told again."""
    text_zh, text_en = write(occasion.kind, occasion.facts)
    subject = ("reservation", occasion.reservation_id) if occasion.reservation_id else None
    telling = Telling(occasion.person_id, occasion.kind, occasion.name, text_zh, text_en, subject)
    service.tell(session, telling, now=now)
