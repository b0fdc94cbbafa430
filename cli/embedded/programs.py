"""The platform's own processes as children of the demo, and the files that they read."""

import json
import os
import secrets
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.embedded.accounts import BrokerAccount, field_account, new_password, write_atomically
from cli.embedded.postgres import find_free_port
from cli.embedded.processes import Order

PROJECT = Path(__file__).resolve().parent.parent.parent
PROFILES = PROJECT / "gateways" / "profiles"
SCENARIO = PROJECT / "sims" / "scenarios" / "demo.toml"
GATEWAY = "gw-demo"
PLATFORM = "yixiang"


def default_data_folder() -> Path:
    """Return `.data` in the project, or a folder of the user's where that cannot be written."""
    if os.access(PROJECT, os.W_OK):
        return PROJECT / ".data"
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "yixiang"


@dataclass(frozen=True, slots=True)
class Spokesman:
    """A broker account and the devices it speaks for; one device may speak for itself."""

    account: str
    devices: tuple[str, ...]


@dataclass(slots=True)
class Site:
    """One data folder: its logs, its secrets, the ports it used last time."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    def log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    def program(self, name: str, *arguments: str) -> Order:
        """Return how to run one sub-command of ours."""
        return Order(
            name=name,
            command=(sys.executable, "-m", "cli", name, *arguments),
            log=self.log(name),
            environment={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
            folder=PROJECT,
        )

    def find_port(self, name: str) -> int:
        """Return a free port, the same as last time where that is free."""
        path = self.data / "ports.json"
        known = {port: int(number) for port, number in _read(path).items()}
        known[name] = find_free_port(known.get(name))
        write_atomically(path, json.dumps(known))
        return known[name]

    def find_secret(self, name: str) -> Path:
        """Return a file with a random secret, made once."""
        path = self.data / "secrets" / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            write_atomically(path, secrets.token_urlsafe(32))
        return path

    def find_passwords(self, accounts: Sequence[str]) -> dict[str, str]:
        """Return every broker password there is, making those that are missing."""
        path = self.data / "secrets" / "broker.json"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        known = {account: str(word) for account, word in _read(path).items()}
        missing = [name for name in accounts if name not in known]
        if missing:
            known |= {name: new_password() for name in missing}
            write_atomically(path, json.dumps(known))
        return known

    def field_accounts(self, spokesmen: Sequence[Spokesman]) -> list[BrokerAccount]:
        passwords = self.find_passwords([spokesman.account for spokesman in spokesmen])
        return [
            field_account(spokesman.account, passwords[spokesman.account], spokesman.devices)
            for spokesman in spokesmen
        ]


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return known


def write_gateway_file(
    path: Path,
    *,
    broker_url: str,
    scenario: Path,
    host: str,
    port: int,
    spool: str = "spool.sqlite",
    mode: int = 0o600,
) -> None:
    """Write the demo gateway's file for the simulators' Modbus devices."""
    lab = tomllib.loads(scenario.read_text(encoding="utf-8"))
    profile_of = _profiles_by_model()
    lines = [
        "[gateway]",
        f'name = "{GATEWAY}"',
        f'broker = "{broker_url}"',
        f'spool = "{spool}"',
    ]
    for link in lab.get("link", []):
        lines += ["", "[[link]]", f'name = "{link["name"]}"', 'kind = "tcp"']
        lines += [f'host = "{host}"', f"port = {port}"]
    devices = [device for device in lab.get("device", []) if "link" in device]
    for device in devices:
        lines += ["", "[[device]]", f'name = "{device["name"]}"', f'link = "{device["link"]}"']
        lines += [f"unit = {device['unit']}", f'profile = "{profile_of[device["model"]]}"']
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, "\n".join(lines) + "\n", mode=mode)


def find_spokesmen(scenario: Path) -> list[Spokesman]:
    """Return who speaks for the devices of a scenario: the gateway, or each for itself."""
    devices = tomllib.loads(scenario.read_text(encoding="utf-8")).get("device", [])
    behind = tuple(sorted(device["name"] for device in devices if "link" in device))
    alone = [device["name"] for device in devices if "link" not in device]
    return [Spokesman(GATEWAY, behind), *(Spokesman(name, (name,)) for name in alone)]


def _profiles_by_model() -> Mapping[str, str]:
    profiles = [
        tomllib.loads(path.read_text(encoding="utf-8"))["profile"]
        for path in sorted(PROFILES.glob("*.toml"))
    ]
    return {profile["model"]: profile["name"] for profile in profiles}
