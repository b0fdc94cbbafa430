"""Rows of a workbook of reservations: how they are read, and in which zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from booking.instruments.errors import SheetRefused
from booking.instruments.sheet_columns import Cell
from booking.reservations.sheets import COLUMNS, ROWS_MAX, place_in, read_rows
from foundation.workbooks import write_table

BERLIN = ZoneInfo("Europe/Berlin")
HEADS = list(COLUMNS.values())
GOOD = ("I-1", "alice", "2026-12-01 09:00", "2026-12-01 10:00", "")


def sheet(*rows: tuple[Cell, ...], heads: list[str] = HEADS) -> bytes:
    return write_table("预约", heads, rows, ZoneInfo("UTC"))  # type: ignore[arg-type] # plain cells


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-12-01 09:00", datetime(2026, 12, 1, 9)),  # noqa: DTZ001 - as a clock shows it
        ("2026/12/01 09:00", datetime(2026, 12, 1, 9)),  # noqa: DTZ001
        ("2026-12-01T09:00Z", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        (datetime(2026, 12, 1, 9, 20, tzinfo=UTC), datetime(2026, 12, 1, 9, 20)),  # noqa: DTZ001
        ("2026-12-01", None),
        ("9:00", None),
        ("0001-01-01T00:00+08:00", None),
        (46_357.5, None),
        ("", None),
    ],
)
def test_cell_is_a_time_or_its_fault_is_named(cell: Cell, time: datetime | None) -> None:
    [row] = read_rows(sheet((*GOOD[:2], cell, *GOOD[3:])))

    assert row.starts_at == time
    assert [one.field for one in row.faults] == ([] if time else ["C2"])


def test_empty_rows_are_passed_over_and_columns_may_stand_otherwise() -> None:
    [row] = read_rows(sheet(("", "", "", ""), (*GOOD[3:1:-1], *GOOD[:2]), heads=[
        "结束时间", "开始时间", "仪器编号", "使用人账号"
    ]))  # fmt: skip

    assert (row.number, row.code, row.login, row.purpose) == (3, "I-1", "alice", None)
    assert row.cells == {"ends_at": "A3", "starts_at": "B3", "code": "C3", "login": "D3"}


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (sheet(), ["no_rows"]),
        (sheet(GOOD[:2], heads=HEADS[:2]), ["column_missing", "column_missing"]),
        (sheet(*[GOOD] * (ROWS_MAX + 1)), ["too_many_rows"]),
        (b"no workbook", ["not_a_workbook"]),
    ],
    ids=["empty", "columns", "long", "none"],
)
def test_what_is_no_sheet_of_reservations_is_refused(content: bytes, codes: list[str]) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_rows(content)

    assert [problem.code for problem in refused.value.problems] == codes


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        (datetime(2026, 7, 1, 9), datetime(2026, 7, 1, 7, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2026, 3, 29, 2, 30), None),  # noqa: DTZ001 - clocks go from 2 to 3
        (datetime(2026, 10, 25, 2, 30), None),  # noqa: DTZ001 - and back
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_wall_time_is_an_instant_only_where_it_is_just_one(
    time: datetime, instant: datetime | None
) -> None:
    assert place_in(BERLIN, time) == instant
