"""All that decides about an instrument's time, read in one query."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import column, text
from sqlalchemy.orm import Session

from booking.calendars.hours import Closed, Hours, SpecialHours, Timetable
from booking.policies.terms import Terms, read_terms
from booking.reservations.rules import BookingPolicy, Slot
from directory.institutions.rules import Qualification, QualificationKind
from directory.workdays.service import load_calendar
from foundation.identifiers import InstitutionId, InstrumentId

# What decides about time: rows that an institution, a group or an instrument has of each kind.
POLICIES = """
    SELECT jsonb_agg(p.terms ORDER BY p.instrument_id IS NOT NULL, p.group_code IS NOT NULL)
    FROM booking_policies p WHERE p.institution_id = n.id AND {whose}
"""
OF_ITSELF_OR_ALL = "(it.instrument_id = i.id OR it.instrument_id IS NULL)"
OF_ALL = "it.instrument_id IS NULL"
KINDS = {
    "hours": "SELECT jsonb_agg(to_jsonb(it)) FROM opening_hours it"
    " WHERE it.institution_id = n.id AND {whose}",
    "special_days": "SELECT jsonb_agg(to_jsonb(it)) FROM special_days it"
    " WHERE it.institution_id = n.id AND {whose}",
    "closures": """
        SELECT jsonb_agg(jsonb_build_object('starts_at', lower(it.during),
            'ends_at', upper(it.during), 'kind', it.kind, 'reason_zh', it.reason_zh,
            'reason_en', it.reason_en, 'repeat_days', it.repeat_days,
            'repeat_until', it.repeat_until))
        FROM closures it
        WHERE it.institution_id = n.id AND it.withdrawn_at IS NULL AND {whose}
    """,
}
QUALIFICATIONS = """
    SELECT jsonb_agg(jsonb_build_object('kind', q.kind, 'number', q.number,
        'valid_from', q.valid_from, 'valid_to', q.valid_to, 'is_revoked', q.revoked_at IS NOT NULL))
    FROM institution_qualifications q WHERE q.institution_id = n.id
"""
OF_ONE = {
    "policies": POLICIES.format(
        whose="(p.instrument_id = i.id OR (p.instrument_id IS NULL"
        " AND (p.group_code IS NULL OR p.group_code = i.group_code)))"
    ),
    **{name: kind.format(whose=OF_ITSELF_OR_ALL) for name, kind in KINDS.items()},
}
OF_THE_INSTITUTION = {
    "policies": POLICIES.format(whose="p.instrument_id IS NULL AND p.group_code IS NULL"),
    **{name: kind.format(whose=OF_ALL) for name, kind in KINDS.items()},
    "qualifications": QUALIFICATIONS,
}


def card_and_rules(parts: Mapping[str, str]) -> str:
    """Return the columns of a book; its rules are one document, as many instruments share one.

    What a text says is read but once.
    """
    rules = "".join(f", '{name}', ({part})" for name, part in parts.items())
    return f"""
    i.id, i.institution_id, i.code, i.group_code, i.is_shared, i.condition,
    i.calibrated_until, n.state AS institution_state, i.is_metrological,
    i.limited_to_zh, i.limited_to_en, jsonb_build_object(
    'zone', n.time_zone,
    'grid_s', i.grid_s, 'length_min_s', i.length_min_s, 'length_max_s', i.length_max_s,
    'notice_min_s', i.notice_min_s, 'horizon_s', i.horizon_s,
    'set_up_s', i.set_up_s, 'cool_down_s', i.cool_down_s, 'modes', i.modes{rules})::text AS rules
    """


CARD_AND_RULES = card_and_rules({**OF_ONE, "qualifications": QUALIFICATIONS})
INSTRUMENTS = "instruments i JOIN institutions n ON n.id = i.institution_id"
# Named beforehand, the columns of a result are not worked out anew at each execution.
BOOK_COLUMNS = (
    *("id", "institution_id", "code", "group_code", "is_shared", "condition"),
    *("calibrated_until", "institution_state", "is_metrological"),
    *("limited_to_zh", "limited_to_en", "rules"),
)
BOOK = text(
    f"SELECT {CARD_AND_RULES} FROM {INSTRUMENTS} WHERE i.id = ANY(:ids)"  # noqa: S608 - our own
).columns(*map(column, BOOK_COLUMNS))
# Of many instruments, what they have of their institution is put together once, not for each;
# only those with something of their own are asked for it. One array of ids: a thousand
# parameters took longer to send than to answer.
BOOKS = text(
    f"""
WITH n AS MATERIALIZED (
    SELECT n.id, n.state, n.time_zone,
        {", ".join(f"({part}) AS {name}" for name, part in OF_THE_INSTITUTION.items())},
        ARRAY(SELECT p.group_code FROM booking_policies p
            WHERE p.institution_id = n.id AND p.group_code IS NOT NULL) AS own_groups,
        ARRAY(
            SELECT o.instrument_id FROM booking_policies o WHERE o.institution_id = n.id
            UNION SELECT o.instrument_id FROM opening_hours o WHERE o.institution_id = n.id
            UNION SELECT o.instrument_id FROM special_days o WHERE o.institution_id = n.id
            UNION SELECT o.instrument_id FROM closures o WHERE o.institution_id = n.id
        ) AS own
    FROM institutions n
    WHERE n.id IN (SELECT i.institution_id FROM instruments i WHERE i.id = ANY(:ids))
)
SELECT {
        card_and_rules(
            {
                **{
                    name: f"CASE WHEN i.id = ANY(n.own) OR i.group_code = ANY(n.own_groups)"
                    f" THEN ({part}) ELSE n.{name} END"
                    for name, part in OF_ONE.items()
                },
                "qualifications": "n.qualifications",
            }
        )
    } FROM instruments i JOIN n ON n.id = i.institution_id WHERE i.id = ANY(:ids)
"""  # noqa: S608 - likewise
).columns(*map(column, BOOK_COLUMNS))


@dataclass(frozen=True, slots=True)
class Card:
    """What of an instrument itself decides whether its time may be had."""

    id: InstrumentId
    institution_id: InstitutionId
    code: str
    group_code: str | None
    is_shared: bool
    condition: str
    calibrated_until: date | None
    institution_state: str
    is_metrological: bool
    limited_to_zh: str
    limited_to_en: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a slot, and when it may lie."""

    modes: tuple[str, ...]
    terms: Terms
    policy: BookingPolicy
    timetable: Timetable
    qualifications: tuple[Qualification, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """An instrument, its terms and its timetable, as they stand."""

    instrument: Card
    modes: tuple[str, ...]
    terms: Terms
    policy: BookingPolicy
    timetable: Timetable
    qualifications: tuple[Qualification, ...] = ()
    """The institution's, whether they hold or not."""

    @property
    def bare_policy(self) -> BookingPolicy:
        """The policy without set-up and cool-down, for time from which they are taken."""
        return replace(self.policy, set_up=timedelta(0), cool_down=timedelta(0))

    @property
    def zone(self) -> ZoneInfo:
        return self.policy.zone


def load_books(
    session: Session, instrument_ids: Sequence[InstrumentId]
) -> dict[InstrumentId, Book]:
    """Read instruments with their policies, hours and closures; one query for them all.

    The working calendar is read besides, where one of them follows it.
    """
    statement = BOOKS if len(instrument_ids) > 1 else BOOK
    rows = session.connection().execute(statement, {"ids": list(instrument_ids)})
    return {book.instrument.id: book for book in open_books(session, rows.all())}


def load_book(session: Session, instrument_id: InstrumentId) -> Book | None:
    return load_books(session, [instrument_id]).get(instrument_id)


def open_books(session: Session, rows: Sequence[Sequence[Any]]) -> list[Book]:
    """Make books of rows of CARD_AND_RULES."""
    books = []
    is_working = None
    for *card, document in rows:
        rules = read_rules(document)
        timetable = rules.timetable
        if rules.terms.follows_work_calendar:
            is_working = is_working or load_calendar(session).is_working
            timetable = replace(timetable, is_working=is_working)
        books.append(
            Book(
                Card(*card), rules.modes, rules.terms, rules.policy, timetable, rules.qualifications
            )
        )
    return books


@lru_cache(maxsize=1024)
def read_rules(document: str) -> Rules:
    """Read what the database just said; remembered by its very words, so never out of date."""
    told = json.loads(document)
    zone = ZoneInfo(told["zone"])
    terms = read_terms(told["policies"] or ())
    return Rules(
        modes=tuple(told["modes"]),
        terms=terms,
        policy=shape(read_policy(told, zone), terms),
        timetable=Timetable(
            zone=zone,
            hours=tuple(read_hours(one) for one in narrowest(told["hours"] or [])),
            special_days=tuple(read_special_day(one) for one in told["special_days"] or ()),
            closures=tuple(read_closure(one) for one in told["closures"] or ()),
        ),
        qualifications=tuple(read_qualification(one) for one in told["qualifications"] or ()),
    )


def read_policy(told: Mapping[str, Any], zone: ZoneInfo) -> BookingPolicy:
    return BookingPolicy(
        zone=zone,
        grid=timedelta(seconds=told["grid_s"]),
        length_min=timedelta(seconds=told["length_min_s"]),
        length_max=timedelta(seconds=told["length_max_s"]),
        notice_min=timedelta(seconds=told["notice_min_s"]),
        horizon=timedelta(seconds=told["horizon_s"]),
        set_up=timedelta(seconds=told["set_up_s"]),
        cool_down=timedelta(seconds=told["cool_down_s"]),
    )


def shape(policy: BookingPolicy, terms: Terms) -> BookingPolicy:
    """Let the terms say more of a slot's shape than the instrument's own card does."""
    told = {
        "notice_min": terms.notice_min_s,
        "horizon": terms.horizon_s,
        "length_min": terms.length_min_s,
        "length_max": terms.length_max_s,
        "grid": terms.grid_s,
    }
    changes: dict[str, Any] = {
        name: timedelta(seconds=value) for name, value in told.items() if value is not None
    }
    return replace(policy, **changes) if changes else policy


def narrowest(hours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An instrument's own hours stand instead of its institution's, not beside them."""
    own = [one for one in hours if one["instrument_id"] is not None]
    return own or hours


def read_hours(row: dict[str, Any]) -> Hours:
    return Hours(
        weekday=row["weekday"],
        opens_s=row["opens_s"],
        closes_s=row["closes_s"],
        is_extended=row["kind"] == "extended",
        surcharge_permille=row["surcharge_permille"],
    )


def read_special_day(row: dict[str, Any]) -> SpecialHours:
    return SpecialHours(
        date.fromisoformat(row["day"]),
        row["opens_s"],
        row["closes_s"],
        row["surcharge_permille"],
        is_own=row["instrument_id"] is not None,
    )


def read_qualification(row: dict[str, Any]) -> Qualification:
    return Qualification(
        kind=QualificationKind(row["kind"]),
        number=row["number"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]),
        is_revoked=row["is_revoked"],
    )


def read_closure(row: dict[str, Any]) -> Closed:
    return Closed(
        slot=Slot(datetime.fromisoformat(row["starts_at"]), datetime.fromisoformat(row["ends_at"])),
        repeat_days=row["repeat_days"],
        repeat_until=date.fromisoformat(row["repeat_until"]) if row["repeat_until"] else None,
        reason_zh=row["reason_zh"],
        reason_en=row["reason_en"],
        kind=row["kind"],
    )
