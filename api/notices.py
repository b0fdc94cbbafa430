"""Routes under /notices: what one was told of reservations, of one's account and desk."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import SignedIn
from api.routing import Router
from booking.notices.rules import Kind
from directory.institutions.expiring import ExpiryKind
from directory.notices.rules import AccountKind
from directory.notices.service import list_notices, mark_all_read, mark_read
from directory.notices.tables import Notice
from directory.workdays.telling import DueKind
from foundation.identifiers import ReservationId

router = Router(prefix="/notices", tags=["reservations"])


AnyKind = Kind | AccountKind | DueKind | ExpiryKind
KINDS: dict[str, AnyKind] = {kind: kind for kind in (*Kind, *AccountKind, *DueKind, *ExpiryKind)}


class NoticeView(BaseModel):
    id: UUID
    kind: AnyKind
    reservation_id: ReservationId | None
    text_zh: str
    text_en: str
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, notice: Notice) -> "NoticeView":
        return cls(
            id=notice.id,
            kind=KINDS[notice.kind],
            reservation_id=reservation_of(notice),
            text_zh=notice.text_zh,
            text_en=notice.text_en,
            created_at=notice.created_at,
            read_at=notice.read_at,
        )


def reservation_of(notice: Notice) -> ReservationId | None:
    """Return the reservation a notice leads to, where it is about one."""
    if notice.subject_kind != "reservation" or notice.subject_id is None:
        return None
    return ReservationId(notice.subject_id)


class NoticeList(BaseModel):
    items: list[NoticeView]


class ReadCount(BaseModel):
    read: int


@router.get("")
def read_notices(caller: SignedIn, reading: ReadOnly, *, unread: bool = False) -> NoticeList:
    """List what one was told, the latest first; at most a hundred."""
    found = list_notices(reading, caller.person_id, only_unread=unread)
    return NoticeList(items=[NoticeView.of(notice) for notice in found])


@router.post("/read-all")
def read_all(caller: SignedIn, now: Now, transaction: Transaction) -> ReadCount:
    """Mark everything as read."""
    return ReadCount(read=mark_all_read(transaction, reader=caller.person_id, now=now))


@router.post("/{notice_id}/read")
def read_one(notice_id: UUID, caller: SignedIn, now: Now, transaction: Transaction) -> NoticeView:
    """Mark one as read."""
    return NoticeView.of(mark_read(transaction, notice_id, reader=caller.person_id, now=now))
