"""Takes messages out of the quarantine and through the writer again, after a fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Final

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from foundation.clock import read_clock
from foundation.logs import get_log
from gateways.mqtt.inbox import Arrived, Inbox
from gateways.mqtt.writer import PATIENCE_S, Away, Writer

AT_ONCE: Final = 500
EVERY_S: Final = 1.0
ROUND_MAX: Final = 2_000

log = get_log("replay")


@dataclass(slots=True)
class Replayed:
    """What became of them."""

    tried: int = 0
    stored: int = 0
    set_aside: int = 0
    cut_off: int = 0
    """Too long to have been kept whole; they stay."""


class Replay:
    """Offers messages to the writer as if they had come just when they did."""

    def __init__(self, engine: Engine, *, patience_s: float = PATIENCE_S) -> None:
        self._writer = Writer(
            engine,
            Inbox(),
            acknowledge=lambda _messages: None,
            confirm=lambda _standings: None,
            patience_s=patience_s,
        )
        self.patience = self._writer.patience
        self.stopping = Event()

    def run(self, *, at_most: int = 1_000_000) -> Replayed:
        """Replay what somebody wants replayed.

        Whatever is refused again is set aside again, with today's reason. Storing is
        idempotent, so an interrupted replay is simply run again.
        """
        outcome = Replayed()
        after = 0
        while outcome.tried < at_most:
            rows = self._load(after)
            if not rows:
                break
            after = rows[-1][0]
            whole = [row for row in rows if row[3] == len(row[2])]
            outcome.cut_off += len(rows) - len(whole)
            self._replay(whole, outcome)
        return outcome

    def _load(self, after: int) -> Sequence[tuple[int, str, bytes, int, int]]:
        raw = self._writer.connect()
        with self.patience.waiting(raw), raw.transaction():
            return raw.execute(
                """
                SELECT id, topic, payload, size,
                       (extract(epoch FROM received_at) * 1000)::bigint
                FROM quarantine
                WHERE id > %(after)s AND replay_wanted_at IS NOT NULL AND replayed_at IS NULL
                ORDER BY id LIMIT %(limit)s
                """,
                {"after": after, "limit": AT_ONCE},
            ).fetchall()

    def _replay(self, rows: Sequence[tuple[int, str, bytes, int, int]], outcome: Replayed) -> None:
        # They leave the quarantine first: what is refused again must be able to come back.
        self._mark([row[0] for row in rows])
        before = self._writer.tally.quarantined
        self._writer.write_now(
            [Arrived(0, 0, False, topic, payload, at) for _, topic, payload, _, at in rows]  # noqa: FBT003
        )
        refused = self._writer.tally.quarantined - before
        outcome.tried += len(rows)
        outcome.set_aside += refused
        outcome.stored += len(rows) - refused

    def _mark(self, ids: Sequence[int]) -> None:
        raw = self._writer.connect()
        with self.patience.waiting(raw), raw.transaction():
            raw.execute(
                "UPDATE quarantine SET replayed_at = %s WHERE id = ANY(%s)",
                [read_clock(), list(ids)],
            )

    def keep_looking(self) -> None:
        """Replay what is wanted, as soon as it is; on a thread of its own."""
        while not self.stopping.wait(EVERY_S):
            try:
                done = self.run(at_most=ROUND_MAX)
            except (psycopg.Error, SQLAlchemyError, Away) as error:
                log.warning("replay waits for the database", error=str(error)[:200])
                self._writer.disconnect()
                continue
            if done.tried:
                log.info("replayed", stored=done.stored, set_aside=done.set_aside)
        self.close()

    def close(self) -> None:
        self._writer.close()
