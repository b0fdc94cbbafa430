"""Verbs on institutions. The caller owns the transaction; nothing here commits."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.institutions.errors import (
    EntryObstructed,
    InstitutionKnown,
    InstitutionNotFound,
    InstitutionNotOpen,
    InstitutionWrongState,
    QualificationNotFound,
    QualificationRefused,
)
from directory.institutions.queries import obstacles_of, qualifications_of
from directory.institutions.rules import (
    Check,
    Qualification,
    State,
    find_faults,
    has_lapsed,
    may_move,
)
from directory.institutions.tables import (
    Institution,
    InstitutionCheck,
    InstitutionQualification,
)
from directory.people.service import Caller
from directory.workdays.rules import ZONE
from foundation.database import violated_constraint
from foundation.identifiers import InstitutionId, PersonId

LAPSED = "qualification_lapsed"


def open_institution(
    session: Session, *, name: str, credit_code: str, now: datetime
) -> Institution:
    """Make an institution that has still to enter.

    Raises:
        InstitutionKnown: when there is one of this credit code.
    """
    made = Institution(
        name_zh=name, name_en=name, credit_code=credit_code, state=State.APPLYING, created_at=now
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:
        if violated_constraint(error) == "uq_institutions_credit_code":
            raise InstitutionKnown from error
        raise
    return made


def find(session: Session, institution_id: UUID, *, lock: bool = False) -> Institution:
    """Return an institution.

    Raises:
        InstitutionNotFound: when there is none.
    """
    institution = session.get(Institution, institution_id, with_for_update=lock)
    if institution is None:
        raise InstitutionNotFound
    return institution


def find_own(session: Session, caller: Caller) -> Institution:
    """Return the institution the caller acts for."""
    if caller.institution_id is None:
        raise InstitutionNotFound
    return find(session, caller.institution_id)


def require_open(session: Session, institution_id: InstitutionId, *, now: datetime) -> None:
    """Refuse new orders to an institution that is not active, or whose qualifications lapsed.

    Raises:
        InstitutionNotOpen: in that case; what is under way goes on.
    """
    institution = find(session, institution_id)
    lapsed = has_lapsed(qualifications_of(session, institution_id), _today(now))
    if institution.state != State.ACTIVE or lapsed:
        raise InstitutionNotOpen


def record_check(
    session: Session,
    institution_id: UUID,
    *,
    caller: Caller,
    check: Check,
    passed: bool,
    note: str,
    now: datetime,
) -> Institution:
    """Note what was found at one of the three checks."""
    institution = find(session, institution_id)
    session.add(
        InstitutionCheck(
            institution_id=institution.id,
            check=check,
            passed=passed,
            note=note,
            by_id=caller.person_id,
            at=now,
        )
    )
    session.flush()
    _record(session, f"institution.check_{check}", caller.person_id, institution.id, now)
    return institution


def sign_agreement(
    session: Session, institution_id: InstitutionId, *, caller: Caller, version: str, now: datetime
) -> Institution:
    """Sign the entry agreement for one's own institution."""
    institution = find(session, institution_id, lock=True)
    institution.agreement_signed_on = _today(now)
    institution.agreement_version = version
    institution.agreement_signed_by = caller.person_id
    session.flush()
    _record(session, "institution.sign_agreement", caller.person_id, institution.id, now)
    return institution


def add_qualification(
    session: Session,
    institution_id: InstitutionId,
    *,
    caller: Caller,
    qualification: Qualification,
    scope: Sequence[dict[str, Any]],
    file_id: UUID | None,
    now: datetime,
) -> InstitutionQualification:
    """Enter a certificate of one's own institution.

    Raises:
        QualificationRefused: with everything that is wrong with it.
    """
    if faults := find_faults(qualification, _today(now)):
        raise QualificationRefused(faults)
    row = InstitutionQualification(
        institution_id=institution_id,
        kind=qualification.kind,
        number=qualification.number,
        valid_from=qualification.valid_from,
        valid_to=qualification.valid_to,
        scope=list(scope),
        file_id=file_id,
        created_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise QualificationRefused from error
    _record(session, "institution.add_qualification", caller.person_id, institution_id, now)
    return row


def revoke_qualification(
    session: Session,
    institution_id: UUID,
    qualification_id: UUID,
    *,
    caller: Caller,
    now: datetime,
) -> Institution:
    """Note that a certificate holds no more; suspends the institution if it was the only one."""
    institution = find(session, institution_id, lock=True)
    row = session.get(InstitutionQualification, qualification_id)
    if row is None or row.institution_id != institution.id:
        raise QualificationNotFound
    row.revoked_at = row.revoked_at or now
    session.flush()
    _record(session, "institution.revoke_qualification", caller.person_id, institution.id, now)
    suspend_if_lapsed(session, institution.id, now=now)
    return institution


def set_state(
    session: Session,
    institution_id: UUID,
    *,
    caller: Caller,
    state: State,
    reason: str,
    now: datetime,
) -> Institution:
    """Let an institution enter, suspend it, take it back, or see it off.

    Raises:
        EntryObstructed: with all that stands in the way of being active.
        InstitutionWrongState: when there is no such transition.
    """
    institution = find(session, institution_id, lock=True)
    if not may_move(State(institution.state), state):
        raise InstitutionWrongState
    if state is State.ACTIVE and (obstacles := obstacles_of(session, institution, now)):
        raise EntryObstructed(obstacles)
    _move(session, institution, state, reason=reason, actor_id=caller.person_id, now=now)
    return institution


def suspend_if_lapsed(session: Session, institution_id: InstitutionId, *, now: datetime) -> bool:
    """Suspend an active institution whose last qualification lapsed; True if it did."""
    institution = find(session, institution_id, lock=True)
    qualifications = qualifications_of(session, institution_id)
    if institution.state != State.ACTIVE or not has_lapsed(qualifications, _today(now)):
        return False
    _move(session, institution, State.SUSPENDED, reason=LAPSED, actor_id=None, now=now)
    return True


def list_lapsed(session: Session, *, now: datetime) -> list[InstitutionId]:
    """Return active institutions that had qualifications, none of which holds today."""
    today = _today(now)
    active = session.scalars(select(Institution.id).where(Institution.state == State.ACTIVE))
    return [key for key in active if has_lapsed(qualifications_of(session, key), today)]


def _move(
    session: Session,
    institution: Institution,
    state: State,
    *,
    reason: str,
    actor_id: PersonId | None,
    now: datetime,
) -> None:
    institution.state, institution.state_reason = state, reason
    session.flush()
    _record(session, f"institution.{state}", actor_id, institution.id, now, reason=reason)


def _today(now: datetime) -> date:
    return now.astimezone(ZONE).date()


def _record(
    session: Session,
    action: str,
    actor_id: PersonId | None,
    institution_id: InstitutionId,
    now: datetime,
    **detail: str,
) -> None:
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_kind="institution",
        subject_id=institution_id,
        now=now,
        **detail,
    )
