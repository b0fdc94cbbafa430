"""Quotas over several instruments: what counts together, and that nobody slips past them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument
from booking.reservations.asking import Request
from booking.reservations.changing import reschedule
from booking.reservations.errors import SlotRefused
from booking.reservations.moves import PAYERS_SPACE
from booking.reservations.rules import Wish
from booking.reservations.series import Repeat, reserve_series, reserve_together
from booking.reservations.service import reserve
from directory.institutions.tables import Institution
from directory.people.service import caller_of
from directory.roles.rules import Role
from foundation.database import make_engine
from tests import make
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND NOT granted"
)


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


def another(lab: Lab, *, of: Institution | None = None, group: str | None = None) -> Instrument:
    made = make.instrument(lab.session, institution=of or lab.institution)
    made.group_code = group
    lab.session.flush()
    return made


def ask_for(lab: Lab, instrument: Instrument, starts_in: timedelta = DAY, **more: Any) -> Request:
    return replace(lab.ask(starts_in, **more), instrument_id=instrument.id)


@pytest.mark.parametrize(
    ("over", "group", "is_counted"),
    [
        ("instrument", "HPLC", False),
        ("group", "HPLC", True),
        ("group", "GC", False),
        ("group", None, False),
        ("institution", "GC", True),
    ],
)
def test_time_on_another_instrument_counts_as_far_as_the_quota_reaches(
    lab: Lab, over: str, group: str | None, *, is_counted: bool
) -> None:
    lab.instrument.group_code = "HPLC"
    lab.says(quotas=[{"per": "week", "whose": "person", "count": 1, "over": over}])
    beside = another(lab, group=group)
    reserve(lab.session, ask_for(lab, beside), by=lab.caller("alice"), now=NOW)

    if is_counted:
        assert lab.refused() == ["quota_count"]
        lab.reserve(7 * DAY)  # next Monday is another week
    else:
        lab.reserve()


def test_instruments_without_a_group_are_no_group(lab: Lab) -> None:
    lab.says(quotas=[{"per": "day", "whose": "person", "hours": 2, "over": "group"}])
    reserve(lab.session, ask_for(lab, another(lab)), by=lab.caller("alice"), now=NOW)

    lab.reserve()


def test_time_at_another_institution_counts_nothing(session: Session, lab: Lab) -> None:
    lab.says(quotas=[{"per": "day", "whose": "person", "hours": 2, "over": "institution"}])
    elsewhere = another(lab, of=lab.cast.other_institution)
    reserve(session, ask_for(lab, elsewhere), by=lab.caller("alice"), now=NOW)

    lab.reserve()


def test_colleagues_hours_on_other_instruments_count_for_the_enterprise(
    session: Session, lab: Lab
) -> None:
    lab.says(quotas=[{"per": "day", "whose": "enterprise", "hours": 3, "over": "institution"}])
    colleague = make.person(session, Role.MEMBER, enterprise=lab.cast.enterprise)
    reserve(session, ask_for(lab, another(lab)), by=caller_of(colleague), now=NOW)

    with pytest.raises(SlotRefused) as refusal:
        lab.reserve()
    [problem] = refusal.value.problems
    assert (problem.code, problem.zh) == (
        "quota_hours",
        "该机构仪器合计,本企业每日最多 3 小时。",
    )
    lab.reserve(length=HOUR)
    lab.reserve(DAY + 3 * HOUR, who="carol")


def test_what_is_moved_counts_once(session: Session, lab: Lab) -> None:
    lab.says(quotas=[{"per": "week", "whose": "person", "count": 1, "over": "institution"}])
    asked = lab.reserve()

    later = Wish(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)
    reschedule(session, asked.id, later, by=lab.caller("alice"), now=NOW)


def test_instruments_taken_in_one_act_count_together(session: Session, lab: Lab) -> None:
    lab.says(quotas=[{"per": "day", "whose": "person", "count": 1, "over": "institution"}])
    both = [lab.ask(), ask_for(lab, another(lab))]

    with pytest.raises(SlotRefused) as refusal:
        reserve_together(session, both, by=lab.caller("alice"), now=NOW)

    assert [one.code for one in refusal.value.problems] == ["quota_count"]
    assert session.execute(text("SELECT count(*) FROM reservations")).scalar() == 0


def test_trial_of_a_series_says_what_the_series_would_and_takes_nothing(
    session: Session, lab: Lab
) -> None:
    lab.says(quotas=[{"per": "week", "whose": "person", "count": 1}])
    repeat, alice = Repeat(1, (2, 4), 4), lab.caller("alice")

    told = reserve_series(session, lab.ask(), repeat, by=alice, now=NOW, is_trial=True)

    assert session.execute(text("SELECT count(*) FROM reservations")).scalar() == 0
    done = reserve_series(session, lab.ask(), repeat, by=alice, now=NOW)
    assert [one.problems for one in told] == [one.problems for one in done]
    assert [[fault.code for fault in one.problems] for one in told] == [
        [], ["quota_count"], [], ["quota_count"],
    ]  # fmt: skip
    assert [one.reservation for one in told] == [None] * 4


def test_nobody_waits_for_a_colleague_where_no_quota_counts_together(
    session: Session, lab: Lab
) -> None:
    held = text(
        "SELECT count(*) FROM pg_locks WHERE classid = :space AND pid = pg_backend_pid()"
    ).bindparams(space=PAYERS_SPACE)
    lab.says(quotas=[{"per": "week", "whose": "enterprise", "count": 5}])
    lab.reserve()
    assert session.scalar(held) == 0

    lab.says(quotas=[{"per": "week", "whose": "person", "count": 5, "over": "group"}])
    lab.reserve(2 * DAY)
    assert session.scalar(held) == 1


@pytest.fixture
def raced(empty_database_url: str) -> Iterator[tuple[Engine, Lab, Instrument]]:
    engine = make_engine(empty_database_url)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        lab = furnish(session)
        lab.says(quotas=[{"per": "day", "whose": "enterprise", "count": 1, "over": "institution"}])
        beside = another(lab)
    yield engine, lab, beside
    engine.dispose()


@pytest.mark.committed
def test_two_instruments_at_the_same_time_do_not_both_slip_past(
    raced: tuple[Engine, Lab, Instrument],
) -> None:
    """The second asks for another instrument, whose lock is free: it waits all the same."""
    engine, lab, beside = raced
    sessions = sessionmaker(engine, expire_on_commit=False)
    alice = caller_of(lab.cast.alice)

    def reserve_second() -> None:
        with sessions.begin() as session:
            reserve(session, ask_for(lab, beside), by=alice, now=NOW)

    with ThreadPoolExecutor(max_workers=1) as pool:
        with sessions.begin() as session:
            reserve(session, lab.ask(), by=alice, now=NOW)
            second = pool.submit(reserve_second)
            while not second.done() and not session.scalar(WAITING, {"space": PAYERS_SPACE}):
                pass
            assert not second.done(), "the second reservation did not wait for the first"
        with pytest.raises(SlotRefused):
            second.result(timeout=5)
