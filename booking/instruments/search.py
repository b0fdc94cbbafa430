"""Looking for an instrument: by words, kind, place, standard, price, and time that is free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Uuid,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from booking.calendars.free import free_spans
from booking.calendars.rules import down_to_grid, up_to_grid
from booking.instruments.categories import kinds_of
from booking.instruments.queries import search_words
from booking.instruments.tables import Instrument
from booking.policies.books import Book, load_books
from booking.reservations.rules import Slot
from booking.reservations.states import HOLDING_STATES
from booking.reservations.tables import TIMES
from booking.reservations.times import next_free
from foundation.identifiers import InstitutionId, InstrumentId

BATCH, BATCH_MAX = 100, 1600
LOOKED_AT_MAX = 10_000
"""How many instruments are asked about their time before a search gives up."""
SORTED_MAX = 300
"""How many of the best matches are put in the order of their next free slot."""

Seconds = SQLColumnExpression[int] | SQLColumnExpression[int | None]


class Order(StrEnum):
    RELEVANCE = "relevance"
    NEXT_FREE = "next_free"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; None and nothing mean any."""

    q: str = ""
    category: str | None = None
    """A category, with those beneath it."""
    region: str | None = None
    """A region code of GB/T 2260, or the beginning of one."""
    standard: str | None = None
    institution_id: InstitutionId | None = None
    among: Select[InstrumentId] | None = None
    """Only these: how a layer above says what it knows, such as prices."""
    free: Slot | None = None
    order: Order = Order.RELEVANCE


def look_for(
    session: Session, wanted: Wanted, *, now: datetime, offset: int = 0, limit: int = 20
) -> list[Book]:
    """Return shared instruments, the best matches or the soonest free first."""
    if wanted.order is Order.NEXT_FREE:
        return _soonest(session, wanted, now=now)[offset : offset + limit]
    if wanted.free is None:
        # Nothing is asked of an instrument's time, so the page is read as it lies.
        return _read(session, _matching(wanted, now).offset(offset).limit(limit))
    return list(islice(_free_ones(session, wanted, now), offset, offset + limit))


def _soonest(session: Session, wanted: Wanted, *, now: datetime) -> list[Book]:
    books = list(islice(_free_ones(session, wanted, now), SORTED_MAX))
    at = next_free(session, books, now=now)

    def key(book: Book) -> tuple[bool, float, str]:
        free_at = at[book.instrument.id]
        return (free_at is None, free_at.timestamp() if free_at else 0, book.instrument.code)

    return sorted(books, key=key)


def _free_ones(session: Session, wanted: Wanted, now: datetime) -> Iterator[Book]:
    """Give matching instruments, the most relevant first, in batches that grow."""
    found, start, batch = _matching(wanted, now), 0, BATCH
    while start < LOOKED_AT_MAX:
        books = _read(session, found.offset(start).limit(batch))
        for book in books:
            if wanted.free is None or is_open_throughout(book, wanted.free, now=now):
                yield book
        if len(books) < batch:
            return
        start, batch = start + batch, min(2 * batch, BATCH_MAX)


def _read(session: Session, found: Select[InstrumentId]) -> list[Book]:
    ids = session.scalars(found).all()
    books = load_books(session, ids)
    return [books[instrument_id] for instrument_id in ids]


def list_free(
    session: Session, instrument_ids: Sequence[InstrumentId], wanted: Slot, *, now: datetime
) -> list[InstrumentId]:
    """Return which of these instruments are free throughout; two queries for them all.

    Whose time is taken is looked up once by the time: a look for each of a thousand took longer.
    """
    ids = session.scalars(
        select(Instrument.id).where(
            # One array: a thousand parameters took longer to send than to answer.
            Instrument.id == any_(literal(list(instrument_ids), ARRAY(Uuid))),
            Instrument.is_shared,
            Instrument.condition == "working",
            Instrument.id.not_in(_taken(wanted, now)),
        )
    ).all()
    books = load_books(session, ids)
    # Most instruments of an institution share their rules: each set of them is asked once.
    is_open: dict[tuple[int, int], bool] = {}
    for book in books.values():
        rules = (id(book.policy), id(book.timetable))
        if rules not in is_open:
            is_open[rules] = is_open_throughout(book, wanted, now=now)
    return [key for key in ids if is_open[id(books[key].policy), id(books[key].timetable)]]


def is_open_throughout(book: Book, wanted: Slot, *, now: datetime) -> bool:
    """Tell whether hours, closures, notice and horizon leave the whole time open."""
    policy = book.policy
    starts_at, ends_at = up_to_grid(wanted.starts_at, policy), down_to_grid(wanted.ends_at, policy)
    window = wanted.widened(policy.set_up, policy.cool_down)
    return any(
        span.starts_at <= starts_at and ends_at <= span.ends_at
        for span in free_spans(book, window, [], now=now)
    )


def _matching(wanted: Wanted, now: datetime) -> Select[InstrumentId]:
    found = select(Instrument.id).where(Instrument.is_shared, Instrument.condition == "working")
    words = search_words(wanted.q)
    for word in words:
        found = found.where(Instrument.search_text.contains(word, autoescape=True))
    if wanted.category:
        found = found.where(Instrument.category.in_(kinds_of(wanted.category)))
    if wanted.region:
        found = found.where(Instrument.region.startswith(wanted.region, autoescape=True))
    if wanted.standard:
        found = found.where(_covers(wanted.standard))
    if wanted.institution_id:
        found = found.where(Instrument.institution_id == wanted.institution_id)
    if wanted.among is not None:
        found = found.where(Instrument.id.in_(wanted.among))
    if wanted.free:
        found = found.where(~_is_taken(wanted.free, now))
    return found.order_by(_relevance(words).desc(), Instrument.code, Instrument.id)


def _covers(standard: str) -> ColumnElement[bool]:
    """Say that one of an instrument's standards is this one, or a part of it."""
    told = func.jsonb_array_elements_text(
        func.coalesce(Instrument.details["standards"], literal([], Instrument.details.type))
    ).column_valued("told")
    plain = func.replace(func.lower(told), " ", "")
    return (
        select(told)
        .where(plain.startswith(standard.lower().replace(" ", ""), autoescape=True))
        .exists()
    )


def _is_taken(wanted: Slot, now: datetime) -> ColumnElement[bool]:
    """Say that somebody holds part of the time, or of the set-up and cool-down around it."""
    return (
        select(TIMES.c.id)
        .where(TIMES.c.instrument_id == Instrument.id, _is_in_the_way(wanted, Instrument, now))
        .correlate(Instrument)
        .exists()
    )


def _taken(wanted: Slot, now: datetime) -> Select[InstrumentId]:
    """Return the instruments of which it is so."""
    one = aliased(Instrument)
    widest = _around(
        wanted,
        select(func.max(Instrument.set_up_s)).scalar_subquery(),
        select(func.max(Instrument.cool_down_s)).scalar_subquery(),
    )
    return (
        select(TIMES.c.instrument_id)
        .join(one, one.id == TIMES.c.instrument_id)
        .where(TIMES.c.blocked.overlaps(widest), _is_in_the_way(wanted, one, now))
    )


def _is_in_the_way(wanted: Slot, one: type[Instrument], now: datetime) -> ColumnElement[bool]:
    return and_(
        TIMES.c.state.in_(sorted(HOLDING_STATES)),
        TIMES.c.blocked.overlaps(_around(wanted, one.set_up_s, one.cool_down_s)),
        or_(TIMES.c.expires_at.is_(None), TIMES.c.expires_at > now),
    )


def _around(wanted: Slot, set_up_s: Seconds, cool_down_s: Seconds) -> ColumnElement[Any]:
    """Return the time with what comes before it and after it."""
    second = func.make_interval(0, 0, 0, 0, 0, 0, 1)
    return func.tstzrange(
        literal(wanted.starts_at) - set_up_s * second,
        literal(wanted.ends_at) + cool_down_s * second,
    )


def _relevance(words: Sequence[str]) -> ColumnElement[int]:
    """Rank by where the words stand: number or model first, then the name."""
    score: ColumnElement[int] = literal(0)
    for word in words:
        names = func.lower(Instrument.name_zh + " " + Instrument.name_en)
        score += case(
            (func.lower(Instrument.code) == word, 8),
            (func.lower(Instrument.model) == word, 8),
            (func.lower(Instrument.name_zh) == word, 6),
            (func.lower(Instrument.model).startswith(word, autoescape=True), 4),
            (names.contains(word, autoescape=True), 3),
            else_=0,
        )
    return score
