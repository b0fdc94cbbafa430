"""Carries commands to devices, again and again until their state is the wanted one."""

from datetime import datetime
from math import ceil
from threading import Event
from typing import Final, Protocol

import msgspec
import psycopg
import sqlalchemy.exc
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from foundation.clock import read_clock
from foundation.logs import get_log
from gateways.mqtt import topics
from gateways.mqtt.patience import Patience
from telemetry.controls.reconciling import Errand, reconcile

log = get_log("courier")

ROUND_S: Final = 1.0
RETRY_S: Final = 2.0
PATIENCE_S: Final = 45.0


def as_ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def write_command(errand: Errand) -> bytes:
    """Put a command on the wire's words. It carries its end: no command is carried out late."""
    command: dict[str, object] = {
        "s": 1,
        "id": str(errand.command_id),
        "exp": as_ms(errand.expires_at),
        "do": "set",
        "target": errand.target,
        "value": errand.value,
    }
    if errand.lease_until is not None:
        command["lease_until"] = as_ms(errand.lease_until)
    return msgspec.json.encode(command)


class Publish(Protocol):
    def __call__(self, topic: str, payload: bytes, *, expires_s: int | None = None) -> bool: ...


class Courier:
    """One round a second, and at once when something new is wanted."""

    def __init__(
        self,
        engine: Engine,
        publish: Publish,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.patience = Patience(patience_s)
        self._engine = engine
        self._publish = publish
        self.stopping = Event()
        self.carried = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._keep_going()
            except (psycopg.Error, sqlalchemy.exc.SQLAlchemyError) as error:
                log.warning("database away; no command is carried", error=str(error)[:200])
                self.stopping.wait(RETRY_S)

    def _keep_going(self) -> None:
        with self._engine.connect() as connection:
            raw: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
            with self.patience.waiting(raw), connection.begin():
                raw.execute("LISTEN yixiang_controls")
            while not self.stopping.is_set():
                with self.patience.waiting(raw):
                    self.make_round(connection)
                for _ in raw.notifies(timeout=ROUND_S, stop_after=1):
                    pass

    def make_round(self, connection: Connection) -> None:
        with connection.begin(), Session(connection) as session:
            errands = reconcile(session, now=read_clock())
            session.flush()
        for errand in errands:
            self.carried += 1
            self._publish(
                topics.command(errand.device_name),
                write_command(errand),
                expires_s=ceil((errand.expires_at - read_clock()).total_seconds()),
            )
            log.info(
                "command carried",
                device=errand.device_name,
                command=str(errand.command_id),
                value=errand.value,
            )
