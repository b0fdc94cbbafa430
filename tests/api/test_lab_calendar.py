"""All of a lab's instruments over some days, for those who work there."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from booking.calendars.board import read_board
from booking.calendars.tables import Closure, OpeningHours
from booking.instruments.tables import Instrument
from booking.reservations.rules import Slot
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

MONDAY = datetime(2031, 1, 5, 16, tzinfo=UTC)  # midnight in Shanghai
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = {"from": MONDAY.isoformat(), "to": (MONDAY + 7 * DAY).isoformat()}

FULL_WEEK = text("""
INSERT INTO reservations (id, instrument_id, institution_id, enterprise_id, holder_id, during,
    blocked, state, purpose, created_at)
SELECT gen_random_uuid(), i.id, i.institution_id, :enterprise, :holder, slot, slot, 'reserved', '',
    :monday FROM instruments i CROSS JOIN generate_series(0, 74) AS n
CROSS JOIN LATERAL (SELECT tstzrange(:monday + n * interval '2 hours',
    :monday + n * interval '2 hours' + interval '1 hour') AS slot) AS s
WHERE i.institution_id = :institution
""")


def closure(instrument: Instrument | None, cast: Cast, **more: Any) -> Closure:
    return Closure(
        institution_id=cast.institution.id,
        instrument_id=instrument.id if instrument else None,
        during=Range(MONDAY + 8 * HOUR, MONDAY + 10 * HOUR),
        kind="maintenance",
        reason_zh="保养",
        reason_en="Upkeep",
        details={},
        created_at=MONDAY,
        **more,
    )


@pytest.fixture
def instrument(session_factory: sessionmaker[Session], cast: Cast) -> Instrument:
    """An instrument with a reservation, an upkeep each second day, and hours of Mondays only."""
    with session_factory.begin() as session:
        made = make.instrument(session, institution=cast.institution)
        make.reservation(
            session,
            instrument=made,
            holder=cast.alice,
            starts_at=MONDAY + 12 * HOUR,
            purpose="拉伸",
        )
        for state in ("draft", "expired", "rejected"):
            make.reservation(
                session,
                instrument=made,
                holder=cast.alice,
                starts_at=MONDAY + 12 * HOUR,
                state=state,
            )
        session.add(closure(made, cast, repeat_days=2))
        session.add(
            OpeningHours(
                id=uuid4(),
                institution_id=cast.institution.id,
                instrument_id=made.id,
                weekday=1,
                opens_s=0,
                closes_s=86_400,
            )
        )
        make.instrument(session, institution=cast.other_institution)
        return made


def test_a_week_shows_reservations_closures_and_shut_hours(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    board = signed_in_as(cast.bob).get("/api/v1/lab-calendar", params=WEEK).json()

    [row] = [one for one in board["instruments"] if one["id"] == str(instrument.id)]
    [shut] = row["shut"]
    assert datetime.fromisoformat(shut["starts_at"]) == MONDAY + DAY
    assert datetime.fromisoformat(shut["ends_at"]) == MONDAY + 7 * DAY
    [reservation] = board["reservations"]
    assert reservation["instrument_id"] == str(instrument.id)
    assert (reservation["state"], reservation["purpose"]) == ("reserved", "拉伸")
    assert reservation["may_move"]
    assert reservation["enterprise"] == "爱丽丝的企业"
    assert [datetime.fromisoformat(one["starts_at"]) for one in board["closures"]] == [
        MONDAY + day * DAY + 8 * HOUR for day in (0, 2, 4, 6)
    ]


@pytest.mark.usefixtures("instrument")
def test_a_closure_of_the_whole_lab_is_told_once(
    signed_in_as: SignedInAs,
    cast: Cast,
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        session.add(closure(None, cast))
    board = signed_in_as(cast.mei).get("/api/v1/lab-calendar", params={**WEEK, "location": "A 101"})

    whole = [one for one in board.json()["closures"] if one["instrument_id"] is None]
    assert [(one["kind"], one["reason_zh"]) for one in whole] == [("maintenance", "保养")]


def test_instruments_are_leafed_through_and_narrowed(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    mei = signed_in_as(cast.mei)
    seen: list[str] = []
    cursor = None
    while True:
        page = mei.get("/api/v1/lab-calendar", params={**WEEK, "limit": 1, "cursor": cursor}).json()
        seen += [one["code"] for one in page["instruments"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert instrument.code in seen
    assert seen == sorted(seen)
    none = mei.get("/api/v1/lab-calendar", params={**WEEK, "category": "nothing"}).json()
    assert none == {"instruments": [], "reservations": [], "closures": [], "next_cursor": None}


def test_only_those_who_work_there_see_it(signed_in_as: SignedInAs, cast: Cast) -> None:
    for person in (cast.alice, cast.oscar):
        answer = signed_in_as(person).get("/api/v1/lab-calendar", params=WEEK)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_longer_than_a_quarter_is_refused(signed_in_as: SignedInAs, cast: Cast) -> None:
    window = {"from": MONDAY.isoformat(), "to": (MONDAY + 93 * DAY).isoformat()}
    answer = signed_in_as(cast.mei).get("/api/v1/lab-calendar", params=window)
    assert (answer.status_code, answer.json()["code"]) == (422, "window_refused")


def test_fifteen_hundred_reservations_of_twenty_instruments_take_five_queries(
    session_factory: sessionmaker[Session], connection: Connection, cast: Cast
) -> None:
    """Seventy-five on each in a week, an hour every two hours."""
    with session_factory.begin() as session:
        for _ in range(20):
            make.instrument(session, institution=cast.institution)
        session.execute(
            FULL_WEEK,
            {
                "institution": cast.institution.id,
                "enterprise": cast.enterprise.id,
                "holder": cast.alice.id,
                "monday": MONDAY,
            },
        )
    said: list[str] = []

    def note(*about: Any) -> None:
        if about[2].lstrip().startswith(("SELECT", "WITH")):
            said.append(about[2])

    with session_factory.begin() as session:
        event.listen(connection, "before_cursor_execute", note)
        board, _ = read_board(
            session, cast.institution.id, Slot(MONDAY, MONDAY + 7 * DAY), now=MONDAY, limit=50
        )
        event.remove(connection, "before_cursor_execute", note)

    assert len(board.rows) == 20
    assert len(board.entries) == 1_500
    assert len(said) == 5
