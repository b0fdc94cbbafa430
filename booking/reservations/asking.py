"""Everything that speaks for or against a wish, gathered and judged in one place.

Every verb that takes time comes through here: reserving, holding, submitting, approving,
moving, extending, promoting from the waitlist, importing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.calendars.hours import closed_spans, is_always_open, merge, open_windows
from booking.policies.answers import LIMITS, WAIVER, find_answer_problems
from booking.policies.books import Book
from booking.policies.rules import Standing, find_standing_problems
from booking.reservations.rules import Slot, Wish, find_problems, find_time_problems
from booking.reservations.standing import Asker, read_standing
from booking.reservations.states import Mode, Presence
from directory.institutions.errors import InstitutionNotOpen
from directory.institutions.rules import State, has_lapsed
from foundation.errors import Problem
from foundation.identifiers import InstrumentId, ReservationId

PURPOSE_LENGTH_MAX = 500
ASKED_ONCE = frozenset({"in_the_past", "too_little_notice", "too_far_ahead"})


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for."""

    instrument_id: InstrumentId
    wish: Wish
    purpose: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    mode: Mode = Mode.SELF_OPERATED
    presence: Presence | None = None
    """Where the client will be while a technician works for them."""


def find_all_problems(
    session: Session,
    book: Book,
    request: Request,
    asker: Asker,
    *,
    now: datetime,
    instead_of: ReservationId | None = None,
    is_begun: bool = False,
    is_again: bool = False,
    known: Standing | None = None,
) -> list[Problem]:
    """Return everything against the request: slot, hours, instrument, person, answers.

    `instead_of`: a reservation that this one takes the place of; it counts no more.
    `is_begun`: the use runs already: its start is no longer asked about, nor whether the
    institution takes new orders, for what is under way goes on.
    `is_again`: it was asked before, and kept its notice and horizon then.
    `known`: what was read already of who is asking.
    """
    wish, zone = request.wish, book.zone
    problems = find_request_problems(book, request, now=now)
    if is_begun:
        problems = [one for one in problems if one.field != "starts_at"]
    if is_again:
        problems = [one for one in problems if one.code not in ASKED_ONCE]
    if not is_begun and not is_again:
        problems += find_limit_problems(book, request.answers)
    if find_time_problems(wish):
        return problems
    slot = wish.slot
    if not is_begun:
        problems += find_institution_problems(slot, book)
    problems += find_hours_problems(slot, book)
    problems += find_condition_problems(slot, book, request.answers, now=now)
    standing = read_standing(
        session, book, asker, slot, now=now, instead_of=instead_of, known=known
    )
    return problems + find_standing_problems(
        slot,
        book.terms,
        standing,
        zone=zone,
        is_self_operated=request.mode is Mode.SELF_OPERATED,
    )


def find_request_problems(book: Book, request: Request, *, now: datetime) -> list[Problem]:
    """Return what is wrong with the request itself, whoever asks."""
    return [
        *find_problems(request.wish, book.policy, now),
        *find_text_problems(request.purpose),
        *find_answer_problems(request.answers, book.terms),
        *find_mode_problems(book, request),
    ]


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


def find_mode_problems(book: Book, request: Request) -> list[Problem]:
    problems = []
    if request.mode not in book.modes:
        problems.append(
            Problem(
                "mode_not_offered",
                "该仪器不提供此使用方式。",
                "This instrument is not offered that way.",
                "mode",
            )
        )
    if request.presence is not None and request.mode is not Mode.ASSISTED:
        problems.append(
            Problem(
                "presence_not_asked",
                "自主上机无需声明到场方式。",
                "Who works the instrument themselves is there; nothing else can be declared.",
                "presence",
            )
        )
    return problems


def presence_of(request: Request) -> Presence | None:
    """Return what is stored: whoever says nothing works along with the technician."""
    if request.mode is not Mode.ASSISTED:
        return None
    return request.presence or Presence.PRESENT


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


def find_institution_problems(slot: Slot, book: Book) -> list[Problem]:
    """Say whether the institution takes orders, and is qualified on every day of the slot."""
    if book.instrument.institution_state != State.ACTIVE:
        return [Problem(InstitutionNotOpen.code, InstitutionNotOpen.zh, InstitutionNotOpen.en)]
    day = slot.starts_at.astimezone(book.zone).date()
    last_day = (slot.ends_at - timedelta(microseconds=1)).astimezone(book.zone).date()
    while day <= last_day:
        if has_lapsed(book.qualifications, day):
            return [
                Problem(
                    "institution_unqualified",
                    f"该机构的资质在 {day} 已失效。",
                    f"No qualification of the institution holds on {day}.",
                )
            ]
        day += timedelta(days=1)
    return []


def find_condition_problems(
    slot: Slot, book: Book, answers: Mapping[str, Any], *, now: datetime
) -> list[Problem]:
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
    return problems + find_calibration_problems(slot, book, answers, now=now)


def find_limit_problems(book: Book, answers: Mapping[str, Any]) -> list[Problem]:
    """Say what an instrument with a yellow label is limited to, to one who did not accept it."""
    zh, en = book.instrument.limited_to_zh, book.instrument.limited_to_en
    if not (zh or en) or answers.get(LIMITS) is True:
        return []
    return [
        Problem(
            "limits_not_accepted",
            f"仪器为限用(黄色标识),仅可用于:{zh or en};请确认知悉。",
            f"Its label is yellow: it may be used for this only: {en or zh}. Please accept that.",
            f"answers.{LIMITS}",
        )
    ]


def find_calibration_problems(
    slot: Slot, book: Book, answers: Mapping[str, Any], *, now: datetime
) -> list[Problem]:
    """Say what a calibration that lapses before the slot ends asks, or forbids.

    Once it lapsed the instrument's label is red: then only what measures nothing may be had,
    and with a waiver. What will lapse may be had with a waiver, where the terms allow that.
    """
    until, rule = book.instrument.calibrated_until, book.terms.when_calibration_lapses
    last_day = (slot.ends_at - timedelta(microseconds=1)).astimezone(book.zone).date()
    if until is None or last_day <= until or rule == "ignore":
        return []
    is_red = now.astimezone(book.zone).date() > until
    if rule == "block" or (is_red and book.instrument.is_metrological):
        return [
            Problem(
                "calibration_lapsed" if is_red else "calibration_lapses",
                f"校准有效期至 {until},不能用于该时段。",
                f"Its calibration {'lapsed' if is_red else 'lapses'} after {until},"
                " before the slot ends.",
            )
        ]
    if answers.get(WAIVER) is True:
        return []
    return [
        Problem(
            "waiver_needed",
            f"校准有效期至 {until};如仅作非计量用途,请声明知悉。",
            f"Its calibration lapses after {until}; a written waiver is needed.",
            f"answers.{WAIVER}",
        )
    ]
