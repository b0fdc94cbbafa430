"""What is said of an account that somebody opens for a colleague, wherever they work."""

from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, Field, SecretStr

from api.bodies import Body
from directory.people.accounts import NewAccount
from directory.people.password_rules import PasswordPolicy
from directory.people.tables import Person
from directory.roles.rules import Role
from foundation.identifiers import PersonId


async def read_policy(request: Request) -> PasswordPolicy:
    return PasswordPolicy(request.app.state.settings.password_policy)


Policy = Annotated[PasswordPolicy, Depends(read_policy)]
"""What this deployment asks of a password."""


class AccountView(BaseModel):
    id: PersonId
    login: str
    display_name: str
    is_active: bool
    roles: list[Role]


def said_of(person: Person) -> dict[str, Any]:
    """Return the fields of an AccountView."""
    return {
        "id": person.id,
        "login": person.login,
        "display_name": person.display_name,
        "is_active": person.is_active,
        "roles": sorted(Role(assignment.role) for assignment in person.roles),
    }


class FirstPassword(Body):
    """What a colleague signs in with once, to choose a password of their own."""

    password: SecretStr = Field(min_length=1, max_length=200)


class AccountRequest(Body):
    """An account that somebody opens for a colleague, with its first password."""

    login: str = Field(min_length=3, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")
    display_name: str = Field(min_length=1, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=200)
    roles: list[Role] = Field(min_length=1, max_length=10)

    def to_account(self) -> NewAccount:
        return NewAccount(
            login=self.login,
            display_name=self.display_name,
            password=self.password.get_secret_value(),
            roles=self.roles,
        )


class RolesRequest(Body):
    roles: list[Role] = Field(max_length=10)
