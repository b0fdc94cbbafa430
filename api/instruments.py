"""Routes under /instruments: the catalogue, an instrument's time, and what a slot would cost."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly
from api.identity import Anyone
from api.instrument_cards import FullInstrumentView
from api.instrument_views import (
    CalendarView,
    InstrumentView,
    QuoteView,
    SpanView,
    see_extended,
    see_instruments,
    see_taken,
)
from api.paging import PAGE_MAX, read_cursor, read_id, write_cursor
from api.routing import Router
from billing.charges.service import quote
from booking.instruments.cards import read_full_card
from booking.instruments.categories import CATEGORIES
from booking.instruments.errors import InstrumentNotFound
from booking.instruments.queries import count_categories, search
from booking.policies.books import Book, load_book, load_books
from booking.reservations.rules import Slot, Wish, find_problems, find_time_problems, parse_time
from booking.reservations.times import read_calendar
from foundation.errors import Problem, Refused
from foundation.identifiers import InstitutionId, InstrumentId

router = Router(tags=["instruments"])

WINDOW_DEFAULT = timedelta(days=7)
WINDOW_MAX = timedelta(days=92)


class WindowRefused(Refused):
    code = "window_refused"
    zh = "时间范围无效。"
    en = "This window of time cannot be shown."


class InstrumentPage(BaseModel):
    items: list[InstrumentView]
    next_cursor: str | None


@router.get("/instruments")
def list_instruments(
    *,
    _caller: Anyone,
    reading: ReadOnly,
    now: Now,
    q: Annotated[str, Query(max_length=100)] = "",
    category: Annotated[str | None, Query(max_length=40)] = None,
    institution_id: InstitutionId | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
) -> InstrumentPage:
    """Search the catalogue by Chinese and English words, model and category."""
    after = None
    if cursor:
        code, last_id = read_cursor(cursor, 2)
        after = (code, read_id(last_id))
    found = search(
        reading,
        q=q,
        category=category,
        institution_id=institution_id,
        after=after,
        limit=limit + 1,
    )
    page, last = found[:limit], found[limit - 1] if len(found) > limit else None
    books = load_books(reading, [one.instrument.id for one in page])
    return InstrumentPage(
        items=see_instruments(reading, [books[one.instrument.id] for one in page], now=now),
        next_cursor=write_cursor(last.instrument.code, last.instrument.id) if last else None,
    )


class CategoryView(BaseModel):
    code: str
    name_zh: str
    name_en: str
    count: int


class CategoryList(BaseModel):
    items: list[CategoryView]


@router.get("/instrument-categories")
def list_categories(_caller: Anyone, reading: ReadOnly) -> CategoryList:
    """Name the categories there are instruments of, and how many."""
    return CategoryList(
        items=[
            CategoryView(
                code=one.code,
                name_zh=CATEGORIES.get(one.code, (one.code, one.code))[0],
                name_en=CATEGORIES.get(one.code, (one.code, one.code))[1],
                count=one.count,
            )
            for one in count_categories(reading)
        ]
    )


def require_instrument(session: Session, instrument_id: InstrumentId) -> Book:
    book = load_book(session, instrument_id)
    if book is None:
        raise InstrumentNotFound
    return book


@router.get("/instruments/{instrument_id}")
def read_instrument(
    instrument_id: InstrumentId, _caller: Anyone, reading: ReadOnly, now: Now
) -> FullInstrumentView:
    """Show one instrument with its full card."""
    view = see_instruments(reading, [require_instrument(reading, instrument_id)], now=now)[0]
    return FullInstrumentView.of(view, read_full_card(reading, instrument_id))


@router.get("/instruments/{instrument_id}/calendar")
def read_instrument_calendar(
    *,
    instrument_id: InstrumentId,
    caller: Anyone,
    reading: ReadOnly,
    now: Now,
    from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to: AwareDatetime | None = None,
) -> CalendarView:
    """Show what is taken, and where a slot of one's own may lie."""
    book = require_instrument(reading, instrument_id)
    window = sound_window(Wish(from_ or now, to or (from_ or now) + WINDOW_DEFAULT))
    calendar = read_calendar(reading, book, window, now=now)
    return CalendarView(
        instrument_id=book.instrument.id,
        time_zone=book.zone.key,
        from_=window.starts_at,
        to=window.ends_at,
        taken=see_taken(calendar, caller),
        free=[SpanView.of(span) for span in calendar.free],
        extended=see_extended(book, window),
    )


def sound_window(wish: Wish) -> Slot:
    """Return the window.

    Raises:
        WindowRefused: when it is none, or longer than a quarter of a year.
    """
    problems = find_time_problems(wish)
    if not problems and wish.slot.length > WINDOW_MAX:
        problems = [
            Problem("window_too_long", "最多查询 92 天。", "At most 92 days can be shown.", "to")
        ]
    if problems:
        raise WindowRefused(problems)
    return wish.slot


IsoTime = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]
"""A time as text: the rules judge it, so that all that is wrong is said at once."""


class SlotBody(Body):
    starts_at: IsoTime
    ends_at: IsoTime

    def wish(self) -> Wish:
        return Wish(parse_time(self.starts_at), parse_time(self.ends_at))


@router.post("/instruments/{instrument_id}/quote")
def quote_slot(
    instrument_id: InstrumentId, body: SlotBody, _caller: Anyone, reading: ReadOnly, now: Now
) -> QuoteView:
    """Say what a slot would cost, and everything that speaks against it."""
    book = require_instrument(reading, instrument_id)
    wish = body.wish()
    problems = find_problems(wish, book.policy, now)
    is_sound = not find_time_problems(wish)
    return QuoteView.of(quote(reading, book, wish.slot) if is_sound else None, problems)
