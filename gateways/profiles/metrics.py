"""Reading the metrics of a profile: each a tag in the registers, and how it is published."""

from decimal import Decimal
from typing import Any, Final

from gateways.modbus.planner import Limits
from gateways.modbus.registers import BCDS, FLOATS, ONE, WORDS_OF, Encoding, Order, Table, Tag
from gateways.profiles.profile import Group, Metric, WireType
from gateways.profiles.tomlfile import Section

NAME: Final = r"[a-z][a-z0-9_]{0,62}"
ANY: Final = 1e300
# Published by the gateway itself wherever the profile has phases or an interlock.
RESERVED: Final = frozenset({"phase", "interlock"})


def read_metrics(
    root: Section, *, order: Order, table: Table, groups: list[Group], limits: Limits
) -> dict[str, Metric]:
    metrics: dict[str, Metric] = {}
    sections = root.sections("metric")
    if not sections:
        root.problem("metric", "missing", "必填", "is missing: a profile reads something")
    for section in sections:
        metric = read_metric(section, order=order, table=table, groups=groups, limits=limits)
        if metric.name in RESERVED:
            section.problem("name", "reserved", "为网关保留", "is published by the gateway itself")
        if metric.name in metrics:
            section.problem("name", "duplicate", "重复", "is used twice")
        metrics[metric.name] = metric
        section.refuse_unknown()
    return metrics


def read_metric(
    section: Section, *, order: Order, table: Table, groups: list[Group], limits: Limits
) -> Metric:
    where = Table(section.text("table", table, choices=list(Table)))
    default = "bool" if where.has_bits else None
    encoding = Encoding(section.text("type", default, choices=list(Encoding)))
    tag = read_tag(section, where, encoding, order)
    if tag.end > 0x10000:  # noqa: PLR2004  # one past the last address there is
        section.problem("address", "out_of_range", "超出 65535", "reaches past 65535")
    if tag.count > limits.longest(where):
        section.problem("type", "too_long", "超过单次请求上限", "is longer than one request")
    wire = WireType(section.text("wire", natural_wire(tag), choices=list(WireType)))
    if (wire is WireType.STRING) != (encoding is Encoding.STRING):
        section.problem("wire", "wrong_wire", "与类型不符", "does not fit the type")
    if tag.exact and encoding in FLOATS | {Encoding.STRING}:
        section.problem("exact", "not_exact", "浮点数不能精确", "cannot hold for a float or text")
    return Metric(
        tag=tag,
        unit=section.text("unit", "1"),
        wire=wire,
        group=section.text("group", groups[0].name, choices=[group.name for group in groups]),
        internal=section.flag("internal", default=False),
        deadband=float(section.number("deadband", 0, low=0, high=ANY)),
        deadband_percent=float(section.number("deadband_percent", 0, low=0, high=100)),
        silence_s=section.seconds("silence", 60.0, low=0.1, high=86400),
    )


def read_tag(section: Section, table: Table, encoding: Encoding, order: Order) -> Tag:
    name = section.text("name", pattern=NAME)
    if table.has_bits != (encoding is Encoding.BOOL):
        section.problem(
            "type", "wrong_table", "bool 只用于线圈与离散输入", "bool, and only bool, is for bits"
        )
        encoding = Encoding.BOOL if table.has_bits else Encoding.UINT16
    is_text = encoding is Encoding.STRING
    width = 16 * (1 if table.has_bits or is_text else WORDS_OF[encoding])
    mask = section.integer("mask", 0, low=1, high=2**width - 1) if "mask" in section else None
    if mask is not None and not encoding.value.startswith("uint"):
        section.problem("mask", "wrong_type", "只用于无符号整数", "is for unsigned integers only")
        mask = None
    if is_text and "length" not in section:
        section.problem("length", "missing", "必填", "is missing: registers of the text")
    labels = read_labels(section)
    if labels and (encoding in FLOATS or is_text):
        section.problem("labels", "wrong_type", "只用于整数", "are for integers only")
        labels = {}
    scale = section.number("scale", ONE, low=-ANY, high=ANY)
    if scale == 0:
        section.problem("scale", "out_of_range", "不能为零", "must not be zero")
    return Tag(
        name=name,
        table=table,
        address=section.integer("address", low=0, high=0xFFFF),
        encoding=encoding,
        order=Order(section.text("order", order, choices=list(Order))),
        words=section.integer("length", 1, low=1, high=125) if is_text else 1,
        bit=section.integer("bit", low=0, high=15) if encoding is Encoding.BIT else 0,
        mask=mask,
        scale=scale or ONE,
        offset=section.number("offset", 0, low=-ANY, high=ANY),
        exact=section.flag("exact", default=False),
        clamp=read_span(section, "clamp"),
        valid=read_span(section, "valid"),
        sentinels=read_sentinels(section, width, encoding),
        labels=labels,
    )


def natural_wire(tag: Tag) -> str:
    if tag.encoding in {Encoding.BOOL, Encoding.BIT}:
        return WireType.BOOLEAN
    if tag.encoding is Encoding.STRING:
        return WireType.STRING
    whole = tag.scale == tag.scale.to_integral_value() and tag.offset == int(tag.offset)
    return WireType.INTEGER if whole and tag.encoding not in FLOATS else WireType.FLOAT


def read_span(section: Section, key: str) -> tuple[float, float] | None:
    match section.values(key):
        case []:
            return None
        case [low, high] if is_number(low) and is_number(high) and low < high:
            return float(low), float(high)
    section.problem(key, "wrong_form", "应为 [下限, 上限]", "must be [low, high]")
    return None


def is_number(value: Any) -> bool:  # noqa: ANN401  # whatever TOML held
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def read_sentinels(section: Section, width: int, encoding: Encoding) -> frozenset[int]:
    values = section.values("sentinels")
    if values and (encoding in BCDS | {Encoding.STRING, Encoding.BOOL, Encoding.BIT}):
        section.problem("sentinels", "wrong_type", "不适用于此类型", "are not for this type")
        return frozenset()
    found = set()
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**width:
            found.add(value)
        else:
            section.problem(
                "sentinels",
                "out_of_range",
                f"须为 0…{2**width - 1:#x} 的原始值",
                f"must be raw patterns within 0…{2**width - 1:#x}",
            )
    return frozenset(found)


def read_labels(section: Section) -> dict[int, str]:
    labels = section.section("labels")
    if labels is None:
        return {}
    found = {}
    for key in labels.keys():  # noqa: SIM118  # a Section is no dict: this marks keys as known
        if key.isascii() and key.isdigit():
            found[int(key)] = labels.text(key)
        else:
            labels.problem(key, "wrong_form", "键须为整数代码", "must be a whole number code")
    return found
