"""Taking in reservations from a workbook: each row by the verb that everybody reserves by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from booking.instruments.errors import NotShared
from booking.instruments.tables import Instrument
from booking.policies.books import Book, load_books
from booking.policies.tables import Agreement
from booking.policies.terms import Question
from booking.reservations.asking import Request, find_request_problems
from booking.reservations.errors import SlotTaken
from booking.reservations.moves import lock_instruments, lock_payers
from booking.reservations.rules import Slot, Wish, find_time_problems
from booking.reservations.service import reserve
from booking.reservations.sheets import Row, place_in, read_answer
from booking.reservations.standing import Asker, counts_together
from booking.reservations.states import Mode, ReservationState
from booking.reservations.tables import Reservation, as_slot
from booking.reservations.taking import list_in_the_way
from directory.audit.service import record
from directory.enterprises.tables import Enterprise
from directory.people.service import Caller
from directory.people.tables import Person
from directory.stations.rules import Client
from foundation.errors import DomainError, Problem
from foundation.identifiers import InstitutionId

Answers = dict[str, Any]
UNKNOWN_INSTRUMENT = Problem(
    "unknown_instrument",
    "本机构没有此编号的仪器。",
    "The institution has no such instrument.",
    "code",
)
UNKNOWN_PERSON = Problem(
    "unknown_person",
    "没有此账号,或其企业未与本机构签订协议、也未在此预约过。",
    "There is no such login, or its enterprise neither signed with the institution"
    " nor reserved here before.",
    "login",
)
UNCLEAR_TIME = Problem(
    "unclear_local_time",
    "时钟调整时,当地没有或有两次这个时间,请写明时区。",
    "Clocks change then: this local time is not there, or comes twice; write its zone.",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: a reservation, or all that speaks against it."""

    row: Row
    slot: Slot | None
    reservation: Reservation | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row with what its words mean."""

    row: Row
    book: Book | None
    asker: Asker | None
    wish: Wish
    faults: list[Problem]

    @property
    def slot(self) -> Slot | None:
        return None if find_time_problems(self.wish) else self.wish.slot

    @property
    def blocked(self) -> Slot | None:
        return self.book.policy.blocked(self.slot) if self.book and self.slot else None


def import_rows(
    session: Session, rows: Sequence[Row], *, by: Caller, now: datetime
) -> list[Outcome]:
    """Reserve every row for its person, or say of each what speaks against it.

    The manager's lab is asked as it always is, and so is an enterprise that endorses what is
    reserved in its name. Who calls takes nothing where a row has problems.
    """
    assert by.institution_id is not None, "staff, as the route declares"
    books = _read_books(session, {row.code for row in rows if row.code}, by.institution_id)
    people = _read_clients(
        session, {row.login for row in rows if row.login}, by.institution_id, now=now
    )
    by = replace(by, clients={asker.enterprise_id: client for asker, client in people.values()})
    lock_instruments(session, [book.instrument.id for book in books.values()])
    if any(counts_together(book.terms) for book in books.values()):
        lock_payers(session, by.clients)
    asked = [_understand(row, books, people) for row in rows]
    questions = _questions_by_heading(books.values())
    outcomes: list[Outcome] = []
    ours: list[Reservation] = []
    for place, one in enumerate(asked):
        clashes = _find_clashes(one, asked[:place])
        made, problems = _take(session, one, questions, ours, by=by, now=now)
        if made is not None:
            ours.append(made)
        named = [*one.row.faults, *map(one.row.named, [*one.faults, *problems, *clashes])]
        outcomes.append(Outcome(one.row, one.slot, made, tuple(named)))
    record(
        session,
        actor_id=by.person_id,
        action="reservations.import",
        subject_kind="institution",
        subject_id=by.institution_id,
        now=now,
        added=len(ours),
    )
    return outcomes


def _read_books(
    session: Session, codes: set[str], institution_id: InstitutionId
) -> dict[str, Book]:
    found = session.execute(
        select(Instrument.code, Instrument.id).where(
            Instrument.institution_id == institution_id, Instrument.code.in_(codes)
        )
    ).all()
    books = load_books(session, [instrument_id for _, instrument_id in found])
    return {code: books[instrument_id] for code, instrument_id in found}


def _read_clients(
    session: Session, logins: set[str], institution_id: InstitutionId, *, now: datetime
) -> dict[str, tuple[Asker, Client]]:
    """Return those of the institution's clients: it learns of no other login that it exists."""
    has_signed = exists().where(
        Agreement.enterprise_id == Enterprise.id,
        Agreement.institution_id == institution_id,
        Agreement.valid_until >= now.date(),
    )
    came_before = exists().where(
        Reservation.enterprise_id == Enterprise.id,
        Reservation.institution_id == institution_id,
        Reservation.state.not_in([ReservationState.DRAFT, ReservationState.PROPOSED]),
    )
    found = session.execute(
        select(Person.login, Person.id, Enterprise.id, Enterprise.needs_endorsement)
        .join(Enterprise, Enterprise.id == Person.enterprise_id)
        .where(Person.login.in_(logins), Person.is_active, or_(has_signed, came_before))
    )
    return {
        login: (Asker(person_id, enterprise_id), Client(frozenset(), needs_endorsement))
        for login, person_id, enterprise_id, needs_endorsement in found
    }


def _understand(
    row: Row, books: Mapping[str, Book], people: Mapping[str, tuple[Asker, Client]]
) -> _Asked:
    book = books.get(row.code or "")
    asker, _ = people.get(row.login or "", (None, None))
    faults = []
    if row.code is not None and book is None:
        faults.append(UNKNOWN_INSTRUMENT)
    if row.login is not None and asker is None:
        faults.append(UNKNOWN_PERSON)
    times = {}
    for name, time in (("starts_at", row.starts_at), ("ends_at", row.ends_at)):
        times[name] = place_in(book.zone, time) if book and time else None
        if book and time and times[name] is None:
            faults.append(replace(UNCLEAR_TIME, field=name))
    return _Asked(row, book, asker, Wish(**times), faults)


def _questions_by_heading(books: Iterable[Book]) -> dict[str, dict[str, Question]]:
    """Return what is asked under each heading, by the instrument's code."""
    asked: dict[str, dict[str, Question]] = defaultdict(dict)
    for book in books:
        for question in book.terms.questions:
            for heading in (question.label_zh, question.label_en, question.key):
                asked[heading][book.instrument.code] = question
    return asked


def _answers(row: Row, book: Book, questions: Mapping[str, Mapping[str, Question]]) -> Answers:
    """Return what the row answers; what is asked of another's rows only, under its heading.

    What no instrument of the sheet asks is no question, but a column of somebody's own.
    """
    answers = dict(row.answers)
    for heading, cell in row.others.items():
        if cell is None or heading not in questions:
            continue
        question = questions[heading].get(book.instrument.code)
        key = question.key if question else heading
        answers[key] = read_answer(question, cell) if question else cell
        row.cells[f"answers.{key}"] = row.cells[heading]
    return answers


def _find_clashes(one: _Asked, before: Sequence[_Asked]) -> list[Problem]:
    """Name the rows above that want some of the same time, set-up and cool-down with it."""
    rows = [
        str(other.row.number)
        for other in before
        if one.blocked
        and other.blocked
        and one.row.code == other.row.code
        and one.blocked.overlaps(other.blocked)
    ]
    if not rows:
        return []
    zh, en = f"与第 {'、'.join(rows)} 行的时段冲突。", f"It overlaps with row {', '.join(rows)}."
    return [Problem("rows_overlap", zh, en, "starts_at")]


def _take(
    session: Session,
    one: _Asked,
    questions: Mapping[str, Mapping[str, Question]],
    ours: Sequence[Reservation],
    *,
    by: Caller,
    now: datetime,
) -> tuple[Reservation | None, list[Problem]]:
    """Reserve a row; where that cannot be, say why, as far as can be known of it."""
    if one.book is None:
        return None, []
    request = Request(
        one.book.instrument.id,
        one.wish,
        purpose=one.row.purpose or "",
        answers=_answers(one.row, one.book, questions),
        mode=one.row.mode or Mode.SELF_OPERATED,
        presence=one.row.presence,
    )
    problems: list[Problem] = []
    if one.asker is None:
        problems = find_request_problems(one.book, request, now=now)
        if not one.book.instrument.is_shared:
            problems.append(Problem(NotShared.code, NotShared.zh, NotShared.en, "code"))
    else:
        try:
            return reserve(session, request, by=by, now=now, asker=one.asker), []
        except SlotTaken:
            pass
        except DomainError as no:
            problems = list(no.problems) or [Problem(no.code, no.zh, no.en)]
    if one.blocked is not None:
        mine = [
            as_slot(made.blocked) for made in ours if made.instrument_id == request.instrument_id
        ]
        in_the_way = list_in_the_way(session, request.instrument_id, one.blocked, now=now)
        if any(slot not in mine for slot in in_the_way):
            problems.append(Problem(SlotTaken.code, SlotTaken.zh, SlotTaken.en, "starts_at"))
    # What could not be read as a time was said so already, in the words of a sheet.
    return None, [problem for problem in problems if problem.code != "not_a_time"]
