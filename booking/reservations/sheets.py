"""A workbook of reservations to take in: its columns, and how its rows are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl.utils import get_column_letter

from booking.instruments.errors import SheetRefused
from booking.instruments.sheet_columns import Cell, WrongCell, one_of, read_text, read_yes
from booking.instruments.sheets import open_rows, refuse_formula
from booking.policies.answers import DECLARATION, LIMITS, WAIVER
from booking.policies.terms import Question
from booking.reservations.rules import parse_time
from booking.reservations.states import Mode, Presence
from foundation.errors import Problem
from foundation.workbooks import write_table

ROWS_MAX = 200
"""Each row is judged in the one transaction of all, and their instruments wait for it."""
COLUMNS = {
    "code": "仪器编号",
    "login": "使用人账号",
    "starts_at": "开始时间",
    "ends_at": "结束时间",
    "purpose": "用途",
    "mode": "使用方式",
    "presence": "到场方式",
    DECLARATION: "危险品申报",
    WAIVER: "知悉校准到期",
    LIMITS: "知悉限用范围",
}
"""All other columns are headed by the questions they answer."""
OPTIONAL = frozenset(COLUMNS) - {"code", "login", "starts_at", "ends_at"}
STANDARD_ANSWERS = (DECLARATION, WAIVER, LIMITS)
NOTHING_HAZARDOUS = {"无", "none"}
YEARS = range(2000, 2200)
HALF_A_SECOND = timedelta(microseconds=500_000)


@dataclass(frozen=True, slots=True)
class Row:
    """What one row asks for, its times as they stand there; a fault leaves its cell None."""

    number: int
    cells: dict[str, str]
    """Where each column's cell is; what is of no column is of the whole row."""
    code: str | None = None
    login: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    purpose: str | None = None
    mode: Mode | None = None
    presence: Presence | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    """What every instrument may ask: hazards, and what is to be accepted of it."""
    others: Mapping[str, Cell] = field(default_factory=dict)
    """What stands under headings that are no column of ours."""
    faults: list[Problem] = field(default_factory=list)

    def named(self, problem: Problem) -> Problem:
        """Say of which row, and of which cell if of one, a problem is."""
        asked = problem.field or ""
        name = asked.removeprefix("answers.")
        said = COLUMNS.get(name)
        where = self.cells.get(asked) or self.cells.get(name) or f"{self.number}:{self.number}"
        zh = f"第 {self.number} 行" + (f"“{said}”:" if said else ":")
        en = f"Row {self.number}" + (f", {said}: " if said else ": ")
        return Problem(problem.code, zh + problem.zh, en + problem.en, where)


def write_template(zone: ZoneInfo) -> bytes:
    return write_table("预约", list(COLUMNS.values()), [], zone)


def read_rows(content: bytes) -> list[Row]:
    """Read a workbook's rows, each with its faults.

    Raises:
        SheetRefused: when it is no workbook, too large, empty or lacks a column.
    """
    head, *rest = open_rows(content, rows_max=ROWS_MAX) or [()]
    headings = [str(cell or "").strip() for cell in head]
    missing = [
        Problem("column_missing", f"缺少列“{heading}”。", f"The column {heading} is missing.")
        for name, heading in COLUMNS.items()
        if heading not in headings and name not in OPTIONAL
    ]
    if missing:
        raise SheetRefused(missing)
    places = {
        name: headings.index(heading) for name, heading in COLUMNS.items() if heading in headings
    }
    others = {
        heading: place
        for place, heading in enumerate(headings)
        if heading and place not in places.values()
    }
    rows = [
        _read_row(number, cells, places, others)
        for number, cells in enumerate(rest, 2)
        if any(cell is not None and cell != "" for cell in cells)
    ]
    if not rows:
        raise SheetRefused([Problem("no_rows", "表中没有预约。", "There is no row in it.")])
    return rows


def _read_row(
    number: int, cells: Sequence[Cell], places: Mapping[str, int], others: Mapping[str, int]
) -> Row:
    read: dict[str, Any] = {}
    wrong: list[Problem] = []
    for name, place in {**places, **others}.items():
        try:
            read[name] = _read(name, cells[place] if place < len(cells) else None)
        except WrongCell as fault:
            wrong.append(Problem("cell_wrong", f"{fault.zh}。", f"{fault.en}.", name))
    at = {
        name: f"{get_column_letter(place + 1)}{number}"
        for name, place in {**places, **others}.items()
    }
    answers = {name: read.pop(name) for name in STANDARD_ANSWERS if name in read}
    row = Row(
        number,
        at,
        answers={name: answer for name, answer in answers.items() if answer is not None},
        others={name: read.pop(name) for name in others if name in read},
        **read,
    )
    row.faults.extend(map(row.named, wrong))
    return row


def _read(name: str, cell: Cell) -> Any:  # noqa: ANN401 - as its column reads
    refuse_formula(cell)
    is_blank = cell is None or not str(cell).strip()
    if name in COLUMNS and name not in OPTIONAL and is_blank:
        raise WrongCell("必填", "needed")
    if name not in COLUMNS:
        return None if is_blank else cell
    return READERS.get(name, read_text)(cell) if not is_blank else None


def _read_time(cell: Cell) -> datetime:
    """Read an instant as a clock on the wall shows it, or with the zone somebody wrote."""
    time = cell if isinstance(cell, datetime) else None
    if isinstance(cell, str) and ":" in cell:
        time = parse_time(cell.strip().replace("/", "-"))
    if time is None or time.year not in YEARS:
        raise WrongCell("请填日期和时间,如 2026-12-01 09:00", "a day and time: 2026-12-01 09:00")
    # Workbooks count days in fractions: what was typed to the minute may come back off by less.
    return (time + HALF_A_SECOND).replace(microsecond=0)


def _read_declaration(cell: Cell) -> dict[str, Any]:
    substances = read_text(cell)
    if substances.lower() in NOTHING_HAZARDOUS:
        return {"hazardous": False}
    return {"hazardous": True, "substances": substances}


READERS = {
    "starts_at": _read_time,
    "ends_at": _read_time,
    "mode": one_of({Mode.SELF_OPERATED: "自主", Mode.ASSISTED: "协同"}),
    "presence": one_of(
        {Presence.PRESENT: "到场", Presence.OBSERVER: "观摩", Presence.ABSENT: "委托"}
    ),
    DECLARATION: _read_declaration,
    WAIVER: read_yes,
    LIMITS: read_yes,
}


def read_answer(question: Question, cell: Cell) -> object:
    """Read a cell as the question's type; what is none of it stays text, and is refused as such."""
    if question.type == "number" and isinstance(cell, str):
        try:
            return float(cell)
        except ValueError:
            return cell
    if question.type == "boolean":
        try:
            return read_yes(cell)
        except WrongCell:
            return cell
    if question.type in {"text", "choice"}:
        return cell.isoformat() if isinstance(cell, date) else read_text(cell)
    return cell


def place_in(zone: ZoneInfo, time: datetime) -> datetime | None:
    """Return the instant at which that zone's clocks show this; None where none or two do."""
    if time.tzinfo is not None:
        return time
    first, second = (time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return first if first.utcoffset() == second.utcoffset() else None
