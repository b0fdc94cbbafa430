"""What a question reads stays small, however long the history behind it: rows, not seconds."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.policies.books import load_book
from booking.policies.terms import read_terms
from booking.reservations.rules import Slot
from booking.reservations.standing import Asker, read_booked
from foundation.tenancy import Acting, enter
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


def at(starts_in: timedelta) -> Slot:
    starts_at: datetime = NOW + starts_in
    return Slot(starts_at, starts_at + 2 * HOUR)
