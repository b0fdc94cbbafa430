"""Finds what a store keeps and no row speaks of, and what rows speak of and no store keeps."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.files.store import Store
from directory.files.tables import StoredFile

BATCH = 500
GRACE = timedelta(days=1)
"""Younger content may belong to a request that has yet to commit."""
STRANGE_MIN = 20


def find_orphans(session: Session, store: Store, *, now: datetime) -> list[str]:
    """Return the keys of uploads that were never committed, and of files that were erased.

    Nothing at all where more is unknown than known: that is somebody else's store, or a
    database from before yesterday, and whoever set it up so must look at it first.
    """
    # All of it first: no transaction waits for the store.
    keys = [one.key for one in store.list_kept() if one.since < now - GRACE]
    orphans: list[str] = []
    known = 0
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        mine = StoredFile.store_key.in_(batch)
        rows = session.execute(select(StoredFile.store_key, StoredFile.erased_at).where(mine)).all()
        standing = {key for key, erased_at in rows if erased_at is None}
        known += len(rows)
        orphans += [key for key in batch if key not in standing]
    return [] if len(orphans) > max(known, STRANGE_MIN) else orphans


def find_lost(session: Session, store: Store) -> tuple[int, int]:
    """Return how many files have lost their content, of how many there are."""
    standing = set(
        session.scalars(select(StoredFile.store_key).where(StoredFile.erased_at.is_(None)))
    )
    return len(standing - {one.key for one in store.list_kept()}), len(standing)
