"""What a gateway is told of foreign brokers: their convention, and whom to take over."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from gateways.adapters.actions import Adapter, Described
from gateways.adapters.homie import HomieController
from gateways.adapters.mapped_json import MappedJson, MappedMetric, PathMalformed, Rule, read_path
from gateways.adapters.sparkplug import SparkplugHost
from gateways.adapters.thingsboard import ThingsBoardGateway
from gateways.edge.settings import BrokerSettings, DeviceSettings
from gateways.modbus.planner import Limits
from gateways.mqtt.topics import NAME_PATTERN
from gateways.profiles.loader import PHASE_WORDS
from gateways.profiles.metrics import NAME
from gateways.profiles.profile import Counters, Group, Phase, Phases, Profile, WireType
from gateways.profiles.tomlfile import Section

KINDS: Final = ("sparkplug", "thingsboard", "homie", "json")
TOPIC: Final = r"[^#\x00]{1,500}"


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One foreign broker; `devices` by their foreign names."""

    name: str
    broker: BrokerSettings
    client_id: str
    make_adapter: Callable[[], Adapter]  # an adapter remembers, so each start has its own
    devices: dict[str, DeviceSettings]
    reconnect_pause_s: float = 5.0


def read_source(
    section: Section, read_broker: Callable[[Section, Path], BrokerSettings], folder: Path
) -> SourceSettings:
    name = section.text("name", pattern=r"[A-Za-z0-9_-]{1,64}")
    kind = section.text("kind", choices=KINDS)
    settings = SourceSettings(
        name=name,
        broker=read_broker(section, folder),
        client_id=section.text("client_id", f"yixiang-{name}", pattern=r"[^\s#+/]{1,64}"),
        make_adapter=read_adapter(section, kind),
        devices={},
        reconnect_pause_s=section.seconds("reconnect_pause", 5.0, low=0.1, high=300),
    )
    devices: dict[str, DeviceSettings] = {}
    for each in section.sections("device"):
        foreign = each.text("foreign")
        if foreign in devices:
            each.problem("foreign", "duplicate", "重复", "is used twice")
        devices[foreign] = read_device(each, name)
    if not devices:
        section.problem("device", "missing", "必填", "is missing: nothing would be taken over")
    section.refuse_unknown()
    return replace(settings, devices=devices)


def read_adapter(section: Section, kind: str) -> Callable[[], Adapter]:
    match kind:
        case "sparkplug":
            host = section.text("host_id", "yixiang", pattern=r"[^\s#+/]{1,64}")
            seconds = section.seconds("reorder_timeout", 2.0, low=0, high=60)
            return lambda: SparkplugHost(host, reorder_timeout_ms=int(seconds * 1000))
        case "homie":
            domain = section.text("domain", "homie", pattern=r"[^\s#+/]{1,64}")
            return lambda: HomieController(domain=domain)
        case "json":
            rules = tuple(read_rule(each) for each in section.sections("rule"))
            if not rules:
                section.problem("rule", "missing", "必填", "is missing: no topic would be read")
            silence = section.seconds("silence", 300.0, low=1, high=86400)
            return lambda: MappedJson(rules=rules, silence_ms=int(silence * 1000))
    return ThingsBoardGateway


def read_rule(section: Section) -> Rule:
    metrics = []
    for each in section.sections("metric"):
        labels = each.section("labels")
        described = Described(
            each.text("name", pattern=NAME),
            each.text("unit", "1"),
            WireType(each.text("wire", "f", choices=list(WireType))),
        )
        metrics.append(
            MappedMetric(
                described,
                path_of(each, "path") or (),
                each.number("scale", Decimal(1), low=-1e300, high=1e300),
                {k: labels.integer(k, low=-(2**31), high=2**31) for k in labels.keys()}  # noqa: SIM118  # a Section is no dict
                if labels
                else {},
            )
        )
        each.refuse_unknown()
    if not metrics:
        section.problem("metric", "missing", "必填", "is missing: nothing would be read")
    topic = section.text("topic", pattern=TOPIC)
    rule = Rule(
        topic=topic,
        device=section.text("device"),
        metrics=tuple(metrics),
        time=path_of(section, "time") if "time" in section else None,
        time_form=section.text("time_form", "ms", choices=["ms", "s", "iso"]),
    )
    for number in range(topic.split("/").count("+") + 1, 10):
        if f"{{{number}}}" in rule.device:
            section.problem(
                "device",
                "no_wildcard",
                f"主题中没有第 {number} 个 +",
                f"uses {{{number}}}, but the topic has no such +",
            )
    section.refuse_unknown()
    return rule


def path_of(section: Section, key: str) -> tuple[str | int, ...] | None:
    text = section.text(key)
    try:
        return read_path(text) if text else None
    except PathMalformed as error:
        section.problem(key, "wrong_form", "不是有效的路径", f"is no path: {error}")
        return None


def read_device(section: Section, source: str) -> DeviceSettings:
    """Read under which name a foreign device is ours, and what of it is metered."""
    name = section.text("name", pattern=NAME_PATTERN.pattern)
    model = section.text("model", name)
    phases = counters = None
    if (inner := section.section("phase")) is not None:
        metric, codes = inner.text("metric", pattern=NAME), dict[int | str, Phase]()
        for word, phase in PHASE_WORDS.items():
            for code in inner.values(word):
                if isinstance(code, bool) or not isinstance(code, int | str) or code in codes:
                    inner.problem(
                        word, "wrong_form", "须为不重复的整数或文本", "must be distinct codes"
                    )
                else:
                    codes[code] = phase
        inner.refuse_unknown()
        phases = Phases(metric, codes)
    if (inner := section.section("counters")) is not None:
        found = {
            key: inner.text(key, pattern=NAME) if key in inner else None
            for key in ("run_ms", "cycles", "energy_wh", "boot")
        }
        inner.refuse_unknown()
        counters = Counters(**found)
    section.refuse_unknown()
    profile = Profile(
        name=source,
        maker="",
        model=model,
        source="",
        limits=Limits(),
        groups=(Group("foreign", 1.0),),
        metrics=(),
        phases=phases,
        counters=counters or Counters(),
    )
    return DeviceSettings(name=name, link=source, unit=0, profile=profile)
