"""Routes by which a lab says what it allows, when it is open, and who is qualified."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, SignedIn, allow
from api.instruments import require_instrument
from api.routing import Router
from booking.attendance.queries import list_penalties, list_penalties_of, names_behind
from booking.attendance.service import appeal, decide_appeal
from booking.attendance.tables import Penalty
from booking.policies.service import (
    list_policies,
    note_agreement,
    own_institution,
    qualify,
    require_own_instrument,
    set_policy,
)
from booking.policies.tables import Policy
from directory.audit.service import record
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, ReservationId

router = Router(tags=["policies"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]
Staff = Annotated[Caller, allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER)]


class PolicyBody(BaseModel):
    """Of one instrument, one group of them, or (with neither) all of the institution's."""

    group_code: str | None = Field(default=None, max_length=40)
    instrument_id: InstrumentId | None = None
    terms: dict[str, Any]


class PolicyRuleView(BaseModel):
    id: UUID
    group_code: str | None
    instrument_id: InstrumentId | None
    terms: dict[str, Any]
    version: int
    updated_at: datetime

    @classmethod
    def of(cls, policy: Policy) -> "PolicyRuleView":
        return cls(
            id=policy.id,
            group_code=policy.group_code,
            instrument_id=policy.instrument_id,
            terms=policy.terms,
            version=policy.version,
            updated_at=policy.updated_at,
        )


class PolicyList(BaseModel):
    items: list[PolicyRuleView]


@router.put("/booking-policies")
def put_policy(
    body: PolicyBody, caller: Manager, now: Now, transaction: Transaction
) -> PolicyRuleView:
    """Write the terms of one scope anew."""
    policy = set_policy(
        transaction,
        body.terms,
        by=caller,
        now=now,
        group_code=body.group_code,
        instrument_id=body.instrument_id,
    )
    return PolicyRuleView.of(policy)


@router.get("/booking-policies")
def read_policies(caller: Manager, reading: ReadOnly) -> PolicyList:
    """List one's institution's policies, the widest scope first."""
    found = list_policies(reading, own_institution(caller))
    return PolicyList(items=[PolicyRuleView.of(policy) for policy in found])


class TermsView(BaseModel):
    """What holds of an instrument, all scopes laid over each other."""

    terms: dict[str, Any]
    """Only what differs from what holds everywhere."""


@router.get("/instruments/{instrument_id}/terms")
def read_terms(instrument_id: InstrumentId, _caller: Anyone, reading: ReadOnly) -> TermsView:
    """Show the terms of use: what is asked, and what cancelling or missing costs."""
    return TermsView(terms=require_instrument(reading, instrument_id).terms.document())


class ConditionBody(BaseModel):
    condition: Literal["working", "faulty", "in_repair", "scrapped"]


@router.put("/instruments/{instrument_id}/condition", status_code=204)
def put_condition(
    instrument_id: InstrumentId,
    body: ConditionBody,
    caller: Staff,
    now: Now,
    transaction: Transaction,
) -> None:
    """Say whether an instrument works; only a working one is reserved or started."""
    instrument = require_own_instrument(transaction, instrument_id, caller, is_manager=False)
    former, instrument.condition = instrument.condition, body.condition
    record(
        transaction,
        actor_id=caller.person_id,
        action="instrument.condition",
        subject_kind="instrument",
        subject_id=instrument_id,
        now=now,
        former=former,
        became=body.condition,
    )


class QualificationBody(BaseModel):
    person_id: PersonId
    valid_until: date
    instrument_id: InstrumentId | None = None
    group_code: str | None = None


@router.post("/qualifications", status_code=204)
def grant_qualification(
    body: QualificationBody, caller: Manager, now: Now, transaction: Transaction
) -> None:
    """Say that a person may work an instrument by themselves."""
    qualify(
        transaction,
        body.person_id,
        body.valid_until,
        by=caller,
        now=now,
        instrument_id=body.instrument_id,
        group_code=body.group_code,
    )


class AgreementBody(BaseModel):
    enterprise_id: EnterpriseId
    valid_until: date


@router.put("/lease-agreements", status_code=204)
def put_agreement(body: AgreementBody, caller: Manager, now: Now, transaction: Transaction) -> None:
    """Note that an enterprise signed the agreement of use."""
    note_agreement(transaction, body.enterprise_id, body.valid_until, by=caller, now=now)


class PenaltyView(BaseModel):
    id: UUID
    person_id: PersonId
    person: str
    reservation_id: ReservationId
    """The last straw."""
    reason_zh: str
    reason_en: str
    state: str
    """noticed, active, appealed or lifted."""
    starts_at: datetime
    ends_at: datetime
    appeal: str | None
    decision: str | None

    @classmethod
    def of(cls, penalty: Penalty, names: Mapping[PersonId, str]) -> "PenaltyView":
        return cls(
            id=penalty.id,
            person_id=penalty.person_id,
            person=names.get(penalty.person_id, ""),
            reservation_id=penalty.reservation_id,
            reason_zh=penalty.reason_zh,
            reason_en=penalty.reason_en,
            state=penalty.state,
            starts_at=penalty.starts_at,
            ends_at=penalty.ends_at,
            appeal=penalty.appeal,
            decision=penalty.decision,
        )


class PenaltyList(BaseModel):
    items: list[PenaltyView]


@router.get("/penalties")
def read_penalties(caller: SignedIn, reading: ReadOnly) -> PenaltyList:
    """List one's own, or those a manager decides on, with reasons and what became of an appeal."""
    if caller.has(Role.INSTITUTION_MANAGER) and caller.institution_id is not None:
        found = list_penalties_of(reading, caller.institution_id)
    else:
        found = list_penalties(reading, caller.person_id)
    names = names_behind(reading, found)
    return PenaltyList(items=[PenaltyView.of(penalty, names) for penalty in found])


class AppealBody(BaseModel):
    text: str = Field(min_length=1, max_length=2000)


@router.post("/penalties/{penalty_id}/appeal")
def appeal_penalty(
    penalty_id: UUID, body: AppealBody, caller: SignedIn, now: Now, transaction: Transaction
) -> PenaltyView:
    """Say why a ban is wrong; it is off until somebody decides."""
    penalty = appeal(transaction, penalty_id, by=caller, text=body.text, now=now)
    return PenaltyView.of(penalty, names_behind(transaction, [penalty]))


class DecisionBody(BaseModel):
    is_upheld: bool
    decision: str = Field(min_length=1, max_length=2000)


@router.post("/penalties/{penalty_id}/decision")
def decide_penalty(
    penalty_id: UUID, body: DecisionBody, caller: Manager, now: Now, transaction: Transaction
) -> PenaltyView:
    """Lift a ban that was appealed, or let it stand, with reasons."""
    penalty = decide_appeal(
        transaction,
        penalty_id,
        is_upheld=body.is_upheld,
        decision=body.decision,
        by=caller,
        now=now,
    )
    return PenaltyView.of(penalty, names_behind(transaction, [penalty]))
