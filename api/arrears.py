"""Routes under /arrears: bills overdue, which keep an enterprise from new reservations."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import SignedIn, allow
from api.routing import Router
from booking.arrears.service import (
    list_arrears,
    list_clients,
    names_of_owing,
    note_arrears,
    settle_arrears,
)
from booking.arrears.tables import Arrears
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import EnterpriseId

router = Router(prefix="/arrears", tags=["charges"])

Keeper = Annotated[Caller, allow(Role.INSTITUTION_MANAGER, Role.FINANCE)]
FEN_MAX = 10**15


class ArrearsBody(Body):
    enterprise_id: EnterpriseId
    amount_fen: int = Field(ge=1, le=FEN_MAX)
    due_on: date
    reason: str = Field(min_length=1, max_length=200)


class ArrearsView(BaseModel):
    id: UUID
    enterprise_id: EnterpriseId
    enterprise: str
    amount_fen: int
    due_on: date
    reason: str

    @classmethod
    def of(cls, arrears: Arrears, names: Mapping[EnterpriseId, str]) -> "ArrearsView":
        return cls(
            id=arrears.id,
            enterprise_id=arrears.enterprise_id,
            enterprise=names.get(arrears.enterprise_id, ""),
            amount_fen=arrears.amount_fen,
            due_on=arrears.due_on,
            reason=arrears.reason,
        )


class ArrearsList(BaseModel):
    items: list[ArrearsView]


@router.get("")
def read_arrears(caller: SignedIn, reading: ReadOnly) -> ArrearsList:
    """List what is owed to one's institution, or by one's enterprise."""
    found = list_arrears(reading, caller)
    names = names_of_owing(reading, found)
    return ArrearsList(items=[ArrearsView.of(one, names) for one in found])


class ClientView(BaseModel):
    id: EnterpriseId
    name: str


class ClientList(BaseModel):
    items: list[ClientView]


@router.get("/clients")
def read_clients(caller: Keeper, reading: ReadOnly) -> ClientList:
    """Name the enterprises that reserved here: those that may owe something."""
    return ClientList(
        items=[ClientView(id=key, name=name) for key, name in list_clients(reading, caller)]
    )


@router.post("", status_code=201)
def create_arrears(
    body: ArrearsBody, caller: Keeper, now: Now, transaction: Transaction
) -> ArrearsView:
    """Note an overdue bill: no new reservation until it is settled."""
    arrears = note_arrears(
        transaction,
        body.enterprise_id,
        body.amount_fen,
        due_on=body.due_on,
        reason=body.reason,
        by=caller,
        now=now,
    )
    return ArrearsView.of(arrears, names_of_owing(transaction, [arrears]))


@router.post("/{arrears_id}/settle")
def settle(arrears_id: UUID, caller: Keeper, now: Now, transaction: Transaction) -> ArrearsView:
    """Note that it was paid."""
    arrears = settle_arrears(transaction, arrears_id, by=caller, now=now)
    return ArrearsView.of(arrears, names_of_owing(transaction, [arrears]))
