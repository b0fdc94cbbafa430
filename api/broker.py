"""Routes for the broker's credentials, and for a broker that asks about each connection."""

import hmac
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from fastapi import Header, Request
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import Anyone, allow_in_person
from api.routing import Router
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.encryption import KeyRing
from foundation.identifiers import InstitutionId
from foundation.tenancy import Acting, enter
from telemetry.credentials import service
from telemetry.credentials.errors import HookSecretWrong
from telemetry.credentials.plugin import Platform, dynamic_security
from telemetry.credentials.rules import hash_password
from telemetry.credentials.tables import BrokerCredential

router = Router(prefix="/broker", tags=["broker"])

Keeper = Annotated[Caller, allow_in_person(Role.INSTITUTION_MANAGER, Role.OPERATOR)]
Operator = Annotated[Caller, allow_in_person(Role.OPERATOR)]
Name = Annotated[str, Field(pattern="^[a-z0-9-]{1,64}$")]
Text = Annotated[str, Field(max_length=400)]


class CredentialRequest(Body):
    username: Name


class MadeCredential(BaseModel):
    """A credential just made: its password is shown this once."""

    username: str
    password: str


class CredentialView(BaseModel):
    username: str
    institution_id: InstitutionId
    made_at: datetime
    former_until: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: BrokerCredential) -> Self:
        return cls(
            username=row.username,
            institution_id=row.institution_id,
            made_at=row.made_at,
            former_until=row.former_until,
            revoked_at=row.revoked_at,
        )


class CredentialList(BaseModel):
    items: list[CredentialView]


@router.get("/credentials")
def list_credentials(caller: Keeper, reading: ReadOnly) -> CredentialList:
    """List the credentials of one's institution; the operator sees all."""
    rows = service.list_credentials(reading, caller.institution_id)
    return CredentialList(items=[CredentialView.of(row) for row in rows])


@router.post("/credentials", status_code=201)
def issue_credential(
    body: CredentialRequest, caller: Keeper, request: Request, now: Now, transaction: Transaction
) -> MadeCredential:
    """Make a password for a device or gateway, or a new one; the former works for a day."""
    password = service.issue(
        transaction,
        username=body.username,
        institution_id=caller.institution_id,
        actor_id=caller.person_id,
        now=now,
        ring=ring_for_broker(request),
    )
    return MadeCredential(username=body.username, password=password)


@router.post("/credentials/revoke", status_code=204)
def revoke_credential(
    body: CredentialRequest, caller: Keeper, now: Now, transaction: Transaction
) -> None:
    """End a credential at once."""
    service.revoke(
        transaction,
        username=body.username,
        institution_id=caller.institution_id,
        actor_id=caller.person_id,
        now=now,
    )


@router.get("/dynamic-security")
def export_dynamic_security(
    _caller: Operator, request: Request, reading: ReadOnly
) -> dict[str, Any]:
    """Give all accounts as mosquitto's dynamic security plugin keeps them."""
    settings = request.app.state.settings
    own, control = (
        Platform(found[0], hash_password(found[1])) if found else None
        for found in map(
            own_account,
            (
                settings.broker_url.get_secret_value(),
                settings.broker_control_url.get_secret_value(),
            ),
        )
    )
    return dynamic_security(service.list_accounts(reading), own, control)


def ring_for_broker(request: Request) -> KeyRing | None:
    """Return what seals a new password until a broker with accounts of its own has been told it."""
    state = request.app.state
    ring: KeyRing = state.keys.ring
    return ring if state.settings.broker_control_url.get_secret_value() else None


def own_account(broker_url: str) -> tuple[str, str] | None:
    """Return the name and the password by which the platform itself is known to the broker."""
    found = urlsplit(broker_url)
    if not found.username or not found.password:
        return None
    return unquote(found.username), unquote(found.password)


class ConnectQuestion(BaseModel):
    """What EMQX asks before it lets a client in."""

    username: Text
    password: Text
    clientid: Text


class TopicQuestion(BaseModel):
    """What EMQX asks before it lets a client use a topic."""

    username: Text
    clientid: Text
    action: Literal["publish", "subscribe"]
    topic: Text


class Verdict(BaseModel):
    result: Literal["allow", "deny"]
    is_superuser: bool = False


def require_broker(request: Request, given: str) -> None:
    """Refuse whoever is not the broker, which knows a secret of the deployment.

    Raises:
        HookSecretWrong: for a wrong secret, and where none is set.
    """
    secret = request.app.state.settings.broker_hook_secret.get_secret_value()
    if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
        raise HookSecretWrong


HookSecret = Annotated[str, Header(alias="X-Broker-Secret", max_length=200)]


@router.post("/emqx/authenticate")
def authenticate(
    body: ConnectQuestion,
    _caller: Anyone,
    request: Request,
    now: Now,
    reading: ReadOnly,
    secret: HookSecret = "",
) -> Verdict:
    """Answer EMQX whether a client may connect; its client id must be its user name."""
    require_broker(request, secret)
    enter(reading, Acting(is_platform=True))
    may = service.may_connect(
        reading, username=body.username, client_id=body.clientid, password=body.password, now=now
    )
    return Verdict(result="allow" if may else "deny")


@router.post("/emqx/authorize")
def authorize(
    body: TopicQuestion,
    _caller: Anyone,
    request: Request,
    reading: ReadOnly,
    secret: HookSecret = "",
) -> Verdict:
    """Answer EMQX whether a client may use a topic: its own devices' only."""
    require_broker(request, secret)
    enter(reading, Acting(is_platform=True))
    may = service.may_use_topic(
        reading,
        username=body.username,
        client_id=body.clientid,
        action=body.action,
        topic=body.topic,
    )
    return Verdict(result="allow" if may else "deny")
