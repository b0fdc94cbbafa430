"""Accounts as mosquitto's dynamic security plugin keeps them, and what mends them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from telemetry.credentials.rules import HEARS, Account, publishes, subscribes

ALL_HEARD = ("lab/1/#", "$share/+/lab/1/#", "$SYS/#")
"""What the platform listens to; the plugin judges a shared subscription by its whole name."""
ASKED = "$CONTROL/dynamic-security/v1"
ANSWERED = f"{ASKED}/response"
Command = Mapping[str, Any]
LISTS: tuple[Command, ...] = tuple(
    {"command": f"list{kind}", "verbose": True, "count": -1, "offset": 0}
    for kind in ("Clients", "Roles")
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One account as it should be; `password` only where the broker has not been told it yet."""

    username: str
    devices: tuple[str, ...]
    is_revoked: bool
    password: str | None = None


def find_commands(
    wanted: Iterable[Wanted],
    clients: Iterable[Mapping[str, Any]],
    roles: Iterable[Mapping[str, Any]],
) -> Iterator[Command]:
    """Say what brings the plugin from its lists to what is wanted; accounts not ours stay.

    Whoever is connected with what goes or changes is put off the line by the plugin itself.
    """
    there = {client["username"] for client in clients}
    may = {role["rolename"]: _grants(role.get("acls", ())) for role in roles}
    for one in wanted:
        if one.is_revoked:
            if one.username in there:
                yield {"command": "deleteClient", "username": one.username}
            continue
        role = _role(one.username, one.devices)
        if one.username not in may:
            yield {"command": "createRole", **role}
        elif may[one.username] != _grants(role["acls"]):
            yield {"command": "modifyRole", **role}
        if one.password is None:
            continue
        if one.username in there:
            yield {
                "command": "setClientPassword",
                "username": one.username,
                "password": one.password,
            }
        else:
            yield {
                "command": "createClient",
                "username": one.username,
                "clientid": one.username,
                "password": one.password,
                "roles": [{"rolename": one.username, "priority": 0}],
            }


def _grants(acls: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, str, bool]]:
    return frozenset((acl["acltype"], acl["topic"], bool(acl["allow"])) for acl in acls)


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform's own account: hears all that devices say, and speaks to every device."""

    username: str
    password_hash: str


def dynamic_security(
    accounts: Iterable[Account], platform: Platform | None, control: Platform | None = None
) -> dict[str, Any]:
    """Write the accounts as mosquitto's dynamic security plugin keeps them.

    Without the platform's own, a broker that takes this file would shut us out. `control`: the
    account that changes the others from then on, and reads nothing.
    """
    accounts = list(accounts)
    clients = [_client(it.username, it.password_hash, it.username) for it in accounts]
    roles = [_role(it.username, it.devices) for it in accounts]
    if platform is not None:
        # Several of its processes connect with one account, so its client ids are free.
        clients.append(_client(platform.username, platform.password_hash, None))
        roles.append(
            _write_role(
                platform.username,
                [("publishClientSend", f"lab/1/+/{word}") for word in HEARS]
                + [("subscribePattern", topic) for topic in ALL_HEARD],
            )
        )
    if control is not None:
        clients.append(_client(control.username, control.password_hash, None))
        roles.append(
            _write_role(
                control.username,
                [
                    ("publishClientSend", ASKED),
                    ("publishClientReceive", ANSWERED),
                    ("subscribePattern", ANSWERED),
                ],
            )
        )
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": True,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": clients,
        "groups": [],
        "roles": roles,
    }


def _client(username: str, password_hash: str, client_id: str | None) -> dict[str, Any]:
    _, _, rounds, salt, digest = password_hash.split("$")
    return {
        "username": username,
        **({"clientid": client_id} if client_id else {}),
        "password": digest,
        "salt": salt,
        "iterations": int(rounds),
        "roles": [{"rolename": username, "priority": 0}],
    }


def _role(username: str, devices: Iterable[str]) -> dict[str, Any]:
    devices = tuple(devices)
    allowed = [("publishClientSend", topic) for topic in publishes(devices)]
    allowed += [("subscribeLiteral", topic) for topic in subscribes(devices)]
    return _write_role(username, allowed)


def _write_role(name: str, allowed: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {
        "rolename": name,
        "acls": [
            {"acltype": kind, "topic": topic, "priority": 0, "allow": True}
            for kind, topic in allowed
        ],
    }
