"""Verbs on the quarantine: keep what could not be understood."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import func, update
from sqlalchemy.orm import Session

from telemetry.quarantine.rules import PAYLOAD_BYTES_MAX, Reason
from telemetry.quarantine.tables import QuarantinedMessage

TOPIC_CHARACTERS_MAX = 500
"""What fits an index; MQTT allows 65,535 bytes."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One message nobody can use, and why."""

    topic: str
    payload: bytes
    reason: Reason
    detail: str
    received_at: datetime


def quarantine(connection: psycopg.Connection[Any], rejected: Sequence[Rejected]) -> None:
    """Keep these, each bounded; its hash is of the whole."""
    if not rejected:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO quarantine
                (topic, payload, size, sha256, reason, detail, received_at, times)
            VALUES (%s, %s, %s, %s, %s, %s, %s, 1)
            ON CONFLICT (topic, sha256, reason) WHERE replayed_at IS NULL DO UPDATE
            SET times = quarantine.times + 1, received_at = excluded.received_at,
                detail = excluded.detail
            """,
            [
                (
                    without_nul(one.topic)[:TOPIC_CHARACTERS_MAX],
                    one.payload[:PAYLOAD_BYTES_MAX],
                    len(one.payload),
                    hashlib.sha256(one.payload).digest(),
                    one.reason,
                    without_nul(one.detail)[:1000],
                    one.received_at,
                )
                for one in sorted(rejected, key=lambda one: (one.topic, one.payload))
            ],
        )


def without_nul(text: str) -> str:
    """Make a text PostgreSQL takes of any text at all."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")


def want_replay(
    session: Session,
    *,
    names: Sequence[str] | None,
    ids: Sequence[int] | None = None,
    reason: Reason | None = None,
    now: datetime,
) -> int:
    """Have messages taken once more; return how many. `names` bounds whose, None: everybody's."""
    wanted = update(QuarantinedMessage).where(
        QuarantinedMessage.replayed_at.is_(None), QuarantinedMessage.replay_wanted_at.is_(None)
    )
    if names is not None:
        wanted = wanted.where(func.split_part(QuarantinedMessage.topic, "/", 3).in_(list(names)))
    if ids is not None:
        wanted = wanted.where(QuarantinedMessage.id.in_(list(ids)))
    if reason is not None:
        wanted = wanted.where(QuarantinedMessage.reason == reason)
    rows = session.execute(
        wanted.values(replay_wanted_at=now).returning(QuarantinedMessage.id)
    ).all()
    return len(rows)


def want_replay_of_boot(connection: psycopg.Connection[Any], name: str, at: datetime) -> None:
    """Have what waited for a birth taken once more, now that there is one."""
    connection.execute(
        """
        UPDATE quarantine SET replay_wanted_at = %s
        WHERE reason = %s AND replayed_at IS NULL AND replay_wanted_at IS NULL
          AND split_part(topic, '/', 3) = %s
        """,
        [at, Reason.UNKNOWN_BOOT, name],
    )
