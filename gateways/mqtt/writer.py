"""From the inbox to committed rows, and only then to acknowledgements."""

from collections.abc import Callable, Sequence
from threading import Event
from time import monotonic
from typing import Any, Final

import psycopg
import sqlalchemy.exc
from sqlalchemy import Connection, Engine

from foundation.clock import read_clock
from foundation.logs import get_log
from gateways.mqtt import messages
from gateways.mqtt.batch import Batch, Sorter, as_instant, reject
from gateways.mqtt.derived import DERIVE_EVERY_S, Derived
from gateways.mqtt.faults import pass_point
from gateways.mqtt.inbox import Arrived, Inbox
from gateways.mqtt.messages import Unintelligible
from gateways.mqtt.patience import Patience
from gateways.mqtt.rates import Rates
from gateways.mqtt.registry import Registry
from gateways.mqtt.rows import insert
from gateways.mqtt.tally import Tally
from gateways.mqtt.topics import Kind, TopicMalformed
from telemetry.devices.sequences import Boot, Standing
from telemetry.devices.service import MetricDeclared, store_birth
from telemetry.quarantine.rules import Reason
from telemetry.quarantine.service import want_replay_of_boot
from telemetry.readings.service import (
    DAY_MS,
    Row,
    ensure_partitions,
    is_partitioned,
)
from telemetry.rollups.service import is_rolled_up_by_us

log = get_log("writer")

BATCH_MAX: Final = 2_000
LINGER_S: Final = 0.01
WAIT_MS: Final = 5_000
"""For a birth, or for a device to be registered; then what lacks it is set aside."""
RETRY_S_MAX: Final = 5.0
PATIENCE_S: Final = 45.0
"""More than every limit of the server's together: one statement may take 15 s."""
LAG_SAMPLES: Final = 500
"""A commit's readings whose lag is noted; more would cost what they measure."""

Raw = psycopg.Connection[Any]


# All that a row may raise on its way in: from the server, from psycopg, from arithmetic.
ROW_ERRORS: Final = (psycopg.Error, sqlalchemy.exc.DBAPIError, ValueError, OverflowError)


class Away(Exception):
    """The database cannot be used now; the same rows may go in later."""


def is_row_to_blame(error: Exception) -> bool:
    """Tell a row that is wrong from a database that is unwell, by SQLSTATE."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None) or ""
    # 22 data, 23 constraints: this row will never go in. Anything else may pass.
    return state[:2] in {"22", "23"} or (
        # What psycopg itself cannot put into a parameter has no SQLSTATE.
        not state and isinstance(original, (psycopg.DataError, ValueError, OverflowError))
    )


class Writer:
    """Takes messages in batches and commits each batch before anyone is told."""

    def __init__(
        self,
        engine: Engine,
        inbox: Inbox,
        *,
        acknowledge: Callable[[Sequence[Arrived]], None],
        confirm: Callable[[dict[Boot, Standing]], None],
        batch_max: int = BATCH_MAX,
        linger_s: float = LINGER_S,
        rates: Rates | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Take what to call after a commit: for the broker, and for the devices."""
        self._engine = engine
        self._inbox = inbox
        self._acknowledge = acknowledge
        self._confirm = confirm
        self._batch_max = batch_max
        self._linger_s = linger_s
        self._registry = Registry()
        self._sorter = Sorter(self._registry, rates)
        self._session_connection: Connection | None = None
        self._waiting: list[Arrived] = []
        self._done: set[int] = set()
        self._days: set[int] = set()
        self._makes_partitions = self._rolls_up = False
        self._derived = Derived()
        self.stopping = Event()
        self.tally = Tally()
        self.patience = Patience(patience_s)

    def run(self) -> None:
        """Write until told to stop and nothing is left to take."""
        while not self.stopping.is_set() or len(self._inbox):
            arrived = self._inbox.take(
                self._batch_max, wait_s=DERIVE_EVERY_S, linger_s=self._linger_s
            )
            self._persist(self._waiting + arrived)
            if self.stopping.is_set() and self._session_connection is None:
                return
        if self._session_connection is not None:
            self._derive(is_last=True)
        self.close()

    def write_now(self, arrived: list[Arrived]) -> None:
        """Write these and be done with them, in the caller's own thread.

        Raises:
            Away: when the database cannot be used now.
        """
        raw = self.connect()
        self._done.clear()
        with self.patience.waiting(raw):
            self._write(arrived)
            self._derive(is_last=True)

    def connect(self) -> Raw:
        """Return the one connection this writer uses, opened if need be.

        It is never given back to a pool while it is whole: what a pool hands out again it
        first tries, and nothing would end a try on a line that says nothing.
        """
        self._connect()
        return self._raw

    def disconnect(self) -> None:
        """Give the connection up, after a failure."""
        self._disconnect()

    def close(self) -> None:
        if self._session_connection is not None:
            self._session_connection.close()
            self._session_connection = None

    def _persist(self, arrived: list[Arrived]) -> None:
        """Write these however long the database is away; it is the only way out but stopping."""
        pause_s = 0.1
        self._done.clear()
        while True:
            try:
                self._connect()
                # A broker may use a number again once it was acknowledged, so what went in
                # before a failure must not be acknowledged a second time.
                left = [one for one in arrived if id(one) not in self._done]
                with self.patience.waiting(self._raw):
                    if left:
                        self._write(left)
                    self._derive()
            except (psycopg.Error, sqlalchemy.exc.SQLAlchemyError, Away) as error:
                self.tally.retries += 1
                log.warning("database away; nothing is acknowledged", error=str(error)[:300])
                self._disconnect()
                if self.stopping.wait(pause_s):
                    return
                pause_s = min(2 * pause_s, RETRY_S_MAX)
            else:
                return

    @property
    def _raw(self) -> Raw:
        assert self._session_connection is not None, "connected before anything is written"
        raw: Raw = self._session_connection.connection.driver_connection  # type: ignore[assignment]
        return raw

    def _connect(self) -> None:
        if self._session_connection is not None:
            return
        connection = self._engine.connect()
        self._session_connection = connection
        with self.patience.waiting(self._raw), connection.begin():
            self._registry.load(self._raw)
            self._makes_partitions = is_partitioned(self._raw)
            self._rolls_up = is_rolled_up_by_us(self._raw)
            self._derived.load(self._raw)
        self._days.clear()
        log.info("connected to the database")

    def _disconnect(self) -> None:
        connection, self._session_connection = self._session_connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _write(self, arrived: list[Arrived]) -> None:
        self._waiting = []
        self._write_births(arrived)
        try:
            self._write_once(arrived)
        except ROW_ERRORS as error:
            if not is_row_to_blame(error):
                raise Away(str(error)) from error
            self._bisect(arrived, error)

    def _bisect(self, arrived: list[Arrived], error: Exception) -> None:
        """Halve a refused batch until the one row to blame is alone; that one is set aside."""
        self.tally.bisected += 1
        self._days.clear()  # a partition may have been dropped under us
        if len(arrived) > 1:
            middle = len(arrived) // 2
            for half in (arrived[:middle], arrived[middle:]):
                try:
                    self._write_once(half)
                except ROW_ERRORS as again:
                    if not is_row_to_blame(again):
                        raise Away(str(again)) from again
                    self._bisect(half, again)
            return
        batch = Batch()
        reject(batch, arrived[0], Reason.REFUSED_BY_DATABASE, str(error))
        self._commit(batch, arrived)

    def _write_births(self, arrived: list[Arrived]) -> None:
        """Store births first, each on its own: what follows needs their keys."""
        for message in arrived:
            if not message.topic.endswith(f"/{Kind.BIRTH}") or not message.payload:
                continue
            connection = self._session_connection
            assert connection is not None, "connected before anything is written"
            try:
                with connection.begin():
                    self._write_birth(message)
            except (Unintelligible, TopicMalformed):
                continue  # the sorter says so again, and sets it aside
            except ROW_ERRORS as error:
                if not is_row_to_blame(error):
                    raise Away(str(error)) from error
                batch = Batch()
                reject(batch, message, Reason.REFUSED_BY_DATABASE, str(error))
                self._commit(batch, [])

    def _write_birth(self, message: Arrived) -> None:
        route = self._registry.find_route(self._raw, message.topic)
        if route.device is None:
            return
        birth: messages.Birth = messages.decode(Kind.BIRTH, message.payload)
        is_news = self._registry.find_keys(self._raw, route.device, birth.boot) is None
        keys = store_birth(
            self._raw,
            route.device.id,
            boot=birth.boot,
            firmware=birth.fw,
            model=birth.model,
            metrics=[MetricDeclared(m.k, m.n, m.u, m.t) for m in birth.metrics],
            received_at=as_instant(message.received_ms),
        )
        self._registry.learn(route.device, birth.boot, keys)
        if is_news:
            want_replay_of_boot(self._raw, route.name, as_instant(message.received_ms))

    def _write_once(self, arrived: list[Arrived]) -> None:
        connection = self._session_connection
        assert connection is not None, "connected before anything is written"
        now_ms = int(read_clock().timestamp() * 1000)
        old_enough = now_ms - WAIT_MS
        with connection.begin():
            batch = self._sorter.sort_out(
                self._raw, [one for one in arrived if one.received_ms > old_enough], may_wait=True
            )
            late = self._sorter.sort_out(
                self._raw, [one for one in arrived if one.received_ms <= old_enough], may_wait=False
            )
        batch.take_in(late)
        waiting = {id(message) for message in batch.waiting}
        done = [message for message in arrived if id(message) not in waiting]
        self._commit(batch, done)
        self._waiting.extend(batch.waiting)

    def _commit(self, batch: Batch, done: list[Arrived]) -> None:
        connection = self._session_connection
        assert connection is not None, "connected before anything is written"
        self._ensure_days(batch.readings)
        now = read_clock()
        started = monotonic()
        batch.readings.sort()
        with connection.begin():
            pass_point("before_insert")
            standings, new = insert(connection, self._raw, batch, rolls_up=self._rolls_up, now=now)
            pass_point("after_insert")
        committed = monotonic()
        pass_point("after_commit")
        self._done.update(map(id, done))
        self._acknowledge(done)
        pass_point("after_acknowledge")
        self._confirm(standings)
        self._count(batch, done, new=new, took_s=committed - started)
        self._derived.remember(batch, standings)

    def _ensure_days(self, rows: list[Row]) -> None:
        if not self._makes_partitions or not rows:
            return
        missing = {row[1] // DAY_MS for row in rows} - self._days
        if missing:
            connection = self._session_connection
            assert connection is not None, "connected before anything is written"
            with connection.begin():
                made = ensure_partitions(self._raw, missing)
            if made:
                log.info("made partitions", days=made)
            self._days |= missing

    def _count(self, batch: Batch, done: list[Arrived], *, new: int, took_s: float) -> None:
        tally = self.tally
        tally.batches += 1
        tally.messages += len(done)
        tally.readings += new
        tally.duplicates += len(batch.readings) - new
        tally.events += len(batch.events)
        tally.quarantined += len(batch.rejected)
        tally.commit_s += took_s
        tally.committed_at = monotonic()
        rows = batch.readings
        step = 1 + len(rows) // LAG_SAMPLES
        tally.note_lags((row[1] for row in rows[::step]), int(read_clock().timestamp() * 1000))
        for one in batch.rejected:
            tally.reasons[one.reason] = tally.reasons.get(one.reason, 0) + 1

    def _derive(self, *, is_last: bool = False) -> None:
        connection = self._session_connection
        assert connection is not None, "connected before anything is written"
        self._derived.write(connection, self._raw, is_last=is_last)
        self.tally.gaps = self._derived.gaps
