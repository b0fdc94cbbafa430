"""Routes under /arrears: bills overdue, which keep an enterprise from new reservations."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

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
from directory.institutions.queries import find_by_id
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
    institution_zh: str
    institution_en: str
    """To whom it is owed, and whose instruments cannot be reserved until it is settled."""
    amount_fen: int
    due_on: date
    reason: str


def see_arrears(session: Session, found: Sequence[Arrears]) -> list[ArrearsView]:
    names = names_of_owing(session, found)
    labs = find_by_id(session, {one.institution_id for one in found})
    return [
        ArrearsView(
            id=one.id,
            enterprise_id=one.enterprise_id,
            enterprise=names.get(one.enterprise_id, ""),
            institution_zh=labs[one.institution_id].name_zh,
            institution_en=labs[one.institution_id].name_en,
            amount_fen=one.amount_fen,
            due_on=one.due_on,
            reason=one.reason,
        )
        for one in found
    ]


class ArrearsList(BaseModel):
    items: list[ArrearsView]


@router.get("")
def read_arrears(caller: SignedIn, reading: ReadOnly) -> ArrearsList:
    """List what is owed to one's institution, or by one's enterprise."""
    return ArrearsList(items=see_arrears(reading, list_arrears(reading, caller)))


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
    return see_arrears(transaction, [arrears])[0]


@router.post("/{arrears_id}/settle")
def settle(arrears_id: UUID, caller: Keeper, now: Now, transaction: Transaction) -> ArrearsView:
    """Note that it was paid."""
    arrears = settle_arrears(transaction, arrears_id, by=caller, now=now)
    return see_arrears(transaction, [arrears])[0]
