"""Instruments with a JSON format of their own: topic patterns and paths say what is where."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from typing_extensions import override

from gateways.adapters.actions import (
    Action,
    Arrived,
    Born,
    Described,
    Died,
    Observed,
    Plain,
    Reading,
    Rejected,
)
from gateways.modbus.registers import Value
from gateways.profiles.profile import WireType

STEP: Final = re.compile(r"\.([A-Za-z0-9_\- ]+)|\[(\d{1,4})\]|\.\"([^\"]+)\"")

Path = tuple[str | int, ...]


class PathMalformed(ValueError):
    """A text that is no path of ours."""


def read_path(text: str) -> Path:
    """Read `$.a.b[0]`, also `$."a b".c`."""
    if not text.startswith("$"):
        raise PathMalformed(f"{text!r} does not begin with $")
    at, steps = 1, list[str | int]()
    while at < len(text):
        step = STEP.match(text, at)
        if step is None:
            raise PathMalformed(f"{text!r} cannot be read from {text[at:]!r} on")
        steps.append(int(step[2]) if step[2] is not None else step[1] or step[3])
        at = step.end()
    return tuple(steps)


def follow(path: Path, body: Any) -> Any:  # noqa: ANN401  # any JSON
    """Return what is at the path; None where there is nothing."""
    for step in path:
        if isinstance(step, str):
            body = body.get(step) if isinstance(body, dict) else None
        else:
            body = body[step] if isinstance(body, list) and step < len(body) else None
    return body


@dataclass(frozen=True, slots=True)
class MappedMetric:
    described: Described
    path: Path
    scale: Decimal = Decimal(1)
    labels: dict[str, int] = field(default_factory=dict)  # words an instrument uses for codes


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of message means."""

    topic: str  # with `+`, each of which may be used in `device` as {1}, {2} …
    device: str
    metrics: tuple[MappedMetric, ...]
    time: Path | None = None
    time_form: str = "ms"  # ms | s | iso

    def match(self, topic: str) -> list[str] | None:
        """Return what the topic's wildcards stand for; None where it does not match."""
        pattern, given = self.topic.split("/"), topic.split("/")
        if len(pattern) != len(given):
            return None
        captured = []
        for wanted, got in zip(pattern, given, strict=True):
            if wanted == "+":
                captured.append(got)
            elif wanted != got:
                return None
        return captured


@dataclass(slots=True)
class MappedJson(Plain):
    """A device is online from its first message until it has been silent too long."""

    rules: tuple[Rule, ...] = ()
    silence_ms: int = 300_000
    _heard_ms: dict[str, int] = field(default_factory=dict)

    def subscriptions(self) -> Sequence[tuple[str, int]]:
        return [(rule.topic, 1) for rule in self.rules]

    def feed(self, message: Arrived) -> list[Action]:
        if message.retain:
            return [Rejected(message.topic, "retained: nobody knows how old it is")]
        for rule in self.rules:
            captured = rule.match(message.topic)
            if captured is not None:
                return self._apply(rule, captured, message)
        return [Rejected(message.topic, "no rule for this topic")]

    @override
    def tick(self, now_ms: int) -> list[Action]:
        silent = [d for d, at in self._heard_ms.items() if now_ms - at > self.silence_ms]
        for device in silent:
            del self._heard_ms[device]
        return [Died(device, now_ms) for device in silent]

    def _apply(self, rule: Rule, captured: list[str], message: Arrived) -> list[Action]:
        try:
            body: Any = msgspec.json.decode(message.payload)  # read by paths only
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return [Rejected(message.topic, "no JSON")]
        device = rule.device
        for i, text in enumerate(captured, 1):
            device = device.replace(f"{{{i}}}", text)
        at_ms = self._time(rule, body, message)
        if at_ms is None:
            return [Rejected(message.topic, "no time where the rule says one is")]
        actions: list[Action] = []
        if device not in self._heard_ms:
            every = [m.described for r in self.rules if r.device == rule.device for m in r.metrics]
            actions.append(Born(device, tuple(dict.fromkeys(every)), message.at_ms))
        self._heard_ms[device] = message.at_ms
        readings = []
        for metric in rule.metrics:
            found = follow(metric.path, body)
            if found is None:
                continue
            value = fit(metric, found)
            if value is None:
                name = metric.described.name
                actions.append(Rejected(message.topic, f"{name}: {str(found)[:40]!r} does not fit"))
                continue
            readings.append(Reading(metric.described.name, value, at_ms))
        if readings:
            actions.append(Observed(device, tuple(readings)))
        return actions

    @staticmethod
    def _time(rule: Rule, body: Any, message: Arrived) -> int | None:  # noqa: ANN401  # any JSON
        if rule.time is None:
            return message.at_ms
        found = follow(rule.time, body)
        if rule.time_form == "iso":
            try:
                at = datetime.fromisoformat(found)
            except (TypeError, ValueError):
                return None
            # Without a zone nobody can say when it was.
            return int(at.timestamp() * 1000) if at.tzinfo is not None else None
        if isinstance(found, bool) or not isinstance(found, int | float):
            return None
        if not math.isfinite(found):
            return None
        return int(found * 1000) if rule.time_form == "s" else int(found)


def fit(metric: MappedMetric, found: Any) -> Value:  # noqa: ANN401  # any JSON
    """Make the value that the metric promises; None where what was found is no such thing."""
    wire = metric.described.wire
    if metric.labels:
        return metric.labels.get(found) if isinstance(found, str) else None
    if wire in {WireType.STRING, WireType.BOOLEAN}:
        kind = str if wire is WireType.STRING else bool
        return found if isinstance(found, kind) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        return None
    if metric.scale != 1:
        exact = Decimal(repr(found)) * metric.scale
        found = int(exact) if exact == exact.to_integral_value() else float(exact)
    if wire is not WireType.FLOAT and found != int(found):
        return None
    return float(found) if wire is WireType.FLOAT else int(found)
