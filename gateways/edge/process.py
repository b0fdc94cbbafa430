"""The gateway put together: links, spool, publisher; changed while it runs, stopped cleanly."""

import json
import os
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from foundation.identifiers import new_id
from foundation.logs import get_log
from gateways.edge.central import CentralStore, ConfigurationRefused, Configure, read_configure
from gateways.edge.config import GatewaySettings
from gateways.edge.foreign import Source
from gateways.edge.link import Link
from gateways.edge.publisher import Publisher
from gateways.edge.settings import DeviceSettings, SpoolSettings
from gateways.edge.twin import Twin
from gateways.edge.units import Unit, now_ms
from gateways.modbus.client import LineSettings
from gateways.mqtt import topics
from gateways.profiles.tomlfile import FileRefused
from gateways.spool.database import SpoolDamaged, set_aside
from gateways.spool.spool import Spool
from gateways.spool.statements import to_json


def program_version() -> str:
    try:
        return version("yixiang")
    except PackageNotFoundError:
        return "unpackaged"


class Gateway:
    """Everything one `yixiang gateway` process runs.

    `start`, `reload` and `stop` are called by one thread; commands to the gateway itself wait
    in `attend` until that thread takes them.
    """

    def __init__(self, settings: GatewaySettings, central: CentralStore | None = None) -> None:
        self._log = get_log("gateway")
        self.settings, self._central, self._name = settings, central, settings.name
        self.spool = self._open_spool(settings.spool)
        # A gateway numbers no messages of its own; its boot only tells one start from another.
        self._boot = str(new_id())
        self.publisher = Publisher(
            settings.name,
            settings.broker,
            settings.spool,
            self.spool,
            will=self._state(online=False),
            on_command=self._take_command,
            now_ms=now_ms,
        )
        self.publisher.listen_to(settings.name)
        self.units: dict[str, Unit] = {}
        self.links: list[Link] = []
        self.sources: list[Source] = []
        self._links_of: dict[str, Link] = {}
        self._stopping = threading.Event()  # one for each set of links
        self._own_commands: list[bytes] = []
        self.woken = threading.Event()
        self._build(settings)
        if self.spool.had_damaged_tail:
            self._log.error("spool lost its tail, numbering anew", path=str(settings.spool.path))
            for unit in self.units.values():
                unit.twin.number_anew(now_ms())

    def _open_spool(self, settings: SpoolSettings) -> Spool:
        """Open the spool; one that is damaged is set aside, for instruments cannot wait."""

        def open_it() -> Spool:
            age_ms_max = int(settings.age_s_max * 1000)
            return Spool(settings.path, bytes_max=settings.bytes_max, age_ms_max=age_ms_max)

        try:
            return open_it()
        except SpoolDamaged as damage:
            aside = set_aside(settings.path, str(now_ms()))
            self._log.error("spool damaged, beginning anew", reason=str(damage), kept=str(aside))
            spool = open_it()
            spool.had_damaged_tail = True
            return spool

    def _build(self, settings: GatewaySettings) -> None:
        self._stopping = threading.Event()
        self.units.clear()
        self._links_of.clear()
        self.links = [self._make_link(line, settings) for line in settings.links]
        self.sources = [
            Source(source, self.publisher, self._make_twin, now_ms) for source in settings.sources
        ]
        for source in self.sources:
            for unit in source.units.values():
                self.publisher.add_device(unit.settings.name, unit.twin.record.id)
        self.settings = settings

    def _make_link(self, line: LineSettings, settings: GatewaySettings) -> Link:
        units = [
            Unit(device, self._make_twin(device), self.spool)
            for device in settings.on_link(line.name)
        ]
        link = Link(line, units, self.spool, self.publisher, self._stopping)
        for unit in units:
            self.units[unit.settings.name] = unit
            self._links_of[unit.settings.name] = link
            self.publisher.add_device(unit.settings.name, unit.twin.record.id)
        return link

    def _make_twin(self, device: DeviceSettings) -> Twin:
        return Twin(
            device,
            self.spool,
            gateway=self._name,
            version=program_version(),
            new_session=lambda: str(new_id()),
        )

    def _state(self, *, online: bool) -> bytes:
        body: dict[str, Any] = {
            "s": 1,
            "boot": self._boot,
            "online": online,
            "ts": now_ms(),
            "op": "executing" if online else "not_available",
            "mode": "none",
            "session": None,
        }
        if self._central is not None:
            body["config"] = self._central.version
        return to_json(body)

    def _take_command(self, device: str, payload: bytes) -> None:
        if device == self.settings.name:
            self._own_commands.append(payload)
            self.woken.set()
            return
        link, unit = self._links_of.get(device), self.units.get(device)
        if link is not None and unit is not None:
            link.give(unit, payload)

    def _tell_own_state(self) -> None:
        self.publisher.retain(topics.state(self.settings.name), self._state(online=True))

    def start(self) -> None:
        self._tell_own_state()
        self._start_all()
        self.publisher.start()
        self._log.info(
            "gateway ready",
            name=self.settings.name,
            links=len(self.links),
            devices=len(self.units),
            waiting=self.spool.count(),
        )

    def _start_all(self) -> None:
        for link in self.links:
            link.start()
        for source in self.sources:
            source.start()

    def reload(self, settings: GatewaySettings) -> None:
        """Go on with other links and devices: what is on disk of a device carries over."""
        before = {name: unit.twin for name, unit in self.units.items()}
        for source in self.sources:
            before |= {unit.settings.name: unit.twin for unit in source.units.values()}
        self._stop_links()
        self._build(settings)
        now = {u.settings.name for s in self.sources for u in s.units.values()} | set(self.units)
        for name in before.keys() - now:
            before[name].lose(now_ms())
            self.publisher.remove_device(name, before[name].state())
        self.publisher.subscribe()
        self._tell_own_state()
        self._start_all()
        self._log.info("gateway reloaded", links=len(self.links), devices=len(self.units))

    def refuse_reload(self, settings: GatewaySettings) -> str | None:
        """Say what of the new settings only a restart can change; None where nothing is."""
        old = self.settings
        changed = {
            "name": settings.name != old.name,
            "broker": settings.broker != old.broker,
            "spool": settings.spool != old.spool,
        }
        return ", ".join(name for name, differs in changed.items() if differs) or None

    def reload_files(self, central: CentralStore) -> bool:
        """Read all files again; where anything is wrong with any, go on as before."""
        try:
            settings = central.load()
        except FileRefused as refused:
            for problem in refused.problems:
                self._log.error("not reloaded", problem=str(problem))
            return False
        if reason := self.refuse_reload(settings):
            self._log.error("not reloaded: needs a restart", changed=reason)
            return False
        self.reload(settings)
        return True

    def log_counts(self) -> None:
        """Say in the log how everything has fared: one line for each link and source."""
        for link in self.links:
            self._log.info("link counts", link=link.name, **link.counts())
        for source in self.sources:
            rejected = sum(source.rejected.values())
            self._log.info(
                "source counts",
                source=source.settings.name,
                rejected=rejected,
                dropped=source.dropped,
            )
        self._log.info(
            "spool counts",
            waiting=self.spool.count(),
            megabytes=round(self.spool.bytes / 1e6, 1),
            dropped=self.spool.dropped,
            published=self.publisher.published,
        )

    def attend(self) -> None:
        """Carry out what was asked of the gateway itself."""
        self.woken.clear()
        while self._own_commands:
            self._configure(self._own_commands.pop(0))

    def _configure(self, payload: bytes) -> None:
        at_ms, book = now_ms(), self.spool.commands
        try:
            configure = read_configure(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
            self._log.warning("unreadable command", reason=str(error))
            return
        if not book.remember(configure.id, self.settings.name, at_ms):
            known = book.result_of(configure.id)
            if known is not None:
                book.store_result(configure.id, known)
                self.publisher.wake()
                return
        body: dict[str, Any] = {"s": 1, "id": configure.id, "ok": True, "ts": at_ms}
        try:
            self._apply(configure, at_ms)
        except ConfigurationRefused as refused:
            self._log.error("configuration refused", code=refused.code, reason=str(refused))
            body |= {"ok": False, "error": refused.code, "detail": str(refused)[:4000]}
        version = self._central.version if self._central else 0
        book.store_result(configure.id, to_json({**body, "state": f"config {version}"}))
        self.publisher.wake()

    def _apply(self, configure: Configure, at_ms: int) -> None:
        if self._central is None:
            raise ConfigurationRefused("unsupported", "this gateway keeps no central file")
        if configure.exp <= at_ms:
            raise ConfigurationRefused("expired", "the command came too late")
        settings = self._central.stage(configure)
        before = self.settings
        try:
            self.reload(settings)
        except Exception as error:
            self._log.exception("configuration failed, going back")
            self.reload(before)
            raise ConfigurationRefused("failed", str(error)) from error
        self._central.put_in_force(configure.version)
        self._tell_own_state()

    def _stop_links(self) -> None:
        self._stopping.set()
        for link in self.links:
            if not link.join(5):
                self._log.warning("link did not stop in time", link=link.name)
        for source in self.sources:
            source.stop(5)

    def stop(self) -> None:
        """Finish what is under way, say that the gateway leaves, keep the rest in the spool."""
        self._stop_links()
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
