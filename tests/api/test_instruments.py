"""The catalogue, an instrument's time and its price, as anybody may see them."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.service import add_instrument
from booking.instruments.tables import Instrument
from booking.reservations.asking import Request
from booking.reservations.rules import Wish
from booking.reservations.service import reserve
from directory.people.service import caller_of
from foundation.clock import read_clock
from foundation.identifiers import InstrumentId
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

HOUR = timedelta(hours=1)


def coming_hour(hours: int) -> datetime:
    """An hour of tomorrow's, on the grid."""
    now = read_clock().replace(minute=0, second=0, microsecond=0)
    return now + timedelta(days=1, hours=hours)


@pytest.fixture
def instrument_id(session_factory: sessionmaker[Session], cast: Cast) -> InstrumentId:
    with session_factory.begin() as session:
        instrument = make.instrument(
            session,
            institution=cast.institution,
            set_up=timedelta(minutes=15),
            cool_down=timedelta(minutes=30),
        )
        make.tariff(session, instrument=instrument, per_hour_fen=26_000)
        return instrument.id


def hold(session_factory: sessionmaker[Session], cast: Cast, instrument_id: InstrumentId) -> None:
    with session_factory.begin() as session:
        request = Request(instrument_id, Wish(coming_hour(4), coming_hour(6)))
        reserve(session, request, by=caller_of(cast.alice), now=read_clock())


def test_instrument_shows_its_price_policy_and_next_free_time(
    stranger: TestClient, instrument_id: InstrumentId
) -> None:
    answer = stranger.get(f"/api/v1/instruments/{instrument_id}")

    shown = answer.json()
    assert answer.status_code == 200
    assert shown["price"] == {
        "per_hour_fen": 26_000,
        "currency": "CNY",
        "billed_min_minutes": 30.0,
        "billed_step_minutes": 15.0,
        "minimum_fen": 0,
        "tariff_version": 1,
    }
    assert shown["policy"]["set_up_minutes"] == 15
    assert shown["live"] is None
    assert datetime.fromisoformat(shown["next_free_at"]) - read_clock() < timedelta(minutes=30)


def test_unknown_instrument_is_404(stranger: TestClient) -> None:
    for path in ("", "/calendar"):
        answer = stranger.get(f"/api/v1/instruments/{uuid4()}{path}")

        assert (answer.status_code, answer.json()["code"]) == (404, "instrument_not_found")


@pytest.mark.parametrize(
    ("q", "found"),
    [
        pytest.param("拉伸", ["T-1"], id="a Chinese word within a name"),
        pytest.param("TENSILE", ["T-1"], id="an English word, any case"),
        pytest.param("utm-50", ["T-1"], id="a model number"),
        pytest.param("gb/t 228", ["T-1"], id="a standard"),
        pytest.param("试验机 50 kn", ["T-1"], id="every word, in any order"),
        pytest.param("色谱", ["C-1"], id="another"),
        pytest.param("拉伸 色谱", [], id="not both at once"),
        pytest.param("100%", [], id="a percent sign is a percent sign"),
        pytest.param("_", [], id="an underscore too"),
    ],
)
def test_catalogue_is_searched_in_both_languages(
    stranger: TestClient,
    session_factory: sessionmaker[Session],
    cast: Cast,
    q: str,
    found: list[str],
) -> None:
    with session_factory.begin() as session:
        for code, name_zh, name_en, model, standard in (
            ("T-1", "拉伸试验机", "Tensile tester 50 kN", "UTM-50", "GB/T 228.1"),
            ("C-1", "液相色谱仪", "HPLC", "LC-30", "GB/T 16631"),
        ):
            add_instrument(
                session,
                Instrument(
                    institution_id=cast.institution.id,
                    code=code,
                    name_zh=name_zh,
                    name_en=name_en,
                    model=model,
                    maker="",
                    category="other",
                    location="",
                    description_zh="",
                    description_en="",
                    details={"standards": [standard]},
                    created_at=make.LONG_AGO,
                ),
            )

    answer = stranger.get("/api/v1/instruments", params={"q": q})

    assert [item["code"] for item in answer.json()["items"]] == found


def test_catalogue_is_paged_by_cursor(
    stranger: TestClient, session_factory: sessionmaker[Session], cast: Cast
) -> None:
    with session_factory.begin() as session:
        made = {make.instrument(session, institution=cast.institution).code for _ in range(5)}
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = stranger.get(
            "/api/v1/instruments",
            params={"limit": 2, **({"cursor": cursor} if cursor else {})},
        ).json()
        seen += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert cursor is None
    assert seen == sorted(made)


def test_wrong_cursor_is_refused(stranger: TestClient) -> None:
    for cursor in ("nonsense", "W10", "WyJhIiwiYiJd"):
        answer = stranger.get("/api/v1/instruments", params={"cursor": cursor})

        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_cursor"), cursor


def test_calendar_shows_taken_time_but_not_whose(
    stranger: TestClient,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    hold(session_factory, cast, instrument_id)
    window = {"from": coming_hour(0).isoformat(), "to": coming_hour(10).isoformat()}

    shown = stranger.get(f"/api/v1/instruments/{instrument_id}/calendar", params=window).json()

    def at(hours: float) -> str:
        instant = coming_hour(0) + timedelta(hours=hours)
        return instant.isoformat().replace("+00:00", "Z")

    assert [(one["kind"], one["starts_at"], one["ends_at"]) for one in shown["taken"]] == [
        ("reserved", at(4), at(6)),
        ("buffer", at(3.75), at(4)),
        ("buffer", at(6), at(6.5)),
    ]
    assert all(one["reservation_id"] is None for one in shown["taken"])
    # Before the taken time a cool-down must fit, after it a set-up.
    assert [(one["starts_at"], one["ends_at"]) for one in shown["free"]] == [
        (at(0), at(3.25)),
        (at(6.75), at(10)),
    ]


def test_own_time_is_marked_as_mine(
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    hold(session_factory, cast, instrument_id)
    window = {"from": coming_hour(0).isoformat(), "to": coming_hour(10).isoformat()}

    shown = signed_in_as(cast.alice).get(
        f"/api/v1/instruments/{instrument_id}/calendar", params=window
    )

    assert shown.json()["taken"][0]["kind"] == "mine"
    assert shown.json()["taken"][0]["reservation_id"]


@pytest.mark.parametrize(
    "window",
    [
        pytest.param((0, 0), id="empty"),
        pytest.param((5, 4), id="reversed"),
        pytest.param((0, 24 * 93), id="longer than a quarter"),
    ],
)
def test_calendar_of_no_sound_window_is_refused(
    stranger: TestClient, instrument_id: InstrumentId, window: tuple[int, int]
) -> None:
    answer = stranger.get(
        f"/api/v1/instruments/{instrument_id}/calendar",
        params={
            "from": coming_hour(window[0]).isoformat(),
            "to": coming_hour(window[1]).isoformat(),
        },
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "window_refused")


def test_quote_tells_the_price_step_by_step(
    stranger: TestClient, instrument_id: InstrumentId
) -> None:
    """100 minutes are billed as seven quarters: 1.75 h × 260 yuan = 455 yuan."""
    body = {
        "starts_at": coming_hour(1).isoformat(),
        "ends_at": (coming_hour(2) + timedelta(minutes=40)).isoformat(),
    }

    shown = stranger.post(f"/api/v1/instruments/{instrument_id}/quote", json=body).json()

    assert shown["amount_fen"] == 45_500
    assert [problem["code"] for problem in shown["problems"]] == ["off_the_grid"]
    assert "1:45:00" in [step["value"] for step in shown["steps"]]


def test_quote_of_no_slot_names_every_fault_and_no_price(
    stranger: TestClient, instrument_id: InstrumentId
) -> None:
    body = {"starts_at": "2020-01-01T09:00", "ends_at": "soon"}

    shown = stranger.post(f"/api/v1/instruments/{instrument_id}/quote", json=body).json()

    assert shown["amount_fen"] is None
    assert [problem["code"] for problem in shown["problems"]] == ["no_time_zone", "not_a_time"]


@pytest.mark.usefixtures("instrument_id")
def test_categories_are_counted(stranger: TestClient) -> None:
    shown = stranger.get("/api/v1/instrument-categories").json()

    assert {"code": "analytical", "count": 1}.items() <= shown["items"][0].items()


PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
    b"\x90wS\xde\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
"""One red pixel."""


def test_full_card_is_kept_by_the_manager_and_shown_to_all(
    stranger: TestClient,
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instrument_id: InstrumentId,
) -> None:
    with session_factory.begin() as session:
        accessory_id = make.instrument(
            session, institution=cast.institution, name_zh="自动进样器"
        ).id
    mei, url = signed_in_as(cast.mei), f"/api/v1/instruments/{instrument_id}"
    card = {
        "specification": "四元泵", "discipline": "分析化学", "standards": ["GB/T 16631"],
        "customs_supervision": "否", "value_fen": 68_000_000, "commissioned_on": "2023-05-01",
        "service_content": "定量分析", "charging_standard": "260 元/小时", "contact": "李工",
        "phone": "0510-1234567", "email": "lab@example.com", "region": "320281",
        "group_code": "hplc", "modes": ["self_operated", "assisted"],
    }  # fmt: skip

    changed = mei.put(f"{url}/card", json=card)
    hung = mei.put(
        f"/api/v1/instruments/{accessory_id}/card", json={"accessory_of": str(instrument_id)}
    )
    circle = mei.put(f"{url}/card", json={"accessory_of": str(accessory_id)})
    shown = stranger.get(url).json()

    assert (changed.status_code, hung.status_code) == (204, 204)
    assert (circle.status_code, circle.json()["code"]) == (422, "card_refused")
    told = {key: value for key, value in card.items() if key not in {"contact", "phone", "email"}}
    assert {key: shown[key] for key in told} == told
    assert shown["contact"] == {
        "name": "李工", "phone": "0510-1234567", "email": "lab@example.com",
    }  # fmt: skip
    assert [one["id"] for one in shown["accessories"]] == [str(accessory_id)]
    found = stranger.get("/api/v1/instruments", params={"q": "GB/T 16631"}).json()["items"]
    assert [one["id"] for one in found] == [str(instrument_id)]


def test_card_of_another_institution_is_out_of_reach(
    signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    url = f"/api/v1/instruments/{instrument_id}/card"

    assert signed_in_as(cast.bob).put(url, json={"contact": "x"}).status_code == 403
    assert signed_in_as(cast.alice).put(url, json={"contact": "x"}).status_code == 403


def test_photographs_are_public_and_nothing_else_passes_for_one(
    stranger: TestClient, signed_in_as: SignedInAs, cast: Cast, instrument_id: InstrumentId
) -> None:
    mei, url = signed_in_as(cast.mei), f"/api/v1/instruments/{instrument_id}"

    made = mei.post(f"{url}/photos", files={"file": ("one.png", PNG)}, data={"caption_zh": "正面"})
    script = mei.post(f"{url}/photos", files={"file": ("one.png", b"<script>")})
    paper = mei.post(f"{url}/photos", files={"file": ("one.pdf", b"%PDF-1.7 %%EOF")})
    photo = stranger.get(url).json()["photos"][0]
    picture = stranger.get(photo["url"])
    gone = mei.delete(photo["url"])

    assert (made.status_code, photo["caption_zh"]) == (201, "正面")
    assert (script.status_code, paper.status_code) == (422, 422)
    assert script.json()["code"] == "photo_refused"
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert gone.status_code == 204
    assert stranger.get(photo["url"]).status_code == 404
