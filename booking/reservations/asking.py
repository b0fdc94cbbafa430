"""Everything that speaks for or against a wish, gathered and judged in one place.

Every verb that takes time comes through here: reserving, holding, submitting, approving,
moving, extending, promoting from the waitlist, importing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.attendance.tables import Penalty
from booking.calendars.hours import closed_spans, is_always_open, merge, open_windows
from booking.policies.answers import WAIVER, find_answer_problems
from booking.policies.books import Book
from booking.policies.rules import (
    Booked,
    Per,
    Standing,
    Terms,
    Whose,
    find_standing_problems,
    lab_window,
)
from booking.policies.tables import Agreement, Qualification
from booking.reservations.rules import Slot, Wish, find_problems, find_time_problems
from booking.reservations.states import HOLDING_STATES, Mode, ReservationState
from booking.reservations.tables import Reservation, as_slot
from foundation.errors import Problem
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, ReservationId

PURPOSE_LENGTH_MAX = 500
COUNTS = sorted(
    HOLDING_STATES
    | {
        ReservationState.ENDED,
        ReservationState.INTERRUPTED,
        ReservationState.METERED,
        ReservationState.DISPUTED,
        ReservationState.CONFIRMED,
        ReservationState.BILLED,
        ReservationState.NO_SHOW,
    }
)
"""The states that count against a quota: time had, and time missed."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for."""

    instrument_id: InstrumentId
    wish: Wish
    purpose: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    mode: Mode = Mode.SELF_OPERATED


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom it is asked."""

    person_id: PersonId
    enterprise_id: EnterpriseId


def find_all_problems(
    session: Session,
    book: Book,
    request: Request,
    asker: Asker,
    *,
    now: datetime,
    instead_of: ReservationId | None = None,
    is_begun: bool = False,
) -> list[Problem]:
    """Return everything against the request: slot, hours, instrument, person, answers.

    `instead_of`: a reservation that this one takes the place of; it counts no more.
    `is_begun`: the use runs already, so its start is no longer asked about.
    """
    wish, zone = request.wish, book.zone
    problems = find_problems(wish, book.policy, now)
    if is_begun:
        problems = [one for one in problems if one.field != "starts_at"]
    problems += find_text_problems(request.purpose)
    problems += find_answer_problems(request.answers, book.terms)
    problems += find_mode_problems(book, request.mode)
    if find_time_problems(wish):
        return problems
    slot = wish.slot
    problems += find_hours_problems(slot, book)
    problems += find_condition_problems(slot, book, request.answers)
    standing = read_standing(session, book, asker, slot, now=now, instead_of=instead_of)
    return problems + find_standing_problems(
        slot,
        book.terms,
        standing,
        zone=zone,
        is_self_operated=request.mode is Mode.SELF_OPERATED,
    )


def find_text_problems(purpose: str) -> list[Problem]:
    if len(purpose) <= PURPOSE_LENGTH_MAX:
        return []
    return [
        Problem(
            "too_long_text",
            f"用途说明最多 {PURPOSE_LENGTH_MAX} 字。",
            f"The purpose may have {PURPOSE_LENGTH_MAX} characters at most.",
            "purpose",
        )
    ]


def find_mode_problems(book: Book, mode: Mode) -> list[Problem]:
    if mode in book.instrument.modes:
        return []
    return [
        Problem(
            "mode_not_offered",
            "该仪器不提供此使用方式。",
            "This instrument is not offered that way.",
            "mode",
        )
    ]


def find_hours_problems(slot: Slot, book: Book) -> list[Problem]:
    """Say whether the lab is open throughout, and which closure stands in the way."""
    if is_always_open(book.timetable):
        return []
    problems = []
    spans = merge([window for window, _ in open_windows(slot, book.timetable)])
    if not any(span.starts_at <= slot.starts_at and slot.ends_at <= span.ends_at for span in spans):
        problems.append(
            Problem(
                "outside_hours",
                "时段不在开放时间内。",
                "The lab is not open throughout this slot.",
            )
        )
    blocked = book.policy.blocked(slot)
    for _, closure in closed_spans(blocked, book.timetable):
        zh = f":{closure.reason_zh}" if closure.reason_zh else ""
        en = f": {closure.reason_en}" if closure.reason_en else ""
        problems.append(
            Problem(
                f"closed_for_{closure.kind}",
                f"仪器停用{zh}。",
                f"The instrument is closed{en}.",
            )
        )
    return problems


def find_condition_problems(slot: Slot, book: Book, answers: Mapping[str, Any]) -> list[Problem]:
    """Say whether the instrument works, and is calibrated until the slot ends."""
    problems = []
    if book.instrument.condition != "working":
        problems.append(
            Problem(
                f"instrument_{book.instrument.condition}",
                "仪器故障、维修中或已报废。",
                "The instrument is out of order.",
            )
        )
    until = book.instrument.calibrated_until
    rule = book.terms.when_calibration_lapses
    last_day = (slot.ends_at - timedelta(microseconds=1)).astimezone(book.zone).date()
    if until is not None and last_day > until and rule != "ignore":
        if rule == "block":
            problems.append(
                Problem(
                    "calibration_lapses",
                    f"校准有效期至 {until},不能用于该时段。",
                    f"Its calibration lapses after {until}, before the slot ends.",
                )
            )
        elif answers.get(WAIVER) is not True:
            problems.append(
                Problem(
                    "waiver_needed",
                    f"校准有效期至 {until};如仅作非计量用途,请声明知悉。",
                    f"Its calibration lapses after {until}; a written waiver is needed.",
                    f"answers.{WAIVER}",
                )
            )
    return problems


def needs_standing(terms: Terms) -> bool:
    return bool(
        terms.quotas
        or terms.gap_s
        or terms.open_max is not None
        or terms.needs_qualification
        or terms.needs_agreement
    )


def read_standing(
    session: Session,
    book: Book,
    asker: Asker,
    slot: Slot,
    *,
    now: datetime,
    instead_of: ReservationId | None,
) -> Standing:
    """Read what the rules want to know of who is asking, and no more than they want."""
    banned_until = session.scalar(
        select(func.max(Penalty.ends_at)).where(
            Penalty.person_id == asker.person_id,
            Penalty.institution_id == book.instrument.institution_id,
            Penalty.state == "active",
            Penalty.starts_at <= now,
            Penalty.ends_at > now,
        )
    )
    if not needs_standing(book.terms):
        return Standing(banned_until=banned_until)
    return Standing(
        booked=read_booked(session, book, asker, slot, now=now, instead_of=instead_of),
        qualified_until=read_qualification(session, book, asker),
        agreed_until=session.scalar(
            select(Agreement.valid_until).where(
                Agreement.enterprise_id == asker.enterprise_id,
                Agreement.institution_id == book.instrument.institution_id,
            )
        ),
        banned_until=banned_until,
    )


def read_qualification(session: Session, book: Book, asker: Asker) -> Any:  # noqa: ANN401
    return session.scalar(
        select(func.max(Qualification.valid_until)).where(
            Qualification.person_id == asker.person_id,
            Qualification.institution_id == book.instrument.institution_id,
            Qualification.revoked_at.is_(None),
            or_(
                Qualification.instrument_id == book.instrument.id,
                Qualification.group_code == book.instrument.group_code,
            ),
        )
    )


def read_booked(
    session: Session,
    book: Book,
    asker: Asker,
    slot: Slot,
    *,
    now: datetime,
    instead_of: ReservationId | None,
) -> tuple[Booked, ...]:
    """Return what the person, and where a quota asks it the enterprise, has on the instrument."""
    terms = book.terms
    wanted = [
        slot,
        *(lab_window(at, Per.MONTH, book.zone) for at in (slot.starts_at, slot.ends_at)),
    ]
    # A week may reach over a month's edge.
    wanted += [lab_window(at, Per.WEEK, book.zone) for at in (slot.starts_at, slot.ends_at)]
    gap = timedelta(seconds=terms.gap_s)
    window = Range(
        min(one.starts_at for one in wanted) - gap, max(one.ends_at for one in wanted) + gap
    )
    whose = Reservation.holder_id == asker.person_id
    if any(quota.whose is Whose.ENTERPRISE for quota in terms.quotas):
        whose = or_(whose, Reservation.enterprise_id == asker.enterprise_id)
    is_open = (Reservation.holder_id == asker.person_id) & Reservation.state.in_(
        sorted(HOLDING_STATES)
    )
    rows = session.execute(
        select(
            Reservation.id,
            Reservation.during,
            Reservation.holder_id,
            Reservation.state,
            Reservation.expires_at,
        ).where(
            Reservation.instrument_id == book.instrument.id,
            or_(
                whose & Reservation.during.overlaps(window) & Reservation.state.in_(COUNTS),
                is_open,
            ),
        )
    )
    return tuple(
        Booked(
            slot=as_slot(during),
            is_mine=holder_id == asker.person_id,
            is_open=state in HOLDING_STATES,
            on_this_instrument=True,
        )
        for reservation_id, during, holder_id, state, expires_at in rows
        if reservation_id != instead_of and (expires_at is None or expires_at > now)
    )
