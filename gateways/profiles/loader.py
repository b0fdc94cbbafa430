"""Reading profiles: a file becomes a sound Profile, or a list of problems with their lines."""

import re
from pathlib import Path
from typing import Final

from gateways.modbus.planner import Limits
from gateways.modbus.registers import FLOATS, Order, Table
from gateways.profiles.metrics import NAME, read_metrics
from gateways.profiles.profile import (
    Counters,
    Group,
    Interlock,
    Metric,
    Phase,
    Phases,
    Profile,
    Threshold,
    WireType,
)
from gateways.profiles.tomlfile import FileProblem, FileRefused, Section, Source

OWN_FOLDER: Final = Path(__file__).parent
PROFILE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
PHASE_WORDS: Final = {phase.name.lower(): phase for phase in Phase}


def load_profile(path: Path) -> Profile:
    """Read one profile; raise FileRefused with everything that is wrong with it."""
    source = Source(path)
    source.require_sound()
    profile = read_profile(source, path.stem)
    source.require_sound()
    return profile


def find_profile(name: str, folders: list[Path]) -> Path | None:
    """Find a profile by name: the user's folders first, then those that come with us."""
    for folder in [*folders, OWN_FOLDER]:
        path = folder / f"{name}.toml"
        if path.is_file():
            return path
    return None


def load_profiles(names: set[str], folders: list[Path]) -> dict[str, Profile]:
    """Read several profiles and report the problems of all of them at once."""
    loaded: dict[str, Profile] = {}
    problems: list[FileProblem] = []
    for name in sorted(names):
        path = find_profile(name, folders)
        if path is None:
            continue
        try:
            loaded[name] = load_profile(path)
        except FileRefused as refused:
            problems += refused.problems
    if problems:
        raise FileRefused(problems)
    return loaded


def read_profile(source: Source, stem: str) -> Profile:
    root = source.root()
    head = root.section("profile") or Section(source, (), {})
    if "profile" not in root:
        root.problem("profile", "missing", "必填", "is missing")
    name = head.text("name", stem if "profile" not in root else None, pattern=PROFILE_NAME.pattern)
    if name and name != stem:
        head.problem("name", "name_mismatch", "须与文件名相同", f"must be the file's name, {stem}")
    maker, model = head.text("maker", ""), head.text("model", "" if not head.line else None)
    origin = head.text("source", "")
    head.refuse_unknown()

    modbus = root.section("modbus") or Section(source, (), {})
    order = Order(modbus.text("order", "ABCD", choices=list(Order)))
    table = Table(modbus.text("table", "holding", choices=list(Table)))
    limits = Limits(
        registers_max=modbus.integer("registers_max", 125, low=1, high=125),
        bits_max=modbus.integer("bits_max", 2000, low=1, high=2000),
        hole_max=modbus.integer("hole_max", 16, low=0, high=124),
    )
    modbus.refuse_unknown()

    groups = read_groups(root)
    metrics = read_metrics(root, order=order, table=table, groups=groups, limits=limits)
    phases = read_phases(root, metrics)
    counters = read_counters(root, metrics)
    interlock = read_interlock(root)
    root.refuse_unknown()
    check_together(root, metrics, phases, counters)
    return Profile(
        name=name,
        maker=maker,
        model=model,
        source=origin,
        limits=limits,
        groups=tuple(groups),
        metrics=tuple(metrics.values()),
        phases=phases,
        counters=counters,
        interlock=interlock,
    )


def read_groups(root: Section) -> list[Group]:
    groups: dict[str, Group] = {}
    for section in root.sections("group"):
        name = section.text("name", pattern=NAME)
        if name in groups:
            section.problem("name", "duplicate", "重复", "is used twice")
        groups[name] = Group(
            name=name,
            period_s=section.seconds("period", 1.0, low=0.01, high=86400),
            phase_s=section.seconds("phase", 0.0, low=0, high=86400),
            priority=section.integer("priority", 0, low=-100, high=100),
        )
        section.refuse_unknown()
    return list(groups.values()) or [Group("main", 1.0)]


def read_phases(root: Section, metrics: dict[str, Metric]) -> Phases | None:
    section = root.section("phase")
    if section is None:
        return None
    metric = section.text("metric", choices=list(metrics) or None)
    if "run_above" in section:
        return read_threshold(section, metric, metrics)
    codes: dict[int | str, Phase] = {}
    for word, phase in PHASE_WORDS.items():
        for code in section.values(word):
            if not isinstance(code, int) or isinstance(code, bool) or code in codes:
                section.problem(word, "wrong_form", "须为不重复的整数", "must be distinct integers")
            else:
                codes[code] = phase
    if not codes:
        section.problem(None, "missing", "没有任何阶段代码", "names no code of any phase")
    section.refuse_unknown()
    return Phases(metric, codes)


def read_threshold(section: Section, metric: str, metrics: dict[str, Metric]) -> Phases:
    """Read when a load counts as running; the gateway then counts `run_ms` by itself."""
    known = metrics.get(metric)
    if known is not None and known.wire in {WireType.STRING, WireType.BOOLEAN}:
        section.problem("metric", "wrong_type", "须为数值", "must be a number to have a threshold")
    above = float(section.number("run_above", None, low=-1e300, high=1e300))
    below = float(section.number("idle_below", None, low=-1e300, high=1e300))
    if below > above:
        section.problem("idle_below", "out_of_range", "须不大于 run_above", "is above run_above")
    hold_s = section.seconds("hold", 10.0, low=0, high=3600)
    section.refuse_unknown()
    if "run_ms" in metrics:
        section.problem(
            "run_above",
            "reserved",
            "此描述已有 run_ms",
            "counts run_ms, which is a metric here",
        )
    return Phases(metric, {}, Threshold(above, below, hold_s))


def read_counters(root: Section, metrics: dict[str, Metric]) -> Counters:
    section = root.section("counters")
    if section is None:
        return Counters()
    found: dict[str, str | None] = {}
    for key in ("run_ms", "cycles", "energy_wh", "boot"):
        name = section.text(key, choices=list(metrics) or None) if key in section else None
        metric = metrics.get(name or "")
        if metric and metric.tag.encoding in FLOATS and key != "energy_wh":
            section.problem(key, "not_exact", "计数器须为整数", "must not be a float register")
        found[key] = name
    section.refuse_unknown()
    return Counters(**found)


def read_interlock(root: Section) -> Interlock | None:
    section = root.section("interlock")
    if section is None:
        return None
    has_lease = "lease_register" in section
    interlock = Interlock(
        coil=section.integer("coil", low=0, high=0xFFFF),
        lease_register=section.integer("lease_register", low=0, high=0xFFFF) if has_lease else None,
        lease_s_max=section.integer("lease_seconds_max", 0xFFFE, low=1, high=0xFFFE),
    )
    section.refuse_unknown()
    return interlock


def check_together(
    root: Section, metrics: dict[str, Metric], phases: Phases | None, counters: Counters
) -> None:
    """Whatever an event is made of is read at one time, so it must be in one group."""
    names = [phases.metric if phases else None, counters.run_ms, counters.cycles]
    names += [counters.energy_wh, counters.boot]
    groups = {metrics[name].group for name in names if name in metrics}
    if len(groups) > 1:
        listed = ", ".join(sorted(groups))
        root.problem(
            "counters",
            "split_groups",
            f"阶段与计数器须在同一采集组，现为 {listed}",
            f"and the phase must be read in one group, not in {listed}",
        )
