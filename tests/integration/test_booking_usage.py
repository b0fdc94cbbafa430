"""From an ended use to its charge: what was metered, what it costs, and what needs a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

import billing.invariants
import booking.invariants
from billing.charges.errors import NoTariff
from billing.charges.queries import list_unpriced
from billing.charges.service import price
from billing.charges.tables import Charge
from booking.calendars.tables import OpeningHours
from booking.instruments.tables import Instrument
from booking.policies.tables import Policy
from booking.reservations.asking import Request
from booking.reservations.attending import check_in, end
from booking.reservations.clockwork import mark_in_use
from booking.reservations.due import list_newly_in_use
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, ReservationLease
from booking.usage.queries import list_confirmable, list_ended
from booking.usage.reviewing import confirm_by_itself
from booking.usage.service import meter
from booking.usage.tables import UsageRun, UsageSession
from directory.people.service import caller_of
from foundation.identifiers import DeviceId, InstrumentId, RunId
from jobs import confirm_uses, end_uses, meter_uses, note_uses, price_uses
from telemetry.devices.tables import Channel, SequenceGap
from telemetry.events.tables import DeviceEvent
from telemetry.readings.service import DAY_MS, ensure_partitions
from telemetry.readings.tables import LatestReading
from telemetry.runs.tables import Run
from tests import make
from tests.cast import Cast, assemble

DAY = datetime(2030, 1, 7, tzinfo=ZoneInfo("Asia/Shanghai"))
BOOT = "boot-1"


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


@dataclass
class Lab:
    """One instrument with a price and a meter; what its device reports is written by hand."""

    session: Session
    cast: Cast
    instrument_id: InstrumentId
    device_id: DeviceId
    channel_id: int
    seq: int = 0

    def use(
        self, starts: float, ends: float, *, came: float | None = None, left: float | None = None
    ) -> Reservation:
        """Reserve, check in as the slot begins or when they came, and leave."""
        came = starts if came is None else came
        alice = caller_of(self.cast.alice)
        request = Request(self.instrument_id, Wish(at(starts), at(ends)))
        reservation = reserve(self.session, request, by=alice, now=at(came))
        check_in(self.session, reservation.id, by=alice, now=at(came))
        end(self.session, reservation.id, by=alice, now=at(left if left is not None else ends))
        return reservation

    def lease_of(self, reservation: Reservation) -> str:
        command_id = self.session.scalars(
            select(ReservationLease.command_id).where(
                ReservationLease.reservation_id == reservation.id
            )
        ).one()
        return str(command_id)

    def work(self, starts: float, ends: float, *, lease: str | None, **other: Any) -> UUID:
        """A run with its start and stop events, as telemetry would store them."""
        name = uuid4().hex
        length_ms = int((at(ends) - at(starts)) / timedelta(milliseconds=1))
        for kind, hour, run_ms in (("start", starts, 0), ("stop", ends, length_ms)):
            self.seq += 1
            self.session.add(
                DeviceEvent(
                    device_id=self.device_id,
                    boot=BOOT,
                    seq=self.seq,
                    at=at(hour),
                    received_at=at(hour),
                    kind=kind,
                    session=name,
                    run_ms=5_000_000 + run_ms,
                    lease=lease,
                )
            )
        run = Run(
            **{
                "id": RunId(uuid4()),
                "device_id": self.device_id,
                "session": name,
                "boot": BOOT,
                "lease": lease,
                "state": "closed",
                "started_at": at(starts),
                "last_at": at(ends),
                "ended_at": at(ends),
                "metered_ms": length_ms,
                "cycles": 1,
                "energy_wh": 100,
                "warm_up_ms": 20_000,
                "work_ms": length_ms - 25_000,
                "cool_down_ms": 5_000,
                "coverage_permille": 1000,
                "updated_at": at(ends),
                **other,
            }
        )
        self.session.add(run)
        self.session.flush()
        return run.id

    def watch(self, starts: float, ends: float) -> None:
        """Readings every half minute."""
        self.session.execute(
            text(
                "INSERT INTO readings (channel_id, at, value, quality, received_at)"
                " SELECT :channel, t, 1, 0, t FROM generate_series(CAST(:since AS timestamptz),"
                " CAST(:until AS timestamptz), interval '30 seconds') t ON CONFLICT DO NOTHING"
            ),
            {"channel": self.channel_id, "since": at(starts), "until": at(ends)},
        )
        latest = self.session.get(LatestReading, self.channel_id)
        if latest is None:
            latest = LatestReading(channel_id=self.channel_id, value=1, quality=0)
            self.session.add(latest)
        latest.at = latest.received_at = at(ends)
        self.session.flush()

    def confirm(self, hour: float) -> None:
        """Let what is metered and undoubted confirm itself."""
        for usage_id in list_confirmable(self.session, now=at(hour)):
            confirm_by_itself(self.session, usage_id, now=at(hour))

    def usage(self) -> UsageSession:
        return self.session.scalars(select(UsageSession)).one()


@pytest.fixture
def lab(session: Session) -> Lab:
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    today = int(DAY.timestamp() * 1000) // DAY_MS
    ensure_partitions(raw, range(today, today + 3))
    cast = assemble(session)
    instrument = make.instrument(session, institution=cast.institution)
    device = make.device(session, institution=cast.institution)
    make.link(session, instrument, device)
    make.tariff(
        session,
        instrument=instrument,
        per_hour_fen=32_000,
        billed_min=timedelta(minutes=15),
        billed_step=timedelta(minutes=1),
    )
    session.add(
        Policy(
            institution_id=cast.institution.id,
            terms={"confirm_after_s": 0, "confirm_tolerance_permille": 1000},
            updated_at=make.LONG_AGO,
        )
    )
    channel = Channel(device_id=device.id, name="power_w", unit="W", kind="f")
    session.add(channel)
    session.flush()
    return Lab(session, cast, instrument.id, device.id, channel.id)


def assert_invariants(session: Session) -> None:
    for name, query in {**booking.invariants.INVARIANTS, **billing.invariants.INVARIANTS}.items():
        assert session.execute(text(query)).all() == [], name


def test_use_becomes_a_session_and_the_session_a_charge(session: Session, lab: Lab) -> None:
    """41 min 12 s at 320 yuan an hour, minutes rounded up: 42/60 × 320 = 224.00 yuan."""
    reservation = lab.use(9, 10, left=9.75)
    run_id = lab.work(9.05, 9.05 + 2472 / 3600, lease=lab.lease_of(reservation))
    lab.watch(9, 9.8)

    assert list_ended(session) == [reservation.id]
    assert meter(session, reservation.id, now=at(9.8))
    usage = lab.usage()
    assert (usage.state, usage.metered_ms) == ("metered", 2_472_000)
    assert usage.during == Range(at(9.05), at(9.05 + 2472 / 3600))
    assert session.scalars(select(UsageRun.run_id)).all() == [run_id]
    lab.confirm(9.8)
    assert list_unpriced(session) == [usage.id]
    assert price(session, usage.id, now=at(9.8))

    charge = session.scalars(select(Charge)).one()
    assert (charge.amount_fen, charge.billed_seconds) == (22_400, 2520)
    assert charge.rule["version"] == 1
    assert [event["kind"] for event in charge.evidence] == ["start", "stop"]
    assert charge.evidence[1]["run_ms"] - charge.evidence[0]["run_ms"] == 2_472_000
    assert (reservation.state, usage.state) == (ReservationState.BILLED, "billed")
    assert_invariants(session)


def test_metering_and_pricing_twice_is_harmless(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.work(9.1, 9.9, lease=lab.lease_of(reservation))
    lab.watch(9, 10.01)

    assert meter(session, reservation.id, now=at(10.1))
    assert not meter(session, reservation.id, now=at(10.1))
    usage_id = lab.usage().id
    lab.confirm(10.1)
    assert price(session, usage_id, now=at(10.1))
    assert not price(session, usage_id, now=at(10.1))
    assert len(session.scalars(select(Charge)).all()) == 1


@pytest.mark.parametrize(
    ("card", "proves"),
    [
        ({"calibrated_until": DAY.date()}, True),
        ({"calibrated_until": DAY.date() - timedelta(days=1)}, False),
        ({"calibrated_until": None}, False),
        ({"calibrated_until": DAY.date(), "is_metrological": False}, False),
    ],
)
def test_figures_prove_something_only_while_a_calibration_holds(
    session: Session, lab: Lab, card: dict[str, Any], *, proves: bool
) -> None:
    reservation = lab.use(9, 10)
    session.execute(update(Instrument).where(Instrument.id == lab.instrument_id).values(**card))
    lab.work(9.1, 9.9, lease=lab.lease_of(reservation))
    lab.watch(9, 10.01)

    assert meter(session, reservation.id, now=at(10.1))
    assert lab.usage().is_metrological is proves


def test_use_that_nobody_set_a_price_for_keeps_no_other_waiting(session: Session, lab: Lab) -> None:
    unpriced = make.instrument(session, institution=lab.cast.institution)
    usages = []
    for hour, instrument_id in ((9, unpriced.id), (11, lab.instrument_id)):
        instrument = session.get_one(Instrument, instrument_id)
        reservation = make.reservation(
            session,
            instrument=instrument,
            holder=lab.cast.alice,
            starts_at=at(hour),
            state="confirmed",
        )
        usage = UsageSession(
            reservation_id=reservation.id,
            instrument_id=instrument.id,
            institution_id=instrument.institution_id,
            enterprise_id=lab.cast.enterprise.id,
            device_id=lab.device_id,
            during=Range(at(hour), at(hour + 1)),
            metered_ms=0,
            warm_up_ms=0,
            work_ms=0,
            cool_down_ms=0,
            coverage_permille=1000,
            state="confirmed",
            metered_at=at(hour),
            created_at=at(hour),
            updated_at=at(hour),
        )
        session.add(usage)
        session.flush()
        usages.append(usage.id)

    assert list_unpriced(session) == usages[::-1]


def test_whoever_comes_early_may_leave_before_the_slot_begins(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10, came=8.8, left=8.9)
    lab.work(8.82, 8.9, lease=lab.lease_of(reservation))
    lab.watch(8.8, 8.92)

    assert meter(session, reservation.id, now=at(8.92))
    assert (lab.usage().state, lab.usage().metered_ms) == ("metered", 288_000)


def test_use_waits_for_the_rest_of_its_telemetry(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.work(9.1, 9.99, lease=lab.lease_of(reservation), state="open", ended_at=None)
    lab.watch(9, 9.99)

    assert not meter(session, reservation.id, now=at(10.01))
    assert reservation.state == ReservationState.ENDED


def test_run_that_lost_its_stop_needs_review_and_no_charge(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.work(9.1, 9.8, lease=lab.lease_of(reservation), state="lost")
    lab.watch(9, 10.01)

    assert meter(session, reservation.id, now=at(10.02))
    assert lab.usage().state == "needs_review"
    assert list_unpriced(session) == []
    assert not price(session, lab.usage().id, now=at(10.02))


def test_gap_in_the_readings_needs_review_five_minutes_on(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.watch(9, 9.3)

    assert not meter(session, reservation.id, now=at(10 + 4.9 / 60))
    assert meter(session, reservation.id, now=at(10 + 5 / 60))
    assert (lab.usage().state, lab.usage().metered_ms) == ("needs_review", 0)


def test_missing_sequence_numbers_need_review(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.work(9.1, 9.9, lease=lab.lease_of(reservation))
    lab.watch(9, 10.01)
    session.add(
        SequenceGap(
            device_id=lab.device_id, boot=BOOT, first_missing=7, last_missing=9, noticed_at=at(9.5)
        )
    )
    session.flush()

    meter(session, reservation.id, now=at(10.02))

    assert lab.usage().state == "needs_review"


def test_watched_slot_that_was_never_used_costs_the_least_time(session: Session, lab: Lab) -> None:
    """Checked in and never started: 15 minutes, a quarter of 320 yuan."""
    reservation = lab.use(9, 10)
    lab.watch(9, 10.01)

    meter(session, reservation.id, now=at(10.02))
    lab.confirm(10.02)
    price(session, lab.usage().id, now=at(10.02))

    assert session.scalars(select(Charge.amount_fen)).one() == 8_000


def test_run_is_given_to_the_reservation_of_its_lease(session: Session, lab: Lab) -> None:
    first = lab.use(9, 10)
    second = lab.use(10, 11)
    mine = lab.work(9.5, 9.9, lease=lab.lease_of(first))
    # By its time it would be the first's; by its lease it is the second's.
    other = lab.work(9.92, 10.02, lease=lab.lease_of(second))
    lab.watch(9, 11.01)

    meter(session, first.id, now=at(11.02))
    meter(session, second.id, now=at(11.02))

    rows = session.execute(
        select(UsageSession.reservation_id, UsageRun.run_id).join(
            UsageRun, UsageRun.usage_session_id == UsageSession.id
        )
    ).all()
    assert {tuple(row) for row in rows} == {(first.id, mine), (second.id, other)}


def test_price_is_of_the_tariff_in_force_when_the_use_began(session: Session, lab: Lab) -> None:
    session.execute(
        text("UPDATE tariffs SET valid = tstzrange(lower(valid), CAST(:at AS timestamptz))"),
        {"at": at(9.5)},
    )
    instrument = session.execute(text("SELECT id, institution_id FROM instruments")).one()
    session.execute(
        text(
            "INSERT INTO tariffs (id, instrument_id, institution_id, version, valid, currency,"
            " per_hour_fen, billed_min_s, billed_step_s, minimum_fen, created_at)"
            " VALUES (gen_random_uuid(), :i, :n, 2, tstzrange(:at, NULL), 'CNY', 99900, 900, 60,"
            " 0, now())"
        ),
        {"i": instrument.id, "n": instrument.institution_id, "at": at(9.5)},
    )
    reservation = lab.use(9, 10)
    lab.work(9.25, 9.75, lease=lab.lease_of(reservation))
    lab.watch(9, 10.01)

    meter(session, reservation.id, now=at(10.02))
    lab.confirm(10.02)
    price(session, lab.usage().id, now=at(10.02))

    charge = session.scalars(select(Charge)).one()
    assert (charge.amount_fen, charge.rule["version"]) == (16_000, 1)


def test_use_without_a_tariff_is_refused_not_given_away(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.watch(9, 10.01)
    session.execute(text("DELETE FROM tariffs"))
    meter(session, reservation.id, now=at(10.02))

    lab.confirm(10.02)
    with pytest.raises(NoTariff):
        price(session, lab.usage().id, now=at(10.02))


def test_charges_are_never_changed(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.watch(9, 10.01)
    meter(session, reservation.id, now=at(10.02))
    lab.confirm(10.02)
    price(session, lab.usage().id, now=at(10.02))

    with pytest.raises(DBAPIError, match="never changed"):
        session.execute(text("UPDATE charges SET amount_fen = 1"))


def test_first_run_under_the_lease_marks_it_in_use(session: Session, lab: Lab) -> None:
    alice = caller_of(lab.cast.alice)
    request = Request(lab.instrument_id, Wish(at(9), at(10)))
    reservation = reserve(session, request, by=alice, now=at(9))
    check_in(session, reservation.id, by=alice, now=at(9))
    assert list_newly_in_use(session) == []

    lab.work(9.1, 9.2, lease=lab.lease_of(reservation), state="open", ended_at=None)

    assert list_newly_in_use(session) == [reservation.id]
    assert mark_in_use(session, reservation.id, now=at(9.2))


def test_jobs_take_a_use_from_its_slots_end_to_its_charge(
    session_factory: sessionmaker[Session], session: Session, lab: Lab
) -> None:
    alice = caller_of(lab.cast.alice)
    request = Request(lab.instrument_id, Wish(at(9), at(10)))
    reservation = reserve(session, request, by=alice, now=at(9))
    check_in(session, reservation.id, by=alice, now=at(9))
    lab.work(9.1, 9.9, lease=lab.lease_of(reservation))
    lab.watch(9, 10.01)
    session.commit()

    done = [
        (job.__name__, job.run(session_factory, at(10.005)))
        for job in (note_uses, end_uses, meter_uses, confirm_uses, price_uses)
        for _ in range(2)
    ]

    session.expire_all()
    assert [outcome.changed for _, outcome in done] == [1, 0] * 5
    assert all(outcome.failed == 0 for _, outcome in done)
    assert session.get_one(Reservation, reservation.id).state == ReservationState.BILLED
    assert_invariants(session)


def test_evening_hours_cost_what_they_cost_when_it_was_reserved(session: Session, lab: Lab) -> None:
    """An hour at 320 yuan, half of it after six at +50 %: 160 + 240 = 400 yuan."""
    institution_id = lab.cast.institution.id
    for opens_s, closes_s, permille in ((0, 18, 0), (18, 24, 500)):
        session.add(
            OpeningHours(
                institution_id=institution_id,
                weekday=1,
                opens_s=opens_s * 3600,
                closes_s=closes_s * 3600,
                kind="extended" if permille else "regular",
                surcharge_permille=permille,
            )
        )
    session.flush()
    reservation = lab.use(17, 19)
    session.execute(update(OpeningHours).values(surcharge_permille=0))
    lab.work(17.5, 18.5, lease=lab.lease_of(reservation))
    lab.watch(17, 19.01)

    assert meter(session, reservation.id, now=at(19.1))
    lab.confirm(19.1)
    assert price(session, lab.usage().id, now=at(19.1))

    charge = session.scalars(select(Charge)).one()
    assert charge.amount_fen == 40_000
    assert charge.rule["off_hours"] == {
        "observed_ms": 3_600_000,
        "weight": 500 * 1_800_000,
        "parts": [
            {
                "permille": 500,
                "ms": 1_800_000,
                "spans": [["2030-01-07T10:00:00+00:00", "2030-01-07T10:30:00+00:00"]],
            }
        ],
    }
    assert_invariants(session)


def test_who_runs_on_after_their_slot_is_over_time_by_the_evidence(
    session: Session, lab: Lab
) -> None:
    reservation = lab.use(9, 10)
    assert reservation.attendance == "normal"
    lab.work(9.5, 10.2, lease=lab.lease_of(reservation))
    lab.watch(9, 10.25)

    assert meter(session, reservation.id, now=at(10.3))

    assert reservation.attendance == "overtime"
