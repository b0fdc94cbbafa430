"""What reviewers do with registrations. The caller owns the transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.enterprises.service import find_or_make_firm, make_enterprise
from directory.enterprises.tables import Enterprise
from directory.institutions.service import open_institution
from directory.institutions.tables import Institution
from directory.notices.rules import AccountKind, Facts
from directory.notices.service import tell_of_account
from directory.people.service import Caller
from directory.people.tables import Person, RoleAssignment
from directory.privacy.errors import DataErased, ReasonRequired
from directory.privacy.rules import mask_email, mask_identity_number, mask_name, mask_phone
from directory.privacy.vault import Vault
from directory.registrations.errors import NotYourself, ReasonMissing, RegistrationNotFound
from directory.registrations.identities import open_field
from directory.registrations.rules import Kind, State
from directory.registrations.service import REVIEW, SUBJECT, move
from directory.registrations.tables import PersonIdentity, Registration
from directory.roles.rules import Role
from directory.workdays.service import meet
from foundation.identifiers import PersonId

QUEUE_MAX = 100
TOLD_AS: Mapping[State, AccountKind] = {
    State.APPROVED: AccountKind.REGISTRATION_APPROVED,
    State.RETURNED: AccountKind.REGISTRATION_RETURNED,
    State.REJECTED: AccountKind.REGISTRATION_REJECTED,
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing a review found: which paper or field, and what is wrong with it."""

    field: str
    text: str


MASKS: Mapping[str, Callable[[str], str]] = {
    "real_name": mask_name,
    "identity_number": mask_identity_number,
    "phone": mask_phone,
    "email": mask_email,
}


@dataclass(frozen=True, slots=True)
class MaskedIdentity:
    """Who somebody really is, as far as a list may show it; empty once erased."""

    real_name: str = ""
    identity_number: str = ""
    phone: str = ""
    email: str = ""


def masked_identity(vault: Vault, person_id: PersonId) -> MaskedIdentity:
    identity = vault.session.get(PersonIdentity, person_id)
    if identity is None:
        return MaskedIdentity()
    try:
        return MaskedIdentity(
            **{field: mask(open_field(vault, identity, field)) for field, mask in MASKS.items()}
        )
    except DataErased:
        return MaskedIdentity()


def list_queue(session: Session, *, state: State | None) -> list[Registration]:
    """Return registrations to review, the longest waiting first."""
    query = select(Registration).order_by(Registration.submitted_at, Registration.id)
    query = query.where(Registration.state != State.DRAFT)
    if state is not None:
        query = query.where(Registration.state == state)
    return list(session.scalars(query.limit(QUEUE_MAX)))


def name_handler(session: Session, registration: Registration) -> str | None:
    """Return the name of whoever took a registration up first."""
    if registration.first_handler_id is None:
        return None
    return session.get_one(Person, registration.first_handler_id).display_name


def find_known(session: Session, registration: Registration) -> str | None:
    """Return the organisation of the registration's credit code, if it is here already."""
    if not registration.credit_code or registration.state == State.APPROVED:
        return None
    name, code = (
        (Institution.name_zh, Institution.credit_code)
        if registration.kind == Kind.INSTITUTION
        else (Enterprise.name, Enterprise.credit_code)
    )
    return session.scalar(select(name).where(code == registration.credit_code))


def take_up(session: Session, registration_id: UUID, *, caller: Caller) -> Registration:
    """Return a registration under review, for this reviewer to decide; not their own.

    Raises:
        RegistrationNotFound: when there is none, or it was never submitted.
        NotYourself: when it is the reviewer's own.
    """
    registration = session.get(Registration, registration_id, with_for_update=True)
    if registration is None or registration.state == State.DRAFT:
        raise RegistrationNotFound
    if registration.person_id == caller.person_id:
        raise NotYourself
    # Who takes a matter up first answers for it (首问负责).
    registration.first_handler_id = registration.first_handler_id or caller.person_id
    return registration


def find_for_review(session: Session, registration_id: UUID) -> Registration:
    registration = session.get(Registration, registration_id)
    if registration is None or registration.state == State.DRAFT:
        raise RegistrationNotFound
    return registration


def send_back(
    session: Session,
    registration_id: UUID,
    *,
    caller: Caller,
    remarks: Sequence[Remark],
    now: datetime,
) -> Registration:
    """Ask the applicant for what is missing, all of it at once; the clock starts anew after.

    Raises:
        ReasonMissing: when nothing is named.
    """
    registration = take_up(session, registration_id, caller=caller)
    return _decide(session, registration, State.RETURNED, caller=caller, remarks=remarks, now=now)


def reject(
    session: Session,
    registration_id: UUID,
    *,
    caller: Caller,
    remarks: Sequence[Remark],
    now: datetime,
) -> Registration:
    """Turn a registration down, saying why.

    Raises:
        ReasonMissing: when nothing is named.
    """
    registration = take_up(session, registration_id, caller=caller)
    return _decide(session, registration, State.REJECTED, caller=caller, remarks=remarks, now=now)


def approve(
    session: Session, registration_id: UUID, *, caller: Caller, now: datetime
) -> Registration:
    """Admit the applicant, who may from now on do what their kind of user does."""
    registration = take_up(session, registration_id, caller=caller)
    move(registration, State.APPROVED)
    person = session.get_one(Person, registration.person_id, with_for_update=True)
    roles = _admit(session, registration, person, now)
    session.add_all(
        RoleAssignment(person_id=person.id, role=role, assigned_at=now)
        for role in sorted(roles - {assignment.role for assignment in person.roles})
    )
    identity = session.get(PersonIdentity, person.id)
    if identity is not None:
        identity.verified_at, identity.verified_by = now, caller.person_id
    return _close(session, registration, caller, now)


def _admit(
    session: Session, registration: Registration, person: Person, now: datetime
) -> set[Role]:
    kind = Kind(registration.kind)
    if kind is Kind.INSTITUTION:
        institution = open_institution(
            session, name=registration.organisation, credit_code=registration.credit_code, now=now
        )
        registration.institution_id = person.institution_id = institution.id
        return {Role.INSTITUTION_MANAGER}
    if kind is Kind.ORDINARY:
        # 后台实名、前台自愿: others see the name this person chose.
        enterprise = make_enterprise(
            session, name=person.display_name, credit_code=None, kind="individual", now=now
        )
        is_first = False
    else:
        enterprise, is_first = find_or_make_firm(
            session, name=registration.organisation, credit_code=registration.credit_code, now=now
        )
    registration.enterprise_id = person.enterprise_id = enterprise.id
    return {Role.MEMBER, Role.ENTERPRISE_ADMIN} if is_first else {Role.MEMBER}


def _decide(
    session: Session,
    registration: Registration,
    state: State,
    *,
    caller: Caller,
    remarks: Sequence[Remark],
    now: datetime,
) -> Registration:
    if not any(remark.text.strip() for remark in remarks):
        raise ReasonMissing
    move(registration, state)
    registration.remarks = [{"field": remark.field, "text": remark.text} for remark in remarks]
    return _close(session, registration, caller, now)


def _close(
    session: Session, registration: Registration, caller: Caller, now: datetime
) -> Registration:
    registration.decided_at, registration.decided_by = now, caller.person_id
    meet(session, subject_kind=SUBJECT, subject_id=registration.id, kind=REVIEW, now=now)
    record(
        session,
        actor_id=caller.person_id,
        action=f"registration.{registration.state}",
        subject_kind=SUBJECT,
        subject_id=registration.id,
        now=now,
        fields=[remark["field"] for remark in registration.remarks],
    )
    tell_of_account(
        session,
        registration.person_id,
        TOLD_AS[State(registration.state)],
        Facts(
            now,
            name=registration.organisation or session.get_one(Person, registration.person_id).login,
            why="；".join(remark["text"] for remark in registration.remarks),
        ),
        subject=(SUBJECT, registration.id),
    )
    session.flush()
    return registration


def reveal(
    vault: Vault, registration_id: UUID, *, caller: Caller, field: str, reason: str, now: datetime
) -> str:
    """Show one sealed field in the clear; who looked, at what and why, is recorded.

    Raises:
        ReasonRequired: when no reason is given.
        DataErased: when the person had it erased.
    """
    if not reason.strip():
        raise ReasonRequired
    registration = find_for_review(vault.session, registration_id)
    identity = vault.session.get(PersonIdentity, registration.person_id)
    if identity is None:
        raise DataErased
    text = open_field(vault, identity, field)
    record(
        vault.session,
        actor_id=caller.person_id,
        action="identity.reveal",
        subject_kind="person",
        subject_id=registration.person_id,
        now=now,
        field=field,
        reason=reason,
    )
    return text
