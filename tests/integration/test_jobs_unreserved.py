"""Whoever runs an instrument that nobody gave them is noticed while they do."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument
from booking.reservations.tables import ReservationLease
from directory.institutions.tables import Institution
from directory.people.tables import Person
from directory.roles.rules import Role
from jobs import watch_unreserved
from telemetry.alarms.tables import Alarm
from telemetry.runs.tables import Run
from tests import make

START = datetime(2030, 1, 1, 9, tzinfo=UTC)
NOW = START + timedelta(minutes=10)


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make.instrument(session, institution=make.institution(session))


@pytest.fixture
def holder(session: Session) -> Person:
    return make.person(session, Role.MEMBER, enterprise=make.enterprise(session))


@pytest.fixture
def run(session: Session, instrument: Instrument) -> Run:
    """A use of the instrument's device that goes on."""
    institution = session.get_one(Institution, instrument.institution_id)
    device = make.device(session, institution=institution)
    make.link(session, instrument, device).is_meter = True
    made = Run(
        device_id=device.id,
        session="s-1",
        boot="b",
        state="open",
        started_at=START,
        last_at=NOW,
        metered_ms=600_000,
        cycles=0,
        energy_wh=0,
        coverage_permille=1000,
        updated_at=NOW,
    )
    session.add(made)
    session.commit()
    return made


def alarms(
    session: Session, session_factory: sessionmaker[Session], now: datetime
) -> list[tuple[str, datetime, bool]]:
    """Let the job look once; return each alarm: its code, when raised, whether cleared."""
    watch_unreserved.run(session_factory, now)
    session.expire_all()
    found = session.scalars(select(Alarm).order_by(Alarm.raised_at))
    return [(alarm.code, alarm.raised_at, alarm.cleared_at is not None) for alarm in found]


def test_run_nobody_reserved_is_an_alarm_while_it_lasts(
    session: Session, session_factory: sessionmaker[Session], run: Run
) -> None:
    soon = alarms(session, session_factory, START + timedelta(minutes=1))
    raised = alarms(session, session_factory, NOW)
    again = alarms(session, session_factory, NOW + timedelta(minutes=1))
    run.state, run.ended_at = "closed", NOW
    session.commit()
    over = alarms(session, session_factory, NOW + timedelta(minutes=2))

    assert soon == []
    assert raised == again == [("RUN_WITHOUT_RESERVATION", START, False)]
    assert over == [("RUN_WITHOUT_RESERVATION", START, True)]


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("state", "is_alarm"),
    [
        ("reserved", False),
        ("in_use", False),
        ("ended", False),
        ("draft", True),
        ("rejected", True),
        ("expired", True),
    ],
)
def test_reservation_excuses_the_run_once_it_was_granted(
    session: Session,
    session_factory: sessionmaker[Session],
    instrument: Instrument,
    holder: Person,
    state: str,
    *,
    is_alarm: bool,
) -> None:
    make.reservation(session, instrument=instrument, holder=holder, starts_at=START, state=state)
    session.commit()

    assert bool(alarms(session, session_factory, NOW)) == is_alarm


def test_run_that_names_the_unlocking_command_is_its_reservations(
    session: Session,
    session_factory: sessionmaker[Session],
    instrument: Instrument,
    holder: Person,
    run: Run,
) -> None:
    """Whoever overruns their slot is overtime, not a stranger."""
    before = START - timedelta(hours=3)
    mine = make.reservation(session, instrument=instrument, holder=holder, starts_at=before)
    command_id = uuid4()
    session.add(
        ReservationLease(command_id=command_id, reservation_id=mine.id, device_id=run.device_id)
    )
    run.lease = str(command_id)
    session.commit()

    assert alarms(session, session_factory, NOW) == []
