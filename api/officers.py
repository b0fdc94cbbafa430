"""Routes for those who work for the platform itself, and for the stations."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel

from api.accounts import AccountRequest, AccountView, FirstPassword, Policy, RolesRequest, said_of
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow_in_person
from api.routing import Router
from directory.officers import service
from directory.officers.service import Officer
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import StationId

router = Router(prefix="/officers", tags=["officers"])

Operator = Annotated[Caller, allow_in_person(Role.OPERATOR)]


class AppointmentRequest(AccountRequest):
    station_id: StationId | None = None
    """The station they work for; the platform itself where there is none."""


class OfficerView(AccountView):
    """Somebody who works for the platform or a station, or did."""

    station: str | None
    created_at: datetime

    @classmethod
    def of(cls, officer: Officer) -> Self:
        person = officer.person
        return cls(
            **said_of(person),
            station=officer.station,
            created_at=person.created_at,
        )


class OfficerList(BaseModel):
    items: list[OfficerView]


@router.get("")
def list_officers(_caller: Operator, reading: ReadOnly) -> OfficerList:
    """List who works for the platform and the stations."""
    return OfficerList(items=[OfficerView.of(one) for one in service.list_officers(reading)])


@router.post("", status_code=201)
def appoint(
    body: AppointmentRequest,
    caller: Operator,
    policy: Policy,
    now: Now,
    transaction: Transaction,
) -> OfficerView:
    """Open an account for somebody who works for the platform, or for a station."""
    officer = service.appoint(
        transaction,
        body.to_account(),
        station_id=body.station_id,
        caller=caller,
        policy=policy,
        now=now,
    )
    return OfficerView.of(officer)


@router.put("/{person_id}/roles")
def set_officer_roles(
    person_id: UUID, body: RolesRequest, caller: Operator, now: Now, transaction: Transaction
) -> OfficerView:
    """Give an officer these roles, and no others; the last operator stays one."""
    return OfficerView.of(
        service.set_roles(transaction, person_id, body.roles, caller=caller, now=now)
    )


@router.put("/{person_id}/password")
def let_in_officer_again(  # noqa: PLR0917 - each is asked for by FastAPI
    person_id: UUID,
    body: FirstPassword,
    caller: Operator,
    policy: Policy,
    now: Now,
    transaction: Transaction,
) -> OfficerView:
    """Give an officer a new first password; all that opened their account before ends."""
    officer = service.let_in_again(
        transaction,
        person_id,
        body.password.get_secret_value(),
        caller=caller,
        policy=policy,
        now=now,
    )
    return OfficerView.of(officer)


@router.post("/{person_id}/see-off")
def see_off_officer(
    person_id: UUID, caller: Operator, now: Now, transaction: Transaction
) -> OfficerView:
    """Close an officer's account; every sign-in and token of theirs ends at once."""
    return OfficerView.of(service.see_off(transaction, person_id, caller=caller, now=now))
