"""The demonstration has somebody waiting for the platform's answer, once."""

from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.seeding.applying import APPLICANT, APPLYING, plant_applications
from directory.files.tables import StoredFile
from directory.institutions.tables import Institution
from directory.people.tables import Person
from directory.registrations.tables import Registration
from foundation.settings import Settings
from tests.leasing import NOW


def test_one_firm_and_one_institution_wait_however_often_it_is_planted(
    session: Session, tmp_path: Path
) -> None:
    settings = Settings(database_url=SecretStr("postgresql://unused"), data=tmp_path)
    for _ in range(2):
        plant_applications(session, settings, now=NOW)
    waiting = session.scalars(
        select(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(Person.login == APPLICANT)
    ).all()
    assert [one.state for one in waiting] == ["submitted"]
    assert session.get_one(Institution, APPLYING).state == "applying"
    names = session.scalars(
        select(StoredFile.name).where(StoredFile.owner_id == waiting[0].person_id)
    )
    assert sorted(names) == ["business_licence.png", "integrity_pledge.png"]
