"""Reservations taken in from a workbook, by the code alone: no policy of the database is asked."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.policies.tables import Agreement
from booking.reservations.importing import Outcome, import_rows
from booking.reservations.sheets import Row
from directory.institutions.tables import Institution
from directory.people.tables import Person
from tests import make
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

LATER = NOW + timedelta(days=365)


@pytest.fixture
def lab(session: Session) -> Lab:
    made = furnish(session)
    sign(made, made.cast.alice, made.institution)
    return made


def sign(lab: Lab, person: Person, institution: Institution) -> None:
    lab.session.add(
        Agreement(
            enterprise_id=person.enterprise_id,
            institution_id=institution.id,
            signed_at=make.LONG_AGO,
            signed_by=None,
            valid_until=LATER.date(),
        )
    )
    lab.session.flush()


def take(lab: Lab, *wanted: tuple[Person, datetime], now: datetime = NOW) -> list[Outcome]:
    rows = [
        Row(number, {}, lab.instrument.code, who.login, starts_at, starts_at + HOUR)
        for number, (who, starts_at) in enumerate(wanted, 2)
    ]
    return import_rows(lab.session, rows, by=lab.caller("mei"), now=now)


def codes(outcome: Outcome) -> list[str]:
    return [problem.code for problem in outcome.problems]


def test_who_signed_with_another_institution_is_nobody_here(lab: Lab) -> None:
    sign(lab, lab.cast.carol, lab.cast.other_institution)

    [outcome] = take(lab, (lab.cast.carol, NOW + DAY))

    assert codes(outcome) == ["unknown_person"]
    assert outcome.reservation is None


def test_who_reserved_at_another_institution_is_nobody_here(lab: Lab) -> None:
    foreign = make.instrument(lab.session, institution=lab.cast.other_institution)
    make.reservation(
        lab.session, instrument=foreign, holder=lab.cast.carol, starts_at=make.LONG_AGO
    )

    [outcome] = take(lab, (lab.cast.carol, NOW + DAY))

    assert codes(outcome) == ["unknown_person"]


def test_policy_of_the_lab_counts_the_rows_above_as_it_counts_everybodys(lab: Lab) -> None:
    lab.says(open_max=1)

    first, second = take(lab, (lab.cast.alice, NOW + DAY), (lab.cast.alice, NOW + 2 * DAY))

    assert codes(first) == []
    assert codes(second) == ["too_many_open"]


def test_time_that_the_labs_clocks_show_twice_is_asked_about(lab: Lab) -> None:
    lab.institution.time_zone = "Europe/Berlin"
    lab.session.flush()
    twice = datetime(2030, 10, 27, 2, 30)  # noqa: DTZ001 - as a clock on the wall shows it

    [outcome] = take(lab, (lab.cast.alice, twice), now=NOW.replace(month=10))

    assert codes(outcome) == ["unclear_local_time"]
