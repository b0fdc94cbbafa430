"""What a lab has said of its hours, and whom its arrears and penalties name."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from booking.attendance.tables import Penalty
from booking.instruments.tables import Instrument
from foundation.identifiers import InstrumentId
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

AT = datetime(2031, 1, 6, 1, tzinfo=UTC)
MORNING = {"weekday": 1, "opens_s": 28_800, "closes_s": 43_200}
EVENING = {**MORNING, "opens_s": 64_800, "closes_s": 79_200, "is_extended": True}


@pytest.fixture
def instrument_id(session_factory: sessionmaker[Session], cast: Cast) -> InstrumentId:
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        kept = make.reservation(session, instrument=instrument, holder=cast.alice, starts_at=AT)
        session.add(
            Penalty(
                person_id=cast.alice.id,
                institution_id=cast.institution.id,
                reservation_id=kept.id,
                reason_zh="爽约三次",
                reason_en="missed three times",
                noticed_at=AT,
                starts_at=AT,
                ends_at=AT + timedelta(days=30),
            )
        )
        return instrument.id


def test_a_scope_tells_its_own_hours_and_days_only(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    mei = signed_in_as(cast.mei)
    own = {"instrument_id": str(instrument_id)}
    dear = {**EVENING, "surcharge_permille": 500}
    assert mei.put("/api/v1/opening-hours", json={"items": [MORNING]}).status_code == 204
    assert mei.put("/api/v1/opening-hours", json={**own, "items": [dear]}).status_code == 204
    day = {**own, "day": "2031-05-01", "reason": "劳动节", "items": []}
    assert mei.put("/api/v1/special-days", json=day).status_code == 204

    whole = mei.get("/api/v1/opening-hours").json()
    one = mei.get("/api/v1/opening-hours", params=own).json()

    assert [(it["opens_s"], it["is_extended"]) for it in whole["hours"]] == [(28_800, False)]
    assert whole["special_days"] == []
    assert [(it["surcharge_permille"], it["is_extended"]) for it in one["hours"]] == [(500, True)]
    assert [(it["day"], it["opens_s"], it["reason"]) for it in one["special_days"]] == [
        ("2031-05-01", None, "劳动节")
    ]
    assert signed_in_as(cast.bob).get("/api/v1/opening-hours").status_code == 403
    unknown = mei.get("/api/v1/opening-hours", params={"instrument_id": str(UUID(int=7))})
    assert unknown.status_code == 404


@pytest.mark.usefixtures("instrument_id")
def test_arrears_name_who_owes_and_clients_are_those_who_reserved(
    signed_in_as: SignedInAs, cast: Cast
) -> None:
    mei = signed_in_as(cast.mei)
    [client] = mei.get("/api/v1/arrears/clients").json()["items"]
    assert client == {"id": str(cast.alice.enterprise_id), "name": "爱丽丝的企业"}

    bill = {"amount_fen": 12_300, "due_on": "2030-12-31", "reason": "十一月账单"}
    made = mei.post("/api/v1/arrears", json={"enterprise_id": client["id"], **bill}).json()
    [listed] = mei.get("/api/v1/arrears").json()["items"]

    assert made["enterprise"] == listed["enterprise"] == "爱丽丝的企业"
    [owed] = signed_in_as(cast.alice).get("/api/v1/arrears").json()["items"]
    assert (owed["institution_zh"], owed["amount_fen"]) == ("鲍勃的机构", 12_300)
    assert signed_in_as(cast.alice).get("/api/v1/arrears/clients").status_code == 403
    settled = mei.post(f"/api/v1/arrears/{made['id']}/settle")
    assert (settled.status_code, settled.json()["enterprise"]) == (200, "爱丽丝的企业")


@pytest.mark.usefixtures("instrument_id")
def test_penalties_name_whom_they_are_about(signed_in_as: SignedInAs, cast: Cast) -> None:
    [penalty] = signed_in_as(cast.mei).get("/api/v1/penalties").json()["items"]

    assert penalty["person"] == cast.alice.display_name


def test_policies_tell_what_holds_anyway_and_which_groups_there_are(
    signed_in_as: SignedInAs,
    cast: Cast,
    instrument_id: InstrumentId,
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        session.get_one(Instrument, instrument_id).group_code = "拉伸组"
    mei = signed_in_as(cast.mei)
    written = mei.put(
        "/api/v1/booking-policies", json={"group_code": "拉伸组", "terms": {"gap_s": 3600}}
    )
    assert written.status_code == 200, written.text

    told = mei.get("/api/v1/booking-policies").json()

    assert told["groups"] == ["拉伸组"]
    assert [(one["group_code"], one["terms"]) for one in told["items"]] == [
        ("拉伸组", {"gap_s": 3600})
    ]
    assert (told["plain"]["gap_s"], told["plain"]["free_cancel_s"]) == (0, 86_400)
    assert told["plain"]["quotas"] == []
