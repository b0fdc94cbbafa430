"""Routes for an enterprise's own people: what it is called, who acts for it."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from api.accounts import AccountRequest, AccountView, FirstPassword, Policy, RolesRequest, said_of
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow, allow_in_person
from api.routing import Router
from directory.enterprises import members
from directory.enterprises.service import names_of, own_enterprise
from directory.enterprises.tables import Enterprise, EnterpriseName
from directory.people.service import Caller
from directory.people.tables import Person
from directory.roles.rules import ENTERPRISE_ROLES, Role
from foundation.identifiers import EnterpriseId

router = Router(prefix="/enterprise", tags=["members"])

Administrator = Annotated[Caller, allow_in_person(Role.ENTERPRISE_ADMIN)]


class NameView(BaseModel):
    """A name the enterprise has, or had."""

    name: str
    valid_from: date | None
    """None: from the beginning."""
    valid_to: date | None
    """The first day it no longer held; None: it holds."""

    @classmethod
    def of(cls, row: EnterpriseName) -> Self:
        return cls(name=row.name, valid_from=row.valid_from, valid_to=row.valid_to)


class EnterpriseView(BaseModel):
    """One's own enterprise."""

    id: EnterpriseId
    name: str
    kind: str
    credit_code: str | None
    created_at: datetime
    names: list[NameView]

    @classmethod
    def of(cls, session: Session, enterprise: Enterprise) -> Self:
        return cls(
            id=enterprise.id,
            name=enterprise.name,
            kind=enterprise.kind,
            credit_code=enterprise.credit_code,
            created_at=enterprise.created_at,
            names=[NameView.of(row) for row in names_of(session, enterprise.id)],
        )


class MemberView(AccountView):
    """Somebody who acts for one's own enterprise, or did."""

    created_at: datetime

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(
            **said_of(person),
            created_at=person.created_at,
        )


class MemberList(BaseModel):
    items: list[MemberView]


@router.get("")
def read_enterprise(
    caller: Annotated[Caller, allow(*ENTERPRISE_ROLES)], reading: ReadOnly
) -> EnterpriseView:
    """Open one's own enterprise, with the names it had."""
    return EnterpriseView.of(reading, own_enterprise(reading, caller))


@router.get("/members")
def list_members(caller: Administrator, reading: ReadOnly) -> MemberList:
    """List who acts for one's own enterprise."""
    rows = members.list_members(reading, own_enterprise(reading, caller).id)
    return MemberList(items=[MemberView.of(person) for person in rows])


@router.post("/members", status_code=201)
def add_member(
    body: AccountRequest,
    caller: Administrator,
    policy: Policy,
    now: Now,
    transaction: Transaction,
) -> MemberView:
    """Open an account for a colleague, who changes its first password once signed in."""
    person = members.add(
        transaction,
        body.to_account(),
        caller=caller,
        policy=policy,
        now=now,
    )
    return MemberView.of(person)


@router.put("/members/{person_id}/roles")
def set_member_roles(
    person_id: UUID, body: RolesRequest, caller: Administrator, now: Now, transaction: Transaction
) -> MemberView:
    """Give a colleague these roles, and no others; the last administrator stays one."""
    person = members.set_roles(transaction, person_id, body.roles, caller=caller, now=now)
    return MemberView.of(person)


@router.put("/members/{person_id}/password")
def let_in_member_again(  # noqa: PLR0917 - each is asked for by FastAPI
    person_id: UUID,
    body: FirstPassword,
    caller: Administrator,
    policy: Policy,
    now: Now,
    transaction: Transaction,
) -> MemberView:
    """Give a colleague a new first password; all that opened their account before ends."""
    person = members.let_in_again(
        transaction,
        person_id,
        body.password.get_secret_value(),
        caller=caller,
        policy=policy,
        now=now,
    )
    return MemberView.of(person)


@router.post("/members/{person_id}/see-off")
def see_off_member(
    person_id: UUID, caller: Administrator, now: Now, transaction: Transaction
) -> MemberView:
    """Close a colleague's account; every sign-in and token of theirs ends at once."""
    return MemberView.of(members.see_off(transaction, person_id, caller=caller, now=now))
