"""Routes for an institution's own people."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field, SecretStr

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow_in_person
from api.routing import Router
from directory.institutions import service, staff
from directory.institutions.staff import NewStaff
from directory.institutions.tables import Post
from directory.people.accounts import NewAccount
from directory.people.password_rules import PasswordPolicy
from directory.people.service import Caller
from directory.people.tables import Person
from directory.roles.rules import Role
from foundation.identifiers import PersonId

router = Router(prefix="/institution/staff", tags=["staff"])

Manager = Annotated[Caller, allow_in_person(Role.INSTITUTION_MANAGER)]


class StaffView(BaseModel):
    """Somebody who works at one's own institution."""

    id: PersonId
    login: str
    display_name: str
    is_active: bool
    roles: list[Role]
    title: str | None
    trained_on: date | None
    starts_on: date | None
    ends_on: date | None

    @classmethod
    def of(cls, person: Person, post: Post | None) -> Self:
        return cls(
            id=person.id,
            login=person.login,
            display_name=person.display_name,
            is_active=person.is_active,
            roles=sorted(Role(assignment.role) for assignment in person.roles),
            title=post.title if post else None,
            trained_on=post.trained_on if post else None,
            starts_on=post.starts_on if post else None,
            ends_on=post.ends_on if post else None,
        )


class StaffList(BaseModel):
    items: list[StaffView]


class AccountRequest(Body):
    """An account that somebody opens for a colleague, with its first password."""

    login: str = Field(min_length=3, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")
    display_name: str = Field(min_length=1, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=200)
    roles: list[Role] = Field(min_length=1, max_length=10)

    def to_account(self) -> NewAccount:
        return NewAccount(
            login=self.login,
            display_name=self.display_name,
            password=self.password.get_secret_value(),
            roles=self.roles,
        )


class StaffRequest(AccountRequest):
    title: str = Field(min_length=1, max_length=100)
    trained_on: date
    starts_on: date


class RolesRequest(Body):
    roles: list[Role] = Field(max_length=10)


@router.get("")
def list_staff(caller: Manager, reading: ReadOnly) -> StaffList:
    """List one's own institution's people."""
    rows = staff.list_staff(reading, service.find_own(reading, caller).id)
    return StaffList(items=[StaffView.of(person, post) for person, post in rows])


@router.post("", status_code=201)
def add_staff(
    body: StaffRequest, caller: Manager, request: Request, now: Now, transaction: Transaction
) -> StaffView:
    """Open an account for somebody who was trained before the post begins."""
    person = staff.add(
        transaction,
        NewStaff(
            account=body.to_account(),
            title=body.title,
            trained_on=body.trained_on,
            starts_on=body.starts_on,
        ),
        caller=caller,
        policy=PasswordPolicy(request.app.state.settings.password_policy),
        now=now,
    )
    return StaffView.of(person, transaction.get(Post, person.id))


@router.put("/{person_id}/roles")
def set_roles(
    person_id: UUID, body: RolesRequest, caller: Manager, now: Now, transaction: Transaction
) -> StaffView:
    """Give a colleague these roles, and no others."""
    person = staff.set_roles(transaction, person_id, body.roles, caller=caller, now=now)
    return StaffView.of(person, transaction.get(Post, person.id))


@router.post("/{person_id}/see-off")
def see_off(person_id: UUID, caller: Manager, now: Now, transaction: Transaction) -> StaffView:
    """Close a colleague's account; every sign-in of theirs ends at once."""
    person = staff.see_off(transaction, person_id, caller=caller, now=now)
    return StaffView.of(person, transaction.get(Post, person.id))
