"""Routes for one's rights over one's own data, and for data that is shared by its grade."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, Field, SecretStr
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import InPerson, allow, allow_in_person
from api.registrations import OpenVault
from api.routing import Router
from booking.reservations.states import HOLDING_STATES
from booking.reservations.tables import Reservation
from directory.institutions import queries as institutions
from directory.people.accounts import last_roles
from directory.people.own_password import require_own_password
from directory.people.service import Caller
from directory.people.tables import Person
from directory.privacy import erasing, service
from directory.privacy.rules import Level
from directory.privacy.tables import Consent, LegalHold
from directory.registrations.rules import Purpose
from directory.roles.rules import ROLE_NAMES, Role
from foundation.errors import Problem
from foundation.identifiers import PersonId

router = Router(tags=["privacy"])

Operator = Annotated[Caller, allow_in_person(Role.OPERATOR)]
SHARED_LEVEL = Level.L2
"""DB33/T 2351: L3 and above leave only with the authority's and the subject's consent."""


class ConsentView(BaseModel):
    purpose: str
    version: str
    given_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, consent: Consent) -> Self:
        return cls(
            purpose=consent.purpose,
            version=consent.version,
            given_at=consent.given_at,
            withdrawn_at=consent.withdrawn_at,
        )


class ConsentList(BaseModel):
    items: list[ConsentView]


class ConsentRequest(Body):
    purpose: Purpose
    version: str = Field(min_length=1, max_length=40)


class WithdrawalRequest(Body):
    purpose: Purpose


@router.get("/me/consents")
def list_consents(caller: InPerson, reading: ReadOnly) -> ConsentList:
    """List what one agreed to, and what one took back."""
    rows = service.list_consents(reading, caller.person_id)
    return ConsentList(items=[ConsentView.of(row) for row in rows])


@router.post("/me/consents", status_code=201)
def give_consent(
    body: ConsentRequest, caller: InPerson, now: Now, transaction: Transaction
) -> ConsentView:
    """Agree to one use of one's data."""
    consent = service.give_consent(
        transaction, caller=caller, purpose=body.purpose, version=body.version, now=now
    )
    return ConsentView.of(consent)


@router.post("/me/consents/withdraw")
def withdraw_consent(
    body: WithdrawalRequest, caller: InPerson, now: Now, transaction: Transaction
) -> ConsentList:
    """Take back what one agreed to."""
    service.withdraw_consent(transaction, caller=caller, purpose=body.purpose, now=now)
    rows = service.list_consents(transaction, caller.person_id)
    return ConsentList(items=[ConsentView.of(row) for row in rows])


@router.get("/me/export")
def export_own(caller: InPerson, vault: OpenVault, now: Now) -> dict[str, Any]:
    """Give a copy of all that is kept of oneself."""
    return service.export_own(vault, caller=caller, now=now)


class ErasureRequest(Body):
    password: SecretStr = Field(min_length=1, max_length=200)


@router.post("/me/erasure", status_code=204)
def erase_own(
    body: ErasureRequest, caller: InPerson, request: Request, vault: OpenVault, now: Now
) -> None:
    """Have oneself forgotten; refused with reasons while something must be kept."""
    request.app.state.throttle.count_sign_in(login=caller.login, address="", mark="", now=now)
    password = body.password.get_secret_value()
    require_own_password(vault.session, caller=caller, password=password)
    unfinished = find_unfinished(vault.session, caller.person_id)
    erasing.erase_own(vault, caller=caller, unfinished=unfinished, now=now)


def find_unfinished(session: Session, person_id: PersonId) -> list[Problem]:
    count = session.scalar(
        select(func.count())
        .select_from(Reservation)
        .where(Reservation.holder_id == person_id, Reservation.state.in_(sorted(HOLDING_STATES)))
    )
    unfinished = [
        Problem(
            "last_of_role",
            f"您是最后一名{ROLE_NAMES[role][0]}，请先将该角色交给他人",
            f"you are the last {ROLE_NAMES[role][1]}; give the role to somebody first",
            "roles",
        )
        for role in last_roles(session, session.get_one(Person, person_id))
    ]
    if count:
        unfinished.append(
            Problem(
                "unfinished_reservations",
                f"有 {count} 个未结束的预约",
                f"{count} reservations are not over",
                "reservations",
            )
        )
    return unfinished


class HoldRequest(Body):
    login: str = Field(min_length=1, max_length=60)
    """Of whom: what they sign in with."""
    reason: str = Field(min_length=2, max_length=300)
    until: AwareDatetime


class LegalHoldView(BaseModel):
    id: UUID
    person_id: PersonId
    login: str
    display_name: str
    reason: str
    until: datetime
    placed_at: datetime
    lifted_at: datetime | None

    @classmethod
    def of(cls, hold: LegalHold, person: Person) -> Self:
        return cls(
            id=hold.id,
            person_id=person.id,
            login=person.login,
            display_name=person.display_name,
            reason=hold.reason,
            until=hold.until,
            placed_at=hold.placed_at,
            lifted_at=hold.lifted_at,
        )


class LegalHoldList(BaseModel):
    items: list[LegalHoldView]


@router.get("/legal-holds")
def list_holds(
    _caller: Annotated[Caller, allow(Role.OPERATOR, Role.AUDITOR)], reading: ReadOnly
) -> LegalHoldList:
    """List whose data is kept for a legal reason, and until when."""
    return LegalHoldList(items=[LegalHoldView.of(*row) for row in service.list_holds(reading)])


@router.post("/legal-holds", status_code=201)
def place_hold(
    body: HoldRequest, caller: Operator, now: Now, transaction: Transaction
) -> LegalHoldView:
    """Have a person's data kept for a legal reason."""
    person = service.find_person(transaction, body.login)
    hold = service.place_hold(
        transaction,
        subject_id=person.id,
        reason=body.reason,
        until=body.until,
        placed_by=caller.person_id,
        now=now,
    )
    return LegalHoldView.of(hold, person)


@router.post("/legal-holds/{hold_id}/lift")
def lift_hold(hold_id: UUID, caller: Operator, now: Now, transaction: Transaction) -> LegalHoldView:
    """Keep it no longer: the person's own wish counts again."""
    hold = service.lift_hold(transaction, hold_id, caller=caller, now=now)
    return LegalHoldView.of(hold, transaction.get_one(Person, hold.subject_id))


InstitutionField = Literal[
    "name_zh", "name_en", "state", "credit_code", "created_at", "state_reason", "checks"
]


class SharedList(BaseModel):
    level: str
    items: list[dict[str, Any]]


@router.get("/shared/institutions")
def share_institutions(
    _caller: Annotated[Caller, allow(Role.OPERATOR, Role.AUDITOR)],
    reading: ReadOnly,
    fields: Annotated[list[InstitutionField], Query(min_length=1)],
) -> SharedList:
    """Give institutions' data to another authority's platform; fields above L2 are refused."""
    service.require_level((f"institution.{field}" for field in fields), SHARED_LEVEL)
    return SharedList(
        level=SHARED_LEVEL.name,
        items=[
            {field: getattr(row, field) for field in fields}
            for row in institutions.list_all(reading, state=None)
        ],
    )
