"""What the writer must know to place a message, kept in memory: devices, metric keys, topics."""

from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import psycopg

from gateways.mqtt.topics import Kind, parse
from telemetry.devices.service import KnownDevice, load_devices, load_keys

RELOAD_AFTER_S: Final = 2.0
TOPICS_MAX: Final = 100_000
BOOTS_MAX: Final = 50_000
LOOK_AGAIN_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Route:
    """Where a topic leads; `device` is None for names nobody registered."""

    name: str
    kind: Kind
    device: KnownDevice | None
    is_gateway: bool


class Registry:
    """A cache over the devices and births in the database."""

    def __init__(self) -> None:
        self._devices: dict[str, KnownDevice] = {}
        self._gateways: frozenset[str] = frozenset()
        self._routes: dict[str, Route] = {}
        self._keys: dict[tuple[str, str], dict[int, int]] = {}
        self._looked: dict[tuple[str, str], float] = {}
        self._loaded_at = -RELOAD_AFTER_S

    def load(self, connection: psycopg.Connection[Any]) -> None:
        self._devices = load_devices(connection)
        self._gateways = frozenset(
            device.gateway for device in self._devices.values() if device.gateway
        )
        self._routes.clear()
        self._loaded_at = monotonic()

    def find_route(self, connection: psycopg.Connection[Any], topic: str) -> Route:
        """Say whose topic this is.

        Raises:
            TopicMalformed: where it is nobody's.
        """
        route = self._routes.get(topic)
        if route is not None and route.device is not None:
            return route
        parsed = parse(topic)
        if (
            parsed.device not in self._devices
            # A device may have been registered a moment ago; a stranger must not
            # make us read the table for each of its messages.
            and monotonic() - self._loaded_at > RELOAD_AFTER_S
        ):
            self.load(connection)
        route = Route(
            parsed.device,
            parsed.kind,
            self._devices.get(parsed.device),
            is_gateway=parsed.device in self._gateways,
        )
        if len(self._routes) < TOPICS_MAX:
            self._routes[topic] = route
        return route

    def find_keys(
        self, connection: psycopg.Connection[Any], device: KnownDevice, boot: str
    ) -> dict[int, int] | None:
        """Return metric key → channel of a boot, or None while no birth told."""
        keys = self._keys.get((device.name, boot))
        if keys is None and boot.isprintable():
            # Another process may store the birth; look again, but not for each message.
            looked_at = self._looked.get((device.name, boot), -LOOK_AGAIN_S)
            if monotonic() - looked_at < LOOK_AGAIN_S:
                return None
            keys = load_keys(connection, device.id, boot)
            if keys is not None:
                self.learn(device, boot, keys)
            elif len(self._looked) < BOOTS_MAX:
                self._looked[device.name, boot] = monotonic()
        return keys

    def learn(self, device: KnownDevice, boot: str, keys: dict[int, int]) -> None:
        if len(self._keys) >= BOOTS_MAX:
            self._keys.clear()
        self._keys[device.name, boot] = keys
        self._looked.pop((device.name, boot), None)
