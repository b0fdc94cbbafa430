"""What an instrument's time costs, over HTTP: versions that are never edited, and trials."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from billing.charges.tables import Charge
from booking.instruments.tables import Instrument
from booking.usage.tables import UsageSession
from directory.people.tables import Person
from directory.roles.rules import Role
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

PRICE = {"per_hour_fen": 30_000, "billed_min_s": 0, "billed_step_s": 60, "minimum_fen": 0}
APRIL = datetime(2026, 4, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000


def soon(days: int) -> str:
    return (read_clock() + timedelta(days=days)).isoformat()


@pytest.fixture
def instrument(session_factory: sessionmaker[Session], cast: Cast) -> Instrument:
    """An instrument at 200 yuan an hour, used twice in April: an hour, and an hour and a half."""
    with session_factory.begin() as session:
        made = make.instrument(session, institution=cast.institution)
        device = make.device(session, institution=cast.institution)
        tariff = make.tariff(session, instrument=made)
        for day, minutes in enumerate((60, 90)):
            session.add(
                _used(session, made, device.id, tariff.id, by=cast.alice, day=day, minutes=minutes)
            )
        return made


def _used(
    session: Session,
    instrument: Instrument,
    device_id: Any,
    tariff_id: Any,
    *,
    by: Person,
    day: int,
    minutes: int,
) -> Charge:
    starts_at = APRIL + timedelta(days=day)
    kept = make.reservation(session, instrument=instrument, holder=by, starts_at=starts_at)
    usage = UsageSession(
        reservation_id=kept.id,
        instrument_id=instrument.id,
        institution_id=instrument.institution_id,
        enterprise_id=kept.enterprise_id,
        device_id=device_id,
        during=Range(starts_at, starts_at + 2 * HOUR),
        metered_ms=minutes * 60_000,
        warm_up_ms=0,
        work_ms=minutes * 60_000,
        cool_down_ms=0,
        coverage_permille=1000,
        state="billed",
        metered_at=starts_at,
        created_at=starts_at,
        updated_at=starts_at,
    )
    session.add(usage)
    session.flush()
    return Charge(
        usage_session_id=usage.id,
        reservation_id=kept.id,
        enterprise_id=kept.enterprise_id,
        institution_id=instrument.institution_id,
        tariff_id=tariff_id,
        billed_seconds=minutes * 60,
        amount_fen=20_000 * minutes // 60,
        currency="CNY",
        rule={"off_hours": None},
        evidence=[],
        created_at=starts_at,
    )


def path(instrument: Instrument, what: str) -> str:
    return f"/api/v1/instruments/{instrument.id}/{what}"


def test_a_new_version_follows_the_last_and_edits_nothing(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    mei = signed_in_as(cast.mei)
    starts_at = soon(3)

    made = mei.post(path(instrument, "tariffs"), json={**PRICE, "starts_at": starts_at})
    versions = mei.get(path(instrument, "tariffs")).json()["items"]

    assert made.status_code == 201, made.text
    assert [(one["version"], one["per_hour_fen"], one["is_current"]) for one in versions] == [
        (2, 30_000, False),
        (1, 20_000, True),
    ]
    assert datetime.fromisoformat(versions[1]["valid_to"]) == datetime.fromisoformat(starts_at)
    assert (versions[0]["valid_to"], versions[0]["made_by"]) == (None, cast.mei.display_name)


def test_all_that_speaks_against_a_version_is_named(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    mei = signed_in_as(cast.mei)
    mei.post(path(instrument, "tariffs"), json={**PRICE, "starts_at": soon(9)})

    early = mei.post(path(instrument, "tariffs"), json={**PRICE, "starts_at": soon(3)})
    past = mei.post(
        path(instrument, "tariffs"), json={**PRICE, "billed_step_s": 0, "starts_at": soon(-1)}
    )

    assert (early.status_code, early.json()["code"]) == (422, "tariff_refused")
    assert [one["code"] for one in early.json()["problems"]] == ["before_the_last"]
    assert {one["code"] for one in past.json()["problems"]} == {
        "unfit_step",
        "begins_in_the_past",
        "before_the_last",
    }


def test_a_trial_tells_each_step(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    body = {
        **PRICE,
        "minimum_fen": 50_000,
        "starts_at": "2031-01-06T01:00:00Z",
        "ends_at": "2031-01-06T02:30:00Z",
    }
    mei = signed_in_as(cast.mei)

    told = mei.post(path(instrument, "tariff-trials"), json=body).json()
    backwards = mei.post(
        path(instrument, "tariff-trials"), json={**body, "ends_at": body["starts_at"]}
    )

    # An hour and a half at 300 yuan is 450, and the least charge is 500.
    assert (told["billed_seconds"], told["amount_fen"]) == (5400, 50_000)
    assert told["steps"][-1]["label_en"] == "Least charge"
    assert (backwards.status_code, backwards.json()["code"]) == (422, "window_refused")


def test_a_past_month_is_counted_anew(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    body = {**PRICE, "from": "2026-04-01T00:00:00+08:00", "to": "2026-05-01T00:00:00+08:00"}

    told = signed_in_as(cast.mei).post(path(instrument, "tariff-rehearsals"), json=body).json()

    # 1 h and 1.5 h: 200 + 300 at 200 yuan an hour, 300 + 450 at 300.
    assert (told["was_fen"], told["would_be_fen"]) == (50_000, 75_000)
    assert [(one["metered_ms"], one["would_be_fen"]) for one in told["lines"]] == [
        (HOUR_MS, 30_000),
        (HOUR_MS * 3 // 2, 45_000),
    ]


def test_prices_are_for_those_who_answer_for_them(
    signed_in_as: SignedInAs,
    cast: Cast,
    instrument: Instrument,
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        finance = make.person(session, Role.FINANCE, institution=cast.institution)
        rival = make.person(session, Role.INSTITUTION_MANAGER, institution=cast.other_institution)

    assert signed_in_as(finance).get(path(instrument, "tariffs")).status_code == 200
    for person in (cast.alice, cast.bob):
        answer = signed_in_as(person).get(path(instrument, "tariffs"))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    foreign = signed_in_as(rival)
    for what, body in (
        ("tariffs", {**PRICE, "starts_at": soon(3)}),
        ("tariff-trials", {**PRICE, "starts_at": soon(3), "ends_at": soon(4)}),
        ("tariff-rehearsals", {**PRICE, "from": soon(-3), "to": soon(-2)}),
    ):
        answer = foreign.post(path(instrument, what), json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "instrument_not_found")


def test_what_was_metered_says_before_what_it_would_cost(
    signed_in_as: SignedInAs,
    cast: Cast,
    instrument: Instrument,
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory() as session:
        usage = session.query(UsageSession).filter_by(instrument_id=instrument.id).first()
        assert usage
        url = f"/api/v1/reservations/{usage.reservation_id}/usage/proposal"
    bob = signed_in_as(cast.bob)

    told = bob.get(url).json()
    corrected = bob.get(url, params={"metered_ms": 2 * HOUR_MS}).json()

    assert told["amount_fen"] == 20_000 * told["metered_ms"] // HOUR_MS
    assert (corrected["amount_fen"], corrected["tariff_version"]) == (40_000, 1)
    assert signed_in_as(cast.carol).get(url).status_code == 404
