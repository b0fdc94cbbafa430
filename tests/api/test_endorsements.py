"""An enterprise that says yes first, over HTTP: its setting, its yes, and what the lab is shown."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from directory.people.tables import Person
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.test_booking_acts import URL, key, slot
from tests.cast import Cast

SETTING = "/api/v1/enterprise/endorsement"


@pytest.fixture
def instrument_id(session_factory: sessionmaker[Session], cast: Cast) -> InstrumentId:
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        make.tariff(session, instrument=instrument)
        return instrument.id


@pytest.fixture
def administrator(session_factory: sessionmaker[Session], cast: Cast) -> Person:
    with session_factory.begin() as session:
        return make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)


def test_reservation_goes_by_the_enterprises_administrator_first(
    signed_in_as: SignedInAs, cast: Cast, administrator: Person, instrument_id: InstrumentId
) -> None:
    alice, erin, mei = (signed_in_as(one) for one in (cast.alice, administrator, cast.mei))
    assert erin.put(SETTING, json={"is_needed": True}).status_code == 200
    assert alice.get(SETTING).json() == {"is_needed": True}

    asked = alice.post(
        URL, json={"instrument_id": str(instrument_id), **slot(0, 2)}, headers=key()
    ).json()
    unseen = mei.get(f"{URL}/{asked['id']}")
    waiting = erin.get(URL, params={"state": "proposed"}).json()["items"]
    refused = alice.post(f"{URL}/{asked['id']}/endorse")
    endorsed = erin.post(f"{URL}/{asked['id']}/endorse")

    assert (asked["state"], unseen.status_code) == ("proposed", 404)
    assert {"endorse", "turn-down"} <= set(waiting[0]["acts"])
    assert "endorse" not in asked["acts"]
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_reservation")
    assert endorsed.json()["state"] == "reserved"
    assert mei.get(f"{URL}/{asked['id']}").status_code == 200


def test_setting_is_the_administrators_alone(signed_in_as: SignedInAs, cast: Cast) -> None:
    assert signed_in_as(cast.alice).put(SETTING, json={"is_needed": True}).status_code == 403
    assert signed_in_as(cast.mei).get(SETTING).status_code == 403
    assert signed_in_as(cast.carol).get(SETTING).json() == {"is_needed": False}
