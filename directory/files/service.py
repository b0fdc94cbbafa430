"""Verbs on files. The caller owns the transaction; nothing here commits."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.files.errors import FileNotFound, FileRefused
from directory.files.images import draw_anew
from directory.files.rules import Media, judge
from directory.files.scanning import scan
from directory.files.store import Store
from directory.files.tables import StoredFile
from directory.people.service import Caller
from directory.privacy.vault import Vault
from directory.roles.rules import Role
from foundation.encryption import Place
from foundation.identifiers import PersonId, new_id
from foundation.logs import get_log

log = get_log("files")

REVIEWING = (Role.REVIEWER, Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What files need besides the database: keys, a place, and a scanner's address."""

    vault: Vault
    store: Store
    scanner: str


def take_in(
    shelf: Shelf, *, caller: Caller, name: str, content: bytes, purpose: str, now: datetime
) -> StoredFile:
    """Judge a file, clean it, seal it and keep it.

    Raises:
        FileRefused: with everything that speaks against it.
        ScannerAway: when it cannot be scanned.
    """
    judged, problems = judge(name, content)
    if judged is None:
        raise FileRefused(problems)
    scan(content, shelf.scanner)
    clean = content if judged.media is Media.PDF else draw_anew(content, judged.media)
    file_id = new_id()
    subject = caller.person_id
    sealed = shelf.vault.seal_bytes(clean, subject=subject, place=_place(file_id), now=now)
    stored = StoredFile(
        id=file_id,
        owner_id=caller.person_id,
        enterprise_id=caller.enterprise_id,
        institution_id=caller.institution_id,
        subject_id=subject,
        purpose=purpose,
        name=judged.name,
        media_type=judged.media,
        size=len(clean),
        sha256=hashlib.sha256(clean).digest(),
        store_key=shelf.store.put(sealed),
        created_at=now,
    )
    shelf.vault.session.add(stored)
    shelf.vault.session.flush()
    _record(shelf.vault.session, "file.take_in", caller.person_id, file_id, now)
    return stored


def find(session: Session, file_id: UUID, *, caller: Caller) -> StoredFile:
    """Return a file this caller may see.

    Raises:
        FileNotFound: when there is none, or it is not for this caller.
    """
    stored = session.get(StoredFile, file_id)
    if stored is None or stored.erased_at is not None or not _may_see(stored, caller):
        raise FileNotFound
    return stored


def read(shelf: Shelf, file_id: UUID, *, caller: Caller, now: datetime) -> tuple[StoredFile, bytes]:
    """Return a file and its content; the look is recorded.

    Raises:
        FileNotFound: when there is none, or it is not for this caller.
        DataErased: when its owner had it erased.
    """
    stored = find(shelf.vault.session, file_id, caller=caller)
    try:
        sealed = shelf.store.get(stored.store_key)
    except OSError as error:
        log.exception("content of a file is gone", file_id=str(file_id))
        raise FileNotFound from error
    content = shelf.vault.open_bytes(sealed, subject=stored.subject_id, place=_place(stored.id))
    _record(shelf.vault.session, "file.read", caller.person_id, file_id, now)
    return stored, content


def _may_see(stored: StoredFile, caller: Caller) -> bool:
    if stored.owner_id == caller.person_id or caller.has(*REVIEWING):
        return True
    is_manager = caller.has(Role.INSTITUTION_MANAGER) and caller.institution_id is not None
    return is_manager and stored.institution_id == caller.institution_id


def _place(file_id: UUID) -> Place:
    return Place("files", "content", str(file_id))


def _record(
    session: Session, action: str, actor_id: PersonId, file_id: UUID, now: datetime
) -> None:
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_kind="file",
        subject_id=file_id,
        now=now,
    )
