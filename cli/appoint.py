"""`yixiang appoint`: the first operator, and whoever is needed once nobody else can sign in."""

import secrets
import sys
from typing import Annotated

import typer

import cli.tables  # noqa: F401 - rows name rows of every area by their foreign keys
from directory.officers.service import appoint
from directory.people.accounts import NewAccount
from directory.people.password_rules import PasswordPolicy, find_problems
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.database import make_engine, make_session_factory
from foundation.errors import DomainError
from foundation.settings import Settings

TRIES = 1_000
PASSWORD_BYTES = 16


def run(
    login: Annotated[str, typer.Argument(help="What they sign in with.")],
    name: Annotated[str, typer.Argument(help="What others see of them.")],
    role: Annotated[
        Role, typer.Option(help="A role of the platform's own people.")
    ] = Role.OPERATOR,
) -> None:
    """Open an account for somebody of the platform's own; prints its first password, once."""
    settings = Settings.read()
    policy = PasswordPolicy(settings.password_policy)
    password = make_password(policy, login)
    engine = make_engine(
        settings.database_url.get_secret_value(), pool_size=1, application_name="yixiang appoint"
    )
    try:
        with make_session_factory(engine).begin() as session:
            new = NewAccount(login=login, display_name=name, password=password, roles={role})
            appoint(session, new, station_id=None, caller=None, policy=policy, now=read_clock())
    except DomainError as error:
        sys.exit(f"yixiang: {error}")
    finally:
        engine.dispose()
    print(f"{login} may sign in as {role} with the password {password}")
    print("It is shown only now; change it, and set a second factor, at the first sign-in.")


def make_password(policy: PasswordPolicy, login: str) -> str:
    """Make a password that the deployment's own rules take."""
    for _ in range(TRIES):
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        if not find_problems(password, policy=policy, about=(login,)):
            return password
    raise AssertionError("no password is good enough for these rules")
