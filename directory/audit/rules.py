"""The chain that makes the audit trail tamper-evident. Pure."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

FIRST = b"\0" * 32
"""What the first entry is linked to."""
LATE_MAX = timedelta(minutes=10)
"""No transaction lasts this long: an entry dated further before the last seal was slipped in."""
ANCHOR_PARTS = 3
"""Time, position and hash; the mark over them follows."""


@dataclass(frozen=True, slots=True)
class Act:
    """What an audit entry says."""

    id: int
    at: datetime
    actor_id: str | None
    action: str
    subject_kind: str
    subject_id: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """One link: the entry's place in the chain, and the hash over it and all before it."""

    position: int
    entry_id: int
    sealed_at: datetime
    hash: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the chain at some time, kept where the database cannot reach."""

    position: int
    hash: bytes


class Fault(StrEnum):
    ENTRY_MISSING = "entry_missing"
    CHANGED = "changed"
    GAP = "gap"
    BACKDATED = "backdated"
    CUT_OFF = "cut_off"
    """The chain is shorter than an anchor says it was."""
    NOT_AS_ANCHORED = "not_as_anchored"
    UNSEALED = "unsealed"
    """Entries older than any seal should leave: slipped in, or nobody seals."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with the chain, and where."""

    fault: Fault
    position: int
    entry_id: int | None


def canonical(act: Act, position: int, sealed_at: datetime) -> bytes:
    """Write an entry so that equal entries, and only those, give equal bytes."""
    return json.dumps(
        [
            position,
            sealed_at.astimezone(UTC).isoformat(),
            act.id,
            act.at.astimezone(UTC).isoformat(),
            act.actor_id,
            act.action,
            act.subject_kind,
            act.subject_id,
            act.detail,
        ],
        ensure_ascii=True,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


def link(previous: bytes, act: Act, position: int, sealed_at: datetime) -> bytes:
    return hashlib.sha256(previous + canonical(act, position, sealed_at)).digest()


def seal_all(
    acts: Iterable[Act], *, previous: bytes, position: int, now: datetime
) -> Iterator[Seal]:
    """Link entries to the chain whose head is `previous` at `position`."""
    for act in acts:
        position += 1
        previous = link(previous, act, position, now)
        yield Seal(position, act.id, now, previous)


def find_fault(
    chain: Iterable[tuple[Seal, Act | None]], anchors: Mapping[int, bytes]
) -> Finding | None:
    """Walk the chain from its start, and return the first thing that is wrong with it."""
    previous, last = FIRST, None
    for seal, act in chain:
        expected = 1 if last is None else last.position + 1
        if seal.position != expected:
            return Finding(Fault.GAP, expected, None)
        if act is None:
            return Finding(Fault.ENTRY_MISSING, seal.position, seal.entry_id)
        if link(previous, act, seal.position, seal.sealed_at) != seal.hash:
            return Finding(Fault.CHANGED, seal.position, act.id)
        if last is not None and act.at < last.sealed_at - LATE_MAX:
            return Finding(Fault.BACKDATED, seal.position, act.id)
        if anchors.get(seal.position, seal.hash) != seal.hash:
            return Finding(Fault.NOT_AS_ANCHORED, seal.position, act.id)
        previous, last = seal.hash, seal
    reached = last.position if last else 0
    beyond = [position for position in anchors if position > reached]
    return Finding(Fault.CUT_OFF, reached + 1, None) if beyond else None


def anchor_line(anchor: Anchor, at: datetime, key: bytes) -> str:
    """Write an anchor so that nobody without the key can write another."""
    text = f"{at.astimezone(UTC).isoformat()} {anchor.position} {anchor.hash.hex()}"
    return f"{text} {_mark(text, key)}\n"


def read_anchors(lines: Iterable[str], keys: Sequence[bytes]) -> tuple[dict[int, bytes], int]:
    """Return the anchors by position, and how many lines nobody can vouch for.

    A line under a key that is no longer known is fine where another says the same.
    """
    anchors: dict[int, bytes] = {}
    unknown: list[list[str]] = []
    for line in lines:
        text, _, mark = line.rstrip("\n").rpartition(" ")
        parts = text.split(" ")
        is_ours = any(hmac.compare_digest(mark, _mark(text, key)) for key in keys)
        if len(parts) == ANCHOR_PARTS and is_ours:
            anchors[int(parts[1])] = bytes.fromhex(parts[2])
        else:
            unknown.append(parts)
    told = {(str(position), hash_.hex()) for position, hash_ in anchors.items()}
    return anchors, sum(tuple(parts[1:]) not in told for parts in unknown)


def _mark(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
