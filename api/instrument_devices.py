"""Routes on the devices of an instrument: its meter, its interlock, and what only watches."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import Transaction
from api.identity import allow
from api.routing import Router
from booking.instruments.devices import Link, Linkable, list_linkable, set_links
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import DeviceId, InstrumentId

router = Router(prefix="/instruments/{instrument_id}/devices", tags=["instruments"])

Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]


class LinkableView(BaseModel):
    """A device of one's own, and what it belongs to."""

    id: DeviceId
    name: str
    model: str
    protocol: str
    instrument_id: InstrumentId | None
    instrument: str | None
    is_meter: bool
    has_interlock: bool

    @classmethod
    def of(cls, one: Linkable) -> Self:
        return cls(
            id=one.device.id,
            name=one.device.name,
            model=one.device.model,
            protocol=one.device.protocol,
            instrument_id=one.link.instrument_id if one.link else None,
            instrument=one.instrument,
            is_meter=one.link is not None and one.link.is_meter,
            has_interlock=one.link is not None and one.link.has_interlock,
        )


class LinkableList(BaseModel):
    items: list[LinkableView]


class LinkBody(Body):
    device_id: DeviceId
    is_meter: bool = False
    has_interlock: bool = False


class LinksBody(Body):
    items: Annotated[list[LinkBody], Field(max_length=20)]


@router.get("")
def read_devices_of(
    instrument_id: InstrumentId, caller: Manager, transaction: Transaction
) -> LinkableList:
    """List the institution's devices, and which of them belong to this instrument."""
    _, found = list_linkable(transaction, instrument_id, by=caller)
    return LinkableList(items=[LinkableView.of(one) for one in found])


@router.put("", status_code=204)
def put_devices_of(
    instrument_id: InstrumentId,
    body: LinksBody,
    caller: Manager,
    now: Now,
    transaction: Transaction,
) -> None:
    """Let exactly these devices belong to the instrument; not while it is in use."""
    links = [Link(one.device_id, one.is_meter, one.has_interlock) for one in body.items]
    set_links(transaction, instrument_id, links, by=caller, now=now)
