"""Many processes that want the same time at once, over real HTTP: one gets it, all are told."""

import multiprocessing
from collections import Counter
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import booking.invariants
from booking.reservations.tables import Reservation
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.database import make_engine
from tests import make
from tests.contending import contend, post
from tests.serving import serving

PROCESSES = 8
ROUNDS = 50


def ask(instrument_id: object, starts_at: datetime, length: timedelta) -> dict[str, str]:
    return {
        "instrument_id": str(instrument_id),
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + length).isoformat(),
    }


@pytest.mark.early
@pytest.mark.committed
@pytest.mark.parametrize(
    "shift",
    [
        pytest.param(timedelta(0), id="same"),
        pytest.param(timedelta(minutes=15), id="shifted", marks=pytest.mark.full),
    ],
)
def test_one_of_eight_processes_gets_each_contested_slot(
    empty_database_url: str, tmp_path: Path, shift: timedelta
) -> None:
    """50 rounds of 8 processes; `shifted`: each asks for a slot a little later than the last's."""
    engine = make_engine(empty_database_url)
    with Session(engine) as session, session.begin():
        enterprise = make.enterprise(session)
        instrument = make.instrument(session, institution=make.institution(session))
        logins = [
            make.person(session, Role.MEMBER, enterprise=enterprise).login for _ in range(PROCESSES)
        ]
        instrument_id = instrument.id
    first = read_clock().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(PROCESSES), context.Queue()
    with serving(empty_database_url, tmp_path) as port:
        cookies = []
        for login in logins:
            door = HTTPConnection("127.0.0.1", port, timeout=60)
            credentials = {"login": login, "password": make.PASSWORD}
            cookies.append(post(door, "/sign-in", credentials, {})[2])
            door.close()
        clients = [
            context.Process(
                target=contend,
                args=(
                    port,
                    cookie,
                    [
                        ask(
                            instrument_id,
                            first + 4 * n * timedelta(hours=1) + number * shift,
                            timedelta(hours=2),
                        )
                        for n in range(ROUNDS)
                    ],
                    barrier,
                    told,
                ),
            )
            for number, cookie in enumerate(cookies)
        ]
        for client in clients:
            client.start()
        answers = [answer for _ in clients for answer in told.get(timeout=100)]
        for client in clients:
            client.join(10)

    with Session(engine) as session:
        held = session.scalar(select(func.count()).select_from(Reservation))
        broken = [
            name
            for name, query in booking.invariants.INVARIANTS.items()
            if session.execute(text(query)).first()
        ]
        deadlocks = session.scalar(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )
    engine.dispose()
    assert Counter(answers) == {
        (201, ""): ROUNDS,
        (409, "slot_taken"): (PROCESSES - 1) * ROUNDS,
    }
    assert (held, broken, deadlocks) == (ROUNDS, [], 0)
