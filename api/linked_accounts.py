"""Routes for linking one's account to an identity of the provider's."""

from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field, SecretStr

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction, acting_as
from api.identity import InPerson
from api.provider import TripView, begin_trip, count_try, find_provider, forgive
from api.routing import Router
from directory.people.own_password import require_own_password
from directory.people.tables import LinkedAccount
from directory.provider import service

router = Router(prefix="/me/linked-accounts", tags=["account"])


class LinkedAccountView(BaseModel):
    id: UUID
    issuer: str
    linked_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, row: LinkedAccount) -> Self:
        return cls(id=row.id, issuer=row.issuer, linked_at=row.linked_at, used_at=row.used_at)


class LinkedAccountList(BaseModel):
    items: list[LinkedAccountView]


@router.get("")
def list_linked_accounts(caller: InPerson, reading: ReadOnly) -> LinkedAccountList:
    """List the identities that may sign in as oneself."""
    rows = service.list_links(reading, caller.person_id)
    return LinkedAccountList(items=[LinkedAccountView.of(row) for row in rows])


class LinkRequest(Body):
    password: SecretStr = Field(min_length=1, max_length=200)
    """Once more: whoever found a browser open must not leave a way in of their own behind."""


@router.post("", status_code=201)
def begin_link(
    body: LinkRequest, caller: InPerson, request: Request, response: Response, now: Now
) -> TripView:
    """Begin to link: the provider says who one is there, and the account is linked to that."""
    find_provider(request)
    count_try(request, now, login=caller.login)
    with acting_as(request, caller) as session:
        require_own_password(session, caller=caller, password=body.password.get_secret_value())
    forgive(request, login=caller.login)
    return begin_trip(request, response, to="/account", now=now, caller=caller)


@router.delete("/{link_id}", status_code=204)
def unlink(link_id: UUID, caller: InPerson, now: Now, transaction: Transaction) -> None:
    """Let an identity sign in as oneself no more; the sign-ins it opened elsewhere end."""
    service.unlink_account(transaction, caller=caller, link_id=link_id, now=now)
