"""Takes messages out of the quarantine and through the writer again, after a fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from sqlalchemy import Engine

from foundation.clock import read_clock
from gateways.mqtt.inbox import Arrived, Inbox
from gateways.mqtt.writer import Writer

AT_ONCE: Final = 500


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

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = Writer(
            engine, Inbox(), acknowledge=lambda _messages: None, confirm=lambda _standings: None
        )

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
        with self._engine.connect() as connection, connection.begin():
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
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
        with self._engine.connect() as connection, connection.begin():
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            raw.execute(
                "UPDATE quarantine SET replayed_at = %s WHERE id = ANY(%s)",
                [read_clock(), list(ids)],
            )

    def close(self) -> None:
        self._writer.close()
