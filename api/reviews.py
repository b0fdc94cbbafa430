"""Routes for reviewers: the queue, what is masked in it, decisions, changes of name."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow, allow_in_person
from api.registrations import OpenVault, PaperView, RegistrationView, RemarkView
from api.routing import Router
from directory.people.service import Caller
from directory.people.tables import Person
from directory.privacy.vault import Vault
from directory.registrations import name_changes, review
from directory.registrations.review import Remark
from directory.registrations.rules import Kind, State
from directory.registrations.tables import NameChange, Registration
from directory.roles.rules import Role
from foundation.identifiers import EnterpriseId, PersonId

router = Router(prefix="/reviews", tags=["reviews"])

Reviewer = Annotated[Caller, allow_in_person(Role.REVIEWER, Role.OPERATOR)]
Fields = Literal["real_name", "identity_number", "phone", "email"]


class QueuedView(BaseModel):
    """A registration in the queue: who it is stays masked."""

    id: UUID
    kind: Kind
    state: State
    organisation: str
    credit_code: str
    applicant: str
    submitted_at: datetime | None
    due_at: datetime | None
    due_provisional: bool
    first_handler_id: PersonId | None

    @classmethod
    def of(cls, vault: Vault, registration: Registration) -> Self:
        seen = RegistrationView.of(vault.session, registration)
        return cls(
            id=seen.id,
            kind=seen.kind,
            state=seen.state,
            organisation=seen.organisation,
            credit_code=seen.credit_code,
            applicant=review.masked_identity(vault, registration.person_id).real_name,
            submitted_at=seen.submitted_at,
            due_at=seen.due_at,
            due_provisional=seen.due_provisional,
            first_handler_id=registration.first_handler_id,
        )


class Queue(BaseModel):
    items: list[QueuedView]


class ReviewView(QueuedView):
    """A registration as its reviewer sees it; masked fields are revealed one by one."""

    login: str
    display_name: str
    first_handler: str | None
    """Who took it up first, and answers for it (首问负责)."""
    joins: str | None
    """The organisation of this credit code that is here already; the applicant would join it."""
    decided_at: datetime | None
    real_name: str
    identity_number: str
    phone: str
    email: str
    papers: list[PaperView]
    remarks: list[RemarkView]

    @classmethod
    def whole(cls, vault: Vault, registration: Registration) -> Self:
        seen = RegistrationView.of(vault.session, registration)
        person = vault.session.get_one(Person, registration.person_id)
        identity = review.masked_identity(vault, registration.person_id)
        return cls(
            **QueuedView.of(vault, registration).model_dump(),
            login=person.login,
            display_name=person.display_name,
            first_handler=review.name_handler(vault.session, registration),
            joins=review.find_known(vault.session, registration),
            decided_at=registration.decided_at,
            real_name=identity.real_name,
            identity_number=identity.identity_number,
            phone=identity.phone,
            email=identity.email,
            papers=seen.papers,
            remarks=seen.remarks,
        )


class RemarkRequest(Body):
    field: str = Field(max_length=60)
    text: str = Field(min_length=1, max_length=500)


class RemarksRequest(Body):
    """Everything that is wrong, at once."""

    remarks: list[RemarkRequest] = Field(max_length=50)

    def to_remarks(self) -> list[Remark]:
        return [Remark(remark.field, remark.text) for remark in self.remarks]


class RevealRequest(Body):
    field: Fields
    reason: str = Field(max_length=300)


class RevealedView(BaseModel):
    field: Fields
    text: str


@router.get("/registrations")
def list_queue(_caller: Reviewer, vault: OpenVault, state: State | None = None) -> Queue:
    """List what is to be reviewed, the longest waiting first."""
    rows = review.list_queue(vault.session, state=state)
    return Queue(items=[QueuedView.of(vault, row) for row in rows])


@router.get("/registrations/{registration_id}")
def read_registration(registration_id: UUID, _caller: Reviewer, vault: OpenVault) -> ReviewView:
    """Open a registration; who it is stays masked."""
    return ReviewView.whole(vault, review.find_for_review(vault.session, registration_id))


@router.post("/registrations/{registration_id}/reveal")
def reveal_field(
    registration_id: UUID, body: RevealRequest, caller: Reviewer, vault: OpenVault, now: Now
) -> RevealedView:
    """Show one field in the clear; who looked and why is recorded."""
    text = review.reveal(
        vault, registration_id, caller=caller, field=body.field, reason=body.reason, now=now
    )
    return RevealedView(field=body.field, text=text)


@router.post("/registrations/{registration_id}/approve")
def approve(registration_id: UUID, caller: Reviewer, vault: OpenVault, now: Now) -> ReviewView:
    """Admit the applicant."""
    row = review.approve(vault.session, registration_id, caller=caller, now=now)
    return ReviewView.whole(vault, row)


@router.post("/registrations/{registration_id}/send-back")
def send_back(
    registration_id: UUID, body: RemarksRequest, caller: Reviewer, vault: OpenVault, now: Now
) -> ReviewView:
    """Ask for what is missing, all of it at once."""
    row = review.send_back(
        vault.session, registration_id, caller=caller, remarks=body.to_remarks(), now=now
    )
    return ReviewView.whole(vault, row)


@router.post("/registrations/{registration_id}/reject")
def reject(
    registration_id: UUID, body: RemarksRequest, caller: Reviewer, vault: OpenVault, now: Now
) -> ReviewView:
    """Turn a registration down, saying why."""
    row = review.reject(
        vault.session, registration_id, caller=caller, remarks=body.to_remarks(), now=now
    )
    return ReviewView.whole(vault, row)


class NameChangeRequest(Body):
    new_name: str = Field(min_length=2, max_length=100)
    changed_on: date
    licence_file_id: UUID | None = None
    other_file_id: UUID | None = None


class NameChangeView(BaseModel):
    id: UUID
    enterprise_id: EnterpriseId
    former_name: str
    new_name: str
    changed_on: date
    submitted_at: datetime
    is_late: bool
    state: str
    remark: str
    licence_file_id: UUID
    other_file_id: UUID | None
    decided_at: datetime | None
    due_at: datetime | None
    due_provisional: bool

    @classmethod
    def of(cls, session: Session, change: NameChange) -> Self:
        due = name_changes.due_of(session, change)
        return cls(
            id=change.id,
            enterprise_id=change.enterprise_id,
            former_name=change.former_name,
            new_name=change.new_name,
            changed_on=change.changed_on,
            submitted_at=change.submitted_at,
            is_late=change.is_late,
            state=change.state,
            remark=change.remark,
            licence_file_id=change.licence_file_id,
            other_file_id=change.other_file_id,
            decided_at=change.decided_at,
            due_at=due.due_at if due else None,
            due_provisional=due.provisional if due else False,
        )


class NameChangeList(BaseModel):
    items: list[NameChangeView]


class NameDecision(Body):
    approved: bool
    remark: str = Field(default="", max_length=500)


@router.post("/name-changes", status_code=201)
def report_name_change(
    body: NameChangeRequest,
    caller: Annotated[Caller, allow_in_person(Role.ENTERPRISE_ADMIN)],
    now: Now,
    transaction: Transaction,
) -> NameChangeView:
    """Report that one's enterprise changed its name; due within a month of the change."""
    files = [file for file in (body.licence_file_id, body.other_file_id) if file is not None]
    change = name_changes.report(
        transaction,
        caller=caller,
        new_name=body.new_name,
        changed_on=body.changed_on,
        file_ids=files if body.licence_file_id else [],
        now=now,
    )
    return NameChangeView.of(transaction, change)


@router.get("/name-changes")
def list_name_changes(
    caller: Annotated[Caller, allow(Role.ENTERPRISE_ADMIN, Role.REVIEWER, Role.OPERATOR)],
    reading: ReadOnly,
) -> NameChangeList:
    """List one's enterprise's changes of name; a reviewer sees everyone's."""
    changes = name_changes.list_changes(reading, enterprise_id=caller.enterprise_id)
    return NameChangeList(items=[NameChangeView.of(reading, change) for change in changes])


@router.post("/name-changes/{change_id}/decide")
def decide_name_change(
    change_id: UUID, body: NameDecision, caller: Reviewer, now: Now, transaction: Transaction
) -> NameChangeView:
    """Accept a change of name, or turn it down with a remark."""
    change = name_changes.decide(
        transaction,
        change_id,
        caller=caller,
        approved=body.approved,
        remark=body.remark,
        now=now,
    )
    return NameChangeView.of(transaction, change)
