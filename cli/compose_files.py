"""`yixiang compose-files`: the secrets and settings of a deployment, made once and kept.

Each sub-folder goes to those services only that need it: the field side never sees the
database's password, nor the database the broker's.
"""

import json
import secrets
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from cli.embedded.accounts import (
    access_text,
    field_account,
    new_password,
    passwords_text,
    platform_account,
    write_atomically,
)
from cli.embedded.programs import (
    GATEWAY,
    PLATFORM,
    PROJECT,
    SCENARIO,
    find_spokesmen,
    write_gateway_file,
)

# Readable by the user of whichever container a volume is given to, and by nobody outside.
READABLE = 0o444
FIELD_PORT, PLATFORM_PORT, MODBUS_PORT = 1883, 1884, 5020


def run(
    folder: Annotated[Path, typer.Argument(help="Where the sub-folders are.")],
    broker: Annotated[str, typer.Option(help="The broker's host name.")] = "broker",
    database: Annotated[str, typer.Option(help="The database's host name.")] = "database",
    sims: Annotated[str, typer.Option(help="The simulators' host name.")] = "sims",
) -> None:
    """Write what is missing; nothing that is there already is changed."""
    for name in ("database", "platform", "broker", "field"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if (folder / "platform" / "complete").exists():
        print(f"{folder} is complete already")
        return
    password = secrets.token_urlsafe(24)
    write(folder / "database" / "password", password)
    database_url = f"postgresql://{PLATFORM}:{password}@{database}:5432/{PLATFORM}"
    write(folder / "platform" / "database-url", database_url)
    write(folder / "platform" / "secret-key", secrets.token_urlsafe(48))
    write_broker_and_field(folder, broker=broker, sims=sims)
    write(folder / "platform" / "complete", "")
    print(f"{folder} is complete")


def write_broker_and_field(folder: Path, *, broker: str, sims: str) -> None:
    """Write both sides of every broker password: the broker's lists and who connects."""
    spokesmen = find_spokesmen(SCENARIO)
    passwords = {name: new_password() for name in (PLATFORM, *(it.account for it in spokesmen))}
    accounts = [
        platform_account(PLATFORM, passwords[PLATFORM]),
        *(field_account(it.account, passwords[it.account], it.devices) for it in spokesmen),
    ]
    write(folder / "broker" / "passwords", passwords_text(accounts))
    write(folder / "broker" / "access", access_text(accounts))
    settings = Template((PROJECT / "ops/mosquitto/mosquitto.conf").read_text(encoding="utf-8"))
    write(
        folder / "broker" / "mosquitto.conf",
        settings.substitute(
            folder="/mosquitto/config",
            state="/mosquitto/data",
            address="0.0.0.0",  # noqa: S104 - inside a container's own network
            field_port=FIELD_PORT,
            platform_port=PLATFORM_PORT,
        ),
    )
    write(
        folder / "platform" / "broker-url",
        f"mqtt://{PLATFORM}:{passwords[PLATFORM]}@{broker}:{PLATFORM_PORT}",
    )
    write_gateway_file(
        folder / "field" / "gateway.toml",
        broker_url=f"mqtt://{GATEWAY}:{passwords[GATEWAY]}@{broker}:{FIELD_PORT}",
        scenario=SCENARIO,
        host=sims,
        port=MODBUS_PORT,
        spool="/state/spool.sqlite",
        mode=READABLE,
    )
    devices = {name: word for name, word in passwords.items() if name not in {PLATFORM, GATEWAY}}
    write(folder / "field" / "devices.json", json.dumps(devices))


def write(path: Path, text: str) -> None:
    write_atomically(path, text, mode=READABLE)
