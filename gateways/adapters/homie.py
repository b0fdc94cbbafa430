"""Homie 5: a device describes itself once, then says each value on a topic of its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

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
    metric_name,
)
from gateways.modbus.registers import Quality, Value
from gateways.profiles.profile import WireType

DOMAIN: Final = "homie"
VERSION: Final = "5"
WIRE_OF: Final = {
    "integer": WireType.INTEGER,
    "float": WireType.FLOAT,
    "boolean": WireType.BOOLEAN,
    "string": WireType.STRING,
    "enum": WireType.STRING,
}
UNITS: Final = {"°C": "Cel", "°F": "[degF]", "K": "K", "#": "1", "°": "deg", "gal": "[gal_us]"}
OFFLINE: Final = frozenset({"disconnected", "lost", "sleeping"})


@dataclass(slots=True)
class HomieController(Plain):
    """Foreign names are Homie's device ids; a metric is `node_property`."""

    domain: str = DOMAIN
    _described: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    _metrics: dict[str, tuple[Described, ...]] = field(default_factory=dict)
    _state: dict[str, str] = field(default_factory=dict)

    def subscriptions(self) -> Sequence[tuple[str, int]]:
        root = f"{self.domain}/{VERSION}/+"
        return [(f"{root}/$state", 1), (f"{root}/$description", 1), (f"{root}/+/+", 1)]

    def feed(self, message: Arrived) -> list[Action]:
        match message.topic.split("/"):
            case [domain, version, device, "$state"] if (domain, version) == (self.domain, VERSION):
                return self._take_state(device, message)
            case [domain, version, device, "$description"] if domain == self.domain:
                if version != VERSION:
                    return [Rejected(message.topic, f"version {version}, not {VERSION}")]
                return self._take_description(device, message)
            case [domain, version, device, node, prop] if (domain, version) == (
                self.domain,
                VERSION,
            ):
                return self._take_value(device, node, prop, message)
        return [Rejected(message.topic, "no topic of Homie 5")]

    def _take_state(self, device: str, message: Arrived) -> list[Action]:
        state = message.payload.decode("utf-8", "replace")
        before = self._state.get(device)
        self._state[device] = state
        if state == "ready" and before != "ready" and device in self._metrics:
            return [Born(device, self._metrics[device], message.at_ms)]
        if state in OFFLINE and before not in OFFLINE:
            return [Died(device, message.at_ms)]
        if state not in OFFLINE | {"ready", "init"}:
            return [Rejected(message.topic, f"unknown state {state!r}")]
        return []

    def _take_description(self, device: str, message: Arrived) -> list[Action]:
        try:
            body: Any = msgspec.json.decode(message.payload)  # its form is checked below
            nodes = body["nodes"]
            found = [
                (node, prop, str(about["datatype"]), str(about.get("unit", "1")))
                for node, inside in nodes.items()
                for prop, about in inside.get("properties", {}).items()
            ]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return [Rejected(message.topic, "no JSON")]
        except (KeyError, TypeError, AttributeError):
            return [Rejected(message.topic, "no description of Homie 5")]
        self._described[device] = {(node, prop): kind for node, prop, kind, _ in found}
        self._metrics[device] = tuple(
            Described(metric_name(f"{node}_{prop}"), UNITS.get(unit, unit), WIRE_OF[kind])
            for node, prop, kind, unit in found
            if kind in WIRE_OF
        )
        if self._state.get(device) == "ready":
            return [Born(device, self._metrics[device], message.at_ms)]
        return []

    def _take_value(self, device: str, node: str, prop: str, message: Arrived) -> list[Action]:
        if prop.startswith("$"):
            return []  # `$target`: what a value is on its way to
        if message.retain:
            # It may be a minute or a year old; Homie gives values no time of their own.
            return [Rejected(message.topic, "retained: nobody knows how old it is")]
        kind = self._described.get(device, {}).get((node, prop))
        if kind is None:
            return [Rejected(message.topic, "not in the device's description")]
        if kind not in WIRE_OF or self._state.get(device) != "ready":
            return []
        value = read_value(kind, message.payload)
        if value is None:
            return [Rejected(message.topic, f"no {kind}")]
        name = metric_name(f"{node}_{prop}")
        return [Observed(device, (Reading(name, value, message.at_ms, Quality.GOOD),))]


def read_value(kind: str, raw: bytes) -> Value:
    """Read a payload strictly as its data type; None where it is not one."""
    try:
        text = raw.decode("utf-8")
        if kind == "integer":
            return int(text) if text.strip() == text and "_" not in text else None
        if kind == "float":
            number = float(text)
            return number if math.isfinite(number) and "_" not in text else None
    except (UnicodeDecodeError, ValueError):
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text)
    return "" if text == "\0" else text
