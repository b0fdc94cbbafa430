"""Statistics over HTTP: counted from what was metered, for those whom it concerns."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from billing.charges.tables import Charge
from booking.reservations.tables import Reservation
from booking.usage.tables import UsageSession
from directory.people.tables import Person
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

ROWS = ("uses", "reservations", "charges")
MAY = {"from": "2026-05-01", "to": "2026-06-01"}
DAY = datetime(2026, 5, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def uses(session_factory: sessionmaker[Session], cast: Cast) -> None:
    """Two uses of four hours by two enterprises, one charged; and one reservation missed."""
    with session_factory.begin() as session:
        for institution in (cast.institution, cast.other_institution):
            instrument = make.instrument(session, institution=institution, name_zh="=1+1")
            device = make.device(session, institution=institution)
            tariff = make.tariff(session, instrument=instrument)
            for number, holder in enumerate((cast.alice, cast.carol, cast.alice)):
                starts_at = DAY + number * timedelta(days=1)
                state = "no_show" if number == 2 else "billed"
                kept = _reservation(session, instrument, holder, starts_at, state)
                usage = UsageSession(
                    reservation_id=kept.id,
                    instrument_id=instrument.id,
                    institution_id=institution.id,
                    enterprise_id=holder.enterprise_id,
                    device_id=device.id,
                    during=Range(starts_at, starts_at + 4 * HOUR),
                    metered_ms=4 * 3_600_000,
                    warm_up_ms=0,
                    work_ms=4 * 3_600_000,
                    cool_down_ms=0,
                    coverage_permille=1000,
                    state="billed",
                    metered_at=DAY,
                    created_at=DAY,
                    updated_at=DAY,
                )
                session.add(usage)
                session.flush()
                if number == 0:
                    session.add(_charge(usage, kept, tariff.id))


def local(day: int, hour: int) -> datetime:
    """A time as a workbook has it: of the lab, without a zone."""
    return datetime(2026, 5, day, hour, tzinfo=UTC).replace(tzinfo=None)


def _reservation(
    session: Session, instrument: Any, holder: Person, starts_at: datetime, state: str
) -> Reservation:
    assert holder.enterprise_id is not None
    during = Range(starts_at, starts_at + 4 * HOUR)
    made = Reservation(
        instrument_id=instrument.id,
        institution_id=instrument.institution_id,
        enterprise_id=holder.enterprise_id,
        holder_id=holder.id,
        during=during,
        blocked=during,
        state=state,
        purpose="=HYPERLINK(1)",
        created_at=DAY,
    )
    session.add(made)
    session.flush()
    return made


def _charge(usage: UsageSession, reservation: Reservation, tariff_id: Any) -> Charge:
    return Charge(
        usage_session_id=usage.id,
        reservation_id=reservation.id,
        enterprise_id=reservation.enterprise_id,
        institution_id=reservation.institution_id,
        tariff_id=tariff_id,
        billed_seconds=4 * 3600,
        amount_fen=80_050,
        currency="CNY",
        rule={},
        evidence=[],
        created_at=DAY,
    )


def test_manager_sees_their_institutions_figures(signed_in_as: SignedInAs, cast: Cast) -> None:
    answer = signed_in_as(cast.mei).get("/api/v1/statistics/usage", params=MAY)

    shown = answer.json()
    assert answer.status_code == 200
    assert shown["total"] | {"quota_h": 0, "utilisation": 0} == {
        "effective_h": 8.0,
        "external_h": 8.0,
        "quota_h": 0,
        "utilisation": 0,
        "sharing": 1.0,
        "uses": 2,
        "attended": 2,
        "missed": 1,
        "no_show": 0.3333,
        "money_fen": 80_050,
    }
    assert shown["total"]["utilisation"] == round(8 / (1400 * 31 / 365), 4)
    assert shown["open_rate"] == 1.0
    assert {user["name"]: user["hours"] for user in shown["users"]} == {
        "爱丽丝的企业": 4.0,
        "卡罗尔的企业": 4.0,
    }


def test_operator_sees_all_or_one(signed_in_as: SignedInAs, cast: Cast) -> None:
    oscar = signed_in_as(cast.oscar)

    everything = oscar.get("/api/v1/statistics/usage", params=MAY).json()
    one = oscar.get(
        "/api/v1/statistics/usage", params={**MAY, "institution_id": str(cast.institution.id)}
    ).json()

    assert (everything["total"]["effective_h"], one["total"]["effective_h"]) == (16.0, 8.0)


def test_figures_are_for_managers_and_the_platform(signed_in_as: SignedInAs, cast: Cast) -> None:
    for path in ("usage", "usage.xlsx", "service-records.xlsx", *ROWS):
        for person in (cast.alice, cast.bob):
            answer = signed_in_as(person).get(f"/api/v1/statistics/{path}", params=MAY)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
        foreign = {**MAY, "institution_id": str(cast.other_institution.id)}
        answer = signed_in_as(cast.mei).get(f"/api/v1/statistics/{path}", params=foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    "period",
    [
        {"from": "2026-06-01", "to": "2026-05-01"},
        {"from": "2026-06-01", "to": "2026-06-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
    ],
)
def test_unsound_period_is_refused(
    signed_in_as: SignedInAs, cast: Cast, period: dict[str, str]
) -> None:
    answer = signed_in_as(cast.mei).get("/api/v1/statistics/usage", params=period)

    assert (answer.status_code, answer.json()["code"]) == (422, "period_refused")


def test_service_records_name_user_time_content_and_fee(
    signed_in_as: SignedInAs, cast: Cast
) -> None:
    answer = signed_in_as(cast.mei).get("/api/v1/statistics/service-records.xlsx", params=MAY)

    sheet = load_workbook(io.BytesIO(answer.content))["服务记录"]
    head, *rows = sheet.iter_rows()
    assert [cell.value for cell in head][3:] == [
        "用户", "开始时间", "结束时间", "服务时长 (h)", "服务方式", "服务内容", "收费 (元)",
    ]  # fmt: skip
    assert [[cell.value for cell in row][3:] for row in rows] == [
        ["爱丽丝的企业", local(4, 9), local(4, 13), 4,
         "自主上机", "=HYPERLINK(1)", 800.5],
        ["卡罗尔的企业", local(5, 9), local(5, 13), 4,
         "自主上机", "=HYPERLINK(1)", None],
    ]  # fmt: skip
    # A text that looks like a formula is a text still.
    assert {row[8].data_type for row in rows} == {"s"}


def test_figures_as_a_workbook_are_the_same(signed_in_as: SignedInAs, cast: Cast) -> None:
    answer = signed_in_as(cast.mei).get("/api/v1/statistics/usage.xlsx", params=MAY)

    assert answer.headers["content-disposition"].startswith("attachment;")
    book = load_workbook(io.BytesIO(answer.content))
    _, first, total = book["仪器"].iter_rows(max_row=3)
    assert (first[1].value, first[1].data_type) == ("=1+1", "s")
    assert [cell.value for cell in total][:4] == ["", "合计", 8, 8]
    assert book["用户"]["B2"].value == 4


def test_the_hours_are_told_day_by_day(signed_in_as: SignedInAs, cast: Cast) -> None:
    trend = signed_in_as(cast.mei).get("/api/v1/statistics/usage", params=MAY).json()["trend"]

    assert trend["step"] == "day"
    assert len(trend["items"]) == 31
    used = {one["starts_on"]: one["external_h"] for one in trend["items"] if one["effective_h"]}
    assert used == {"2026-05-04": 4.0, "2026-05-05": 4.0}


def test_another_quota_may_be_asked_for(signed_in_as: SignedInAs, cast: Cast) -> None:
    mei = signed_in_as(cast.mei)

    shown = mei.get("/api/v1/statistics/usage", params={**MAY, "general_h": 1600}).json()

    assert shown["quotas"] == {"general_h": 1600, "special_h": 800}
    assert shown["total"]["utilisation"] == round(8 / (1600 * 31 / 365), 4)
    refused = mei.get("/api/v1/statistics/usage", params={**MAY, "general_h": 0})
    assert refused.status_code == 422


def test_hours_open_to_their_uses_page_by_page(signed_in_as: SignedInAs, cast: Cast) -> None:
    mei = signed_in_as(cast.mei)
    first = mei.get("/api/v1/statistics/uses", params={**MAY, "limit": 1}).json()
    cursor = first["next_cursor"]
    last = mei.get("/api/v1/statistics/uses", params={**MAY, "limit": 1, "cursor": cursor}).json()

    rows = [*first["items"], *last["items"]]
    assert [(one["enterprise"], one["counted_h"], one["fee_fen"]) for one in rows] == [
        ("爱丽丝的企业", 4.0, 80_050),
        ("卡罗尔的企业", 4.0, None),
    ]
    assert last["next_cursor"] is None


def test_what_of_a_use_lies_in_the_period_is_said(signed_in_as: SignedInAs, cast: Cast) -> None:
    # The first use is on 4 May from 9 to 13 by the lab's clock; none of it on the 5th.
    days = {"from": "2026-05-05", "to": "2026-05-06"}
    rows = signed_in_as(cast.mei).get("/api/v1/statistics/uses", params=days).json()["items"]

    assert [one["counted_h"] for one in rows] == [4.0]


def test_the_rate_of_no_shows_opens_to_the_reservations(
    signed_in_as: SignedInAs, cast: Cast
) -> None:
    mei = signed_in_as(cast.mei)

    every = mei.get("/api/v1/statistics/reservations", params=MAY).json()["items"]
    missed = mei.get("/api/v1/statistics/reservations", params={**MAY, "is_missed": "true"}).json()[
        "items"
    ]

    assert [one["is_missed"] for one in every] == [False, False, True]
    assert [one["enterprise"] for one in missed] == ["爱丽丝的企业"]


def test_the_money_opens_to_the_charges(signed_in_as: SignedInAs, cast: Cast) -> None:
    rows = signed_in_as(cast.mei).get("/api/v1/statistics/charges", params=MAY).json()["items"]

    assert [(one["kind"], one["amount_fen"], one["billed_seconds"]) for one in rows] == [
        ("usage", 80_050, 4 * 3600)
    ]


def test_rows_are_narrowed_to_an_enterprise(signed_in_as: SignedInAs, cast: Cast) -> None:
    mine = {**MAY, "enterprise_id": str(cast.carol.enterprise_id)}
    rows = signed_in_as(cast.mei).get("/api/v1/statistics/uses", params=mine).json()["items"]

    assert [one["enterprise"] for one in rows] == ["卡罗尔的企业"]


def test_a_cursor_of_nobodys_is_refused(signed_in_as: SignedInAs, cast: Cast) -> None:
    mei = signed_in_as(cast.mei)
    for path in ROWS:
        answer = mei.get(f"/api/v1/statistics/{path}", params={**MAY, "cursor": "nonsense"})
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_cursor")
