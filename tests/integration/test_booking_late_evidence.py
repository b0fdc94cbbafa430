"""Telemetry that arrives after a use was metered: counted before it is charged, flagged after."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from billing.charges.service import price
from billing.charges.tables import Charge
from booking.reservations.tables import Reservation
from booking.usage.errors import ObjectionTooLate
from booking.usage.queries import list_outdated
from booking.usage.remetering import remeter
from booking.usage.reviewing import correct, dispute
from booking.usage.service import meter
from booking.usage.tables import UsageChange, UsageRun
from directory.people.service import caller_of
from jobs import remeter_uses
from telemetry.alarms.tables import Alarm
from telemetry.runs.tables import Run
from tests.integration.test_booking_usage import Lab, assert_invariants, at, lab

__all__ = ["lab"]

HALF_HOUR_MS = 1_800_000


def metered(lab: Lab, reservation: Reservation, hour: float = 10.1) -> None:
    assert meter(lab.session, reservation.id, now=at(hour))
    assert list_outdated(lab.session, now=at(hour)) == []


def come_late(lab: Lab, hour: float) -> None:
    """Let the outdated be metered again, by all there is; a second look changes nothing."""
    found = list_outdated(lab.session, now=at(hour))
    assert found == [lab.usage().id]
    assert remeter(lab.session, found[0], now=at(hour))
    assert not remeter(lab.session, found[0], now=at(hour + 0.1))


def changes(session: Session) -> list[tuple[str, int, int]]:
    return [
        (one.kind, one.former["metered_ms"], one.became["metered_ms"])
        for one in session.scalars(select(UsageChange).order_by(UsageChange.id))
        if one.kind != "confirmed"
    ]


def test_run_that_arrives_late_is_counted_with_what_it_was_before(
    session: Session, lab: Lab
) -> None:
    """The gateway was offline: nothing at first, then half an hour at 320 yuan: 160 yuan."""
    reservation = lab.use(9, 10)
    metered(lab, reservation)
    assert (lab.usage().state, lab.usage().metered_ms) == ("needs_review", 0)

    run_id = lab.work(9.25, 9.75, lease=lab.lease_of(reservation), updated_at=at(13))
    lab.watch(9, 10.01)
    come_late(lab, 13)

    usage = lab.usage()
    assert (usage.state, usage.metered_ms, usage.doubts) == ("metered", HALF_HOUR_MS, [])
    assert usage.during == Range(at(9.25), at(9.75))
    assert session.scalars(select(UsageRun.run_id)).all() == [run_id]
    assert changes(session) == [("remetered", 0, HALF_HOUR_MS)]
    lab.confirm(13.1)
    assert price(session, usage.id, now=at(13.1))
    assert session.scalars(select(Charge.amount_fen)).one() == 16_000
    assert_invariants(session)


def test_stop_that_arrives_late_corrects_the_run_and_the_use(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    run_id = lab.work(
        9.25, 9.5, lease=lab.lease_of(reservation), state="lost", doubts=["stop_missing"]
    )
    lab.watch(9, 10.01)
    metered(lab, reservation)
    assert lab.usage().state == "needs_review"

    session.execute(
        update(Run)
        .where(Run.id == run_id)
        .values(
            state="closed",
            doubts=[],
            last_at=at(9.75),
            ended_at=at(9.75),
            metered_ms=HALF_HOUR_MS,
            work_ms=HALF_HOUR_MS - 25_000,
            updated_at=at(12),
        )
    )
    session.expire_all()
    come_late(lab, 12)

    assert (lab.usage().state, lab.usage().metered_ms) == ("metered", HALF_HOUR_MS)
    assert changes(session) == [("remetered", HALF_HOUR_MS // 2, HALF_HOUR_MS)]
    assert_invariants(session)


def test_readings_that_arrive_late_close_the_gap(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    lab.work(9.25, 9.75, lease=lab.lease_of(reservation))
    metered(lab, reservation)
    assert lab.usage().doubts == ["gap_in_evidence"]

    lab.watch(9, 10.01)
    session.execute(text("UPDATE readings SET received_at = :now"), {"now": at(12)})
    come_late(lab, 12)

    assert (lab.usage().state, lab.usage().doubts) == ("metered", [])


def charged(session: Session, lab: Lab) -> Reservation:
    reservation = lab.use(9, 10)
    lab.work(9.25, 9.5, lease=lab.lease_of(reservation))
    lab.watch(9, 10.01)
    metered(lab, reservation)
    lab.confirm(10.1)
    assert price(session, lab.usage().id, now=at(10.1))
    return reservation


def test_what_is_charged_stands_and_is_flagged(session: Session, lab: Lab) -> None:
    reservation = charged(session, lab)

    lab.work(9.6, 9.85, lease=lab.lease_of(reservation), updated_at=at(12))
    come_late(lab, 12)

    usage = lab.usage()
    assert (usage.state, usage.metered_ms) == ("billed", HALF_HOUR_MS // 2)
    assert usage.late_evidence_at == at(12)
    assert changes(session) == [("late_evidence", HALF_HOUR_MS // 2, HALF_HOUR_MS)]
    alarm = session.scalars(select(Alarm)).one()
    assert (alarm.code, alarm.detail["evidence_ms"]) == ("LATE_EVIDENCE", HALF_HOUR_MS)
    assert session.scalars(select(Charge.amount_fen)).one() == 8_000
    assert_invariants(session)


def test_technicians_figure_stands_and_is_flagged(session: Session, lab: Lab) -> None:
    reservation = lab.use(9, 10)
    metered(lab, reservation)
    bob = caller_of(lab.cast.bob)
    correct(session, reservation.id, metered_ms=600_000, by=bob, reason="登记本", now=at(11))

    lab.work(9.25, 9.75, lease=lab.lease_of(reservation), updated_at=at(12))
    come_late(lab, 12)

    assert (lab.usage().metered_ms, lab.usage().late_evidence_at) == (600_000, at(12))
    assert changes(session)[-1] == ("late_evidence", 600_000, HALF_HOUR_MS)


@pytest.mark.parametrize("hours_after", [23.9, 24], ids=["in time", "too late"])
def test_client_has_a_day_to_object_from_the_last_metering(
    session: Session, lab: Lab, hours_after: float
) -> None:
    reservation = lab.use(9, 10)
    metered(lab, reservation)
    lab.work(9.25, 9.75, lease=lab.lease_of(reservation), updated_at=at(30))
    come_late(lab, 30)
    alice, when = caller_of(lab.cast.alice), at(30) + timedelta(hours=hours_after)

    if hours_after >= 24:
        with pytest.raises(ObjectionTooLate):
            dispute(session, reservation.id, by=alice, reason="我早走了", now=when)
    else:
        usage = dispute(session, reservation.id, by=alice, reason="我早走了", now=when)
        assert usage.state == "disputed"


def test_run_of_another_use_is_not_taken(session: Session, lab: Lab) -> None:
    first = lab.use(9, 10)
    metered(lab, first)
    second = lab.use(10.5, 11)

    lab.work(10.55, 10.9, lease=lab.lease_of(second), updated_at=at(12))

    assert lab.usage().reservation_id == first.id
    assert not remeter(session, lab.usage().id, now=at(12))
    assert session.scalars(select(UsageRun)).all() == []


def test_job_meters_again_once(
    session: Session, session_factory: sessionmaker[Session], lab: Lab
) -> None:
    reservation = lab.use(9, 10)
    metered(lab, reservation)
    lab.work(9.25, 9.75, lease=lab.lease_of(reservation), updated_at=at(13))
    session.commit()

    outcomes = [remeter_uses.run(session_factory, at(13)) for _ in range(2)]

    assert [outcome.changed for outcome in outcomes] == [1, 0]
