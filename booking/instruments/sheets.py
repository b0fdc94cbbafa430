"""The instrument cards of an institution as one workbook, out and in."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import xlsxwriter
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.instruments.errors import SheetRefused
from booking.instruments.service import add_instrument, search_text
from booking.instruments.sheet_columns import COLUMNS, Cell, Column, WrongCell
from booking.instruments.tables import Instrument
from directory.audit.service import record
from directory.people.service import Caller
from foundation.errors import Problem
from foundation.identifiers import InstitutionId, InstrumentId, new_id

SHEET = "仪器"
SIZE_MAX = 2**20
MAGIC = b"PK\x03\x04"
NO_WORKBOOK = Problem("not_a_workbook", "不是有效的 xlsx 文件。", "It is no xlsx workbook.")
UNPACKED_MAX = 50 * 2**20
ROWS_MAX = 2000
# Texts stay texts: a name that begins with = is no formula, an address no link.
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}


@dataclass(frozen=True, slots=True)
class Imported:
    """How many cards were new, and how many were changed."""

    added: int
    changed: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one row of a workbook would do."""

    code: str
    name_zh: str
    is_new: bool
    changed: tuple[str, ...]
    """The headings of what would be different; none: it stays as it is."""


def list_all(session: Session, institution_id: InstitutionId) -> Sequence[Instrument]:
    return session.scalars(
        select(Instrument)
        .where(Instrument.institution_id == institution_id)
        .order_by(Instrument.code)
    ).all()


def write_sheet(instruments: Sequence[Instrument]) -> bytes:
    """Write every card in full, in the form that `read_sheet` takes."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, PLAIN) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 2)
        for place, column in enumerate(COLUMNS):
            sheet.write_string(0, place, column.heading, bold)
        for row, instrument in enumerate(instruments, 1):
            for place, column in enumerate(COLUMNS):
                value = column.show(_value_of(instrument, column))
                if isinstance(value, date):
                    sheet.write_datetime(row, place, value, day)
                elif isinstance(value, int | float):
                    sheet.write_number(row, place, value)
                elif value:
                    sheet.write_string(row, place, str(value))
    return target.getvalue()


def _value_of(instrument: Instrument, column: Column) -> Any:  # noqa: ANN401 - any column's
    if column.is_detail:
        return instrument.details.get(column.name)
    return getattr(instrument, column.name)


def read_sheet(content: bytes) -> list[dict[str, Any]]:
    """Read a workbook's cards.

    Raises:
        SheetRefused: naming every fault with its row and column; then nothing is taken.
    """
    rows = open_rows(content)
    headings = [str(cell or "").strip() for cell in rows[0]] if rows else []
    places = {heading: place for place, heading in enumerate(headings)}
    problems = [
        Problem(
            "column_missing", f"缺少列“{one.heading}”。", f"The column {one.heading} is missing."
        )
        for one in COLUMNS
        if one.heading not in places and one.is_needed
    ]
    if problems:
        raise SheetRefused(problems)
    cards, seen = [], dict[str, int]()
    for number, cells in enumerate(rows[1:], 2):
        if all(cell is None or cell == "" for cell in cells):
            continue
        card: dict[str, Any] = {}
        for column in COLUMNS:
            if column.heading not in places:
                continue
            place = places[column.heading]
            cell = cells[place] if place < len(cells) else None
            try:
                card[column.name] = _read(column, cell)
            except WrongCell as wrong:
                problems.append(_fault("cell_wrong", number, place, column, wrong.zh, wrong.en))
        code = card.get("code")
        if code and code in seen:
            zh, en = f"与第 {seen[code]} 行重复", f"the same as in row {seen[code]}"
            problems.append(
                _fault("code_twice", number, places[COLUMNS[0].heading], COLUMNS[0], zh, en)
            )
        seen.setdefault(str(code), number)
        problems += _find_card_problems(card, number, places)
        cards.append(card)
    if problems:
        raise SheetRefused(problems)
    return cards


def _read(column: Column, cell: Cell) -> Any:  # noqa: ANN401 - any column's
    refuse_formula(cell)
    if column.is_needed and (cell is None or not str(cell).strip()):
        raise WrongCell("必填", "needed")
    return column.read(cell)


def refuse_formula(cell: Cell) -> None:
    if isinstance(cell, str) and cell.startswith("\0="):
        raise WrongCell("不能是公式", "no formula")


def _find_card_problems(card: dict[str, Any], number: int, places: dict[str, int]) -> list[Problem]:
    least, most = card.get("length_min_s"), card.get("length_max_s")
    if least is None or most is None or least <= most:
        return []
    column = next(one for one in COLUMNS if one.name == "length_max_s")
    place = places[column.heading]
    return [_fault("cell_wrong", number, place, column, "不能小于最短", "not below the shortest")]


def _fault(code: str, row: int, place: int, column: Column, zh: str, en: str) -> Problem:  # noqa: PLR0917
    where = f"{get_column_letter(place + 1)}{row}"
    return Problem(
        code,
        f"第 {row} 行“{column.heading}”:{zh}。",
        f"Row {row}, {column.heading}: {en}.",
        where,
    )


def _plain(value: object, *, is_formula: bool) -> Cell:
    if is_formula:
        return f"\0{value}"
    if value is None or isinstance(value, str | int | float | bool | date | Decimal):
        return value
    return str(value)


def open_rows(content: bytes, *, rows_max: int = ROWS_MAX) -> list[tuple[Cell, ...]]:
    """Read the first sheet's cells; a formula comes marked, its result is not believed.

    Raises:
        SheetRefused: for what is no workbook, or larger than one may be.
    """
    if len(content) > SIZE_MAX:
        raise SheetRefused([Problem("too_large", "文件超过 1 MB。", "It is larger than 1 MB.")])
    if not content.startswith(MAGIC):  # a zip may begin anywhere, in another format's file too
        raise SheetRefused([NO_WORKBOOK])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED_MAX:
                raise SheetRefused(
                    [Problem("too_large", "解压后过大。", "It is too large unpacked.")]
                )
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        rows = [
            tuple(_plain(cell.value, is_formula=cell.data_type == "f") for cell in row)
            for row in book.worksheets[0].iter_rows(max_row=rows_max + 2, max_col=100)
        ]
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, ParseError, LookupError, ValueError):
        raise SheetRefused([NO_WORKBOOK]) from None
    if len(rows) > rows_max + 1:
        zh, en = f"最多 {rows_max} 行。", f"It has more than {rows_max} rows."
        raise SheetRefused([Problem("too_many_rows", zh, en)])
    return rows


def take_in(
    session: Session, cards: Sequence[dict[str, Any]], *, by: Caller, now: datetime
) -> Imported:
    """Add or change the caller's institution's instruments, by their codes; all or nothing."""
    assert by.institution_id is not None, "staff, as the route declares"
    present = {one.code: one for one in list_all(session, by.institution_id)}
    added = changed = 0
    for card in cards:
        instrument = present.get(card["code"])
        if instrument is None:
            instrument = Instrument(
                id=InstrumentId(new_id()),
                institution_id=by.institution_id,
                created_at=now,
                **dict.fromkeys(
                    ("name_en", "maker", "location", "description_zh", "description_en"), ""
                ),
                details={},
            )
            _fill(instrument, card)
            add_instrument(session, instrument)
            added += 1
        else:
            _fill(instrument, card)
            instrument.search_text = search_text(instrument)
            changed += 1
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="instruments.import",
        subject_kind="institution",
        subject_id=by.institution_id,
        now=now,
        added=added,
        changed=changed,
    )
    return Imported(added, changed)


def foresee(
    session: Session, cards: Sequence[dict[str, Any]], institution_id: InstitutionId
) -> list[Foreseen]:
    """Say what each row would do, and do nothing."""
    present = {one.code: one for one in list_all(session, institution_id)}
    return [_foresee(card, present.get(card["code"])) for card in cards]


def _foresee(card: dict[str, Any], instrument: Instrument | None) -> Foreseen:
    return Foreseen(
        code=card["code"],
        name_zh=card.get("name_zh") or (instrument.name_zh if instrument else ""),
        is_new=instrument is None,
        changed=()
        if instrument is None
        else tuple(
            column.heading
            for column in COLUMNS
            if column.name in card and card[column.name] != _value_of(instrument, column)
        ),
    )


def _fill(instrument: Instrument, card: dict[str, Any]) -> None:
    details = dict(instrument.details)
    for column in COLUMNS:
        if column.name not in card:
            continue
        if column.is_detail:
            details[column.name] = card[column.name]
        else:
            setattr(instrument, column.name, card[column.name])
    instrument.details = {name: value for name, value in details.items() if value is not None}
