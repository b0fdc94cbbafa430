"""The statistics and the service records as workbooks."""

import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from zoneinfo import ZoneInfo

import xlsxwriter

from booking.statistics.rows import ServiceRecord
from booking.statistics.rules import HOUR_MS, Figures, InstrumentFigures
from foundation.identifiers import EnterpriseId, InstrumentId, UsageSessionId

# Texts stay texts: a name that begins with = is no formula, an address no link.
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
MODES = {"self_operated": "自主上机", "assisted": "协同上机", "": "未预约使用"}
FIGURES = (
    "仪器编号", "仪器名称", "有效机时 (h)", "对外服务机时 (h)", "定额机时 (h)", "机时利用率",
    "共享率", "使用次数", "到场", "爽约", "爽约率", "收费 (元)",
)  # fmt: skip
USERS = ("用户", "机时 (h)")
RECORDS = (
    "服务记录编号", "仪器编号", "仪器名称", "用户", "开始时间", "结束时间", "服务时长 (h)",
    "服务方式", "服务内容", "收费 (元)",
)  # fmt: skip


def write_figures(
    figures: Figures, names: Mapping[EnterpriseId, str], money_fen: Mapping[InstrumentId, int]
) -> bytes:
    """Write the figures: a sheet of instruments with its chart, and one of users."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, PLAIN) as book:
        share = book.add_format({"num_format": "0.0%"})
        yuan = book.add_format({"num_format": "0.00"})
        sheet = book.add_worksheet("仪器")
        sheet.write_row(0, 0, FIGURES)
        for row, one in enumerate([*figures.instruments, figures.total], 1):
            _write_instrument(sheet, row, one, share)
            is_total = row > len(figures.instruments)
            fen = sum(money_fen.values()) if is_total else money_fen.get(one.card.instrument_id, 0)
            sheet.write_number(row, len(FIGURES) - 1, fen / 100, yuan)
        last = len(figures.instruments)
        if last:
            chart = book.add_chart({"type": "bar"})
            chart.add_series(
                {
                    "name": "机时利用率",
                    "categories": ["仪器", 1, 1, last, 1],
                    "values": ["仪器", 1, 5, last, 5],
                }
            )
            sheet.insert_chart(last + 3, 0, chart)
        users = book.add_worksheet("用户")
        users.write_row(0, 0, USERS)
        ordered = sorted(figures.hours_by_enterprise.items(), key=lambda item: -item[1])
        for row, (enterprise_id, hours) in enumerate(ordered, 1):
            name = names.get(enterprise_id, "") if enterprise_id else "本机构"
            users.write_string(row, 0, name)
            users.write_number(row, 1, _hours(hours))
    return target.getvalue()


def _write_instrument(sheet: object, row: int, one: InstrumentFigures, share: object) -> None:
    assert isinstance(sheet, xlsxwriter.worksheet.Worksheet)
    sheet.write_string(row, 0, one.card.code)
    sheet.write_string(row, 1, one.card.name_zh)
    for column, hours in enumerate((one.effective_h, one.external_h, one.quota_h), 2):
        sheet.write_number(row, column, _hours(hours))
    for column, rate in ((5, one.utilisation), (6, one.sharing), (10, one.no_show)):
        if rate is None:
            sheet.write_string(row, column, "—")
        else:
            sheet.write_number(row, column, float(rate), share)
    for column, number in enumerate((one.uses, one.attended, one.missed), 7):
        sheet.write_number(row, column, number)


def _hours(hours: Fraction) -> float:
    return round(float(hours), 2)


def write_records(
    records: Sequence[ServiceRecord],
    fees_fen: Mapping[UsageSessionId, int],
    zone: ZoneInfo,
) -> bytes:
    """Write the service records: users, time, content, fee; what is not charged has no fee."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, PLAIN) as book:
        yuan = book.add_format({"num_format": "0.00"})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet("服务记录")
        sheet.write_row(0, 0, RECORDS)
        for row, one in enumerate(records, 1):
            sheet.write_string(row, 0, str(one.usage_session_id))
            sheet.write_string(row, 1, one.instrument_code)
            sheet.write_string(row, 2, one.instrument_zh)
            sheet.write_string(row, 3, one.enterprise or "本机构")
            for column, at in ((4, one.slot.starts_at), (5, one.slot.ends_at)):
                local = at.astimezone(zone).replace(tzinfo=None)  # workbooks know no zones
                sheet.write_datetime(row, column, local, instant)
            sheet.write_number(row, 6, round(one.metered_ms / HOUR_MS, 4))
            sheet.write_string(row, 7, MODES.get(one.mode, one.mode))
            sheet.write_string(row, 8, one.content)
            fee = fees_fen.get(one.usage_session_id)
            if fee is not None:
                sheet.write_number(row, 9, fee / 100, yuan)
    return target.getvalue()
