"""Looking for an instrument: each filter alone and with others, in both orders."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from booking.calendars.tables import Closure
from booking.instruments.service import add_instrument
from booking.instruments.tables import Instrument
from foundation.clock import read_clock
from foundation.identifiers import new_id
from tests import make
from tests.cast import Cast

HOUR = timedelta(hours=1)


def coming_hour(hours: int) -> datetime:
    return read_clock().replace(minute=0, second=0, microsecond=0) + timedelta(days=1, hours=hours)


CARDS: list[dict[str, Any]] = [
    {
        "code": "T-1", "name_zh": "电子万能试验机", "name_en": "Tensile tester", "model": "UTM50",
        "category": "mechanics", "region": "320281", "details": {"standards": ["GB/T 228.1"]},
        "per_hour_fen": 30_000, "set_up_s": 3600,
    },
    {
        "code": "C-1", "name_zh": "高低温试验箱", "name_en": "Chamber", "model": "ECC225",
        "category": "environment", "region": "320200", "details": {"standards": ["GB/T 2423.1"]},
        "per_hour_fen": 8_000,
    },
    {
        "code": "L-1", "name_zh": "液相色谱仪", "name_en": "HPLC", "model": "LC30",
        "category": "chromatography", "region": "110000", "details": {},
        "per_hour_fen": 26_000, "description_zh": "可与试验机 UTM50 的样品配合",
    },
]  # fmt: skip


@pytest.fixture(autouse=True)
def instruments(session_factory: sessionmaker[Session], cast: Cast) -> dict[str, Instrument]:
    made = {}
    with session_factory.begin() as session:
        for card in CARDS:
            fields = {"maker": "仪享", "location": "", "description_zh": "", **card}
            per_hour_fen = fields.pop("per_hour_fen")
            instrument = add_instrument(
                session,
                Instrument(
                    id=new_id(),
                    institution_id=cast.institution.id,
                    description_en="",
                    created_at=make.LONG_AGO,
                    **fields,
                ),
            )
            make.tariff(session, instrument=instrument, per_hour_fen=per_hour_fen)
            made[card["code"]] = instrument
    return made


def look(client: TestClient, **params: Any) -> list[str]:
    answer = client.get("/api/v1/instrument-search", params=params)
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        pytest.param({"q": "试验"}, ["C-1", "T-1", "L-1"], id="two Chinese letters"),
        pytest.param({"q": "utm50"}, ["T-1", "L-1"], id="the model before a mention of it"),
        pytest.param({"q": "Tensile 试验"}, ["T-1"], id="both languages"),
        pytest.param({"q": "100%"}, [], id="a wildcard is a letter"),
        pytest.param({"category": "physical"}, ["C-1", "T-1"], id="a category with its branches"),
        pytest.param({"category": "environment"}, ["C-1"], id="a branch"),
        pytest.param({"region": "3202"}, ["C-1", "T-1"], id="a city"),
        pytest.param({"region": "320281"}, ["T-1"], id="a county"),
        pytest.param({"standard": "gb/t228"}, ["T-1"], id="a standard, however spaced"),
        pytest.param({"price_max_fen": 26_000}, ["C-1", "L-1"], id="a price at most"),
        pytest.param(
            {"price_min_fen": 8_001, "price_max_fen": 29_999}, ["L-1"], id="a price between"
        ),
        pytest.param({"q": "试验", "region": "1"}, ["L-1"], id="together"),
    ],
)
def test_instruments_are_found_by(
    stranger: TestClient, params: dict[str, Any], found: list[str]
) -> None:
    assert look(stranger, **params) == found


def test_free_between_leaves_out_the_taken_the_closed_and_the_too_near(
    stranger: TestClient,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instruments: dict[str, Instrument],
) -> None:
    def free(first: int, last: int) -> list[str]:
        return look(
            stranger,
            free_from=coming_hour(first).isoformat(),
            free_to=coming_hour(last).isoformat(),
        )

    with session_factory.begin() as session:
        for code in ("T-1", "L-1"):
            make.reservation(
                session,
                instrument=instruments[code],
                holder=cast.alice,
                starts_at=coming_hour(4),
                length=2 * HOUR,
            )
        session.add(
            Closure(
                id=new_id(),
                institution_id=cast.institution.id,
                instrument_id=instruments["C-1"].id,
                during=Range(coming_hour(10), coming_hour(12)),
                kind="maintenance",
                reason_zh="",
                reason_en="",
                created_at=make.LONG_AGO,
            )
        )

    assert free(2, 4) == ["C-1", "L-1", "T-1"]
    assert free(3, 5) == ["C-1"]
    # The tester needs an hour of set-up after the reservation before.
    assert free(6, 8) == ["C-1", "L-1"]
    assert free(7, 9) == ["C-1", "L-1", "T-1"]
    assert free(9, 11) == ["L-1", "T-1"]
    assert free(-48, -46) == []


def test_soonest_free_come_first(
    stranger: TestClient,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instruments: dict[str, Instrument],
) -> None:
    now = read_clock().replace(minute=0, second=0, microsecond=0)
    with session_factory.begin() as session:
        for code, hours in (("C-1", 30), ("L-1", 6)):
            make.reservation(
                session,
                instrument=instruments[code],
                holder=cast.alice,
                starts_at=now - HOUR,
                length=hours * HOUR,
            )

    assert look(stranger, sort="next_free") == ["T-1", "L-1", "C-1"]


def test_pages_follow_each_other(stranger: TestClient) -> None:
    first = stranger.get("/api/v1/instrument-search", params={"limit": 2}).json()
    second = stranger.get(
        "/api/v1/instrument-search", params={"limit": 2, "cursor": first["next_cursor"]}
    ).json()

    codes = [item["code"] for page in (first, second) for item in page["items"]]
    assert codes == ["C-1", "L-1", "T-1"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"free_from": "2031-01-01T00:00:00Z"}, "window_refused"),
        (
            {"free_from": "2031-01-02T00:00:00Z", "free_to": "2031-01-01T00:00:00Z"},
            "window_refused",
        ),
        ({"free_from": "2031-01-01T00:00:00"}, "malformed_request"),
        ({"region": "江阴"}, "malformed_request"),
        ({"cursor": "W10"}, "wrong_cursor"),
        ({"sort": "colour"}, "malformed_request"),
    ],
)
def test_unsound_search_is_refused(stranger: TestClient, params: dict[str, str], code: str) -> None:
    answer = stranger.get("/api/v1/instrument-search", params=params)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_calendars_of_several_are_what_each_ones_is(
    stranger: TestClient,
    session_factory: sessionmaker[Session],
    cast: Cast,
    instruments: dict[str, Instrument],
) -> None:
    with session_factory.begin() as session:
        for code, hour in (("T-1", 4), ("L-1", 8)):
            make.reservation(
                session,
                instrument=instruments[code],
                holder=cast.alice,
                starts_at=coming_hour(hour),
            )
    window = {"from": coming_hour(0).isoformat(), "to": coming_hour(24).isoformat()}
    ids = [str(one.id) for one in instruments.values()]

    together = stranger.get(
        "/api/v1/calendars", params={**window, "instrument_id": [*ids, str(new_id())]}
    ).json()["items"]

    alone = [
        stranger.get(f"/api/v1/instruments/{key}/calendar", params=window).json() for key in ids
    ]
    assert sorted(together, key=lambda it: ids.index(it["instrument_id"])) == alone
    assert [len(it["taken"]) for it in alone] == [1, 0, 1]
