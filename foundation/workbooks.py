"""A table as a workbook that spreadsheets open: what it holds stays text, number or instant."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

# Texts stay texts: a name that begins with = is no formula, an address no link.
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
INSTANT, DAY = "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
WIDTH_MIN, WIDTH_MAX = 10, 60

Cell = str | int | float | date | datetime | None


def write_table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]], zone: ZoneInfo
) -> bytes:
    """Write one sheet: its heads stay in sight, each can be filtered; instants in this zone."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, PLAIN) as book:
        bold = book.add_format({"bold": True})
        formats: dict[type | None, Any] = {
            datetime: book.add_format({"num_format": INSTANT}),
            date: book.add_format({"num_format": DAY}),
        }
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        widths = [len(head) * 2 for head in heads]
        sheet.write_row(0, 0, heads, bold)
        last = 0
        for last, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells):
                value, kind = _plain(cell, zone)
                if kind in formats:
                    sheet.write_datetime(last, column, value, formats[kind])
                elif kind is str:
                    sheet.write_string(last, column, value)
                else:
                    sheet.write(last, column, value)
                widths[column] = max(widths[column], 20 if kind is datetime else len(str(value)))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width, WIDTH_MIN), WIDTH_MAX))
        sheet.autofilter(0, 0, last, len(heads) - 1)
    return target.getvalue()


def _plain(cell: Cell, zone: ZoneInfo) -> tuple[Any, type | None]:
    if isinstance(cell, datetime):
        return cell.astimezone(zone).replace(tzinfo=None), datetime  # workbooks know no zones
    for kind in (date, str):
        if isinstance(cell, kind):
            return cell, kind
    return cell, None
