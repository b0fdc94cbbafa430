"""Routes by which a lab says who may work its instruments alone, and which enterprises signed."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow
from api.routing import Router
from booking.policies.agreements import Signed, list_agreements, note_agreement
from booking.policies.qualifications import (
    Grant,
    Held,
    Validity,
    list_qualifications,
    qualify,
    revoke_qualification,
)
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import EnterpriseId, InstrumentId

router = Router(tags=["policies"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]
AT_ONCE_MAX = 100
"""Instruments in one act; whoever is to work more of them has a group, or all."""


class GrantBody(Body):
    """For instruments and a group of them, or (with neither) for all of the institution's."""

    login: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=100)
    """As the account shows it."""
    valid_until: date
    instrument_ids: list[InstrumentId] = Field(default=[], max_length=AT_ONCE_MAX)
    group_code: str | None = Field(default=None, min_length=1, max_length=40)


class GrantView(BaseModel):
    """A person's, unlike the certificates of an institution."""

    id: UUID
    login: str
    person: str
    enterprise: str | None
    """None: of the institution's own people."""
    instrument_id: InstrumentId | None
    instrument_zh: str | None
    instrument_en: str | None
    group_code: str | None
    """With neither instrument nor group: for all of the institution's."""
    valid_until: date
    granted_by: str | None
    granted_at: datetime
    revoked_at: datetime | None
    revoked_for: str | None
    state: Validity

    @classmethod
    def of(cls, held: Held) -> "GrantView":
        one, instrument = held.qualification, held.instrument
        return cls(
            id=one.id,
            login=held.person.login,
            person=held.person.display_name,
            enterprise=held.enterprise,
            instrument_id=one.instrument_id,
            instrument_zh=instrument.name_zh if instrument else None,
            instrument_en=instrument.name_en if instrument else None,
            group_code=one.group_code,
            valid_until=one.valid_until,
            granted_by=held.granted_by,
            granted_at=one.granted_at,
            revoked_at=one.revoked_at,
            revoked_for=one.revoked_for,
            state=held.validity,
        )


class GrantList(BaseModel):
    items: list[GrantView]


@router.get("/qualifications")
def read_qualifications(
    caller: Manager,
    now: Now,
    reading: ReadOnly,
    state: Validity | None = None,
    person: Annotated[str, Query(max_length=100)] = "",
) -> GrantList:
    """List whom one's institution trusts with what, what ends first before, revoked ones last.

    `person`: words of their name, login or enterprise.
    """
    found = list_qualifications(reading, by=caller, now=now, validity=state, person=person)
    return GrantList(items=[GrantView.of(one) for one in found])


@router.post("/qualifications", status_code=201)
def grant_qualification(
    body: GrantBody, caller: Manager, now: Now, transaction: Transaction
) -> GrantList:
    """Say that a person may work instruments by themselves; said again, the new day counts.

    Both login and name must be theirs, as they tell them at the training: of who guesses one
    without the other nothing is confirmed. Who has both learns the person's enterprise; each
    such act is in the audit trail, and its person is told.
    """
    grant = Grant(
        body.login.strip(),
        body.name.strip(),
        body.valid_until,
        instrument_ids=body.instrument_ids,
        group_code=body.group_code,
    )
    made = qualify(transaction, grant, by=caller, now=now)
    return GrantList(items=[GrantView.of(one) for one in made])


class RevokeBody(Body):
    reason: str = Field(min_length=1, max_length=300)


@router.post("/qualifications/{grant_id}/revoke")
def revoke(
    grant_id: UUID, body: RevokeBody, caller: Manager, now: Now, transaction: Transaction
) -> GrantView:
    """Take a qualification back: nothing new is reserved by it; slots that are reserved stay."""
    held = revoke_qualification(transaction, grant_id, body.reason, by=caller, now=now)
    return GrantView.of(held)


class AgreementBody(Body):
    """Of an enterprise by its id, or by its unified social credit code."""

    enterprise_id: EnterpriseId | None = None
    credit_code: str | None = Field(default=None, max_length=18)
    valid_until: date


class AgreementView(BaseModel):
    enterprise_id: EnterpriseId
    enterprise: str
    valid_until: date
    state: Validity
    """Never revoked: one that ends early is noted anew."""

    @classmethod
    def of(cls, signed: Signed) -> "AgreementView":
        return cls(
            enterprise_id=signed.enterprise_id,
            enterprise=signed.enterprise,
            valid_until=signed.valid_until,
            state=signed.validity,
        )


class AgreementList(BaseModel):
    items: list[AgreementView]


@router.get("/lease-agreements")
def read_agreements(caller: Manager, now: Now, reading: ReadOnly) -> AgreementList:
    """List which enterprises signed with one's institution, what ends first before."""
    found = list_agreements(reading, by=caller, now=now)
    return AgreementList(items=[AgreementView.of(one) for one in found])


@router.put("/lease-agreements")
def put_agreement(
    body: AgreementBody, caller: Manager, now: Now, transaction: Transaction
) -> AgreementView:
    """Note that an enterprise signed the agreement of use, and until when it holds.

    A credit code is public and stands on the paper; it tells that the enterprise is registered.
    """
    signed = note_agreement(
        transaction,
        body.valid_until,
        by=caller,
        now=now,
        enterprise_id=body.enterprise_id,
        credit_code=body.credit_code.strip().upper() if body.credit_code else None,
    )
    return AgreementView.of(signed)
