"""Managers hear of a certificate's end at 90, 30 and 7 days, once each, unless it is renewed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.institutions.expiring import list_expiring, tell_expiring
from directory.institutions.tables import Institution, InstitutionQualification
from directory.notices.tables import Notice
from directory.roles.rules import Role
from tests import make

ENDS = date(2030, 6, 30)


@pytest.fixture
def institution(session: Session) -> Institution:
    made = make.institution(session)
    make.person(session, Role.INSTITUTION_MANAGER, institution=made, login="manages")
    make.person(session, Role.TECHNICIAN, institution=made)
    hold(session, made, ENDS)
    return made


def hold(session: Session, institution: Institution, ends: date) -> None:
    session.add(
        InstitutionQualification(
            institution_id=institution.id,
            kind="other",
            number=f"No {ends}",
            valid_from=date(2027, 1, 1),
            valid_to=ends,
            scope=[],
            created_at=make.LONG_AGO,
        )
    )
    session.flush()


def pass_days(session: Session, *days_before: int) -> list[str]:
    """Let the job run on each of these days before the end, and return what was told."""
    for days in days_before:
        now = datetime(*ENDS.timetuple()[:3], 2, tzinfo=UTC) - timedelta(days=days)
        for one in list_expiring(session, now=now):
            assert tell_expiring(session, one, now=now)
        assert list_expiring(session, now=now) == []
    texts = session.scalars(select(Notice.text_zh).order_by(Notice.created_at))
    return [text.split("还有 ")[1].split(" 天")[0] for text in texts]


@pytest.mark.usefixtures("institution")
def test_end_is_told_three_times_and_not_on_every_day(session: Session) -> None:
    assert pass_days(session, 91, 90, 60, 30, 8, 7, 1, 0, -1) == ["90", "30", "7"]


@pytest.mark.usefixtures("institution")
def test_who_looks_late_is_told_once_what_is_left(session: Session) -> None:
    assert pass_days(session, 5) == ["5"]


def test_renewed_certificate_ends_unsaid(session: Session, institution: Institution) -> None:
    hold(session, institution, ENDS + timedelta(days=1000))

    assert pass_days(session, 30) == []


def test_institution_that_left_is_not_told(session: Session, institution: Institution) -> None:
    institution.state = "exited"
    session.flush()

    assert pass_days(session, 30) == []
