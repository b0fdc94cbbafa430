"""The month in which a change of name is to be reported, where months end differently."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from directory.files.tables import StoredFile
from directory.people.service import caller_of
from directory.registrations.name_changes import report
from directory.roles.rules import Role
from directory.workdays.rules import ZONE
from tests import make

MOMENT = timedelta(microseconds=1)


def is_late(session: Session, changed_on: date, reported_at: datetime) -> bool:
    person = make.person(session, Role.ENTERPRISE_ADMIN, enterprise=make.enterprise(session))
    licence = StoredFile(
        owner_id=person.id,
        subject_id=person.id,
        purpose="name_change",
        name="licence.pdf",
        media_type="application/pdf",
        size=1,
        sha256=b"",
        store_key=person.login,
        created_at=make.LONG_AGO,
    )
    session.add(licence)
    session.flush()
    return report(
        session,
        caller=caller_of(person),
        new_name="江阴智能制造有限公司",
        changed_on=changed_on,
        file_ids=[licence.id],
        now=reported_at,
    ).is_late


@pytest.mark.parametrize(
    ("changed_on", "last_day"),
    [
        pytest.param("2026-03-15", "2026-04-15", id="the day that corresponds"),
        pytest.param("2026-03-31", "2026-04-30", id="a shorter month"),
        pytest.param("2026-04-30", "2026-06-01", id="the 30th is a Saturday, so Monday"),
        pytest.param("2026-01-31", "2026-02-28", id="February, a Saturday that is worked"),
        pytest.param("2025-12-31", "2026-02-02", id="the 31st is a Saturday, so Monday"),
        pytest.param("2026-09-01", "2026-10-08", id="the National Day holiday"),
        pytest.param("2026-12-31", "2027-02-01", id="into a year without a notice yet"),
        pytest.param("2027-01-31", "2027-03-01", id="the 28th is a Sunday"),
        pytest.param("2028-01-31", "2028-02-29", id="a leap year"),
        pytest.param("2028-02-29", "2028-03-29", id="out of a leap day"),
    ],
)
def test_report_is_in_time_to_the_last_moment_of_the_last_day(
    session: Session, changed_on: str, last_day: str
) -> None:
    changed = date.fromisoformat(changed_on)
    ends = datetime.fromisoformat(last_day).replace(tzinfo=ZONE) + timedelta(days=1)

    assert not is_late(session, changed, ends - MOMENT)
    assert is_late(session, changed, ends)
