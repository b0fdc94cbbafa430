"""Routes for an institution's own people."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.accounts import AccountRequest, AccountView, FirstPassword, Policy, RolesRequest, said_of
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow_in_person
from api.routing import Router
from directory.institutions import service, staff
from directory.institutions.staff import NewStaff
from directory.institutions.tables import Post
from directory.people.service import Caller
from directory.people.tables import Person
from directory.roles.rules import Role

router = Router(prefix="/institution/staff", tags=["staff"])

Manager = Annotated[Caller, allow_in_person(Role.INSTITUTION_MANAGER)]


class StaffView(AccountView):
    """Somebody who works at one's own institution."""

    title: str | None
    trained_on: date | None
    starts_on: date | None
    ends_on: date | None

    @classmethod
    def of(cls, person: Person, post: Post | None) -> Self:
        return cls(
            **said_of(person),
            title=post.title if post else None,
            trained_on=post.trained_on if post else None,
            starts_on=post.starts_on if post else None,
            ends_on=post.ends_on if post else None,
        )


class StaffList(BaseModel):
    items: list[StaffView]


class StaffRequest(AccountRequest):
    title: str = Field(min_length=1, max_length=100)
    trained_on: date
    starts_on: date


@router.get("")
def list_staff(caller: Manager, reading: ReadOnly) -> StaffList:
    """List one's own institution's people."""
    rows = staff.list_staff(reading, service.find_own(reading, caller).id)
    return StaffList(items=[StaffView.of(person, post) for person, post in rows])


@router.post("", status_code=201)
def add_staff(
    body: StaffRequest, caller: Manager, policy: Policy, now: Now, transaction: Transaction
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
        policy=policy,
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


@router.put("/{person_id}/password")
def let_in_staff_again(  # noqa: PLR0917 - each is asked for by FastAPI
    person_id: UUID,
    body: FirstPassword,
    caller: Manager,
    policy: Policy,
    now: Now,
    transaction: Transaction,
) -> StaffView:
    """Give a colleague a new first password; all that opened their account before ends."""
    person = staff.let_in_again(
        transaction,
        person_id,
        body.password.get_secret_value(),
        caller=caller,
        policy=policy,
        now=now,
    )
    return StaffView.of(person, transaction.get(Post, person.id))


@router.post("/{person_id}/see-off")
def see_off(person_id: UUID, caller: Manager, now: Now, transaction: Transaction) -> StaffView:
    """Close a colleague's account; every sign-in of theirs ends at once."""
    person = staff.see_off(transaction, person_id, caller=caller, now=now)
    return StaffView.of(person, transaction.get(Post, person.id))
