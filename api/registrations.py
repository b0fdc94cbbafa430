"""Routes for registering: the application, its papers, its progress."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, InPerson
from api.routing import Router
from directory.people.password_rules import KINDS_MIN, LENGTH_MIN, PasswordPolicy
from directory.privacy.vault import Vault
from directory.registrations import confirmations, correcting, service
from directory.registrations.confirmations import Channel
from directory.registrations.rules import (
    MAY_LACK,
    PAPER_NAMES,
    REQUIRED,
    Application,
    Kind,
    Paper,
    State,
)
from directory.registrations.service import Account
from directory.registrations.tables import Registration

router = Router(prefix="/registrations", tags=["registrations"])

Line = Annotated[str, Field(max_length=200)]


async def open_vault(request: Request, transaction: Transaction) -> Vault:
    return Vault(transaction, request.app.state.keys.ring)


OpenVault = Annotated[Vault, Depends(open_vault, scope="function")]


class PaperNeed(BaseModel):
    paper: Paper
    name_zh: str
    name_en: str
    may_lack: bool
    """One may say why there is none instead."""


class KindNeeds(BaseModel):
    kind: Kind
    papers: list[PaperNeed]


class NeedsList(BaseModel):
    items: list[KindNeeds]
    password_length_min: int
    password_kinds_min: int
    """How many of capitals, small letters, digits and signs; 1: any."""


@router.get("/needs")
def list_needs(_caller: Anyone, request: Request) -> NeedsList:
    """Tell which papers each kind of registration needs, before anybody begins."""
    policy = PasswordPolicy(request.app.state.settings.password_policy)
    return NeedsList(
        items=[
            KindNeeds(
                kind=kind,
                papers=[
                    PaperNeed(
                        paper=paper,
                        name_zh=PAPER_NAMES[paper][0],
                        name_en=PAPER_NAMES[paper][1],
                        may_lack=paper in MAY_LACK[kind],
                    )
                    for paper in papers
                ],
            )
            for kind, papers in REQUIRED.items()
        ],
        password_length_min=LENGTH_MIN[policy],
        password_kinds_min=KINDS_MIN if policy is PasswordPolicy.MLPS else 1,
    )


class RegistrationRequest(Body):
    """Who applies, and as what. Who they really are is sealed, and seen by reviewers only."""

    kind: Kind
    login: str = Field(min_length=3, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")
    password: SecretStr = Field(min_length=1, max_length=200)
    display_name: Line
    real_name: Line
    identity_number: Line
    phone: Line
    phone_confirmation_id: UUID
    email: Line
    email_confirmation_id: UUID
    organisation: Line = ""
    credit_code: Line = ""
    consents: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=40)]] = (
        Field(max_length=10)
    )
    """Purpose → version of the text agreed to: `terms` and `identity_data`."""

    def to_application(self) -> Application:
        return Application(
            kind=self.kind,
            display_name=self.display_name,
            real_name=self.real_name,
            identity_number=self.identity_number.upper(),
            phone=self.phone,
            email=self.email,
            organisation=self.organisation,
            credit_code=self.credit_code.upper(),
            consents=self.consents,
        )


class RemarkView(BaseModel):
    field: str
    text: str


class PaperView(BaseModel):
    paper: Paper
    file_id: UUID | None
    lacking_because: str | None


class RegistrationView(BaseModel):
    """An application as its applicant follows it."""

    id: UUID
    kind: Kind
    state: State
    organisation: str
    credit_code: str
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    due_at: datetime | None
    due_provisional: bool
    remarks: list[RemarkView]
    papers: list[PaperView]

    @classmethod
    def of(cls, session: Session, registration: Registration) -> Self:
        due = service.due_of(session, registration)
        return cls(
            id=registration.id,
            kind=Kind(registration.kind),
            state=State(registration.state),
            organisation=registration.organisation,
            credit_code=registration.credit_code,
            created_at=registration.created_at,
            submitted_at=registration.submitted_at,
            decided_at=registration.decided_at,
            due_at=due.due_at if due else None,
            due_provisional=due.provisional if due else False,
            remarks=[RemarkView(**remark) for remark in registration.remarks],
            papers=[
                PaperView(
                    paper=Paper(paper.paper),
                    file_id=paper.file_id,
                    lacking_because=paper.lacking_because,
                )
                for paper in service.list_papers(session, registration.id)
            ],
        )


class RegistrationList(BaseModel):
    items: list[RegistrationView]


@router.post("", status_code=201)
def apply(
    body: RegistrationRequest, _caller: Anyone, request: Request, vault: OpenVault, now: Now
) -> RegistrationView:
    """Open a registration and its account; sign in with it to hand in the papers."""
    ring = vault.ring

    def was_confirmed(confirmation_id: UUID, channel: Channel, address: str) -> bool:
        return confirmations.use(
            vault.session,
            confirmation_id=confirmation_id,
            channel=channel,
            address=address,
            now=now,
            ring=ring,
        )

    registration = service.apply(
        vault,
        application=body.to_application(),
        account=Account(
            body.login,
            body.password.get_secret_value(),
            PasswordPolicy(request.app.state.settings.password_policy),
        ),
        consent_versions=body.consents,
        unconfirmed=confirmations.find_unconfirmed(
            phone=was_confirmed(body.phone_confirmation_id, Channel.PHONE, body.phone),
            email=was_confirmed(body.email_confirmation_id, Channel.EMAIL, body.email),
        ),
        now=now,
    )
    return RegistrationView.of(vault.session, registration)


@router.get("/mine")
def list_own(caller: InPerson, reading: ReadOnly) -> RegistrationList:
    """List one's own registrations, with how far each is."""
    rows = service.list_own(reading, caller)
    return RegistrationList(items=[RegistrationView.of(reading, row) for row in rows])


@router.get("/mine/{registration_id}")
def read_own(registration_id: UUID, caller: InPerson, reading: ReadOnly) -> RegistrationView:
    """Follow one's own registration."""
    return RegistrationView.of(reading, service.find_own(reading, registration_id, caller))


class CorrectionRequest(Body):
    """What was wrong in an application that came back; what is left out stays as it is."""

    display_name: Line | None = None
    real_name: Line | None = None
    identity_number: Line | None = None
    organisation: Line | None = None
    credit_code: Line | None = None


@router.put("/mine/{registration_id}")
def correct(
    registration_id: UUID, body: CorrectionRequest, caller: InPerson, vault: OpenVault, now: Now
) -> RegistrationView:
    """Correct what one's own registration says, until it is submitted."""
    said = body.model_dump(exclude_none=True)
    for number in {"identity_number", "credit_code"} & said.keys():
        said[number] = said[number].upper()
    registration = correcting.correct(vault, registration_id, said, caller=caller, now=now)
    return RegistrationView.of(vault.session, registration)


class PaperRequest(Body):
    """A file handed in before, or why there is none."""

    file_id: UUID | None = None
    lacking_because: str | None = Field(default=None, min_length=2, max_length=300)


@router.put("/mine/{registration_id}/papers/{paper}")
def hand_in_paper(  # noqa: PLR0917 - each is asked for by FastAPI
    registration_id: UUID,
    paper: Paper,
    body: PaperRequest,
    caller: InPerson,
    now: Now,
    transaction: Transaction,
) -> RegistrationView:
    """Add or replace a paper of one's own registration."""
    registration = service.hand_in(
        transaction,
        registration_id,
        caller=caller,
        paper=paper,
        file_id=body.file_id,
        lacking_because=body.lacking_because,
        now=now,
    )
    return RegistrationView.of(transaction, registration)


@router.post("/mine/{registration_id}/submit")
def submit(
    registration_id: UUID, caller: InPerson, now: Now, transaction: Transaction
) -> RegistrationView:
    """Hand one's registration over to the review; every missing paper is named at once."""
    registration = service.submit(transaction, registration_id, caller=caller, now=now)
    return RegistrationView.of(transaction, registration)


@router.post("/mine/{registration_id}/withdraw")
def withdraw(
    registration_id: UUID, caller: InPerson, now: Now, transaction: Transaction
) -> RegistrationView:
    """Take one's registration back."""
    registration = service.withdraw(transaction, registration_id, caller=caller, now=now)
    return RegistrationView.of(transaction, registration)
