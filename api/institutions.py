"""Routes for institutions: entry, checks, qualifications, agreement."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow, allow_in_person
from api.routing import Router
from directory.institutions import queries, service
from directory.institutions.rules import Check, Qualification, QualificationKind, State
from directory.institutions.tables import Institution, InstitutionQualification
from directory.people.service import Caller
from directory.roles.rules import INSTITUTION_ROLES, Role
from foundation.identifiers import InstitutionId

router = Router(tags=["institutions"])

Manager = Annotated[Caller, allow_in_person(Role.INSTITUTION_MANAGER)]
Platform = Annotated[Caller, allow(Role.OPERATOR, Role.REVIEWER, Role.AUDITOR)]
Operator = Annotated[Caller, allow_in_person(Role.OPERATOR)]
Text = Annotated[str, Field(max_length=500)]


class ObstacleView(BaseModel):
    code: str
    field: str | None
    detail_zh: str
    detail_en: str


class QualificationView(BaseModel):
    id: UUID
    kind: QualificationKind
    number: str
    valid_from: date
    valid_to: date
    scope: list[dict[str, Any]]
    file_id: UUID | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: InstitutionQualification) -> Self:
        return cls(
            id=row.id,
            kind=QualificationKind(row.kind),
            number=row.number,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            scope=row.scope,
            file_id=row.file_id,
            revoked_at=row.revoked_at,
        )


class CheckView(BaseModel):
    check: Check
    passed: bool
    note: str
    at: datetime


class InstitutionView(BaseModel):
    """An institution's entry and standing."""

    id: InstitutionId
    name_zh: str
    name_en: str
    state: State
    state_reason: str
    presence: str
    credit_code: str | None
    agreement_signed_on: date | None
    agreement_version: str | None
    checks: list[CheckView]
    qualifications: list[QualificationView]
    obstacles: list[ObstacleView]
    """All that stands in the way of its being active."""

    @classmethod
    def of(cls, session: Session, institution: Institution, now: datetime) -> Self:
        return cls(
            id=institution.id,
            name_zh=institution.name_zh,
            name_en=institution.name_en,
            state=State(institution.state),
            state_reason=institution.state_reason,
            presence=institution.presence,
            credit_code=institution.credit_code,
            agreement_signed_on=institution.agreement_signed_on,
            agreement_version=institution.agreement_version,
            checks=[
                CheckView(check=Check(row.check), passed=row.passed, note=row.note, at=row.at)
                for row in queries.checks_of(session, institution.id)
            ],
            qualifications=[
                QualificationView.of(row) for row in queries.rows_of(session, institution.id)
            ],
            obstacles=[
                ObstacleView(
                    code=problem.code,
                    field=problem.field,
                    detail_zh=problem.zh,
                    detail_en=problem.en,
                )
                for problem in queries.obstacles_of(session, institution, now)
            ],
        )


class InstitutionList(BaseModel):
    items: list[InstitutionView]


@router.get("/institutions")
def list_institutions(
    _caller: Platform, reading: ReadOnly, now: Now, state: State | None = None
) -> InstitutionList:
    """List institutions with their standing."""
    rows = queries.list_all(reading, state=state)
    return InstitutionList(items=[InstitutionView.of(reading, row, now) for row in rows])


@router.get("/institutions/{institution_id}")
def read_institution(
    institution_id: UUID, _caller: Platform, reading: ReadOnly, now: Now
) -> InstitutionView:
    """Open an institution's entry."""
    return InstitutionView.of(reading, service.find(reading, institution_id), now)


class CheckRequest(Body):
    check: Check
    passed: bool
    note: Text = ""


@router.post("/institutions/{institution_id}/checks", status_code=201)
def record_check(
    institution_id: UUID, body: CheckRequest, caller: Operator, now: Now, transaction: Transaction
) -> InstitutionView:
    """Note what was found at one of the three checks of entry."""
    institution = service.record_check(
        transaction,
        institution_id,
        caller=caller,
        check=body.check,
        passed=body.passed,
        note=body.note,
        now=now,
    )
    return InstitutionView.of(transaction, institution, now)


class StateRequest(Body):
    state: Literal[State.ACTIVE, State.SUSPENDED, State.EXITED]
    reason: str = Field(min_length=1, max_length=500)


@router.post("/institutions/{institution_id}/state")
def set_state(
    institution_id: UUID, body: StateRequest, caller: Operator, now: Now, transaction: Transaction
) -> InstitutionView:
    """Let an institution enter, suspend it, take it back, or see it off."""
    institution = service.set_state(
        transaction,
        institution_id,
        caller=caller,
        state=body.state,
        reason=body.reason,
        now=now,
    )
    return InstitutionView.of(transaction, institution, now)


@router.post("/institutions/{institution_id}/qualifications/{qualification_id}/revoke")
def revoke_qualification(
    institution_id: UUID,
    qualification_id: UUID,
    caller: Operator,
    now: Now,
    transaction: Transaction,
) -> InstitutionView:
    """Note that a certificate holds no more."""
    institution = service.revoke_qualification(
        transaction, institution_id, qualification_id, caller=caller, now=now
    )
    return InstitutionView.of(transaction, institution, now)


@router.get("/institution")
def read_own_institution(
    caller: Annotated[Caller, allow(*INSTITUTION_ROLES)], reading: ReadOnly, now: Now
) -> InstitutionView:
    """Open one's own institution."""
    return InstitutionView.of(reading, service.find_own(reading, caller), now)


class AgreementRequest(Body):
    version: str = Field(min_length=1, max_length=40)


@router.post("/institution/agreement")
def sign_agreement(
    body: AgreementRequest, caller: Manager, now: Now, transaction: Transaction
) -> InstitutionView:
    """Sign the entry agreement for one's own institution."""
    own = service.find_own(transaction, caller)
    institution = service.sign_agreement(
        transaction, own.id, caller=caller, version=body.version, now=now
    )
    return InstitutionView.of(transaction, institution, now)


class QualificationRequest(Body):
    kind: QualificationKind
    number: str = Field(min_length=1, max_length=60)
    valid_from: date
    valid_to: date
    scope: list[dict[Annotated[str, Field(max_length=40)], Text]] = Field(
        default=[], max_length=500
    )
    file_id: UUID | None = None


@router.post("/institution/qualifications", status_code=201)
def add_qualification(
    body: QualificationRequest, caller: Manager, now: Now, transaction: Transaction
) -> QualificationView:
    """Enter a certificate of one's own institution, with its scope and the days it holds."""
    row = service.add_qualification(
        transaction,
        service.find_own(transaction, caller).id,
        caller=caller,
        qualification=Qualification(body.kind, body.number, body.valid_from, body.valid_to),
        scope=body.scope,
        file_id=body.file_id,
        now=now,
    )
    return QualificationView.of(row)
