"""A use that its device ends: at rest for too long, or out of order."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from booking.reservations.attending import check_in
from booking.reservations.clockwork import end_idle, interrupt_faulty, mark_in_use
from booking.reservations.due import list_faulty, list_idle
from booking.reservations.tables import Reservation
from telemetry.controls.service import INTERLOCK
from telemetry.controls.tables import WantedState
from telemetry.devices.tables import Device, DeviceState
from telemetry.runs.tables import Run
from tests import make
from tests.leasing import DAY, HOUR, NOW, furnish

START = NOW + DAY
MINUTE = timedelta(minutes=1)


class Bench:
    """A lab whose instrument has a device that says what it does."""

    def __init__(self, session: Session, **terms: int) -> None:
        self.session, self.lab = session, furnish(session)
        self.device: Device = make.device(session, institution=self.lab.institution)
        make.link(session, self.lab.instrument, self.device)
        self.lab.says(**terms)

    def use(self) -> Reservation:
        asked = self.lab.reserve()
        check_in(self.session, asked.id, by=self.lab.caller("alice"), now=START)
        assert mark_in_use(self.session, asked.id, now=START)
        return asked

    def ran(self, until: datetime | None) -> None:
        """Let it run from the slot's start; None: it still does."""
        self.session.add(
            Run(
                device_id=self.device.id,
                session=uuid4().hex,
                boot="boot",
                state="closed" if until else "open",
                started_at=START,
                last_at=until or START + HOUR,
                ended_at=until,
                metered_ms=60_000,
                cycles=1,
                energy_wh=1,
                coverage_permille=1000,
                updated_at=START,
            )
        )
        self.session.flush()

    def says(self, op: str, at: datetime, *, seen_at: datetime, online: bool = True) -> None:
        self.session.merge(
            DeviceState(
                device_id=self.device.id,
                boot="boot",
                online=online,
                op=op,
                mode="none",
                at=at,
                received_at=at,
                seen_at=seen_at,
            )
        )
        self.session.flush()

    def wanted(self) -> str:
        state = self.session.get_one(WantedState, (self.device.id, INTERLOCK))
        return str(state.value)


def test_use_ends_once_its_instrument_rested_as_long_as_its_terms_bear(session: Session) -> None:
    bench = Bench(session, idle_end_s=1800)
    used = bench.use()
    bench.ran(START + 20 * MINUTE)
    for minutes, idle in ((49, []), (50, [used.id])):
        now = START + minutes * MINUTE
        bench.says("not_executing", START, seen_at=now)
        assert list(list_idle(session, now=now)) == idle

    assert end_idle(session, used.id, now=START + 50 * MINUTE)
    assert not end_idle(session, used.id, now=START + 50 * MINUTE)

    assert (used.state, used.attendance) == ("ended", "early_leave")
    assert bench.wanted() == "locked"


@pytest.mark.parametrize("why", ["running", "away", "not asked for", "never ran"])
def test_nobody_is_ended_whose_instrument_may_be_at_work(session: Session, why: str) -> None:
    bench = Bench(session, idle_end_s=0 if why == "not asked for" else 1800)
    bench.use()
    if why != "never ran":
        bench.ran(None if why == "running" else START + 20 * MINUTE)
    now = START + HOUR
    bench.says("not_executing", START, seen_at=now, online=why != "away")

    assert list(list_idle(session, now=now)) == []


def test_device_out_of_order_interrupts_the_use_and_the_instrument_is_faulty(
    session: Session,
) -> None:
    bench = Bench(session)
    used = bench.use()
    broke_at = START + 10 * MINUTE
    for seconds, faulty in ((59, []), (60, [used.id])):
        now = broke_at + timedelta(seconds=seconds)
        bench.says("out_of_service", broke_at, seen_at=now)
        assert list(list_faulty(session, now=now)) == faulty

    assert interrupt_faulty(session, used.id, now=broke_at + MINUTE)
    assert not interrupt_faulty(session, used.id, now=broke_at + MINUTE)

    assert (used.state, used.attendance) == ("interrupted", "normal")
    assert bench.lab.instrument.condition == "faulty"
    assert bench.wanted() == "locked"


@pytest.mark.parametrize("why", ["mended", "away", "not asked for"])
def test_use_goes_on_where_no_fault_lasts(session: Session, why: str) -> None:
    bench = Bench(session, fault_after_s=0 if why == "not asked for" else 60)
    bench.use()
    now = START + HOUR
    op = "executing" if why == "mended" else "out_of_service"
    bench.says(op, START, seen_at=now, online=why != "away")

    assert list(list_faulty(session, now=now)) == []
