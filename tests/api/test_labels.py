"""Labels: what the QR code says is the address that finds the instrument."""

import io
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument
from booking.labels.rules import QUIET, draw_png, draw_svg
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast


@pytest.fixture
def instrument(session_factory: sessionmaker[Session], cast: Cast) -> Instrument:
    with session_factory.begin() as session:
        return make.instrument(session, institution=cast.institution, name_zh="试验机 <A&B>")


def test_label_is_well_formed_and_says_name_and_code(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    bob = signed_in_as(cast.bob)
    path = f"/api/v1/instruments/{instrument.id}/label"
    code = bob.post(path).json()["code"]

    answer = bob.get(f"{path}.svg")

    assert answer.headers["content-type"] == "image/svg+xml"
    drawn = ET.fromstring(answer.text)
    texts = [part.text for part in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["试验机 <A&B>", f"{instrument.code} · {code}"]


def test_png_has_its_quiet_zone_and_finder_patterns() -> None:
    drawn = Image.open(io.BytesIO(draw_png("https://lab.example/i/ABCDEFGH", scale=1)))
    pixels = drawn.convert("1")
    side = pixels.width

    assert pixels.height == side
    edge = range(QUIET)
    assert all(pixels.getpixel((x, y)) for x in range(side) for y in edge)
    corner = [bool(pixels.getpixel((QUIET + n, QUIET))) for n in range(8)]
    assert corner == [False] * 7 + [True]


def test_another_address_is_another_code() -> None:
    first, second = (
        draw_svg(f"https://lab.example/i/{code}", title="a", code="b") for code in "XY"
    )

    assert first != second


def test_label_leads_to_its_instrument_until_it_is_replaced(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    bob = signed_in_as(cast.bob)
    path = f"/api/v1/instruments/{instrument.id}/label"
    first = bob.post(path).json()
    assert first["url"].endswith(f"/i/{first['code']}")
    found = stranger.get(f"/api/v1/labels/{first['code'].lower()}")
    assert found.json()["instrument_id"] == str(instrument.id)

    second = bob.post(path).json()

    assert second["code"] != first["code"]
    gone = stranger.get(f"/api/v1/labels/{first['code']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "label_not_found")
    assert stranger.get(f"/api/v1/labels/{second['code']}").status_code == 200


def test_drawing_twice_is_the_same_label(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    bob = signed_in_as(cast.bob)
    path = f"/api/v1/instruments/{instrument.id}/label"

    assert bob.get(f"{path}.svg").text == bob.get(f"{path}.svg").text
    assert bob.get(f"{path}.png").content.startswith(b"\x89PNG")


def test_labels_are_for_ones_own_instruments(
    signed_in_as: SignedInAs, cast: Cast, instrument: Instrument
) -> None:
    path = f"/api/v1/instruments/{instrument.id}/label"
    for person, code in ((cast.dan, "label_not_yours"), (cast.alice, "not_allowed")):
        for answer in (signed_in_as(person).post(path), signed_in_as(person).get(f"{path}.svg")):
            assert (answer.status_code, answer.json()["code"]) == (403, code)
