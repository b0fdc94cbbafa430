"""Seals each subject's data under a key of its own, so that losing the key erases the data."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from directory.privacy.errors import DataErased
from directory.privacy.tables import SubjectKey
from foundation.encryption import (
    KEY_BYTES,
    NONCE_BYTES,
    SUITE_BYTE,
    SUITE_OF,
    CannotOpen,
    KeyRing,
    Place,
    decrypt,
    derive,
    encrypt,
)

VERSION = 2
HEADER_BYTES = 2
DATA_KEY_BYTES = 32
REWRAP_BATCH = 500


@dataclass(frozen=True, slots=True)
class Vault:
    """What seals and opens personal data within one transaction."""

    session: Session
    ring: KeyRing

    def seal(self, text: str, *, subject: UUID, place: Place, now: datetime) -> bytes:
        return self.seal_bytes(text.encode(), subject=subject, place=place, now=now)

    def open(self, sealed: bytes, *, subject: UUID, place: Place) -> str:
        return self.open_bytes(sealed, subject=subject, place=place).decode()

    def seal_bytes(self, plain: bytes, *, subject: UUID, place: Place, now: datetime) -> bytes:
        """Seal under the subject's key, which is made on first use.

        Raises:
            DataErased: when the subject's data was erased; nothing new is kept for it.
        """
        key = self._data_key(subject) or self._make_key(subject, now)
        suite = self.ring.suite
        header = bytes((VERSION, SUITE_BYTE[suite]))
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher_key = derive(key, suite, KEY_BYTES[suite])
        return header + nonce + encrypt(suite, cipher_key, nonce, plain, header + place.bound())

    def open_bytes(self, sealed: bytes, *, subject: UUID, place: Place) -> bytes:
        """Open what was sealed for this subject and place.

        Raises:
            DataErased: when the subject's data was erased.
            CannotOpen: when the value was changed or moved.
        """
        key = self._data_key(subject)
        if key is None:
            raise CannotOpen("the subject has no key, so nothing was sealed for it")
        header, nonce = sealed[:HEADER_BYTES], sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
        suite = SUITE_OF.get(header[1]) if len(header) == HEADER_BYTES else None
        if suite is None or header[0] != VERSION or len(nonce) < NONCE_BYTES:
            raise CannotOpen("this is no sealed value")
        body = sealed[HEADER_BYTES + NONCE_BYTES :]
        cipher_key = derive(key, suite, KEY_BYTES[suite])
        return decrypt(suite, cipher_key, nonce, body, header + place.bound())

    def shred(self, subject: UUID, *, now: datetime) -> bool:
        """Forget the subject's key for good; True if there was one."""
        shredded = self.session.scalar(
            update(SubjectKey)
            .where(SubjectKey.subject_id == subject, SubjectKey.sealed.is_not(None))
            .values(sealed=None, shredded_at=now)
            .returning(SubjectKey.subject_id)
        )
        return shredded is not None

    def rewrap(self) -> list[UUID]:
        """Seal one batch of data keys anew under the current key, and return whose.

        The data itself is untouched, so a change of the deployment's secret takes seconds
        and hinders nobody. None left: the former secret may go.
        """
        query = select(SubjectKey).where(SubjectKey.sealed.is_not(None))
        prefix = bytes((1, SUITE_BYTE[self.ring.suite])) + self.ring.current.id
        rows = self.session.scalars(
            query.where(func.substr(SubjectKey.sealed, 1, len(prefix)) != prefix)
            .order_by(SubjectKey.subject_id)
            .limit(REWRAP_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            assert row.sealed is not None, "the query asks for keys that are there"
            place = _place(row.subject_id)
            row.sealed = self.ring.seal(self.ring.open(row.sealed, place), place)
        self.session.flush()
        return [row.subject_id for row in rows]

    def _data_key(self, subject: UUID) -> bytes | None:
        row = self.session.execute(
            select(SubjectKey.sealed, SubjectKey.shredded_at).where(
                SubjectKey.subject_id == subject
            )
        ).first()
        if row is None:
            return None
        if row.sealed is None:
            raise DataErased
        return self.ring.open(row.sealed, _place(subject))

    def _make_key(self, subject: UUID, now: datetime) -> bytes:
        key = secrets.token_bytes(DATA_KEY_BYTES)
        self.session.execute(
            insert(SubjectKey)
            .values(subject_id=subject, sealed=self.ring.seal(key, _place(subject)), created_at=now)
            .on_conflict_do_nothing()
        )
        # Another transaction may have been first; what it committed is the key.
        made = self._data_key(subject)
        assert made is not None, "the row was just inserted or was there"
        return made


def _place(subject: UUID) -> Place:
    return Place("subject_keys", "sealed", str(subject))
