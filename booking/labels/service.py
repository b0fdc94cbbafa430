"""Verbs on labels. The caller owns the transaction; nothing here commits."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.feeds.tables import InstrumentLabel
from booking.instruments.errors import InstrumentNotFound
from booking.instruments.tables import Instrument
from booking.labels.errors import LabelNotFound, LabelNotYours
from directory.audit.service import record
from directory.people.service import Caller
from foundation.identifiers import InstrumentId

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without what looks alike: a code may have to be typed."""
LENGTH = 8


def issue(session: Session, instrument_id: InstrumentId, *, by: Caller, now: datetime) -> str:
    """Give the instrument a new label's code; the labels it had before open nothing any more.

    Raises:
        InstrumentNotFound: when there is none of this id.
        LabelNotYours: when it is another institution's.
    """
    require_own(session, instrument_id, by)
    for former in _labels_of(session, instrument_id):
        former.revoked_at = now
    return _add(session, instrument_id, by=by, now=now)


def code_of(session: Session, instrument_id: InstrumentId, *, by: Caller, now: datetime) -> str:
    """Return the code of the label in force, made now where there is none.

    Raises:
        InstrumentNotFound: when there is none of this id.
        LabelNotYours: when it is another institution's.
    """
    require_own(session, instrument_id, by)
    labels = _labels_of(session, instrument_id)
    return labels[0].code if labels else _add(session, instrument_id, by=by, now=now)


def find_instrument_id(session: Session, code: str) -> InstrumentId:
    """Return the instrument that the label is on.

    Raises:
        LabelNotFound: for a code that is unknown or no more in force.
    """
    instrument_id: InstrumentId | None = session.scalar(
        select(InstrumentLabel.instrument_id).where(
            InstrumentLabel.code == code.upper(), InstrumentLabel.revoked_at.is_(None)
        )
    )
    if instrument_id is None:
        raise LabelNotFound
    return instrument_id


def require_own(session: Session, instrument_id: InstrumentId, by: Caller) -> None:
    institution_id = session.scalar(
        select(Instrument.institution_id).where(Instrument.id == instrument_id)
    )
    if institution_id is None:
        raise InstrumentNotFound
    if institution_id != by.institution_id:
        raise LabelNotYours


def _labels_of(session: Session, instrument_id: InstrumentId) -> list[InstrumentLabel]:
    return list(
        session.scalars(
            select(InstrumentLabel)
            .where(
                InstrumentLabel.instrument_id == instrument_id,
                InstrumentLabel.revoked_at.is_(None),
            )
            .order_by(InstrumentLabel.created_at.desc())
        )
    )


def _add(session: Session, instrument_id: InstrumentId, *, by: Caller, now: datetime) -> str:
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    session.add(InstrumentLabel(code=code, instrument_id=instrument_id, created_at=now))
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="label.issue",
        subject_kind="instrument",
        subject_id=instrument_id,
        now=now,
    )
    return code
