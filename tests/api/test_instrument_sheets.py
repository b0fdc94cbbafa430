"""The instrument sheet: what goes out comes in again, and what is wrong is named by its cell."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.sheet_columns import COLUMNS
from booking.instruments.tables import Instrument
from tests.api.conftest import SignedInAs
from tests.cast import Cast

CARD: dict[str, Any] = {
    "仪器编号": "N-1", "中文名称": "=1+1 试验机", "英文名称": "Tester", "型号": "UTM",
    "生产厂家": "仪享", "类别": "力学试验", "安置地点": "1 号楼", "地区代码": "320281",
    "主要功能": "拉伸", "功能(英文)": "Tension", "规格": "50 kN", "技术指标": "0.5 级",
    "学科领域": "材料", "依据标准": "GB/T 228.1;ISO 6892-1", "原值(元)": 512_345.67,
    "启用日期": date(2024, 3, 1), "校准有效期至": date(2027, 1, 31), "海关监管": "否",
    "限用范围": "0 至 50 N", "限用范围(英文)": "0 to 50 N",
    "服务内容": "力学试验", "收费标准": "320 元/小时", "开放规定": "工作日", "联系人": "王工",
    "电话": "+86 510 0000", "邮箱": "lab@example.com", "用途": "专用", "对外开放": "是",
    "状态": "正常", "共享模式": "自主;委托", "规则组": "mechanical", "预约步长(分钟)": 15,
    "最短(分钟)": 30, "最长(分钟)": 480, "提前(分钟)": 60, "可约天数": 90, "准备(分钟)": 10,
    "清理(分钟)": 5,
}  # fmt: skip
PATH = "/api/v1/instrument-sheet"


def workbook(*cards: dict[str, Any], without: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    headings = [column.heading for column in COLUMNS if column.heading != without]
    sheet.append(headings)
    for card in cards:
        sheet.append([card[heading] for heading in headings])
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if isinstance(cell.value, str) and cell.value != "=SUM(1)":
                cell.data_type = "s"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def send(client: TestClient, content: bytes) -> tuple[int, dict[str, Any]]:
    answer = client.post(PATH, files={"file": ("cards.xlsx", content)})
    return answer.status_code, answer.json()


def test_card_survives_the_way_in_and_out(
    signed_in_as: SignedInAs, cast: Cast, session_factory: sessionmaker[Session]
) -> None:
    mei = signed_in_as(cast.mei)

    assert send(mei, workbook(CARD)) == (200, {"added": 1, "changed": 0})

    with session_factory.begin() as session:
        kept = session.scalars(select(Instrument).where(Instrument.code == "N-1")).one()
        assert kept.value_fen == 51_234_567
        assert kept.institution_id == cast.institution.id
        assert kept.modes == ["self_operated", "entrusted"]
        assert kept.details["standards"] == ["GB/T 228.1", "ISO 6892-1"]
        assert "iso 6892-1" in kept.search_text
    exported = mei.get(f"{PATH}.xlsx").content
    [head, row] = openpyxl.load_workbook(io.BytesIO(exported))["仪器"].iter_rows()
    shown = {str(h.value): c.value for h, c in zip(head, row, strict=True)}
    days = {"启用日期", "校准有效期至"}
    assert {k: v.date() if k in days else v for k, v in shown.items()} == CARD  # type: ignore[union-attr] # a day
    assert {cell.data_type for cell in row} <= {"s", "n", "d"}
    assert send(mei, exported) == (200, {"added": 0, "changed": 1})


@pytest.mark.parametrize(
    ("make", "faults"),
    [
        pytest.param(
            lambda: workbook({**CARD, "类别": "魔法", "原值(元)": "很多"}, {**CARD, "型号": None}),
            [
                ("cell_wrong", "F2"),
                ("cell_wrong", "O2"),
                ("cell_wrong", "D3"),
                ("code_twice", "A3"),
            ],
            id="every fault of every row",
        ),
        pytest.param(
            lambda: workbook({**CARD, "启用日期": "去年", "对外开放": "也许"}),
            [("cell_wrong", "P2"), ("cell_wrong", "Z2")],
            id="a day and a yes",
        ),
        pytest.param(
            lambda: workbook({**CARD, "英文名称": "=SUM(1)"}),
            [("cell_wrong", "C2")],
            id="a formula",
        ),
        pytest.param(
            lambda: workbook({**CARD, "最长(分钟)": 15}), [("cell_wrong", "AF2")], id="lengths"
        ),
        pytest.param(
            lambda: workbook({**CARD, "原值(元)": 0.001, "准备(分钟)": -1, "可约天数": 1.5}),
            [("cell_wrong", "O2"), ("cell_wrong", "AH2"), ("cell_wrong", "AI2")],
            id="numbers",
        ),
        pytest.param(
            lambda: workbook(CARD, without="型号"), [("column_missing", None)], id="no such column"
        ),
        pytest.param(lambda: b"no workbook", [("not_a_workbook", None)], id="no workbook"),
    ],
)
def test_faults_are_all_named_and_nothing_is_taken_in(
    signed_in_as: SignedInAs,
    cast: Cast,
    session_factory: sessionmaker[Session],
    make: Callable[[], bytes],
    faults: list[tuple[str, str | None]],
) -> None:
    status, told = send(signed_in_as(cast.mei), make())

    assert (status, told["code"]) == (422, "sheet_refused")
    assert [(one["code"], one["field"]) for one in told["problems"]] == faults
    with session_factory.begin() as session:
        assert session.scalar(select(func.count()).select_from(Instrument)) == 0


def test_one_bad_row_keeps_the_good_ones_out(
    signed_in_as: SignedInAs, cast: Cast, session_factory: sessionmaker[Session]
) -> None:
    good, bad = {**CARD, "仪器编号": "N-2"}, {**CARD, "状态": "不明"}

    assert send(signed_in_as(cast.mei), workbook(good, bad))[0] == 422

    with session_factory.begin() as session:
        assert session.scalar(select(func.count()).select_from(Instrument)) == 0


def test_sheet_is_for_ones_own_institution(signed_in_as: SignedInAs, cast: Cast) -> None:
    assert send(signed_in_as(cast.mei), workbook(CARD))[0] == 200
    for person in (cast.alice, cast.bob, cast.oscar):
        status, told = send(signed_in_as(person), workbook(CARD))
        assert (status, told["code"]) == (403, "not_allowed")
        assert signed_in_as(person).get(f"{PATH}.xlsx").status_code == 403
