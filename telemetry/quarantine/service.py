"""Verbs on the quarantine: keep what could not be understood."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from telemetry.quarantine.rules import PAYLOAD_BYTES_MAX, Reason

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
