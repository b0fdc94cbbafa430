"""Who may work instruments alone, and which enterprises signed: granted, listed, revoked."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument
from booking.policies.tables import Policy
from directory.enterprises.tables import Enterprise
from directory.people.tables import Person
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.identifiers import InstrumentId
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

HELD = "/api/v1/qualifications"
SIGNED = "/api/v1/lease-agreements"
CODE = "91320281MA1XYZ1234"


def day(number: int) -> str:
    return (read_clock() + timedelta(days=number)).date().isoformat()


def said_of(person: Person, **more: Any) -> dict[str, Any]:
    return {
        "login": person.login,
        "name": person.display_name,
        "valid_until": day(90),
        **more,
    }


def reserve(client: TestClient, instrument_id: InstrumentId, number: int = 0) -> Response:
    starts_at = read_clock().replace(minute=0, second=0, microsecond=0) + timedelta(
        days=2, hours=2 * number
    )
    body = {
        "instrument_id": str(instrument_id),
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
    }
    return client.post("/api/v1/reservations", json=body, headers={"Idempotency-Key": uuid4().hex})


def refused(answer: Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["code"] for one in answer.json()["problems"]]


@pytest.fixture
def instruments(session_factory: sessionmaker[Session], cast: Cast) -> list[InstrumentId]:
    """Two of the institution's, neither of any group; one works them by oneself when qualified."""
    with session_factory.begin() as session:
        terms = {"needs_qualification": True}
        session.add(
            Policy(institution_id=cast.institution.id, terms=terms, updated_at=make.LONG_AGO)
        )
        return [make.instrument(session, institution=cast.institution).id for _ in range(2)]


@pytest.fixture
def rival(session_factory: sessionmaker[Session], cast: Cast) -> Person:
    """The manager of another institution."""
    with session_factory.begin() as session:
        return make.person(session, Role.INSTITUTION_MANAGER, institution=cast.other_institution)


def test_qualification_opens_its_instrument_until_it_is_revoked(
    signed_in_as: SignedInAs, cast: Cast, instruments: list[InstrumentId], rival: Person
) -> None:
    alice, mei, other = (signed_in_as(one) for one in (cast.alice, cast.mei, rival))
    one, another = instruments
    assert refused(reserve(alice, one)) == ["no_qualification"]

    made = mei.post(HELD, json=said_of(cast.alice, instrument_ids=[str(one)]))
    [granted] = made.json()["items"]
    kept = reserve(alice, one)

    assert (made.status_code, kept.status_code) == (201, 201)
    assert (granted["person"], granted["enterprise"], granted["granted_by"], granted["state"]) == (
        cast.alice.display_name, "爱丽丝的企业", cast.mei.display_name, "valid"
    )  # fmt: skip
    assert refused(reserve(alice, another)) == ["no_qualification"]

    act = f"{HELD}/{granted['id']}/revoke"
    assert other.get(HELD).json()["items"] == []
    assert other.post(act, json={"reason": "?"}).json()["code"] == "no_such_qualification"
    assert alice.get(HELD).status_code == 403
    revoked = mei.post(act, json={"reason": "考核未通过"})

    assert (revoked.json()["state"], revoked.json()["revoked_for"]) == ("revoked", "考核未通过")
    assert refused(reserve(alice, one, 1)) == ["no_qualification"]
    assert alice.get(f"/api/v1/reservations/{kept.json()['id']}").json()["state"] == "reserved"
    assert mei.post(act, json={"reason": "?"}).status_code == 404
    told = alice.get("/api/v1/notices").json()["items"]
    assert {one["kind"] for one in told} == {"qualified", "qualification_revoked"}
    assert any("考核未通过" in one["text_zh"] for one in told)


def test_qualification_may_be_for_a_group_or_for_all(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instruments: list[InstrumentId],
) -> None:
    one, another = instruments
    with session_factory.begin() as session:
        session.get_one(Instrument, one).group_code = "hplc"
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)

    mei.post(HELD, json=said_of(cast.alice, group_code="hplc"))
    assert reserve(alice, one).status_code == 201
    assert refused(reserve(alice, another)) == ["no_qualification"]

    mei.post(HELD, json=said_of(cast.alice))
    assert reserve(alice, another).status_code == 201


def test_what_is_granted_again_is_said_anew_and_found_by_state_and_person(
    signed_in_as: SignedInAs, cast: Cast, instruments: list[InstrumentId]
) -> None:
    mei = signed_in_as(cast.mei)
    both = {"instrument_ids": [str(one) for one in instruments]}

    def found(**params: str) -> list[str]:
        items = mei.get(HELD, params=params).json()["items"]
        return [one["valid_until"] for one in items]

    mei.post(HELD, json=said_of(cast.alice, **both))
    mei.post(HELD, json=said_of(cast.alice, **both, valid_until=day(-1)))
    mei.post(HELD, json=said_of(cast.bob, valid_until=day(30)))

    assert found() == [day(-1), day(-1), day(30)]
    assert (found(state="valid"), found(state="over")) == ([day(30)], [day(-1)] * 2)
    assert found(person=f"{cast.bob.login[:8]}") == found(person=cast.bob.display_name)
    assert found(person="爱丽丝的企业") == [day(-1)] * 2
    assert found(person="%") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "某人"}, "nobody_of_that_name"),
        ({"login": "nobody"}, "nobody_of_that_name"),
        ({"instrument_ids": [str(uuid4())]}, "instrument_not_found"),
    ],
)
def test_nobody_is_found_by_half_of_what_they_tell(
    signed_in_as: SignedInAs, cast: Cast, change: dict[str, Any], code: str
) -> None:
    mei = signed_in_as(cast.mei)

    answer = mei.post(HELD, json=said_of(cast.alice) | change)

    assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert mei.get(HELD).json()["items"] == []


def test_agreement_opens_reserving_for_an_enterprise_that_never_did(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instruments: list[InstrumentId],
    rival: Person,
) -> None:
    with session_factory.begin() as session:
        session.get_one(Enterprise, cast.enterprise.id).credit_code = CODE
        policy = session.scalars(select(Policy)).one()
        policy.terms = {"needs_agreement": True}
    alice, mei = signed_in_as(cast.alice), signed_in_as(cast.mei)
    assert refused(reserve(alice, instruments[0])) == ["no_agreement"]

    noted = mei.put(SIGNED, json={"credit_code": CODE.lower(), "valid_until": day(30)})
    opened = reserve(alice, instruments[0])

    assert (noted.status_code, opened.status_code) == (200, 201)
    assert noted.json() == {
        "enterprise_id": str(cast.enterprise.id), "enterprise": "爱丽丝的企业",
        "valid_until": day(30), "state": "valid",
    }  # fmt: skip
    again = {"enterprise_id": noted.json()["enterprise_id"], "valid_until": day(-1)}
    assert mei.put(SIGNED, json=again).json()["state"] == "over"
    assert [one["valid_until"] for one in mei.get(SIGNED).json()["items"]] == [day(-1)]
    assert signed_in_as(rival).get(SIGNED).json()["items"] == []


@pytest.mark.parametrize("which", [{}, {"credit_code": "X" * 18}, {"enterprise_id": str(uuid4())}])
def test_agreement_of_no_enterprise_is_none(
    signed_in_as: SignedInAs, cast: Cast, which: dict[str, str]
) -> None:
    answer = signed_in_as(cast.mei).put(SIGNED, json={"valid_until": day(30), **which})

    assert (answer.status_code, answer.json()["code"]) == (404, "enterprise_unknown")
