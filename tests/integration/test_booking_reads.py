"""What a question reads stays small, however long the history behind it: rows, not seconds."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.calendars.tables import Closure, OpeningHours, SpecialDay
from booking.instruments.search import Wanted, look_for
from booking.instruments.tables import Instrument
from booking.policies.books import load_book, load_books
from booking.policies.tables import Policy
from booking.policies.terms import read_terms
from booking.reservations.rules import Slot
from booking.reservations.standing import Asker, read_booked
from directory.institutions.tables import InstitutionQualification
from foundation.identifiers import InstrumentId
from foundation.tenancy import Acting, enter
from tests import make
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

PAST = text("""
INSERT INTO reservations (id, instrument_id, institution_id, enterprise_id, holder_id, during,
    blocked, state, purpose, created_at)
SELECT gen_random_uuid(), :instrument, :institution, :enterprise, :holder, slot, slot, 'billed', '',
    :now FROM generate_series(1, 4000) AS n
CROSS JOIN LATERAL (SELECT tstzrange(:now - (n + 40) * interval '12 hours',
    :now - (n + 40) * interval '12 hours' + interval '1 hour') AS slot) AS s
""")
READ = text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = :of")


def rows_read(session: Session, table: str) -> int:
    return int(session.scalar(READ, {"of": table}) or 0)


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


@pytest.mark.parametrize("whose", ["person", "enterprise"])
def test_quota_reads_this_month_and_not_all_that_a_person_ever_reserved(
    lab: Lab, session: Session, whose: str
) -> None:
    session.execute(
        PAST,
        {
            "instrument": lab.instrument.id,
            "institution": lab.institution.id,
            "enterprise": lab.cast.enterprise.id,
            "holder": lab.cast.alice.id,
            "now": NOW,
        },
    )
    session.execute(text("ANALYZE reservations"))
    lab.reserve(3 * DAY)
    book = load_book(session, lab.instrument.id)
    assert book is not None
    terms = read_terms([{"quotas": [{"per": "week", "whose": whose, "count": 5}]}])
    asker = Asker(lab.cast.alice.id, lab.cast.enterprise.id)
    enter(
        session,
        Acting(person_id=lab.cast.alice.id, enterprise_ids=[lab.cast.enterprise.id]),
    )
    before = rows_read(session, "reservations")

    booked = read_booked(
        session, replace(book, terms=terms), asker, at(DAY), now=NOW, instead_of=None
    )

    assert [one.slot for one in booked] == [at(3 * DAY)]
    assert rows_read(session, "reservations") - before <= 20


def test_books_read_together_say_what_each_says_alone(lab: Lab, session: Session) -> None:
    """What an institution says is read once for many; who has something of its own is asked."""
    of_group, of_itself, elsewhere = (
        make.instrument(session, institution=institution)
        for institution in (lab.institution, lab.institution, lab.cast.other_institution)
    )
    of_group.group_code = "HPLC"
    scopes = ((None, None, 1), ("HPLC", None, 2), (None, of_itself.id, 3))
    session.add_all(
        [
            *(
                Policy(
                    institution_id=lab.institution.id,
                    group_code=group,
                    instrument_id=instrument_id,
                    terms={"open_max": number},
                    updated_at=NOW,
                )
                for group, instrument_id, number in scopes
            ),
            *(
                OpeningHours(
                    institution_id=lab.institution.id,
                    instrument_id=instrument_id,
                    weekday=weekday,
                    opens_s=8 * 3600,
                    closes_s=18 * 3600,
                )
                for weekday, instrument_id in ((1, None), (2, of_itself.id))
            ),
            *(
                SpecialDay(institution_id=lab.institution.id, instrument_id=instrument_id, day=day)
                for day, instrument_id in ((NOW.date(), None), (date(2030, 2, 1), of_itself.id))
            ),
            *(
                Closure(
                    institution_id=lab.institution.id,
                    instrument_id=instrument_id,
                    during=Range(NOW, NOW + length),
                    reason_zh="",
                    reason_en="",
                    created_at=NOW,
                    withdrawn_at=withdrawn_at,
                )
                for instrument_id, length, withdrawn_at in (
                    (None, HOUR, None),
                    (None, 9 * HOUR, NOW),
                    (of_itself.id, DAY, None),
                )
            ),
            InstitutionQualification(
                institution_id=lab.institution.id,
                kind="cma",
                number="1",
                valid_from=date(2024, 1, 1),
                valid_to=date(2031, 1, 1),
                scope=[],
                created_at=NOW,
            ),
        ]
    )
    session.flush()
    ids = [lab.instrument.id, of_group.id, of_itself.id, elsewhere.id]

    together = load_books(session, ids)

    assert together == {key: load_book(session, key) for key in ids}
    assert [together[key].terms.open_max for key in ids] == [1, 2, 3, None]
    assert [len(together[key].timetable.closures) for key in ids] == [1, 1, 2, 0]


def test_whose_buffers_reach_into_the_time_is_not_free(lab: Lab, session: Session) -> None:
    plain, slow = (
        make.instrument(session, institution=lab.institution, cool_down=cool_down)
        for cool_down in (timedelta(0), HOUR)
    )
    for one in (plain, slow):
        make.reservation(
            session, instrument=one, holder=lab.cast.carol, starts_at=NOW + DAY + 2 * HOUR
        )

    def free(wanted: Slot) -> set[InstrumentId]:
        found = look_for(session, Wanted(free=wanted, institution_id=lab.institution.id), now=NOW)
        return {book.instrument.id for book in found}

    assert free(at(DAY)) == {plain.id, lab.instrument.id}
    assert free(at(DAY + HOUR)) == {lab.instrument.id}


@pytest.mark.parametrize(
    ("column", "value_s"), [("notice_min_s", 10 * 86_400), ("horizon_s", 3600), ("grid_s", 86_400)]
)
def test_each_instrument_is_open_by_its_own_card(
    column: str, value_s: int, lab: Lab, session: Session
) -> None:
    other = make.instrument(session, institution=lab.institution)
    setattr(session.get_one(Instrument, other.id), column, value_s)
    session.flush()

    found = look_for(session, Wanted(free=at(DAY), institution_id=lab.institution.id), now=NOW)

    assert [book.instrument.id for book in found] == [lab.instrument.id]


def at(starts_in: timedelta) -> Slot:
    starts_at: datetime = NOW + starts_in
    return Slot(starts_at, starts_at + 2 * HOUR)
