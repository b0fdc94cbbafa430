"""Routes that admit devices: register, hand out a claim code, turn it into credentials."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, Field

from api.alarm_setup import Manager, home_of
from api.bodies import Body
from api.broker import own_account, ring_for_broker
from api.clock import Now
from api.database import Transaction
from api.identity import Anyone
from api.routing import Router
from foundation.identifiers import DeviceId
from foundation.tenancy import Acting, enter
from telemetry.devices import claims
from telemetry.devices.tables import NAME_PATTERN

router = Router(tags=["devices"])

WireName = Annotated[str, Field(pattern=NAME_PATTERN)]


class DeviceBody(Body):
    name: WireName
    model: str = Field(min_length=1, max_length=100)
    protocol: Literal["mqtt", "modbus"]
    gateway: WireName | None = None


class RegisteredView(BaseModel):
    id: DeviceId
    name: str
    registered_at: datetime


class ClaimView(BaseModel):
    code: str
    expires_at: datetime


class CodeBody(Body):
    code: str = Field(max_length=64)


class CredentialsView(BaseModel):
    name: str
    """Client id and user name at the broker."""
    password: str
    """Told this once."""


@router.post("/devices", status_code=201)
def register(
    body: DeviceBody, request: Request, caller: Manager, now: Now, transaction: Transaction
) -> RegisteredView:
    """Make a device known to the platform."""
    own = own_account(request.app.state.settings.broker_url.get_secret_value())
    device = claims.register_device(
        transaction,
        home_of(caller),
        name=body.name,
        model=body.model,
        protocol=body.protocol,
        gateway=body.gateway,
        reserved={own[0]} if own else set(),
        now=now,
    )
    return RegisteredView(id=device.id, name=device.name, registered_at=device.registered_at)


@router.post("/devices/{name}/claims", status_code=201)
def create_claim(name: str, caller: Manager, now: Now, transaction: Transaction) -> ClaimView:
    """Hand out a code that turns into the device's credentials, once, within a day."""
    code = claims.offer_claim(transaction, home_of(caller), name, by=caller.person_id, now=now)
    return ClaimView(code=code.text, expires_at=code.expires_at)


@router.post("/device-claims", status_code=201)
def redeem(
    body: CodeBody, _caller: Anyone, request: Request, now: Now, transaction: Transaction
) -> CredentialsView:
    """Turn a code into credentials. The device asks this itself, so nobody is signed in."""
    enter(transaction, Acting(is_platform=True))  # the code proves it
    credentials = claims.redeem_claim(
        transaction, body.code, now=now, ring=ring_for_broker(request)
    )
    return CredentialsView(name=credentials.name, password=credentials.password)
