"""What a profile says of one model of instrument, once it has been read and found sound."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from gateways.modbus.planner import Limits
from gateways.modbus.registers import Tag


class Phase(IntEnum):
    """Where a run stands; the number is the value of the metric `phase`."""

    IDLE = 0
    WARM_UP = 1
    RUN = 2
    COOL_DOWN = 3
    FAULT = 4

    @property
    def is_use(self) -> bool:
        """Warming up, running and cooling down are metered; standing idle is not."""
        return self in {Phase.WARM_UP, Phase.RUN, Phase.COOL_DOWN}


class WireType(StrEnum):
    """The `t` of a metric in a birth message."""

    FLOAT = "f"
    INTEGER = "i"
    BOOLEAN = "b"
    COUNTER = "c"  # only ever grows, until it wraps or the device is reset
    STRING = "s"


@dataclass(frozen=True, slots=True)
class Group:
    """Metrics read together, how often, and who goes first when several are due."""

    name: str
    period_s: float
    phase_s: float = 0.0
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Metric:
    tag: Tag
    unit: str
    wire: WireType
    group: str
    internal: bool = False  # read for what it tells us, not published
    deadband: float = 0.0
    deadband_percent: float = 0.0
    silence_s: float = 60.0  # published at least this often, changed or not

    @property
    def name(self) -> str:
        return self.tag.name


@dataclass(frozen=True, slots=True)
class Threshold:
    """When an instrument that says nothing of itself is running, by what it draws."""

    run_above: float
    idle_below: float
    hold_s: float = 10.0  # it must stay there this long, so that no spike is a run


@dataclass(frozen=True, slots=True)
class Phases:
    """Which metric tells the phase: by its codes, or by a threshold."""

    metric: str
    codes: dict[int | str, Phase]  # words where a foreign device uses them
    threshold: Threshold | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """Which metrics are the cumulative counters that events carry."""

    run_ms: str | None = None
    cycles: str | None = None
    energy_wh: str | None = None
    boot: str | None = None  # grows by one each time the device is switched on


@dataclass(frozen=True, slots=True)
class Interlock:
    """The relay that lets an instrument run, and the device's own watchdog over it."""

    coil: int
    lease_register: int | None = None  # seconds left; the device locks itself at zero
    lease_s_max: int = 0xFFFE  # all ones would switch the watchdog off


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    maker: str
    model: str
    source: str
    limits: Limits
    groups: tuple[Group, ...]
    metrics: tuple[Metric, ...]
    phases: Phases | None = None
    counters: Counters = Counters()
    interlock: Interlock | None = None

    def in_group(self, name: str) -> list[Metric]:
        return [metric for metric in self.metrics if metric.group == name]
