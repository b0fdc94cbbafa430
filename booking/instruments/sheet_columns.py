"""The columns of the instrument sheet, and how a cell becomes a value. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from booking.instruments.categories import CATEGORIES

Cell = str | int | float | bool | date | datetime | Decimal | None
TEXT_MAX = 2000
YES, NO = {"是", "yes", "true", "1", "y"}, {"否", "no", "false", "0", "n"}
CONDITIONS = {"working": "正常", "faulty": "故障", "in_repair": "维修", "scrapped": "报废"}
MODES = {"self_operated": "自主", "assisted": "协同", "entrusted": "委托"}
CLASSES = {"general": "通用", "special": "专用"}


class WrongCell(Exception):
    """A cell does not hold what its column is for; the words say what it should."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, where its value is kept, and how it is read and shown."""

    heading: str
    name: str
    read: Callable[[Cell], Any]
    show: Callable[[Any], Cell] = lambda value: value
    is_detail: bool = False
    is_needed: bool = False


def read_text(cell: Cell) -> str:
    # A number or a date typed where a text is meant, such as a code of digits.
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell or "")
    if len(text) > TEXT_MAX:
        raise WrongCell(f"最多 {TEXT_MAX} 字", f"at most {TEXT_MAX} characters")
    return text.strip()


def read_or_none(cell: Cell) -> str | None:
    return read_text(cell) or None


def read_list(cell: Cell) -> list[str]:
    text = read_text(cell).replace(";", ";").replace("、", ";")
    return [part.strip() for part in text.split(";") if part.strip()]


def read_yes(cell: Cell) -> bool:
    word = read_text(str(cell) if cell is not None else "").lower()
    if word in YES | NO:
        return word in YES
    raise WrongCell("请填 是 或 否", "yes or no")


def read_day(cell: Cell) -> date | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip().replace("/", "-"))
    except ValueError:
        raise WrongCell("请填日期,如 2026-01-31", "a date, such as 2026-01-31") from None


def read_yuan(cell: Cell) -> int | None:
    """Read yuan, exactly, as fen."""
    if cell is None or cell == "":
        return None
    try:
        fen = Decimal(str(cell).replace(",", "").strip()) * 100
    except InvalidOperation:
        raise WrongCell("请填金额(元)", "an amount in yuan") from None
    if not fen.is_finite() or fen < 0 or fen != fen.to_integral_value() or fen > 10**15:
        raise WrongCell("请填金额(元),最多两位小数", "an amount in yuan, to the fen")
    return int(fen)


def read_whole(unit_s: int, least: int) -> Callable[[Cell], int]:
    """Return a reader of whole minutes, hours or days, kept as seconds."""

    def read(cell: Cell) -> int:
        try:
            number = Decimal(str(cell if cell is not None else "").strip())
        except InvalidOperation:
            raise WrongCell("请填整数", "a whole number") from None
        if not number.is_finite() or number != int(number) or not least <= number <= 10**6:
            raise WrongCell(f"请填不小于 {least} 的整数", f"a whole number, {least} or more")
        return int(number) * unit_s

    return read


def one_of(words: dict[str, str], *, or_none: bool = False) -> Callable[[Cell], str | None]:
    """Return a reader of a code or its Chinese word."""
    by_word = {zh: code for code, zh in words.items()}

    def read(cell: Cell) -> str | None:
        word = read_text(cell)
        if not word and or_none:
            return None
        code = by_word.get(word, word)
        if code not in words:
            listed = "、".join(words.values())
            raise WrongCell(f"只能是 {listed}", f"one of {', '.join(words)}")
        return code

    return read


def read_modes(cell: Cell) -> list[str]:
    read = one_of(MODES)
    modes = [str(read(word)) for word in read_list(cell)]
    if not modes:
        raise WrongCell("至少一种使用方式", "one mode at least")
    return modes


def show_list(value: list[str] | None) -> str:
    return ";".join(value or [])


def detail(heading: str, name: str) -> Column:
    return Column(heading, name, read_or_none, is_detail=True)


def length(heading: str, name: str, unit_s: int, least: int) -> Column:
    return Column(heading, name, read_whole(unit_s, least), lambda value: value // unit_s)


COLUMNS: tuple[Column, ...] = (
    Column("仪器编号", "code", read_text, is_needed=True),
    Column("中文名称", "name_zh", read_text, is_needed=True),
    Column("英文名称", "name_en", read_text),
    Column("型号", "model", read_text, is_needed=True),
    Column("生产厂家", "maker", read_text),
    Column(
        "类别",
        "category",
        one_of({code: zh for code, (zh, _) in CATEGORIES.items()}),
        lambda code: CATEGORIES.get(code, (code, code))[0],
        is_needed=True,
    ),
    Column("安置地点", "location", read_text),
    Column("地区代码", "region", read_or_none),
    Column("主要功能", "description_zh", read_text),
    Column("功能(英文)", "description_en", read_text),
    detail("规格", "specification"),
    detail("技术指标", "indicators"),
    detail("学科领域", "discipline"),
    Column("依据标准", "standards", read_list, show_list, is_detail=True),
    Column("原值(元)", "value_fen", read_yuan, lambda fen: None if fen is None else fen / 100),
    Column("启用日期", "commissioned_on", read_day),
    Column("校准有效期至", "calibrated_until", read_day),
    detail("海关监管", "customs_supervision"),
    detail("服务内容", "service_content"),
    detail("收费标准", "charging_standard"),
    detail("开放规定", "open_rules"),
    detail("联系人", "contact"),
    detail("电话", "phone"),
    detail("邮箱", "email"),
    Column(
        "用途",
        "usage_class",
        one_of(CLASSES, or_none=True),
        lambda code: CLASSES.get(code, ""),
        is_detail=True,
    ),
    Column("对外开放", "is_shared", read_yes, lambda is_shared: "是" if is_shared else "否"),
    Column("状态", "condition", one_of(CONDITIONS), lambda code: CONDITIONS[code]),
    Column(
        "共享模式", "modes", read_modes, lambda modes: show_list([MODES[code] for code in modes])
    ),
    Column("规则组", "group_code", read_or_none),
    length("预约步长(分钟)", "grid_s", 60, 1),
    length("最短(分钟)", "length_min_s", 60, 1),
    length("最长(分钟)", "length_max_s", 60, 1),
    length("提前(分钟)", "notice_min_s", 60, 0),
    length("可约天数", "horizon_s", 86_400, 1),
    length("准备(分钟)", "set_up_s", 60, 0),
    length("清理(分钟)", "cool_down_s", 60, 0),
    Column("限用范围", "limited_to_zh", read_text),
    Column("限用范围(英文)", "limited_to_en", read_text),
)
