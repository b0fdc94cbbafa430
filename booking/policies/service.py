"""Verbs on policies. The caller owns the transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.instruments.errors import InstrumentNotFound
from booking.instruments.tables import Instrument
from booking.policies.errors import PolicyRefused
from booking.policies.tables import Policy
from booking.policies.terms import find_document_problems
from directory.audit.service import record
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstitutionId, InstrumentId, new_id


def own_institution(by: Caller) -> InstitutionId:
    """Return the institution one answers for.

    Raises:
        NotAllowed: for those who manage none.
    """
    if by.institution_id is None or not by.has(Role.INSTITUTION_MANAGER):
        raise NotAllowed
    return by.institution_id


def require_own_instrument(
    session: Session, instrument_id: InstrumentId, by: Caller, *, is_manager: bool = True
) -> Instrument:
    """Return an instrument of one's own institution, as if others did not exist."""
    if is_manager:
        own_institution(by)
    instrument = session.get(Instrument, instrument_id)
    if instrument is None or instrument.institution_id != by.institution_id:
        raise InstrumentNotFound
    return instrument


def set_policy(
    session: Session,
    terms: Mapping[str, Any],
    *,
    by: Caller,
    now: datetime,
    group_code: str | None = None,
    instrument_id: InstrumentId | None = None,
) -> Policy:
    """Write the terms of one scope anew; what is reserved keeps the terms it was taken under.

    Raises:
        PolicyRefused: naming every term that is unknown or unfit.
    """
    institution_id = own_institution(by)
    problems = find_document_problems(terms)
    if problems:
        raise PolicyRefused(problems)
    if instrument_id is not None:
        require_own_instrument(session, instrument_id, by)
    policy = session.scalar(
        select(Policy)
        .where(
            Policy.institution_id == institution_id,
            Policy.group_code.is_not_distinct_from(group_code),
            Policy.instrument_id.is_not_distinct_from(instrument_id),
        )
        .with_for_update()
    )
    if policy is None:
        policy = Policy(
            id=new_id(),
            institution_id=institution_id,
            group_code=group_code,
            instrument_id=instrument_id,
            terms=dict(terms),
            version=1,
            updated_by=by.person_id,
            updated_at=now,
        )
        session.add(policy)
    else:
        policy.terms = dict(terms)
        policy.version += 1
        policy.updated_by, policy.updated_at = by.person_id, now
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="policy.set",
        subject_kind="booking_policy",
        subject_id=policy.id,
        now=now,
        version=policy.version,
        terms=dict(terms),
    )
    return policy


def list_groups(session: Session, institution_id: InstitutionId) -> list[str]:
    """Return the groups that an institution's instruments are in."""
    found = session.scalars(
        select(Instrument.group_code)
        .where(Instrument.institution_id == institution_id)
        .distinct()
        .order_by(Instrument.group_code)
    )
    return [code for code in found if code]


def list_policies(session: Session, institution_id: InstitutionId) -> list[Policy]:
    return list(
        session.scalars(
            select(Policy)
            .where(Policy.institution_id == institution_id)
            .order_by(
                Policy.instrument_id.is_not(None), Policy.group_code.is_not(None), Policy.updated_at
            )
        )
    )
