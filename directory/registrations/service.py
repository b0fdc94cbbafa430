"""Verbs on registrations. The caller owns the transaction; nothing here commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit.service import record
from directory.files import service as files
from directory.people.accounts import add_person
from directory.people.password_rules import PasswordPolicy
from directory.people.password_rules import find_problems as find_password_problems
from directory.people.passwords import hash_password
from directory.people.service import Caller
from directory.people.tables import Person
from directory.privacy.tables import Consent
from directory.privacy.vault import Vault
from directory.registrations.errors import (
    ApplicationRefused,
    NotConfirmed,
    PapersMissing,
    PaperUnclear,
    RegistrationNotFound,
    WrongState,
)
from directory.registrations.identities import refuse_second_registration, seal_identity
from directory.registrations.rules import (
    EDITABLE,
    REVIEW_PERIOD,
    Application,
    Kind,
    Paper,
    State,
    find_missing,
    find_problems,
    may_move,
)
from directory.registrations.tables import Registration, RegistrationPaper
from directory.workdays.queries import latest_due
from directory.workdays.rules import ZONE
from directory.workdays.service import set_due, stop
from directory.workdays.tables import DueDateRow
from foundation.errors import Problem
from foundation.identifiers import PersonId
from foundation.tenancy import become

SUBJECT = "registration"
REVIEW = "registration_review"


@dataclass(frozen=True, slots=True)
class Account:
    """What the applicant will sign in with."""

    login: str
    password: str
    policy: PasswordPolicy


def apply(
    vault: Vault,
    *,
    application: Application,
    account: Account,
    consent_versions: Mapping[str, str],
    unconfirmed: Sequence[Problem] = (),
    now: datetime,
) -> Registration:
    """Open a registration, with an account that can hand in its papers and nothing else.

    Raises:
        ApplicationRefused: with everything that is wrong, at once; the password's faults and
            the `unconfirmed` addresses too.
        NotConfirmed: when only an address was not confirmed.
        AlreadyRegistered: when this identity has an account, or an application under way.
        LoginTaken: when the name is another's.
    """
    session = vault.session
    problems = [
        *find_problems(application, now.astimezone(ZONE).date()),
        *find_password_problems(account.password, policy=account.policy, about=(account.login,)),
    ]
    if problems:
        raise ApplicationRefused([*problems, *unconfirmed])
    if unconfirmed:
        raise NotConfirmed(unconfirmed)
    refuse_second_registration(vault, application)
    person = Person(
        login=account.login,
        display_name=application.display_name.strip(),
        password_hash=hash_password(account.password),
        created_at=now,
    )
    session.add(person)
    add_person(session)
    become(session, person.id)
    seal_identity(vault, person, application, now)
    session.add_all(
        Consent(person_id=person.id, purpose=purpose, version=version, given_at=now)
        for purpose, version in consent_versions.items()
    )
    registration = Registration(
        person_id=person.id,
        kind=application.kind,
        state=State.DRAFT,
        organisation=application.organisation.strip(),
        credit_code=application.credit_code,
        created_at=now,
        remarks=[],
    )
    session.add(registration)
    session.flush()
    _record(session, "registration.apply", person.id, registration, now)
    return registration


def hand_in(
    session: Session,
    registration_id: UUID,
    *,
    caller: Caller,
    paper: Paper,
    file_id: UUID | None,
    lacking_because: str | None,
    now: datetime,
) -> Registration:
    """Add or replace a paper, or say why there is none.

    Raises:
        RegistrationNotFound: when it is not the caller's.
        WrongState: while it is being reviewed, or after.
        FileNotFound: when the file is not the caller's.
    """
    registration = own(session, registration_id, caller)
    if State(registration.state) not in EDITABLE:
        raise WrongState
    if (file_id is None) == (lacking_because is None):
        raise PaperUnclear
    if file_id is not None:
        files.find(session, file_id, caller=caller)
    row = session.get(RegistrationPaper, (registration.id, paper))
    if row is None:
        row = RegistrationPaper(registration_id=registration.id, paper=paper)
        session.add(row)
    row.file_id, row.lacking_because, row.handed_in_at = file_id, lacking_because, now
    session.flush()
    return registration


def submit(
    session: Session, registration_id: UUID, *, caller: Caller, now: datetime
) -> Registration:
    """Hand a registration over to the review, which has three working days from now.

    Raises:
        PapersMissing: naming every paper that is missing, at once.
        WrongState: when it was handed over already.
    """
    registration = own(session, registration_id, caller)
    papers = list_papers(session, registration.id)
    if missing := find_missing(
        Kind(registration.kind),
        [Paper(paper.paper) for paper in papers if paper.file_id is not None],
        [Paper(paper.paper) for paper in papers if paper.lacking_because],
    ):
        raise PapersMissing(missing)
    move(registration, State.SUBMITTED)
    registration.submitted_at, registration.remarks = now, []
    set_due(
        session,
        subject_kind=SUBJECT,
        subject_id=registration.id,
        kind=REVIEW,
        period=REVIEW_PERIOD,
        responsible_role="reviewer",
        started_at=now,
    )
    _record(session, "registration.submit", caller.person_id, registration, now)
    session.flush()
    return registration


def withdraw(
    session: Session, registration_id: UUID, *, caller: Caller, now: datetime
) -> Registration:
    """Take one's registration back."""
    registration = own(session, registration_id, caller)
    _withdraw(session, registration, now)
    return registration


def withdraw_all(session: Session, person_id: PersonId, *, now: datetime) -> None:
    """Take back what of a person's is not decided, and forget what was said of the rest."""
    theirs = select(Registration).where(Registration.person_id == person_id).with_for_update()
    for registration in session.scalars(theirs).all():
        if may_move(State(registration.state), State.WITHDRAWN):
            _withdraw(session, registration, now)
        registration.remarks = []
    session.flush()


def _withdraw(session: Session, registration: Registration, now: datetime) -> None:
    move(registration, State.WITHDRAWN)
    stop(session, subject_kind=SUBJECT, subject_id=registration.id, kind=REVIEW, now=now)
    _record(session, "registration.withdraw", registration.person_id, registration, now)
    session.flush()


def list_papers(session: Session, registration_id: UUID) -> list[RegistrationPaper]:
    query = select(RegistrationPaper).where(RegistrationPaper.registration_id == registration_id)
    return list(session.scalars(query.order_by(RegistrationPaper.paper)))


def due_of(session: Session, registration: Registration) -> DueDateRow | None:
    """Return by when the review that runs, or ran last, was to be done."""
    return latest_due(session, subject_kind=SUBJECT, subject_id=registration.id)


def list_own(session: Session, caller: Caller) -> list[Registration]:
    query = select(Registration).where(Registration.person_id == caller.person_id)
    return list(session.scalars(query.order_by(Registration.created_at.desc())))


def find_own(session: Session, registration_id: UUID, caller: Caller) -> Registration:
    return own(session, registration_id, caller, lock=False)


def move(registration: Registration, new: State) -> None:
    """Move a registration along the listed transitions.

    Raises:
        WrongState: when there is no such transition.
    """
    if not may_move(State(registration.state), new):
        raise WrongState
    registration.state = new


def own(
    session: Session, registration_id: UUID, caller: Caller, *, lock: bool = True
) -> Registration:
    """Return one's own registration, locked if it is to be changed.

    Raises:
        RegistrationNotFound: when it is not the caller's.
    """
    registration = session.get(Registration, registration_id, with_for_update=lock)
    if registration is None or registration.person_id != caller.person_id:
        raise RegistrationNotFound
    return registration


def _record(
    session: Session, action: str, actor_id: PersonId, registration: Registration, now: datetime
) -> None:
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_kind=SUBJECT,
        subject_id=registration.id,
        now=now,
        state=registration.state,
    )
