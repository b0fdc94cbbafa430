"""Routes for stations, and what clients entrust to them."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, allow, allow_in_person
from api.routing import Router
from directory.enterprises.tables import Enterprise
from directory.people.service import Caller
from directory.roles.rules import Role
from directory.stations import service
from directory.stations.rules import Scope
from directory.stations.tables import Entrustment, Station
from foundation.identifiers import EnterpriseId, StationId

router = Router(tags=["stations"])

Operator = Annotated[Caller, allow_in_person(Role.OPERATOR)]
Line = Annotated[str, Field(min_length=1, max_length=200)]


class StationRequest(Body):
    name: Line
    address: Line
    has_window: bool
    notice_posted: bool


class ClosingRequest(Body):
    reason: str = Field(min_length=2, max_length=300)
    """Told to whom it concerns."""


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
    is_station_open: bool
    """While it is closed, the entrustment does not hold."""
    scope: list[Scope]
    valid_from: date
    valid_to: date
    given_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, session: Session, row: Entrustment) -> Self:
        station = session.get_one(Station, row.station_id)
        return cls(
            id=row.id,
            enterprise_id=row.enterprise_id,
            enterprise=session.get_one(Enterprise, row.enterprise_id).name,
            station_id=row.station_id,
            station=station.name,
            is_station_open=station.is_open,
            scope=[Scope(scope) for scope in row.scope],
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            given_at=row.given_at,
            revoked_at=row.revoked_at,
        )


class EntrustmentList(BaseModel):
    items: list[EntrustmentView]


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
    station = service.open_station(transaction, caller=caller, now=now, **body.model_dump())
    return StationView.of(station)


@router.post("/stations/{station_id}/close")
def close_station(
    station_id: StationId,
    body: ClosingRequest,
    caller: Operator,
    now: Now,
    transaction: Transaction,
) -> StationView:
    """Close a station: nothing entrusted to it holds, nobody there may act, until it reopens."""
    station = service.close_station(
        transaction, station_id, caller=caller, reason=body.reason, now=now
    )
    return StationView.of(station)


@router.post("/stations/{station_id}/reopen")
def reopen_station(
    station_id: StationId, caller: Operator, now: Now, transaction: Transaction
) -> StationView:
    """Open a station again; what was entrusted to it holds as far as its period goes."""
    return StationView.of(service.reopen_station(transaction, station_id, caller=caller, now=now))


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
