"""Links new audit entries to the chain, keeps its head outside the database, and checks both."""

import os
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from directory.audit.rules import (
    FIRST,
    LATE_MAX,
    Act,
    Anchor,
    Fault,
    Finding,
    Seal,
    anchor_line,
    find_fault,
    read_anchors,
    seal_all,
)
from directory.audit.tables import AuditEntry, AuditSeal

# Any number will do, as long as nothing else in the database uses it.
SEAL_LOCK = 7_201_960
BATCH = 5_000


def seal_new(session: Session, *, now: datetime) -> int:
    """Link one batch of entries that have no link yet, and return how many.

    One sealer at a time: whoever finds the lock taken has nothing to do. Acts never wait
    for this, as each takes no lock but its own row's.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(SEAL_LOCK))):
        return 0
    head = read_head(session)
    entries = session.scalars(
        select(AuditEntry)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.position.is_(None))
        .order_by(AuditEntry.id)
        .limit(BATCH)
    )
    seals = list(
        seal_all(map(act_of, entries), previous=head.hash, position=head.position, now=now)
    )
    if seals:
        session.execute(
            insert(AuditSeal),
            [
                {
                    "position": seal.position,
                    "entry_id": seal.entry_id,
                    "sealed_at": seal.sealed_at,
                    "hash": seal.hash,
                }
                for seal in seals
            ],
        )
    return len(seals)


def read_head(session: Session) -> Anchor:
    """Return the newest link; an empty chain has position 0."""
    row = session.execute(
        select(AuditSeal.position, AuditSeal.hash).order_by(AuditSeal.position.desc()).limit(1)
    ).first()
    return Anchor(row.position, row.hash) if row else Anchor(0, FIRST)


def write_anchor(path: Path, head: Anchor, *, keys: Sequence[bytes], now: datetime) -> bool:
    """Append the head to the file unless it is there; True if something was written.

    Under the first key. What only the others vouch for is written again under it, so that
    they may be forgotten.
    """
    lines = list(_lines(path))
    anchors, _ = read_anchors(lines, keys)
    if head.position:
        anchors[head.position] = head.hash
    current, _ = read_anchors(lines, keys[:1])
    missing = [Anchor(*it) for it in sorted(anchors.items()) if current.get(it[0]) != it[1]]
    if not missing:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(anchor_line(anchor, now, keys[0]) for anchor in missing)
        file.flush()
        os.fsync(descriptor)
    return True


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole chain found."""

    sealed: int
    anchors: int
    forged_anchors: int
    finding: Finding | None

    @property
    def is_sound(self) -> bool:
        return self.finding is None and not self.forged_anchors


def verify(session: Session, path: Path, *, keys: Sequence[bytes], now: datetime) -> Verified:
    """Check every link and anchor; constant memory, some 100,000 links a second."""
    anchors, forged = read_anchors(_lines(path), keys)
    with closing(_walk(session)) as chain:
        finding = find_fault(chain, anchors)
    finding = finding or _find_unsealed(session, now)
    sealed = session.scalar(select(func.count()).select_from(AuditSeal)) or 0
    return Verified(sealed, len(anchors), forged, finding)


def act_of(entry: AuditEntry) -> Act:
    return Act(
        id=entry.id,
        at=entry.at,
        actor_id=str(entry.actor_id) if entry.actor_id else None,
        action=entry.action,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        detail=entry.detail,
    )


WALK = text(
    "SELECT s.position, s.entry_id, s.sealed_at, s.hash, e.id, e.at, e.actor_id, e.action,"
    " e.subject_kind, e.subject_id, e.detail"
    " FROM audit_seals s LEFT JOIN audit_entries e ON e.id = s.entry_id ORDER BY s.position"
)


def _walk(session: Session) -> Generator[tuple[Seal, Act | None]]:
    # Closed when the walk ends early, at the first fault.
    with session.execute(WALK, execution_options={"yield_per": 2_000}) as rows:
        for row in rows:
            yield Seal(row.position, row.entry_id, row.sealed_at, row.hash), _act(row)


def _act(row: Row[object]) -> Act | None:
    if row.id is None:
        return None
    return Act(
        id=row.id,
        at=row.at,
        actor_id=str(row.actor_id) if row.actor_id else None,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        detail=row.detail,
    )


def _find_unsealed(session: Session, now: datetime) -> Finding | None:
    oldest = session.scalar(
        select(AuditEntry.id)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.position.is_(None), AuditEntry.at < now - LATE_MAX)
        .order_by(AuditEntry.id)
        .limit(1)
    )
    if oldest is None:
        return None
    return Finding(Fault.UNSEALED, read_head(session).position + 1, oldest)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").splitlines() if path.is_file() else []
