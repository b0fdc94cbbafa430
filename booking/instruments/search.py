"""Looking for an instrument: by words, kind, place, standard, price, and time that is free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Result,
    Select,
    SQLColumnExpression,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session, aliased

from booking.calendars.free import free_spans
from booking.calendars.rules import down_to_grid, up_to_grid
from booking.calendars.tables import Closure, OpeningHours, SpecialDay
from booking.instruments.categories import kinds_of
from booking.instruments.queries import search_words
from booking.instruments.tables import Instrument
from booking.policies.books import Book, load_books
from booking.policies.tables import Policy
from booking.reservations.rules import Slot
from booking.reservations.states import HOLDING_STATES
from booking.reservations.tables import TIMES
from booking.reservations.times import next_free
from foundation.identifiers import InstitutionId, InstrumentId

BATCH = 500
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
    return _read(session, find(session, wanted, now=now, offset=offset, limit=limit))


def _soonest(session: Session, wanted: Wanted, *, now: datetime) -> list[Book]:
    books = _read(session, find(session, wanted, now=now, limit=SORTED_MAX))
    at = next_free(session, books, now=now)

    def key(book: Book) -> tuple[bool, float, str]:
        free_at = at[book.instrument.id]
        return (free_at is None, free_at.timestamp() if free_at else 0, book.instrument.code)

    return sorted(books, key=key)


def find(
    session: Session, wanted: Wanted, *, now: datetime, offset: int = 0, limit: int
) -> Sequence[InstrumentId]:
    """Return some of the matching shared instruments, the most relevant first."""
    found = _matching(wanted)
    if wanted.free is None:
        # Nothing is asked of an instrument's time, so the page is read as it lies.
        return session.scalars(found.offset(offset).limit(limit)).all()
    free = found.where(~IS_TAKEN).add_columns(RULED_BY).limit(LOOKED_AT_MAX)
    told = {"starts_at": wanted.free.starts_at, "ends_at": wanted.free.ends_at, "now": now}
    rows = session.connection().execute(free, told)
    return list(islice(_open_ones(session, rows, wanted.free, now), offset, offset + limit))


def _open_ones(
    session: Session, rows: Result[InstrumentId, str], wanted: Slot, now: datetime
) -> Iterator[InstrumentId]:
    """Give those whose hours, closures, notice and horizon leave the whole time open.

    Most instruments of an institution share their rules: of each set of rules the book of one
    instrument is read and asked.
    """
    is_open: dict[str, bool] = {}
    for some in rows.partitions(BATCH):
        # Of those with the same rules the last one stands for all.
        asked = {rules: key for key, rules in some if rules not in is_open}
        books = load_books(session, list(asked.values()))
        for rules, key in asked.items():
            is_open[rules] = is_open_throughout(books[key], wanted, now=now)
        yield from (key for key, rules in some if is_open[rules])


def _read(session: Session, ids: Sequence[InstrumentId]) -> list[Book]:
    books = load_books(session, ids)
    return [books[instrument_id] for instrument_id in ids]


def is_open_throughout(book: Book, wanted: Slot, *, now: datetime) -> bool:
    """Tell whether hours, closures, notice and horizon leave the whole time open."""
    policy = book.policy
    starts_at, ends_at = up_to_grid(wanted.starts_at, policy), down_to_grid(wanted.ends_at, policy)
    window = wanted.widened(policy.set_up, policy.cool_down)
    return any(
        span.starts_at <= starts_at and ends_at <= span.ends_at
        for span in free_spans(book, window, [], now=now)
    )


def _matching(wanted: Wanted) -> Select[InstrumentId]:
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


def _around(set_up_s: Seconds, cool_down_s: Seconds) -> ColumnElement[Any]:
    """Return the wanted time with what comes before it and after it."""
    second = func.make_interval(0, 0, 0, 0, 0, 0, 1)
    return func.tstzrange(
        bindparam("starts_at", type_=DateTime(timezone=True)) - set_up_s * second,
        bindparam("ends_at", type_=DateTime(timezone=True)) + cool_down_s * second,
    )


ANY_ONE = aliased(Instrument)
# These are built once: it takes longer than what they ask.
IS_TAKEN = (
    select(TIMES.c.id)
    .where(
        TIMES.c.instrument_id == Instrument.id,
        # Said, not handed in: by these words the plan finds the constraint's index.
        TIMES.c.state.in_(
            bindparam("states", sorted(HOLDING_STATES), expanding=True, literal_execute=True)
        ),
        # By the widest there are the database may look once by the time, and not at each.
        TIMES.c.blocked.overlaps(
            _around(
                select(func.max(ANY_ONE.set_up_s)).scalar_subquery(),
                select(func.max(ANY_ONE.cool_down_s)).scalar_subquery(),
            )
        ),
        TIMES.c.blocked.overlaps(_around(Instrument.set_up_s, Instrument.cool_down_s)),
        or_(TIMES.c.expires_at.is_(None), TIMES.c.expires_at > bindparam("now")),
    )
    .correlate(Instrument)
    .exists()
)
"""That somebody holds part of the wanted time, or of the set-up and cool-down around it."""
HAS_ITS_OWN = Instrument.id.in_(
    union(
        *(
            select(rule.instrument_id).where(rule.instrument_id.is_not(None))
            for rule in (Policy, OpeningHours, SpecialDay, Closure)
        )
    )
)
RULED_BY = cast(
    func.row(
        *(Instrument.institution_id, Instrument.group_code, case((HAS_ITS_OWN, Instrument.id))),
        *(Instrument.grid_s, Instrument.length_min_s, Instrument.length_max_s),
        *(Instrument.notice_min_s, Instrument.horizon_s),
        *(Instrument.set_up_s, Instrument.cool_down_s),
    ),
    Text,
)
"""What decides when an instrument is open: those alike in it are open at the same times."""
