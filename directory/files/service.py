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
from directory.files.store import ContentGone, Store
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
class Examined:
    """A file that may be taken, with nothing left of it but what it says it is."""

    media: Media
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the store is to keep for a file that has no row yet."""

    file_id: UUID
    content: bytes


def examine(name: str, content: bytes, *, scanner: str) -> Examined:
    """Judge a file, have it scanned and clean it. Asks no database.

    Raises:
        FileRefused: with everything that speaks against it.
        ScannerAway: when it cannot be scanned.
    """
    judged, problems = judge(name, content)
    if judged is None:
        raise FileRefused(problems)
    scan(content, scanner)
    clean = content if judged.media is Media.PDF else draw_anew(content, judged.media)
    return Examined(judged.media, judged.name, clean)


def seal(vault: Vault, examined: Examined, *, caller: Caller, now: datetime) -> Sealed:
    """Seal a file under its owner's key, which the transaction may have to make first."""
    file_id = new_id()
    content = vault.seal_bytes(
        examined.content, subject=caller.person_id, place=_place(file_id), now=now
    )
    return Sealed(file_id, content)


def take_in(
    session: Session,
    examined: Examined,
    sealed: Sealed,
    *,
    caller: Caller,
    store_key: str,
    purpose: str,
    now: datetime,
) -> StoredFile:
    """Write down a file whose content the store has: a row never points at nothing."""
    stored = StoredFile(
        id=sealed.file_id,
        owner_id=caller.person_id,
        enterprise_id=caller.enterprise_id,
        institution_id=caller.institution_id,
        subject_id=caller.person_id,
        purpose=purpose,
        name=examined.name,
        media_type=examined.media,
        size=len(examined.content),
        sha256=hashlib.sha256(examined.content).digest(),
        store_key=store_key,
        created_at=now,
    )
    session.add(stored)
    session.flush()
    _record(session, "file.take_in", caller.person_id, stored.id, now)
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


def fetch(store: Store, stored: StoredFile) -> bytes:
    """Return a file's content as the store has it, sealed.

    Raises:
        FileNotFound: when the store has lost it, which somebody must look into.
        StoreAway: when it cannot be asked.
    """
    try:
        return store.get(stored.store_key)
    except ContentGone as error:
        log.exception("content of a file is gone", file_id=str(stored.id))
        raise FileNotFound from error


def unseal(
    vault: Vault, stored: StoredFile, sealed: bytes, *, caller: Caller, now: datetime
) -> bytes:
    """Open a file's content; the look is recorded.

    Raises:
        DataErased: when its owner had it erased.
    """
    content = vault.open_bytes(sealed, subject=stored.subject_id, place=_place(stored.id))
    _record(vault.session, "file.read", caller.person_id, stored.id, now)
    return content


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
