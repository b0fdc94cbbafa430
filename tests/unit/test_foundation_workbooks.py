"""A table is read back from its workbook as it was given."""

import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import openpyxl

from foundation.workbooks import write_table

ZONE = ZoneInfo("Asia/Shanghai")


def test_table_is_read_back_as_it_was_given() -> None:
    at = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    rows = [("=1+1", 7, 2.5, date(2026, 12, 31), at, None), ("https://a.b", 0, 0.0, None, at, "x")]

    content = write_table("表", ("文", "数", "率", "日", "时", "空"), rows, ZONE)

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    local = datetime(2027, 1, 1, 0, 30)  # noqa: DTZ001 - workbooks know no zones
    midnight = datetime(2026, 12, 31)  # noqa: DTZ001 - nor days without a time
    assert list(sheet.iter_rows(values_only=True)) == [
        ("文", "数", "率", "日", "时", "空"),
        ("=1+1", 7, 2.5, midnight, local, None),
        ("https://a.b", 0, 0, None, local, "x"),
    ]
    assert sheet["A2"].data_type == "s", "a text that looks like a formula stays a text"


def test_table_without_rows_has_its_heads() -> None:
    content = write_table("空", ("甲", "乙"), [], ZONE)

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert list(sheet.iter_rows(values_only=True)) == [("甲", "乙")]
