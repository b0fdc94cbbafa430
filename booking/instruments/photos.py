"""Photographs of instruments: public, small, and drawn anew so that nothing rides along."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from booking.instruments.cards import require_own
from booking.instruments.errors import PhotoNotFound, PhotoRefused
from booking.instruments.tables import InstrumentPhoto
from directory.audit.service import record
from directory.files.images import draw_anew
from directory.files.rules import Media, judge
from directory.people.service import Caller
from foundation.errors import Problem
from foundation.identifiers import InstrumentId, new_id

PHOTOS_MAX = 8
PHOTO_BYTES_MAX = 2 * 1024 * 1024


def add_photo(
    session: Session,
    instrument_id: InstrumentId,
    name: str,
    content: bytes,
    *,
    caption_zh: str,
    caption_en: str,
    by: Caller,
    now: datetime,
) -> InstrumentPhoto:
    """Put a photograph on the card.

    Raises:
        PhotoRefused: with everything that speaks against it.
    """
    instrument = require_own(session, instrument_id, by)
    judged, problems = judge(name, content)
    if len(content) > PHOTO_BYTES_MAX:
        problems.append(Problem("too_large", "照片超过 2 MB", "larger than 2 MB", "file"))
    if judged is not None and judged.media is Media.PDF:
        problems.append(Problem("no_photo", "照片须为 PNG 或 JPEG", "PNG or JPEG only", "file"))
    count = session.scalar(
        select(func.count())
        .select_from(InstrumentPhoto)
        .where(InstrumentPhoto.instrument_id == instrument.id)
    )
    if (count or 0) >= PHOTOS_MAX:
        problems.append(
            Problem("too_many", f"最多 {PHOTOS_MAX} 张照片", f"at most {PHOTOS_MAX}", "file")
        )
    if problems or judged is None:
        raise PhotoRefused(problems)
    photo = InstrumentPhoto(
        id=new_id(),
        instrument_id=instrument.id,
        caption_zh=caption_zh,
        caption_en=caption_en,
        media_type=judged.media,
        content=draw_anew(content, judged.media),
        added_at=now,
        place=count or 0,
    )
    session.add(photo)
    session.flush()
    _record(session, photo, "added", by=by, now=now)
    return photo


def find_photo(session: Session, instrument_id: InstrumentId, photo_id: UUID) -> InstrumentPhoto:
    """Return a photograph with its content.

    Raises:
        PhotoNotFound: when the instrument has no such one.
    """
    photo = session.scalar(
        select(InstrumentPhoto)
        .where(InstrumentPhoto.id == photo_id, InstrumentPhoto.instrument_id == instrument_id)
        .options(undefer(InstrumentPhoto.content))
    )
    if photo is None:
        raise PhotoNotFound
    return photo


def remove_photo(
    session: Session, instrument_id: InstrumentId, photo_id: UUID, *, by: Caller, now: datetime
) -> None:
    require_own(session, instrument_id, by)
    photo = find_photo(session, instrument_id, photo_id)
    session.delete(photo)
    session.flush()
    _record(session, photo, "removed", by=by, now=now)


def order_photos(
    session: Session,
    instrument_id: InstrumentId,
    photo_ids: Sequence[UUID],
    *,
    by: Caller,
    now: datetime,
) -> None:
    """Let the photographs stand in this order, which names each of them once.

    Raises:
        PhotoRefused: when it does not.
    """
    instrument = require_own(session, instrument_id, by)
    photos = {
        photo.id: photo
        for photo in session.scalars(
            select(InstrumentPhoto).where(InstrumentPhoto.instrument_id == instrument.id)
        )
    }
    if sorted(photo_ids) != sorted(photos):
        zh, en = "须恰好列出全部照片", "name each photograph of it once"
        raise PhotoRefused([Problem("wrong_order", zh, en, "photo_ids")])
    for place, photo_id in enumerate(photo_ids):
        photos[photo_id].place = place
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="instrument.photos_ordered",
        subject_kind="instrument",
        subject_id=instrument_id,
        now=now,
    )


def _record(
    session: Session, photo: InstrumentPhoto, what: str, *, by: Caller, now: datetime
) -> None:
    record(
        session,
        actor_id=by.person_id,
        action=f"instrument.photo_{what}",
        subject_kind="instrument",
        subject_id=photo.instrument_id,
        now=now,
        photo=str(photo.id),
    )
