"""What can follow from a foreign message."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateways.modbus.registers import Quality, Value
from gateways.profiles.profile import WireType

NAME_LENGTH_MAX: Final = 63


@dataclass(frozen=True, slots=True)
class Described:
    """A metric as the foreign device describes it."""

    name: str
    unit: str = "1"
    wire: WireType = WireType.FLOAT


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a foreign device, at its own time."""

    name: str
    value: Value
    at_ms: int
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class Born:
    """A device says who it is; what it measures replaces what was known before."""

    device: str
    metrics: tuple[Described, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Observed:
    """Readings of a device; a metric never described is described by its first value."""

    device: str
    readings: tuple[Reading, ...]
    described: tuple[Described, ...] = ()


@dataclass(frozen=True, slots=True)
class Died:
    """A device is offline; its last values no longer hold."""

    device: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Said:
    """A message to publish at the foreign broker."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message nobody can use, and why."""

    topic: str
    reason: str


Action = Born | Observed | Died | Said | Rejected


@dataclass(frozen=True, slots=True)
class Arrived:
    """A foreign message, with the time it came in."""

    topic: str
    payload: bytes
    at_ms: int
    retain: bool = False


class Adapter(Protocol):
    """One way of speaking MQTT."""

    def subscriptions(self) -> Sequence[tuple[str, int]]:
        """Say which topics to subscribe to, with their QoS."""
        ...

    def will(self, now_ms: int) -> Said | None:
        """Say what the broker should publish when the connection is lost."""
        ...

    def connected(self, now_ms: int) -> list[Action]:
        """Say what to do once the subscriptions stand."""
        ...

    def feed(self, message: Arrived) -> list[Action]:
        """Take one message."""
        ...

    def tick(self, now_ms: int) -> list[Action]:
        """Do what is due without a message."""
        ...

    def farewell(self, now_ms: int) -> list[Said]:
        """Say good-bye before a wanted disconnect."""
        ...


@dataclass(slots=True)
class Plain:
    """The parts of an adapter that most do not need."""

    rejected: int = field(default=0, init=False)

    def will(self, _now_ms: int) -> Said | None:
        return None

    def connected(self, _now_ms: int) -> list[Action]:
        return []

    def tick(self, _now_ms: int) -> list[Action]:
        return []

    def farewell(self, _now_ms: int) -> list[Said]:
        return []


def metric_name(foreign: str) -> str:
    """Turn any name into one of ours: small letters, digits and underscores."""
    name = re.sub(r"[^a-z0-9]+", "_", foreign.lower()).strip("_")
    if not name or not name[0].isalpha():
        name = f"m_{name}"
    return name[:NAME_LENGTH_MAX]


def natural_type(value: object) -> WireType | None:
    """Say how a JSON value travels; None for what cannot (objects, arrays, null)."""
    if isinstance(value, bool):
        return WireType.BOOLEAN
    if isinstance(value, int | float):
        return WireType.FLOAT
    if isinstance(value, str):
        return WireType.STRING
    return None
