"""The gateway put together: links, spool, publisher, and a clean way to stop."""

import json
import os
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from foundation.identifiers import new_id
from foundation.logs import get_log
from gateways.edge.config import GatewaySettings
from gateways.edge.link import Link, Unit, now_ms
from gateways.edge.publisher import Publisher
from gateways.edge.twin import Twin
from gateways.mqtt import topics
from gateways.spool.spool import Spool, to_json


def program_version() -> str:
    try:
        return version("yixiang")
    except PackageNotFoundError:
        return "unpackaged"


class Gateway:
    """Everything one `yixiang gateway` process runs."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._log = get_log("gateway")
        self.settings = settings
        self.stopping = threading.Event()
        self.spool = Spool(settings.spool.path)
        # A gateway numbers no messages of its own; its boot only tells one start from another.
        self._boot = str(new_id())
        self.publisher = Publisher(
            settings.name,
            settings.broker,
            settings.spool,
            self.spool,
            will=self._state(online=False),
            on_command=self._take_command,
        )
        self.units: dict[str, Unit] = {}
        self._links_of: dict[str, Link] = {}
        self.links = []
        for line in settings.links:
            units = []
            for device in settings.on_link(line.name):
                twin = Twin(
                    device,
                    self.spool,
                    gateway=settings.name,
                    version=program_version(),
                    new_session=lambda: str(new_id()),
                )
                unit = Unit(device, twin, self.spool)
                units.append(unit)
                self.units[device.name] = unit
                self.publisher.add_device(device.name, twin.record.id)
            link = Link(line, units, self.spool, self.publisher, self.stopping)
            self.links.append(link)
            self._links_of.update(dict.fromkeys((u.settings.name for u in units), link))

    def _state(self, *, online: bool) -> bytes:
        op = "executing" if online else "not_available"
        return to_json(
            {
                "s": 1,
                "boot": self._boot,
                "online": online,
                "ts": now_ms(),
                "op": op,
                "mode": "none",
                "session": None,
            }
        )

    def _take_command(self, device: str, payload: bytes) -> None:
        unit = self.units.get(device)
        if unit is not None:
            self._links_of[device].give(unit, payload)

    def start(self) -> None:
        own = topics.state(self.settings.name)
        self.publisher.retain(own, self._state(online=True))
        for link in self.links:
            link.start()
        self.publisher.start()
        self._log.info(
            "gateway ready",
            name=self.settings.name,
            links=len(self.links),
            devices=len(self.units),
            waiting=self.spool.count(),
        )

    def stop(self) -> None:
        """Finish what is under way, say that the gateway leaves, keep the rest in the spool."""
        self.stopping.set()
        for link in self.links:
            if not link.join(5):
                self._log.warning("link did not stop in time", link=link.name)
        self.publisher.stop({topics.state(self.settings.name): self._state(online=False)})
        waiting = self.spool.count()
        self.spool.close()
        self._log.info("gateway stopped", waiting=waiting)


def write_ready_file(path: Path, gateway: Gateway) -> None:
    """Tell whoever started us that the loops run; written whole or not at all."""
    body = {
        "pid": os.getpid(),
        "name": gateway.settings.name,
        "devices": sorted(gateway.units),
    }
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(body) + "\n", encoding="utf-8")
    partial.replace(path)
