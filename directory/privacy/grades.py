"""Which grade each field has that may leave the system, and how high each export may go. Pure.

Grades after DB33/T 2351. What is not named here is L4, and no export goes that high: a column
added to a workbook is refused until somebody says how sensitive it is.
"""

from collections.abc import Mapping
from enum import StrEnum

from directory.privacy.rules import Level


class Export(StrEnum):
    """What leaves as a file or to another platform; the beginning of its fields' names."""

    SHARED_INSTITUTIONS = "institution"
    INSTRUMENTS = "instruments"
    FIGURES = "figures"
    SERVICE_RECORDS = "service_records"
    READINGS = "readings"
    DUE_DATES = "due_dates"
    AUDIT = "audit"
    RESERVATION_TEMPLATE = "reservation_template"


ALLOWED: Mapping[Export, Level] = {
    Export.SHARED_INSTITUTIONS: Level.L2,
    Export.INSTRUMENTS: Level.L2,
    # To whom it is about, or to whoever oversees them; each row was filtered by tenant before.
    Export.FIGURES: Level.L3,
    Export.SERVICE_RECORDS: Level.L3,
    Export.READINGS: Level.L3,
    Export.DUE_DATES: Level.L2,
    Export.AUDIT: Level.L3,
    # Headings alone.
    Export.RESERVATION_TEMPLATE: Level.L1,
}

_FIELDS: Mapping[str, Mapping[Level, tuple[str, ...]]] = {
    Export.SHARED_INSTITUTIONS: {
        Level.L1: ("name_zh", "name_en", "state", "credit_code", "qualifications"),
        Level.L2: ("created_at", "state_reason"),
        Level.L3: ("checks",),
    },
    "registration": {
        Level.L2: ("kind", "state", "submitted_at"),
        Level.L3: ("organisation", "credit_code"),
        Level.L4: ("real_name", "identity_number", "phone"),
    },
    Export.INSTRUMENTS: {
        # The card as the catalogue shows it; its telephone is the laboratory's.
        Level.L1: (
            "仪器编号", "中文名称", "英文名称", "型号", "生产厂家", "类别", "安置地点", "地区代码",
            "主要功能", "功能(英文)", "规格", "技术指标", "学科领域", "依据标准", "校准有效期至",
            "服务内容", "收费标准", "开放规定", "联系人", "电话", "邮箱", "用途", "对外开放",
            "状态", "共享模式", "预约步长(分钟)", "最短(分钟)", "最长(分钟)", "提前(分钟)",
            "可约天数", "准备(分钟)", "清理(分钟)", "限用范围", "限用范围(英文)",
        ),
        Level.L2: ("原值(元)", "启用日期", "海关监管", "规则组"),
    },
    Export.FIGURES: {
        Level.L1: ("仪器编号", "仪器名称"),
        Level.L2: (
            "有效机时 (h)", "对外服务机时 (h)", "定额机时 (h)", "机时利用率", "共享率", "使用次数",
            "到场", "爽约", "爽约率",
        ),
        Level.L3: ("收费 (元)", "用户", "机时 (h)"),
    },
    Export.SERVICE_RECORDS: {
        Level.L1: ("仪器编号", "仪器名称"),
        Level.L2: ("服务记录编号", "服务方式"),
        Level.L3: ("用户", "开始时间", "结束时间", "服务时长 (h)", "服务内容", "收费 (元)"),
    },
    Export.READINGS: {Level.L3: ("at", "value", "quality", "received_at")},
    Export.DUE_DATES: {
        Level.L2: (
            "紧急程度", "截止时间", "暂定", "时限", "规则", "对象", "编号", "责任角色", "起算",
            "办结",
        ),
    },
    Export.AUDIT: {
        Level.L2: ("序号", "时间", "操作", "对象"),
        Level.L3: ("对象编号", "操作人", "操作人编号", "内容"),
    },
    Export.RESERVATION_TEMPLATE: {
        Level.L1: (
            "仪器编号", "使用人账号", "开始时间", "结束时间", "用途", "使用方式", "到场方式",
            "危险品申报", "知悉校准到期", "知悉限用范围",
        ),
    },
}  # fmt: skip

LEVELS: Mapping[str, Level] = {
    f"{part}.{field}": level
    for part, graded in _FIELDS.items()
    for level, fields in graded.items()
    for field in fields
}
