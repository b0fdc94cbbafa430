"""The board of what is due, as a workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from directory.roles.rules import ROLE_NAMES, Role
from directory.workdays.rules import ZONE, Unit, Urgency
from directory.workdays.tables import DueDateRow
from directory.workdays.telling import CLOCKS
from foundation.workbooks import write_table

URGENCIES: Mapping[Urgency, str] = {
    Urgency.CALM: "正常",
    Urgency.SOON: "将到期",
    Urgency.OVERDUE: "已逾期",
    Urgency.LONG_OVERDUE: "严重逾期",
}
UNITS: Mapping[Unit, str] = {
    Unit.HOURS: "小时",
    Unit.DAYS: "天",
    Unit.WORKING_DAYS: "个工作日",
    Unit.MONTHS: "个月",
    Unit.YEARS: "年",
}
HEADS = (
    "紧急程度", "截止时间", "暂定", "时限", "规则", "对象", "编号", "责任角色", "起算", "办结",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A clock, and how near it is now; for what is done, how near it was then."""

    row: DueDateRow
    urgency: Urgency


def write_board(items: Sequence[Item]) -> bytes:
    """Write one line for each clock, in the board's order."""
    lines = [
        (
            URGENCIES[item.urgency],
            item.row.due_at,
            "是" if item.row.provisional else "",
            CLOCKS.get(item.row.kind, (item.row.kind,))[0],
            f"{item.row.count} {UNITS[Unit(item.row.unit)]}",
            item.row.subject_kind,
            item.row.subject_id,
            ROLE_NAMES[Role(item.row.responsible_role)][0],
            item.row.started_at,
            item.row.done_at,
        )
        for item in items
    ]
    return write_table("时限看板", HEADS, lines, ZONE)
