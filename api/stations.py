"""Routes for stations, what clients entrust to them, and the library of experts."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, allow, allow_in_person
from api.routing import Router
from directory.enterprises.tables import Enterprise
from directory.experts import service as experts
from directory.experts.tables import Expert
from directory.people.service import Caller
from directory.roles.rules import PLATFORM_ROLES, Role
from directory.stations import service
from directory.stations.rules import Scope
from directory.stations.tables import Entrustment, Station
from directory.workdays.rules import ZONE
from foundation.identifiers import EnterpriseId, StationId

router = Router(tags=["stations"])

Operator = Annotated[Caller, allow_in_person(Role.OPERATOR)]
Line = Annotated[str, Field(min_length=1, max_length=200)]


class StationRequest(Body):
    name: Line
    address: Line
    has_window: bool
    notice_posted: bool


class StationView(BaseModel):
    id: StationId
    name: str
    address: str
    has_window: bool
    is_open: bool

    @classmethod
    def of(cls, station: Station) -> Self:
        return cls(
            id=station.id,
            name=station.name,
            address=station.address,
            has_window=station.has_window,
            is_open=station.is_open,
        )


class StationList(BaseModel):
    items: list[StationView]


class EntrustmentRequest(Body):
    station_id: StationId
    scope: list[Scope] = Field(min_length=1, max_length=10)
    valid_from: date
    valid_to: date


class EntrustmentView(BaseModel):
    id: UUID
    enterprise_id: EnterpriseId
    enterprise: str
    station_id: StationId
    station: str
    scope: list[Scope]
    valid_from: date
    valid_to: date
    given_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, session: Session, row: Entrustment) -> Self:
        return cls(
            id=row.id,
            enterprise_id=row.enterprise_id,
            enterprise=session.get_one(Enterprise, row.enterprise_id).name,
            station_id=row.station_id,
            station=session.get_one(Station, row.station_id).name,
            scope=[Scope(scope) for scope in row.scope],
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            given_at=row.given_at,
            revoked_at=row.revoked_at,
        )


class EntrustmentList(BaseModel):
    items: list[EntrustmentView]


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


@router.get("/stations")
def list_stations(_caller: Anyone, reading: ReadOnly) -> StationList:
    """List the service stations."""
    rows = service.list_stations(reading)
    return StationList(items=[StationView.of(station) for station in rows])


@router.post("/stations", status_code=201)
def open_station(
    body: StationRequest, caller: Operator, now: Now, transaction: Transaction
) -> StationView:
    """Open a station."""
    station = service.open_station(
        transaction,
        caller=caller,
        name=body.name,
        address=body.address,
        has_window=body.has_window,
        notice_posted=body.notice_posted,
        now=now,
    )
    return StationView.of(station)


@router.get("/entrustments")
def list_entrustments(
    caller: Annotated[Caller, allow(Role.ENTERPRISE_ADMIN, Role.STATION_STAFF)], reading: ReadOnly
) -> EntrustmentList:
    """List what one's enterprise entrusted, or one's station was entrusted with."""
    rows = service.list_entrustments(reading, caller=caller)
    return EntrustmentList(items=[EntrustmentView.of(reading, row) for row in rows])


@router.post("/entrustments", status_code=201)
def entrust(
    body: EntrustmentRequest,
    caller: Annotated[Caller, allow_in_person(Role.ENTERPRISE_ADMIN)],
    now: Now,
    transaction: Transaction,
) -> EntrustmentView:
    """Let a station act for one's enterprise, within a scope and a period."""
    row = service.entrust(
        transaction,
        caller=caller,
        station_id=body.station_id,
        scope=body.scope,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        now=now,
    )
    return EntrustmentView.of(transaction, row)


@router.post("/entrustments/{entrustment_id}/revoke")
def revoke_entrustment(
    entrustment_id: UUID,
    caller: Annotated[Caller, allow_in_person(Role.ENTERPRISE_ADMIN)],
    now: Now,
    transaction: Transaction,
) -> EntrustmentView:
    """End an entrustment of one's enterprise at once."""
    row = service.revoke(transaction, entrustment_id, caller=caller, now=now)
    return EntrustmentView.of(transaction, row)


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
    rows = experts.list_experts(reading, field=field, on=today)
    return ExpertList(items=[ExpertView.of(expert) for expert in rows])


@router.post("/experts", status_code=201)
def enter_expert(
    body: ExpertRequest, caller: Operator, now: Now, transaction: Transaction
) -> ExpertView:
    """Take an expert into the library."""
    expert = experts.enter(
        transaction,
        caller=caller,
        name=body.name,
        title=body.title,
        field=body.field,
        employer=body.employer,
        entered_on=body.entered_on,
        now=now,
    )
    return ExpertView.of(expert)


@router.post("/experts/{expert_id}/leave")
def leave_library(
    expert_id: UUID, body: LeavingRequest, caller: Operator, now: Now, transaction: Transaction
) -> ExpertView:
    """Note that an expert left the library."""
    return ExpertView.of(
        experts.leave(transaction, expert_id, caller=caller, left_on=body.left_on, now=now)
    )
