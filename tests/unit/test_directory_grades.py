"""What leaves the system is graded, and nothing above its export's level does."""

import json
from pathlib import Path

import pytest

from booking.instruments.sheet_columns import COLUMNS as SHEET
from booking.reservations.sheets import COLUMNS as RESERVATIONS
from booking.statistics.sheets import FIGURES, RECORDS, USERS
from directory.audit.sheets import HEADS as TRAIL
from directory.privacy.errors import AboveLevel
from directory.privacy.grades import Export
from directory.privacy.service import require_exportable
from directory.workdays.sheets import HEADS as BOARD
from telemetry.readings.queries import CSV_COLUMNS

PROJECT = Path(__file__).parents[2]
COLUMNS = {
    Export.FIGURES: (*FIGURES, *USERS),
    Export.SERVICE_RECORDS: RECORDS,
    Export.INSTRUMENTS: tuple(one.heading for one in SHEET),
    Export.DUE_DATES: BOARD,
    Export.AUDIT: TRAIL,
    Export.READINGS: CSV_COLUMNS,
    Export.RESERVATION_TEMPLATE: tuple(RESERVATIONS.values()),
}


@pytest.mark.parametrize("export", COLUMNS)
def test_every_column_of_an_export_is_graded_and_none_is_above_its_level(export: Export) -> None:
    require_exportable(export, COLUMNS[export])


@pytest.mark.parametrize(
    ("export", "column", "level"),
    [
        (Export.FIGURES, "手机号", "L4"),  # nobody graded it
        (Export.SHARED_INSTITUTIONS, "checks", "L3"),
        (Export.DUE_DATES, "操作人", "L4"),
    ],
)
def test_column_above_the_level_of_its_export_is_refused(
    export: Export, column: str, level: str
) -> None:
    with pytest.raises(AboveLevel) as refused:
        require_exportable(export, [column])

    [problem] = refused.value.problems
    assert level in problem.en


def test_every_download_of_the_api_is_one_of_these() -> None:
    document = json.loads((PROJECT / "api" / "openapi.json").read_text(encoding="utf-8"))
    saved = [path for path in document["paths"] if path.endswith((".xlsx", ".csv"))]

    assert len(saved) == len(COLUMNS)
