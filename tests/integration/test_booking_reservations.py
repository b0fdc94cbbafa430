"""Reserving, moving on and giving back, against the real database and its constraint."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

import booking.invariants
from booking.instruments.errors import InstrumentNotFound, NotShared
from booking.reservations.asking import Request
from booking.reservations.attending import check_in, end, end_over
from booking.reservations.cancelling import cancel
from booking.reservations.clockwork import mark_in_use, mark_missed
from booking.reservations.due import list_missed, list_over
from booking.reservations.errors import (
    InstrumentBusy,
    NotYours,
    ReservationNotFound,
    SlotRefused,
    SlotTaken,
    TooEarlyToCheckIn,
    TooLateToCheckIn,
    WrongState,
)
from booking.reservations.moves import lock_instruments
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, ReservationLease, ReservationTransition
from directory.audit.tables import AuditEntry
from directory.people.errors import NotAllowed
from directory.people.service import caller_of
from foundation.database import make_engine, violated_constraint
from foundation.identifiers import InstrumentId, new_id
from telemetry.controls.tables import WantedState
from telemetry.devices.tables import Device, DeviceState, PresenceChange
from tests import make
from tests.cast import Cast, assemble

NOW = datetime(2030, 1, 7, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = timedelta(hours=1)


@dataclass
class Lab:
    """One instrument with one device, and the people around it."""

    cast: Cast
    instrument_id: InstrumentId

    def ask(self, starts_in: timedelta = HOUR, length: timedelta = 2 * HOUR) -> Request:
        return Request(self.instrument_id, Wish(NOW + starts_in, NOW + starts_in + length), "拉伸")


def open_lab(session: Session, *, name: str = "") -> Lab:
    cast = assemble(session)
    instrument = make.instrument(
        session, institution=cast.institution, cool_down=timedelta(minutes=5)
    )
    make.link(session, instrument, make.device(session, institution=cast.institution, name=name))
    return Lab(cast, instrument.id)


@pytest.fixture
def lab(session: Session) -> Lab:
    return open_lab(session)


def put(session: Session, lab: Lab, starts_in: timedelta = HOUR) -> Reservation:
    return reserve(session, lab.ask(starts_in), by=caller_of(lab.cast.alice), now=NOW)


def heard(session: Session, at: datetime, *, online: bool = True) -> None:
    """Let the instrument's device be known as present since long ago, or away since now."""
    for device_id, name in session.execute(select(Device.id, Device.name)).all():
        for since, is_online in ((make.LONG_AGO, True), (at, online)):
            session.add(PresenceChange(name=name, boot="b", online=is_online, at=since))
        state = session.get(DeviceState, device_id)
        if state is None:
            session.add(
                DeviceState(
                    device_id=device_id,
                    boot="b",
                    online=online,
                    op="not_executing",
                    mode="none",
                    session=None,
                    at=at,
                    received_at=at,
                    seen_at=at,
                )
            )
        else:
            state.online, state.seen_at = online, at
    session.flush()


def history(session: Session, reservation: Reservation) -> list[tuple[str | None, str]]:
    rows = session.execute(
        select(ReservationTransition.from_state, ReservationTransition.to_state)
        .where(ReservationTransition.reservation_id == reservation.id)
        .order_by(ReservationTransition.id)
    )
    return [(before, after) for before, after in rows]


def test_reserving_holds_the_slot_and_its_buffers(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)

    assert reservation.state == ReservationState.RESERVED
    assert reservation.during == Range(NOW + HOUR, NOW + 3 * HOUR)
    assert reservation.blocked == Range(NOW + HOUR, NOW + 3 * HOUR + timedelta(minutes=5))
    assert reservation.enterprise_id == lab.cast.enterprise.id
    assert history(session, reservation) == [(None, "reserved")]


def test_every_change_has_one_audit_row(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)
    cancel(session, reservation.id, by=caller_of(lab.cast.alice), reason="", now=NOW)

    rows = session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.subject_id == str(reservation.id))
        .order_by(AuditEntry.id)
    ).all()

    assert rows == ["reservation.reserved", "reservation.cancelled"]


def test_overlapping_slot_is_taken(session: Session, lab: Lab) -> None:
    put(session, lab)

    with pytest.raises(SlotTaken):
        reserve(session, lab.ask(2 * HOUR), by=caller_of(lab.cast.carol), now=NOW)


def test_slot_within_the_others_cool_down_is_taken(session: Session, lab: Lab) -> None:
    put(session, lab)

    with pytest.raises(SlotTaken):
        reserve(session, lab.ask(3 * HOUR), by=caller_of(lab.cast.carol), now=NOW)
    after = reserve(
        session, lab.ask(3 * HOUR + timedelta(minutes=15)), by=caller_of(lab.cast.carol), now=NOW
    )

    assert after.state == ReservationState.RESERVED


def test_transaction_lives_on_after_a_taken_slot(session: Session, lab: Lab) -> None:
    put(session, lab)
    with pytest.raises(SlotTaken):
        put(session, lab)

    assert session.scalar(select(func.count()).select_from(Reservation)) == 1


def test_reservation_of_an_unknown_instrument_is_not_found(session: Session, lab: Lab) -> None:
    request = Request(InstrumentId(new_id()), lab.ask().wish)

    with pytest.raises(InstrumentNotFound):
        reserve(session, request, by=caller_of(lab.cast.alice), now=NOW)


def test_instrument_that_is_not_shared_is_not_reserved(session: Session, lab: Lab) -> None:
    session.execute(text("UPDATE instruments SET is_shared = false"))

    with pytest.raises(NotShared):
        put(session, lab)


def test_staff_reserve_nothing_for_themselves(session: Session, lab: Lab) -> None:
    with pytest.raises(NotAllowed):
        reserve(session, lab.ask(), by=caller_of(lab.cast.bob), now=NOW)


def test_refusal_names_every_problem_and_writes_nothing(session: Session, lab: Lab) -> None:
    request = Request(
        lab.instrument_id,
        Wish(NOW - timedelta(minutes=7), NOW + 9 * HOUR),
        "长" * 501,
    )

    with pytest.raises(SlotRefused) as refusal:
        reserve(session, request, by=caller_of(lab.cast.alice), now=NOW)

    assert [problem.code for problem in refusal.value.problems] == [
        "in_the_past",
        "off_the_grid",
        "too_long",
        "too_long_text",
    ]
    assert session.scalar(select(func.count()).select_from(Reservation)) == 0


def test_reserved_becomes_cancelled_and_frees_the_slot(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)

    cancel(session, reservation.id, by=caller_of(lab.cast.alice), reason="计划变更", now=NOW)

    assert history(session, reservation)[-1] == ("reserved", "cancelled")
    assert put(session, lab).state == ReservationState.RESERVED


def test_cancelled_is_not_cancelled_again(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)
    cancel(session, reservation.id, by=caller_of(lab.cast.alice), reason="", now=NOW)

    with pytest.raises(WrongState):
        cancel(session, reservation.id, by=caller_of(lab.cast.alice), reason="", now=NOW)


def test_reserved_becomes_checked_in_and_unlocks_until_the_slot_ends(
    session: Session, lab: Lab
) -> None:
    reservation = put(session, lab)

    check_in(session, reservation.id, by=caller_of(lab.cast.alice), now=NOW + HOUR)

    wanted = session.scalars(select(WantedState)).one()
    lease = session.scalars(select(ReservationLease)).one()
    assert history(session, reservation)[-1] == ("reserved", "checked_in")
    assert (wanted.value, wanted.lease_until) == ("unlocked", NOW + 3 * HOUR)
    assert lease.command_id == wanted.command_id


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [
        pytest.param(44, TooEarlyToCheckIn, id="sixteen minutes before"),
        pytest.param(45, None, id="a quarter before"),
        pytest.param(179, None, id="the last minute"),
        pytest.param(180, TooLateToCheckIn, id="as the slot ends"),
    ],
)
def test_check_in_opens_a_quarter_before_and_shuts_with_the_slot(
    session: Session, lab: Lab, minutes: int, refusal: type[Exception] | None
) -> None:
    reservation = put(session, lab)
    now = NOW + timedelta(minutes=minutes)

    if refusal is None:
        check_in(session, reservation.id, by=caller_of(lab.cast.alice), now=now)
        assert reservation.state == ReservationState.CHECKED_IN
    else:
        with pytest.raises(refusal):
            check_in(session, reservation.id, by=caller_of(lab.cast.alice), now=now)


def test_who_comes_early_waits_for_the_one_at_the_instrument(session: Session, lab: Lab) -> None:
    first = put(session, lab)
    second = reserve(
        session, lab.ask(3 * HOUR + timedelta(minutes=15)), by=caller_of(lab.cast.carol), now=NOW
    )
    check_in(session, first.id, by=caller_of(lab.cast.alice), now=NOW + HOUR)

    early = NOW + 3 * HOUR + timedelta(minutes=1)
    with pytest.raises(InstrumentBusy):
        check_in(session, second.id, by=caller_of(lab.cast.carol), now=early)
    end(session, first.id, by=caller_of(lab.cast.alice), now=early)
    check_in(session, second.id, by=caller_of(lab.cast.carol), now=early)

    assert second.state == ReservationState.CHECKED_IN


def test_checked_in_becomes_in_use_once(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)
    check_in(session, reservation.id, by=caller_of(lab.cast.alice), now=NOW + HOUR)

    assert mark_in_use(session, reservation.id, now=NOW + HOUR)
    assert not mark_in_use(session, reservation.id, now=NOW + HOUR)
    assert history(session, reservation)[-1] == ("checked_in", "in_use")


@pytest.mark.parametrize("is_in_use", [False, True])
def test_use_ends_and_locks_and_frees_the_rest(
    session: Session, lab: Lab, *, is_in_use: bool
) -> None:
    reservation = put(session, lab)
    check_in(session, reservation.id, by=caller_of(lab.cast.alice), now=NOW + HOUR)
    if is_in_use:
        mark_in_use(session, reservation.id, now=NOW + HOUR)

    end(session, reservation.id, by=caller_of(lab.cast.alice), now=NOW + 2 * HOUR)

    wanted = session.scalars(select(WantedState)).one()
    assert history(session, reservation)[-1][1] == "ended"
    assert (wanted.value, wanted.lease_until) == ("locked", None)
    put(session, lab, 2 * HOUR)


def test_reserved_is_not_ended(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)

    with pytest.raises(WrongState):
        end(session, reservation.id, by=caller_of(lab.cast.alice), now=NOW)


def test_use_ends_with_its_slot_by_the_clock_and_once(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)
    check_in(session, reservation.id, by=caller_of(lab.cast.alice), now=NOW + HOUR)
    over = NOW + 3 * HOUR

    assert list_over(session, now=over - timedelta(seconds=1)) == []
    assert not end_over(session, reservation.id, now=over - timedelta(seconds=1))
    assert list_over(session, now=over) == [reservation.id]
    assert end_over(session, reservation.id, now=over)
    assert not end_over(session, reservation.id, now=over)
    assert session.scalars(select(WantedState.value)).one() == "locked"


def test_unused_slot_is_missed_half_an_hour_on(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)
    late = NOW + HOUR + timedelta(minutes=30)
    heard(session, late)

    assert list_missed(session, now=late - timedelta(seconds=1)) == []
    assert list_missed(session, now=late) == [reservation.id]
    assert mark_missed(session, reservation.id, now=late)
    assert history(session, reservation)[-1] == ("reserved", "no_show")
    put(session, lab, timedelta(hours=1, minutes=45))


@pytest.mark.parametrize(
    ("online", "silent"),
    [
        pytest.param(False, timedelta(0), id="said to be away"),
        pytest.param(True, timedelta(minutes=2), id="not heard of for two minutes"),
    ],
)
def test_nobody_is_missing_while_the_device_was_away(
    session: Session, lab: Lab, silent: timedelta, *, online: bool
) -> None:
    put(session, lab)
    late = NOW + 2 * HOUR
    heard(session, late - silent, online=online)

    assert list_missed(session, now=late) == []


def test_nobody_is_missing_whose_device_was_away_for_a_while(session: Session, lab: Lab) -> None:
    reservation = put(session, lab)
    late = NOW + 2 * HOUR
    heard(session, late)
    for minutes, is_online in ((70, False), (75, True)):
        at = NOW + timedelta(minutes=minutes)
        for name in session.scalars(select(Device.name)).all():
            session.add(PresenceChange(name=name, boot="b", online=is_online, at=at))
    session.flush()

    assert not mark_missed(session, reservation.id, now=late)
    assert reservation.state == ReservationState.RESERVED


def test_nobody_is_missing_whose_device_was_never_heard_of(session: Session, lab: Lab) -> None:
    put(session, lab)

    assert list_missed(session, now=NOW + 4 * HOUR) == []


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("alice", None),
        ("bob", None),
        ("mei", None),
        ("carol", ReservationNotFound),
        ("dan", ReservationNotFound),
        ("oscar", NotYours),
    ],
)
def test_who_may_act_on_a_reservation(
    session: Session, lab: Lab, who: str, refusal: type[Exception] | None
) -> None:
    reservation = put(session, lab)
    caller = caller_of(getattr(lab.cast, who))

    if refusal is None:
        cancel(session, reservation.id, by=caller, reason="", now=NOW)
        assert reservation.state == ReservationState.CANCELLED
    else:
        with pytest.raises(refusal):
            cancel(session, reservation.id, by=caller, reason="", now=NOW)


@pytest.mark.parametrize(
    ("during", "blocked", "constraint"),
    [
        ("empty", "[2030-01-01,2030-01-02)", "ck_reservations_during_is_half_open"),
        (
            "[2030-01-01,2030-01-02]",
            "[2030-01-01,2030-01-03)",
            "ck_reservations_during_is_half_open",
        ),
        ("[2030-01-01,)", "[2030-01-01,)", "ck_reservations_blocked_is_half_open"),
        (
            "[2030-01-01,2030-01-03)",
            "[2030-01-01,2030-01-02)",
            "ck_reservations_blocked_contains_during",
        ),
    ],
)
def test_database_refuses_a_twisted_range(
    session: Session, lab: Lab, during: str, blocked: str, constraint: str
) -> None:
    reservation = put(session, lab)

    with pytest.raises(IntegrityError) as refusal:
        session.execute(
            text(
                "UPDATE reservations SET during = CAST(:d AS tstzrange),"
                " blocked = CAST(:b AS tstzrange) WHERE id = :id"
            ),
            {"d": during, "b": blocked, "id": reservation.id},
        )

    assert violated_constraint(refusal.value) == constraint


@pytest.fixture
def raced(empty_database_url: str) -> Iterator[tuple[Engine, Lab]]:
    engine = make_engine(empty_database_url)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        lab = open_lab(session)
    yield engine, lab
    engine.dispose()


@pytest.mark.committed
def test_slot_held_in_an_open_transaction_is_not_free(raced: tuple[Engine, Lab]) -> None:
    """The second process must wait for the first, then be told no.

    Whatever merely looks before it inserts fails here every time, not one time in
    five: it cannot see the first reservation, because that is not committed yet.
    """
    engine, lab = raced
    sessions = sessionmaker(engine, expire_on_commit=False)

    def reserve_second() -> None:
        with sessions.begin() as session:
            reserve(session, lab.ask(2 * HOUR), by=caller_of(lab.cast.carol), now=NOW)

    with ThreadPoolExecutor(max_workers=1) as pool:
        with sessions.begin() as session:
            put(session, lab)
            second = pool.submit(reserve_second)
            wait([second], timeout=0.3)
            assert not second.done(), "the second reservation did not wait for the first"
        with pytest.raises(SlotTaken):
            second.result(timeout=5)


@pytest.mark.committed
def test_lock_of_the_instrument_comes_first(raced: tuple[Engine, Lab]) -> None:
    """Even a slot that clashes with nothing waits its turn: nobody decides beside another."""
    engine, lab = raced
    sessions = sessionmaker(engine, expire_on_commit=False)

    def reserve_elsewhen() -> None:
        with sessions.begin() as session:
            reserve(session, lab.ask(20 * HOUR), by=caller_of(lab.cast.carol), now=NOW)

    with ThreadPoolExecutor(max_workers=1) as pool:
        with sessions.begin() as session:
            lock_instruments(session, [lab.instrument_id])
            waiting = pool.submit(reserve_elsewhen)
            wait([waiting], timeout=0.3)
            assert not waiting.done(), "it did not ask for the lock"
        waiting.result(timeout=10)


@pytest.mark.committed
def test_overlapping_but_different_slots_never_deadlock(raced: tuple[Engine, Lab]) -> None:
    """Eight at once, each a quarter later than the last: without the lock they deadlock."""
    engine, lab = raced
    sessions = sessionmaker(engine, expire_on_commit=False)
    caller = caller_of(lab.cast.alice)

    def try_one(quarter: int) -> str:
        try:
            with sessions.begin() as session:
                asked = lab.ask(HOUR + timedelta(minutes=15 * quarter))
                reserve(session, asked, by=caller, now=NOW)
        except SlotTaken:
            return "taken"
        return "reserved"

    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(try_one, [number % 24 for number in range(96)]))

    with sessions() as session:
        rows = [
            name
            for name, query in booking.invariants.INVARIANTS.items()
            if session.execute(text(query)).first()
        ]
        deadlocks = session.scalar(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )
    assert 3 <= answers.count("reserved") <= 5
    assert set(answers) == {"reserved", "taken"}
    assert (rows, deadlocks) == ([], 0)


def test_invariants_hold_after_a_whole_life(session: Session, lab: Lab) -> None:
    first = put(session, lab)
    check_in(session, first.id, by=caller_of(lab.cast.alice), now=NOW + HOUR)
    end(session, first.id, by=caller_of(lab.cast.alice), now=NOW + 2 * HOUR)
    cancel(
        session,
        put(session, lab, 5 * HOUR).id,
        by=caller_of(lab.cast.alice),
        reason="",
        now=NOW,
    )

    for name, query in booking.invariants.INVARIANTS.items():
        assert session.execute(text(query)).all() == [], name


def test_invariants_see_what_is_broken(session: Session, lab: Lab) -> None:
    """Break the state behind the history's back: the query must find it."""
    reservation = put(session, lab)
    session.execute(text("UPDATE reservations SET state = 'ended'"))

    query = booking.invariants.INVARIANTS["a reservation's state is where its history ends"]

    assert session.execute(text(query)).scalars().all() == [reservation.id]
