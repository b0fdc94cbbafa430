"""Routes for the library of experts."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone
from api.routing import Router
from api.stations import Line, Operator
from directory.experts import service
from directory.experts.tables import Expert
from directory.roles.rules import PLATFORM_ROLES
from directory.workdays.rules import ZONE

# One scope of a token for both: whoever keeps the stations keeps the experts.
router = Router(tags=["stations"])


class ExpertRequest(Body):
    name: Line
    title: Line
    field: Line
    employer: Annotated[str, Field(max_length=200)] = ""
    entered_on: date


class LeavingRequest(Body):
    left_on: date


class ExpertView(BaseModel):
    id: UUID
    name: str
    title: str
    field: str
    employer: str
    entered_on: date
    left_on: date | None

    @classmethod
    def of(cls, expert: Expert) -> Self:
        return cls(
            id=expert.id,
            name=expert.name,
            title=expert.title,
            field=expert.field,
            employer=expert.employer,
            entered_on=expert.entered_on,
            left_on=expert.left_on,
        )


class ExpertList(BaseModel):
    items: list[ExpertView]


@router.get("/experts")
def list_experts(
    caller: Anyone,
    reading: ReadOnly,
    now: Now,
    field: Annotated[str | None, Query(max_length=100)] = None,
    include_left: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> ExpertList:
    """List the experts of today, of a field if one is named; the platform sees who left too."""
    sees_all = include_left and caller is not None and caller.has(*PLATFORM_ROLES)
    today = None if sees_all else now.astimezone(ZONE).date()
    rows = service.list_experts(reading, field=field, on=today)
    return ExpertList(items=[ExpertView.of(expert) for expert in rows])


@router.post("/experts", status_code=201)
def enter_expert(
    body: ExpertRequest, caller: Operator, now: Now, transaction: Transaction
) -> ExpertView:
    """Take an expert into the library."""
    return ExpertView.of(service.enter(transaction, caller=caller, now=now, **body.model_dump()))


@router.post("/experts/{expert_id}/leave")
def leave_library(
    expert_id: UUID, body: LeavingRequest, caller: Operator, now: Now, transaction: Transaction
) -> ExpertView:
    """Note that an expert left the library."""
    return ExpertView.of(
        service.leave(transaction, expert_id, caller=caller, left_on=body.left_on, now=now)
    )
