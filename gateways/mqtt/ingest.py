"""The ingest process: broker to database, commands back, and a watch over its own threads."""

from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from sqlalchemy import Engine

from foundation.logs import get_log
from gateways.mqtt.confirmer import Confirmer
from gateways.mqtt.courier import Courier
from gateways.mqtt.inbox import Inbox
from gateways.mqtt.receiver import Broker, Receiver
from gateways.mqtt.topics import UPWARD, of_every_device
from gateways.mqtt.writer import Writer

log = get_log("ingest")

STOP_LIMIT_S: Final = 8


class ThreadDied(Exception):
    """A thread that must run is gone: better to end and be started again."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    client_id: str = "yixiang-ingest"
    batch_max: int = 2_000
    linger_s: float = 0.01
    inbox_max: int = 20_000


class Ingest:
    """Everything between one broker and one database, on four threads."""

    def __init__(self, engine: Engine, broker: Broker, options: IngestOptions) -> None:
        self.inbox = Inbox(messages_max=options.inbox_max)
        self.is_ready = Event()
        self.receiver = Receiver(
            broker,
            self.inbox,
            client_id=options.client_id,
            filters=sorted(of_every_device(kind) for kind in UPWARD),
            on_connected=self._connected,
        )
        self.confirmer = Confirmer(self.receiver.publish, lambda: self.receiver.unsent)
        self.writer = Writer(
            engine,
            self.inbox,
            acknowledge=self.receiver.acknowledge,
            confirm=self.confirmer.confirm,
            batch_max=options.batch_max,
            linger_s=options.linger_s,
        )
        self.courier = Courier(engine, self.receiver.publish)
        self._threads = [
            Thread(target=self.writer.run, name="writer", daemon=True),
            Thread(target=self.confirmer.run, name="confirmer", daemon=True),
            Thread(target=self.courier.run, name="courier", daemon=True),
        ]

    def _connected(self) -> None:
        if not self.is_ready.is_set():
            self.is_ready.set()
            log.info("ingest ready")

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        self.receiver.start()

    def watch(self, stop: Event) -> None:
        """Wait until told to stop.

        Raises:
            ThreadDied: when one of the threads has ended on its own.
        """
        while not stop.wait(1):
            dead = [thread.name for thread in self._threads if not thread.is_alive()]
            if not self.receiver.is_alive:
                dead.append("network")
            if dead:
                raise ThreadDied(", ".join(dead))

    def stop(self) -> None:
        """Take nothing more, write what was taken, and leave."""
        self.inbox.close()
        self.writer.stopping.set()
        self.courier.stopping.set()
        self._threads[0].join(STOP_LIMIT_S)
        self.confirmer.stopping.set()
        for thread in self._threads:
            thread.join(STOP_LIMIT_S)
        self.receiver.stop()
