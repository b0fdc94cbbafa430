"""A body that says more than its fields, of rights, owners or states, is refused."""

from typing import Any

import pytest
from fastapi import FastAPI

from directory.roles.rules import Role
from tests.api.matrix import NONE, OTHER, OWN, World
from tests.api.test_access_matrix import Asker, Operation, asker, operations, world

__all__ = ["asker", "world"]

POWERFUL = {
    "is_platform": True,
    "is_superuser": True,
    "is_active": True,
    "role": "operator",
    "roles": ["operator"],
    "scopes": ["*"],
    "state": "approved",
    "status": "active",
    "amount_fen": 1,
    "price_fen": 1,
    "created_at": "1999-01-01T00:00:00Z",
    "password_hash": "x",
    "second_factor": False,
    "version": 99,
}
OWNERS = {
    "id": "person_id",
    "person_id": "person_id",
    "holder_id": "person_id",
    "made_by": "person_id",
    "owner_id": "person_id",
    "actor_id": "person_id",
    "enterprise_id": "enterprise_id",
    "institution_id": "institution_id",
    "station_id": "station_id",
    "tenant_id": "institution_id",
}


def beyond(operation: Operation, world: World, role: Role) -> dict[str, Any]:
    """Say of a body what it does not ask for."""
    theirs = world.things[world.side_of(role, OTHER) or ""].ids
    said = POWERFUL | {name: theirs[thing] for name, thing in OWNERS.items()}
    return {name: value for name, value in said.items() if name not in operation.fields}


@pytest.mark.full
@pytest.mark.parametrize(
    "role", [Role.MEMBER, Role.ENTERPRISE_ADMIN, Role.INSTITUTION_MANAGER, Role.OPERATOR], ids=str
)
def test_what_a_body_does_not_ask_for_changes_nothing(
    role: Role, app: FastAPI, asker: Asker, world: World
) -> None:
    asker.become(role)
    faults, asked = [], 0
    for operation in operations(app):
        if not isinstance(operation.body({}), dict):
            continue
        belonging = OWN if operation.names else NONE
        plain = asker.ask(operation, belonging, {})
        overdone = asker.ask(operation, belonging, beyond(operation, world, role))
        asked += 1
        if (overdone.status, overdone.code) not in {
            (plain.status, plain.code),
            (422, "malformed_request"),
        }:
            faults.append(f"{operation.label}: {plain.status} became {overdone.status}")
        if overdone.status < 400:
            faults.append(f"{operation.label}: takes what it did not ask for")
        if role is not Role.OPERATOR and overdone.touched:
            faults.append(f"{operation.label}: wrote {overdone.touched} of another tenant")

    assert not faults, "\n".join(faults)
    assert asked > 50
