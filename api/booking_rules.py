"""Routes by which a lab says what it allows, and whether its instruments work."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, allow
from api.instruments import require_instrument
from api.routing import Router
from booking.instruments.service import say_condition
from booking.policies.service import (
    list_groups,
    list_policies,
    own_institution,
    require_own_instrument,
    set_policy,
)
from booking.policies.tables import Policy
from booking.policies.terms import Terms, full_document
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId

router = Router(tags=["policies"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]
Staff = Annotated[Caller, allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER)]


class PolicyBody(Body):
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
    plain: dict[str, Any]
    """Every term there is, with what holds where nobody says otherwise."""
    groups: list[str]
    """The groups that the institution's instruments are in."""


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
    institution_id = own_institution(caller)
    return PolicyList(
        items=[PolicyRuleView.of(policy) for policy in list_policies(reading, institution_id)],
        plain=full_document(Terms()),
        groups=list_groups(reading, institution_id),
    )


class TermsView(BaseModel):
    """What holds of an instrument, all scopes laid over each other."""

    terms: dict[str, Any]
    """Only what differs from what holds everywhere."""
    in_full: dict[str, Any]
    """With what holds everywhere: for whoever reads them before they reserve."""


@router.get("/instruments/{instrument_id}/terms")
def read_terms(instrument_id: InstrumentId, _caller: Anyone, reading: ReadOnly) -> TermsView:
    """Show the terms of use: what is asked, and what cancelling or missing costs."""
    terms = require_instrument(reading, instrument_id).terms
    return TermsView(terms=terms.document(), in_full=asdict(terms))


class ConditionBody(Body):
    condition: Literal["working", "faulty", "in_repair", "scrapped"]
    is_off_calibration: bool = False
    """Its calibration is lost by the fault or the repair: red until it is calibrated again."""


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
    say_condition(
        transaction,
        instrument,
        body.condition,
        is_off_calibration=body.is_off_calibration,
        by=caller.person_id,
        now=now,
    )
