"""Routes under /alarm-rules and /alarm-recipients: what is watched for, and who is told."""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow
from api.keys import Keys
from api.routing import Router
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import DeviceId, InstitutionId
from telemetry.alarms import setup
from telemetry.alarms.rules import RuleKind, Severity
from telemetry.alarms.storage import StorageWish, watch_storage
from telemetry.alarms.tables import AlarmRecipient, AlarmRule

router = Router(tags=["devices"])

Staff = Annotated[Caller, allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER)]
Manager = Annotated[Caller, allow(Role.INSTITUTION_MANAGER)]
WEEK_S = 7 * 86_400


class RuleBody(Body):
    kind: RuleKind
    metric: str = Field(default="", max_length=64)
    limit: float | None = Field(default=None, allow_inf_nan=False)
    hysteresis: float = Field(default=0, ge=0, allow_inf_nan=False)
    for_s: int = Field(default=0, ge=0, le=WEEK_S)
    clear_for_s: int = Field(default=0, ge=0, le=WEEK_S)
    severity: Severity = Severity.MAJOR
    code: str = Field(pattern=setup.CODE_PATTERN)
    device_id: DeviceId | None = None


class RuleView(RuleBody):
    id: UUID
    created_at: datetime

    @classmethod
    def of(cls, rule: AlarmRule) -> "RuleView":
        return cls(
            id=rule.id,
            kind=RuleKind(rule.kind),
            metric=rule.metric,
            limit=rule.limit_value,
            hysteresis=rule.hysteresis,
            for_s=rule.for_s,
            clear_for_s=rule.clear_for_s,
            severity=Severity(rule.severity),
            code=rule.code,
            device_id=rule.device_id,
            created_at=rule.created_at,
        )


class RuleList(BaseModel):
    items: list[RuleView]


class StorageBody(Body):
    """Where samples are kept: its range, how long it may be outside, and how long silent."""

    device_id: DeviceId
    metric: str = Field(min_length=1, max_length=64)
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    for_s: int = Field(default=600, ge=0, le=WEEK_S)
    silent_s: int = Field(default=900, ge=60, le=WEEK_S)


class RecipientBody(Body):
    kind: Literal["email", "webhook"]
    address: str = Field(max_length=500)
    severity_min: Severity = Severity.MAJOR


class RecipientView(RecipientBody):
    id: UUID
    created_at: datetime

    @classmethod
    def of(cls, recipient: AlarmRecipient) -> "RecipientView":
        return cls(
            id=recipient.id,
            kind="email" if recipient.kind == "email" else "webhook",
            address=recipient.address,
            severity_min=Severity(recipient.severity_min),
            created_at=recipient.created_at,
        )


class RecipientList(BaseModel):
    items: list[RecipientView]


class NewRecipientView(BaseModel):
    recipient: RecipientView
    secret: str | None
    """What signs the web hook (Standard Webhooks); shown this once."""


def home_of(caller: Caller) -> InstitutionId:
    assert caller.institution_id is not None, "those roles belong to an institution"
    return caller.institution_id


@router.get("/alarm-rules")
def list_rules(caller: Staff, reading: ReadOnly) -> RuleList:
    return RuleList(
        items=[RuleView.of(rule) for rule in setup.list_rules(reading, home_of(caller))]
    )


@router.post("/alarm-rules", status_code=201)
def create_rule(body: RuleBody, caller: Manager, now: Now, transaction: Transaction) -> RuleView:
    """Watch for something on one device, or on all of the institution's."""
    wish = setup.RuleWish(
        kind=body.kind,
        metric=body.metric,
        limit=body.limit,
        hysteresis=body.hysteresis,
        for_s=body.for_s,
        clear_for_s=body.clear_for_s,
        severity=body.severity,
        code=body.code,
        device_id=body.device_id,
    )
    return RuleView.of(setup.add_rule(transaction, home_of(caller), wish, now=now))


@router.post("/alarm-rules/storage", status_code=201)
def create_storage_rules(
    body: StorageBody, caller: Manager, now: Now, transaction: Transaction
) -> RuleList:
    """Watch a store of samples: too warm, too cold, or silent; reserved or not."""
    wish = StorageWish(
        device_id=body.device_id,
        metric=body.metric,
        low=body.low,
        high=body.high,
        for_s=body.for_s,
        silent_s=body.silent_s,
    )
    made = watch_storage(transaction, home_of(caller), wish, now=now)
    return RuleList(items=[RuleView.of(rule) for rule in made])


@router.delete("/alarm-rules/{rule_id}", status_code=204)
def delete_rule(rule_id: UUID, caller: Manager, transaction: Transaction) -> None:
    """Watch for it no longer; alarms it raised stay."""
    setup.end_rule(transaction, home_of(caller), rule_id)


@router.get("/alarm-recipients")
def list_recipients(caller: Staff, reading: ReadOnly) -> RecipientList:
    return RecipientList(
        items=[RecipientView.of(one) for one in setup.list_recipients(reading, home_of(caller))]
    )


@router.post("/alarm-recipients", status_code=201)
def create_recipient(
    request: Request, body: RecipientBody, caller: Manager, now: Now, transaction: Transaction
) -> NewRecipientView:
    """Have a mailbox or a web hook told of alarms."""
    secret = None
    if body.kind == "webhook":
        secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    keys: Keys = request.app.state.keys
    made = setup.add_recipient(
        transaction,
        home_of(caller),
        kind=body.kind,
        address=body.address,
        severity_min=body.severity_min,
        secret=secret,
        ring=keys.ring,
        now=now,
    )
    return NewRecipientView(recipient=RecipientView.of(made), secret=secret)


@router.delete("/alarm-recipients/{recipient_id}", status_code=204)
def delete_recipient(recipient_id: UUID, caller: Manager, transaction: Transaction) -> None:
    setup.end_recipient(transaction, home_of(caller), recipient_id)
