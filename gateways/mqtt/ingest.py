"""The ingest process: broker to database, commands back, and a watch over its own threads."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Thread
from time import monotonic
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from foundation.logs import get_log
from gateways.mqtt.confirmer import Confirmer
from gateways.mqtt.courier import Courier
from gateways.mqtt.inbox import Inbox
from gateways.mqtt.metrics import IngestCollector, serve
from gateways.mqtt.rates import Rates
from gateways.mqtt.receiver import Broker, Receiver
from gateways.mqtt.replay import Replay
from gateways.mqtt.topics import UPWARD, Kind, measurements, of_every_device
from gateways.mqtt.writer import Writer

log = get_log("ingest")

STOP_LIMIT_S: Final = 8


class ThreadDied(Exception):
    """A thread that must run is gone: better to end and be started again."""


class Role(StrEnum):
    """Which part of the stream a process takes."""

    WHOLE = "whole"
    ORDERED = "ordered"  # all but measurements: what must be taken in order
    SHARED = "shared"  # measurements the broker shares among the workers
    SHARDED = "sharded"  # measurements of some devices, where the broker does not share


@dataclass(frozen=True, slots=True)
class IngestOptions:
    client_id: str = "yixiang-ingest"
    batch_max: int = 2_000
    linger_s: float = 0.01
    inbox_max: int = 20_000
    role: Role = Role.WHOLE
    shard: int = 0
    shards: int = 1
    metrics_port: int | None = None
    patience_s: float = 45.0
    """How long to wait for a database that says nothing at all."""


MEASUREMENTS: Final = of_every_device(Kind.MEASUREMENTS)
SHARED: Final = f"$share/yixiang-ingest/{MEASUREMENTS}"
ORDERED: Final = sorted(of_every_device(kind) for kind in UPWARD - {Kind.MEASUREMENTS})
FILTERS: Final[dict[Role, list[str]]] = {
    Role.WHOLE: [*ORDERED, MEASUREMENTS],
    Role.ORDERED: ORDERED,
    Role.SHARED: [SHARED],
    Role.SHARDED: [],
}
LOOK_FOR_DEVICES_S: Final = 5
WINDOW_MAX: Final = 65_535


def is_of_shard(name: str, shard: int, shards: int) -> bool:
    return zlib.crc32(name.encode()) % shards == shard


class Ingest:
    """Everything between one broker and one database, on a thread each."""

    def __init__(self, engine: Engine, broker: Broker, options: IngestOptions) -> None:
        self._engine = engine
        self._options = options
        self._followed: set[str] = set()
        self._has_looked = False
        self.inbox = Inbox(messages_max=options.inbox_max)
        self.is_ready = Event()
        wanted = FILTERS[options.role]
        self.receiver = Receiver(
            broker,
            self.inbox,
            client_id=options.client_id,
            filters=wanted,
            unwanted=[one for one in (MEASUREMENTS, SHARED) if one not in wanted],
            on_connected=self._connected,
            # One batch being written, one arriving.
            window=min(2 * options.batch_max, WINDOW_MAX),
        )
        self.confirmer = Confirmer(self.receiver.publish, lambda: self.receiver.unsent)
        self.writer = Writer(
            engine,
            self.inbox,
            acknowledge=self.receiver.acknowledge,
            confirm=self.confirmer.confirm,
            batch_max=options.batch_max,
            linger_s=options.linger_s,
            rates=Rates(),
            patience_s=options.patience_s,
        )
        self._threads = [
            Thread(target=self.writer.run, name="writer", daemon=True),
            Thread(target=self.confirmer.run, name="confirmer", daemon=True),
        ]
        self.courier: Courier | None = None
        self.replay: Replay | None = None
        if options.role in {Role.WHOLE, Role.ORDERED}:
            self.courier = Courier(engine, self.receiver.publish, patience_s=options.patience_s)
            self.replay = Replay(engine, patience_s=options.patience_s)
            self._threads += [
                Thread(target=self.courier.run, name="courier", daemon=True),
                Thread(target=self.replay.keep_looking, name="replay", daemon=True),
            ]
        self._stop_metrics: Callable[[], None] | None = None

    def _connected(self) -> None:
        if self._options.role is Role.SHARDED and not self._has_looked:
            return  # we subscribe to nobody yet
        if not self.is_ready.is_set():
            self.is_ready.set()
            log.info("ingest ready")

    def start(self) -> None:
        if self._options.metrics_port is not None:
            collector = IngestCollector(
                tally=self.writer.tally,
                inbox=self.inbox,
                receiver=self.receiver,
                confirmer=self.confirmer,
                courier=self.courier,
            )
            self._stop_metrics = serve(collector, self._options.metrics_port)
        for thread in self._threads:
            thread.start()
        if self._options.role is Role.SHARDED:
            self._follow_devices()
        self.receiver.start()

    def watch(self, stop: Event, look_around: Callable[[], None] = lambda: None) -> None:
        """Wait until told to stop.

        Raises:
            ThreadDied: when one of the threads has ended on its own.
        """
        looked_at = -float(LOOK_FOR_DEVICES_S)
        while not stop.wait(1):
            look_around()
            for user in (self.writer, self.courier, self.replay):
                if user is not None and user.patience.look():
                    log.warning("the database says nothing; broken off", user=type(user).__name__)
            if self._options.role is Role.SHARDED and monotonic() - looked_at >= LOOK_FOR_DEVICES_S:
                self._follow_devices()
                looked_at = monotonic()
            dead = [thread.name for thread in self._threads if not thread.is_alive()]
            if not self.receiver.is_alive:
                dead.append("network")
            if dead:
                raise ThreadDied(", ".join(dead))

    def stop(self) -> None:
        """Take nothing more, write what was taken, and leave."""
        self.inbox.close()
        self.writer.stopping.set()
        if self.courier is not None:
            self.courier.stopping.set()
        if self.replay is not None:
            self.replay.stopping.set()
        self._threads[0].join(STOP_LIMIT_S)
        self.confirmer.stopping.set()
        for thread in self._threads:
            thread.join(STOP_LIMIT_S)
        self.receiver.stop()
        if self._stop_metrics is not None:
            self._stop_metrics()

    def _follow_devices(self) -> None:
        """Subscribe to the devices of our shard that were not there before."""
        try:
            with self._engine.connect() as connection:
                names = list(connection.scalars(text("SELECT name FROM devices")))
        except SQLAlchemyError as error:
            log.warning("database away; no new devices are followed", error=str(error)[:200])
            return
        mine = {
            name for name in names if is_of_shard(name, self._options.shard, self._options.shards)
        }
        self._has_looked = True
        self.receiver.follow([measurements(name) for name in sorted(mine - self._followed)])
        self._followed |= mine
        if not mine and self.receiver.is_connected:
            self._connected()
