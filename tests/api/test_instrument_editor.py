"""What a manager changes about an instrument: names, order of photographs, devices, workbooks."""

from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument, InstrumentPhoto
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId, new_id
from telemetry.devices.tables import Device
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.test_instrument_sheets import CARD, workbook
from tests.cast import Cast


@pytest.fixture
def instrument(session_factory: sessionmaker[Session], cast: Cast) -> Instrument:
    with session_factory.begin() as session:
        return make.instrument(session, institution=cast.institution)


@pytest.fixture
def devices(session_factory: sessionmaker[Session], cast: Cast) -> list[Device]:
    """Two of the institution's own; the second belongs to another of its instruments."""
    with session_factory.begin() as session:
        own = [make.device(session, institution=cast.institution) for _ in range(2)]
        make.link(session, make.instrument(session, institution=cast.institution), own[1])
        return own


def test_names_buffers_and_being_shared_stand_on_the_card(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    mei, url = signed_in_as(cast.mei), f"/api/v1/instruments/{instrument.id}"
    card = {"name_zh": "新名称", "model": "M-2", "maker": "仪享", "is_shared": False}

    changed = mei.put(f"{url}/card", json={**card, "set_up_s": 600})
    blank = mei.put(f"{url}/card", json={"name_zh": " ", "category": "no-such"})
    shown = mei.get(url).json()
    listed = signed_in_as(cast.bob).get("/api/v1/own-instruments").json()["items"]

    assert [(one["name_zh"], one["is_shared"]) for one in listed] == [("新名称", False)]
    assert changed.status_code == 204, changed.text
    assert {key: shown[key] for key in card} == card
    assert [one["code"] for one in blank.json()["problems"]] == ["blank", "unknown_category"]


def test_photographs_stand_in_the_order_that_names_each_once(
    signed_in_as: SignedInAs,
    cast: Cast,
    instrument: Instrument,
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        photos = [_photo(instrument.id, place) for place in range(3)]
        session.add_all(photos)
        ids = [str(one.id) for one in photos]
    mei, url = signed_in_as(cast.mei), f"/api/v1/instruments/{instrument.id}"
    order = [ids[2], ids[0], ids[1]]

    ordered = mei.put(f"{url}/photo-order", json={"photo_ids": order})
    short = mei.put(f"{url}/photo-order", json={"photo_ids": order[:2]})

    assert ordered.status_code == 204, ordered.text
    assert [one["id"] for one in mei.get(url).json()["photos"]] == order
    assert (short.status_code, short.json()["code"]) == (422, "photo_refused")


def _photo(instrument_id: InstrumentId, place: int) -> InstrumentPhoto:
    return InstrumentPhoto(
        id=new_id(),
        instrument_id=instrument_id,
        caption_zh=f"第 {place} 张",
        caption_en="",
        media_type="image/png",
        content=b"",
        added_at=make.LONG_AGO,
        place=place,
    )


def test_devices_are_linked_with_one_meter_and_none_that_is_anothers(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument, devices: list[Device]
) -> None:
    mei, url = signed_in_as(cast.mei), f"/api/v1/instruments/{instrument.id}/devices"
    free, taken = devices
    wish = {"device_id": str(free.id), "is_meter": True, "has_interlock": False}

    linked = mei.put(url, json={"items": [wish]})
    listed = {one["name"]: one for one in mei.get(url).json()["items"]}
    others = [{**wish, "device_id": str(key)} for key in (taken.id, UUID(int=7))]
    refused = mei.put(url, json={"items": [wish, *others]})
    cleared = mei.put(url, json={"items": []})

    assert linked.status_code == 204, linked.text
    own = listed[free.name]
    assert (own["instrument_id"], own["is_meter"]) == (str(instrument.id), True)
    assert own["has_interlock"] is False
    assert [one["code"] for one in refused.json()["problems"]] == [
        "device_taken",
        "unknown_device",
        "two_meters",
    ]
    assert cleared.status_code == 204


def test_devices_stay_while_the_instrument_is_in_use(
    signed_in_as: SignedInAs,
    cast: Cast,
    instrument: Instrument,
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        make.reservation(
            session,
            instrument=instrument,
            holder=cast.alice,
            starts_at=make.LONG_AGO,
            state="in_use",
        )
        rival = make.person(session, Role.INSTITUTION_MANAGER, institution=cast.other_institution)
    url = f"/api/v1/instruments/{instrument.id}/devices"

    busy = signed_in_as(cast.mei).put(url, json={"items": []})

    assert [one["code"] for one in busy.json()["problems"]] == ["in_use"]
    assert signed_in_as(cast.bob).get(url).status_code == 403
    foreign = signed_in_as(rival)
    for answer in (foreign.get(url), foreign.put(url, json={"items": []})):
        assert (answer.status_code, answer.json()["code"]) == (404, "instrument_not_found")


def test_a_workbook_says_before_what_it_would_do(signed_in_as: SignedInAs, cast: Cast) -> None:
    mei = signed_in_as(cast.mei)
    sheet = {"file": ("cards.xlsx", workbook(CARD))}
    again = {
        "file": ("cards.xlsx", workbook({**CARD, "型号": "UTM-2"}, {**CARD, "仪器编号": "N-2"}))
    }

    first = mei.post("/api/v1/instrument-sheet-preview", files=sheet).json()["items"]
    assert mei.get("/api/v1/instrument-search", params={"q": "试验机"}).json()["items"] == []
    mei.post("/api/v1/instrument-sheet", files=sheet)
    same = mei.post("/api/v1/instrument-sheet-preview", files=sheet).json()["items"]
    mixed = mei.post("/api/v1/instrument-sheet-preview", files=again).json()["items"]

    assert [(one["code"], one["is_new"], one["changed"]) for one in first] == [("N-1", True, [])]
    assert [(one["is_new"], one["changed"]) for one in same] == [(False, [])]
    assert [(one["code"], one["is_new"], one["changed"]) for one in mixed] == [
        ("N-1", False, ["型号"]),
        ("N-2", True, []),
    ]
