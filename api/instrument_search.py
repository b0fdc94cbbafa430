"""The route that looks for an instrument by everything one may know of it."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from api.clock import Now
from api.database import ReadOnly
from api.identity import Anyone
from api.instrument_views import (
    CalendarView,
    InstrumentView,
    SpanView,
    see_extended,
    see_instruments,
    see_taken,
)
from api.instruments import InstrumentPage, sound_window
from api.paging import PAGE_MAX, WrongCursor, read_cursor, write_cursor
from api.routing import Router
from billing.tariffs.prices import priced_within
from booking.instruments.search import LOOKED_AT_MAX, Order, Wanted, look_for
from booking.policies.books import load_books
from booking.reservations.rules import Wish
from booking.reservations.times import read_calendars
from foundation.identifiers import InstitutionId, InstrumentId

router = Router(tags=["instruments"])


class Looking(BaseModel):
    """What may be asked for, in any combination."""

    q: str = Field(default="", max_length=100)
    category: str | None = Field(default=None, max_length=40)
    region: str | None = Field(default=None, max_length=12, pattern=r"^\d+$")
    standard: str | None = Field(default=None, max_length=60)
    institution_id: InstitutionId | None = None
    price_min_fen: int | None = Field(default=None, ge=0, le=10**12)
    price_max_fen: int | None = Field(default=None, ge=0, le=10**12)
    free_from: AwareDatetime | None = None
    free_to: AwareDatetime | None = None
    sort: Order = Order.RELEVANCE
    cursor: str | None = Field(default=None, max_length=400)
    limit: int = Field(default=20, ge=1, le=PAGE_MAX)

    def wanted(self, now: Now) -> Wanted:
        is_priced = self.price_min_fen is not None or self.price_max_fen is not None
        has_time = self.free_from is not None or self.free_to is not None
        return Wanted(
            q=self.q,
            category=self.category,
            region=self.region,
            standard=self.standard,
            institution_id=self.institution_id,
            among=(
                priced_within(self.price_min_fen, self.price_max_fen, at=now) if is_priced else None
            ),
            free=sound_window(Wish(self.free_from, self.free_to)) if has_time else None,
            order=self.sort,
        )

    def offset(self) -> int:
        if not self.cursor:
            return 0
        [text] = read_cursor(self.cursor, 1)
        if not text.isdecimal() or int(text) > LOOKED_AT_MAX:
            raise WrongCursor
        return int(text)


@router.get("/instrument-search")
def search_instruments(
    _caller: Anyone, reading: ReadOnly, now: Now, looking: Annotated[Looking, Query()]
) -> InstrumentPage:
    """Look for instruments by words, kind, place, standard, price and free time."""
    offset = looking.offset()
    found = look_for(reading, looking.wanted(now), now=now, offset=offset, limit=looking.limit + 1)
    items: list[InstrumentView] = see_instruments(reading, found[: looking.limit], now=now)
    more = len(found) > looking.limit
    return InstrumentPage(
        items=items,
        next_cursor=write_cursor(str(offset + looking.limit)) if more else None,
    )


class CalendarList(BaseModel):
    items: list[CalendarView]


@router.get("/calendars")
def read_many_calendars(
    *,
    caller: Anyone,
    reading: ReadOnly,
    now: Now,
    instrument_id: Annotated[list[InstrumentId], Query(min_length=1, max_length=PAGE_MAX)],
    from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to: AwareDatetime | None = None,
) -> CalendarList:
    """Show the time of several instruments at once; what is unknown is left out."""
    starts_at = from_ or now
    window = sound_window(Wish(starts_at, to or starts_at + timedelta(days=7)))
    books = load_books(reading, instrument_id)
    calendars = read_calendars(reading, list(books.values()), window, now=now)
    return CalendarList(
        items=[
            CalendarView(
                instrument_id=key,
                time_zone=books[key].zone.key,
                from_=window.starts_at,
                to=window.ends_at,
                taken=see_taken(calendar, caller),
                free=[SpanView.of(span) for span in calendar.free],
                extended=see_extended(books[key], window),
            )
            for key, calendar in calendars.items()
        ]
    )
