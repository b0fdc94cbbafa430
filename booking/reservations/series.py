"""Several reservations in one act: the dates of a series, or instruments used together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.policies.books import Book
from booking.reservations.asking import Request, find_all_problems, find_request_problems
from booking.reservations.errors import NothingChosen, SlotRefused, SlotTaken
from booking.reservations.moves import lock_instruments
from booking.reservations.rules import Slot, Wish, find_time_problems
from booking.reservations.service import asker_for, require_book
from booking.reservations.standing import Asker
from booking.reservations.tables import Reservation
from booking.reservations.taking import first_state, list_in_the_way, take
from booking.reservations.times import find_alternatives
from directory.people.service import Caller
from foundation.errors import Problem
from foundation.identifiers import PersonId, new_id

DATES_MAX = 60
INSTRUMENTS_MAX = 10


@dataclass(frozen=True, slots=True)
class Repeat:
    """Every so many weeks, on some weekdays, so many times."""

    weeks: int
    weekdays: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a series: taken, or what stood in its way and what is free instead."""

    slot: Slot
    reservation: Reservation | None
    problems: tuple[Problem, ...]
    alternatives: tuple[Slot, ...]


def dates_of(first: date, repeat: Repeat) -> list[date]:
    """Return the dates, in order, from the first date's week on."""
    monday = first - timedelta(days=first.weekday())
    dates: list[date] = []
    week = 0
    while len(dates) < min(repeat.count, DATES_MAX):
        for weekday in sorted(set(repeat.weekdays)):
            day = monday + timedelta(weeks=week * repeat.weeks, days=weekday - 1)
            if day >= first and len(dates) < min(repeat.count, DATES_MAX):
                dates.append(day)
        week += 1
    return dates


def on_day(slot: Slot, day: date, zone: ZoneInfo) -> Slot:
    """Return the same hours of the lab's clock on another day."""
    local = slot.starts_at.astimezone(zone)
    starts_at = datetime.combine(day, local.time(), zone)
    return Slot(starts_at, starts_at + slot.length)


def reserve_series(
    session: Session,
    request: Request,
    repeat: Repeat,
    *,
    by: Caller,
    now: datetime,
    holder_id: PersonId | None = None,
    is_trial: bool = False,
) -> list[Occurrence]:
    """Take every date that can be had; of each other say why not, and what is free instead.

    A trial gives all of them back, so that it says what the act itself would.

    Raises:
        SlotRefused: when the first slot is none at all.
        NothingChosen: when there are no dates.
    """
    if find_time_problems(request.wish):
        book = require_book(session, request.instrument_id)
        raise SlotRefused(find_request_problems(book, request, now=now))
    if not repeat.weekdays or repeat.count < 1 or repeat.weeks < 1:
        raise NothingChosen
    asker = asker_for(session, by, holder_id)
    lock_instruments(session, [request.instrument_id])
    book = require_book(session, request.instrument_id)
    series_id = new_id()
    first = request.wish.slot
    days = dates_of(first.starts_at.astimezone(book.zone).date(), repeat)
    with session.begin_nested() as trial:
        taken = [
            _take_date(
                session,
                book,
                replace(request, wish=Wish(slot.starts_at, slot.ends_at)),
                asker,
                by=by,
                now=now,
                series_id=series_id,
            )
            for slot in (on_day(first, day, book.zone) for day in days)
        ]
        if is_trial:
            trial.rollback()
            taken = [replace(one, reservation=None) for one in taken]
    return taken


def _take_date(
    session: Session,
    book: Book,
    request: Request,
    asker: Asker,
    *,
    by: Caller,
    now: datetime,
    series_id: UUID,
) -> Occurrence:
    slot = request.wish.slot
    problems = find_all_problems(session, book, request, asker, now=now)
    in_the_way = list_in_the_way(session, book.instrument.id, book.policy.blocked(slot), now=now)
    if in_the_way:
        taken = SlotTaken
        problems.append(Problem(taken.code, taken.zh, taken.en))
    if problems:
        offers = find_alternatives(session, book, slot, now=now) if in_the_way else []
        return Occurrence(slot, None, tuple(problems), tuple(offers))
    reservation = take(
        session,
        book,
        request,
        asker,
        state=first_state(book, by, asker.enterprise_id),
        by=by.person_id,
        now=now,
        series_id=series_id,
    )
    return Occurrence(slot, reservation, (), ())


def reserve_together(
    session: Session,
    requests: Sequence[Request],
    *,
    by: Caller,
    now: datetime,
    holder_id: PersonId | None = None,
) -> list[Reservation]:
    """Take several instruments in one act: all of them, or none.

    Raises:
        NothingChosen: for none, or for more than ten.
        SlotRefused: naming everything against each, with the instrument's code.
        SlotTaken: when some are taken, naming them; nothing of the rest is taken then.
    """
    if not 1 <= len(requests) <= INSTRUMENTS_MAX:
        raise NothingChosen
    asker = asker_for(session, by, holder_id)
    lock_instruments(session, [request.instrument_id for request in requests])
    books = {one.instrument_id: require_book(session, one.instrument_id) for one in requests}
    problems, taken, made = [], [], []
    series_id = new_id()
    # What is refused gives back what was taken before it; until then each counts for the next.
    with session.begin_nested():
        for request in requests:
            book = books[request.instrument_id]
            wrong = find_all_problems(session, book, request, asker, now=now)
            problems += [named(one, book) for one in wrong]
            if wrong:
                continue
            blocked = book.policy.blocked(request.wish.slot)
            if list_in_the_way(session, book.instrument.id, blocked, now=now):
                taken.append(named(Problem(SlotTaken.code, SlotTaken.zh, SlotTaken.en), book))
                continue
            made.append(
                take(
                    session,
                    book,
                    request,
                    asker,
                    state=first_state(book, by, asker.enterprise_id),
                    by=by.person_id,
                    now=now,
                    series_id=series_id,
                )
            )
        if problems:
            raise SlotRefused(problems)
        if taken:
            raise SlotTaken(taken)
    return made


def named(problem: Problem, book: Book) -> Problem:
    """Say of which of several instruments a problem is."""
    code = book.instrument.code
    return replace(problem, zh=f"{code}:{problem.zh}", en=f"{code}: {problem.en}")
