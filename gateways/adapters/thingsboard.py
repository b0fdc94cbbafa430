"""The gateway API of ThingsBoard: many devices in one payload, by name."""

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
    natural_type,
)

PREFIX: Final = "v1/gateway"


@dataclass(slots=True)
class ThingsBoardGateway(Plain):
    """Takes connect, disconnect and telemetry; attributes describe, they do not measure."""

    _online: set[str] = field(default_factory=set)

    def subscriptions(self) -> Sequence[tuple[str, int]]:
        return [(f"{PREFIX}/{kind}", 1) for kind in ("connect", "disconnect", "telemetry")]

    def feed(self, message: Arrived) -> list[Action]:
        if message.retain:
            return [Rejected(message.topic, "retained: nobody knows how old it is")]
        try:
            body: Any = msgspec.json.decode(message.payload)  # its form is checked below
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return [Rejected(message.topic, "no JSON")]
        if not isinstance(body, dict):
            return [Rejected(message.topic, "no JSON object")]
        match message.topic.removeprefix(f"{PREFIX}/"):
            case "connect" | "disconnect" as kind:
                return self._come_or_go(kind, body, message)
            case "telemetry":
                return [a for name, rows in body.items() for a in self._read(name, rows, message)]
        return [Rejected(message.topic, "not a topic of the gateway API")]

    def _come_or_go(self, kind: str, body: dict[str, Any], message: Arrived) -> list[Action]:
        device = body.get("device")
        if not isinstance(device, str) or not device:
            return [Rejected(message.topic, "no `device`")]
        if kind == "connect":
            self._online.add(device)
            return [Born(device, (), message.at_ms)]
        self._online.discard(device)
        return [Died(device, message.at_ms)]

    def _read(self, device: str, rows: Any, message: Arrived) -> list[Action]:  # noqa: ANN401  # any JSON
        if not isinstance(rows, list):
            return [Rejected(message.topic, f"{device}: no array")]
        actions: list[Action] = []
        if device not in self._online:
            # Telemetry without a connect: the API lets it pass, and so do we.
            self._online.add(device)
            actions.append(Born(device, (), message.at_ms))
        readings: list[Reading] = []
        described: dict[str, Described] = {}
        for row in rows:
            values, at_ms = row, message.at_ms
            if isinstance(row, dict) and "values" in row:
                values, at_ms = row["values"], row.get("ts", message.at_ms)
            if not isinstance(values, dict) or not isinstance(at_ms, int):
                actions.append(Rejected(message.topic, f"{device}: a row without values or time"))
                continue
            for key, value in values.items():
                wire = natural_type(value)
                if wire is None:
                    actions.append(Rejected(message.topic, f"{device}: {key} is no single value"))
                    continue
                name = metric_name(key)
                described[name] = Described(name, wire=wire)
                readings.append(Reading(name, value, at_ms))
        if readings:
            actions.append(Observed(device, tuple(readings), tuple(described.values())))
        return actions
