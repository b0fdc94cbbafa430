"""Accounts for every sequence number of every boot: what may be acknowledged, what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
Boot = tuple[str, str]
"""A device's name on the wire, and one boot of it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Up to which number a boot is accounted for, and whether some above it are, too."""

    upto: int
    has_gap: bool


def as_ranges(numbers: Iterable[int]) -> str:
    """Write numbers as PostgreSQL writes a multirange: `{[1,4),[7,8)}`."""
    ordered = sorted(set(numbers))
    parts: list[str] = []
    start = end = None
    for number in ordered:
        if start is None or end is None:
            start, end = number, number + 1
        elif number == end:
            end += 1
        else:
            parts.append(f"[{start},{end})")
            start, end = number, number + 1
    if start is not None:
        parts.append(f"[{start},{end})")
    return "{" + ",".join(parts) + "}"


def account(
    connection: Connection,
    received: Mapping[Boot, Sequence[int]],
    *,
    now: datetime,
) -> dict[Boot, Standing]:
    """Count these numbers as arrived; return where each boot then stands.

    Boots are taken in order, so that two workers never wait for each other.
    """
    if not received:
        return {}
    boots = sorted(received)
    rows = connection.execute(
        """
        INSERT INTO boot_sequences (name, boot, received, first_at, seen_at)
        SELECT name, boot, received, %(now)s, %(now)s
        FROM unnest(%(names)s::text[], %(boots)s::text[], %(received)s::int8multirange[])
             AS arrived (name, boot, received)
        ON CONFLICT (name, boot) DO UPDATE
        SET received = boot_sequences.received + excluded.received, seen_at = excluded.seen_at
        RETURNING name, boot, lower(received),
                  (SELECT upper(part) FROM unnest(received) part LIMIT 1), upper(received)
        """,
        {
            "now": now,
            "names": [name for name, _ in boots],
            "boots": [boot for _, boot in boots],
            "received": [as_ranges(received[boot]) for boot in boots],
        },
        prepare=True,
    )
    return {
        (name, boot): Standing(
            upto=first_end - 1 if first <= 1 else 0, has_gap=first > 1 or first_end != end
        )
        for name, boot, first, first_end, end in rows
    }


def declare_lost(connection: Connection, boot: Boot, first: int, last: int) -> None:
    """Take the sender's word that these numbers will never come; what arrived, arrived."""
    connection.execute(
        """
        INSERT INTO boot_sequences (name, boot, received, lost, first_at, seen_at)
        VALUES (%(name)s, %(boot)s, int8multirange(int8range(%(first)s, %(end)s)),
                int8multirange(int8range(%(first)s, %(end)s)), now(), now())
        ON CONFLICT (name, boot) DO UPDATE
        SET lost = boot_sequences.lost + (excluded.lost - boot_sequences.received),
            received = boot_sequences.received + excluded.received
        """,
        {"name": boot[0], "boot": boot[1], "first": first, "end": last + 1},
    )


def load_unsettled(connection: Connection) -> set[Boot]:
    """List the boots with gaps, for a writer that has just started."""
    rows = connection.execute(
        """
        SELECT name, boot FROM boot_sequences
        WHERE lower(received) > 1
           OR received <> int8multirange(range_merge(received)) OR lost <> '{}'
        """
    )
    return {(name, boot) for name, boot in rows}


def note_gaps(connection: Connection, boots: Iterable[Boot], *, now: datetime) -> int:
    """Bring the gaps on record to what is missing now; return how many stay open.

    A gap that was filled in part is closed, and what is left of it is a new one.
    """
    ordered = sorted(boots)
    if not ordered:
        return 0
    names = [name for name, _ in ordered]
    values = {"names": names, "boots": [boot for _, boot in ordered], "now": now}
    connection.execute(
        """
        WITH asked AS (
            SELECT device.id AS device_id, sequence.boot, sequence.received, sequence.lost
            FROM unnest(%(names)s::text[], %(boots)s::text[]) AS wanted (name, boot)
            JOIN boot_sequences AS sequence USING (name, boot)
            JOIN devices AS device USING (name)
        ), missing AS (
            SELECT device_id, boot, part, false AS is_lost
            FROM asked, unnest(int8multirange(int8range(1, upper(received))) - received) AS part
            UNION ALL
            SELECT device_id, boot, part, true FROM asked, unnest(lost) AS part
        ), closed AS (
            UPDATE sequence_gaps AS gap SET filled_at = %(now)s
            FROM asked
            WHERE gap.device_id = asked.device_id AND gap.boot = asked.boot
              AND gap.filled_at IS NULL AND gap.given_up_at IS NULL
              AND NOT EXISTS (
                  SELECT FROM missing
                  WHERE missing.device_id = gap.device_id AND missing.boot = gap.boot
                    AND lower(missing.part) = gap.first_missing
                    AND upper(missing.part) - 1 = gap.last_missing)
        )
        INSERT INTO sequence_gaps
            (device_id, boot, first_missing, last_missing, noticed_at, given_up_at)
        SELECT device_id, boot, lower(part), upper(part) - 1, %(now)s,
               CASE WHEN is_lost THEN %(now)s END
        FROM missing
        ON CONFLICT (device_id, boot, first_missing) DO UPDATE
        SET last_missing = excluded.last_missing, filled_at = NULL,
            given_up_at = coalesce(sequence_gaps.given_up_at, excluded.given_up_at)
        WHERE sequence_gaps.last_missing <> excluded.last_missing
           OR sequence_gaps.filled_at IS NOT NULL
           OR (sequence_gaps.given_up_at IS NULL AND excluded.given_up_at IS NOT NULL)
        """,
        values,
    )
    row = connection.execute(
        """
        SELECT count(*) FROM sequence_gaps AS gap
        JOIN devices AS device ON device.id = gap.device_id
        JOIN unnest(%(names)s::text[], %(boots)s::text[]) AS wanted (name, boot)
          ON wanted.name = device.name AND wanted.boot = gap.boot
        WHERE filled_at IS NULL AND given_up_at IS NULL
        """,
        values,
    ).fetchone()
    assert row is not None, "a count is a row"
    return int(row[0])
