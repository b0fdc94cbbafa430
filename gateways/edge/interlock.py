"""The interlock as an absolute, leased command: what to accept, what to want. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from gateways.spool.commands import Wanted


class RelayState(StrEnum):
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    UNKNOWN = "unknown"


class CommandRefused(StrEnum):
    """Why a command is not carried out; the word is the `error` of its result."""

    MALFORMED = "malformed"
    EXPIRED = "expired"
    UNSUPPORTED = "unsupported"
    LEASE_OVER = "lease_over"
    MISMATCH = "mismatch"
    UNREACHABLE = "unreachable"
    REFUSED_BY_DEVICE = "refused_by_device"


class Command(msgspec.Struct, frozen=True):
    """A `cmd` message, as the server sends it."""

    id: str
    exp: int
    do: str
    target: str
    value: str
    s: int = 1
    lease_until: int | None = None


class CommandUnreadable(ValueError):
    """A payload that is no command; there may be no id to answer to."""

    def __init__(self, command_id: str | None, reason: str) -> None:
        self.command_id = command_id
        super().__init__(reason)


def read_command(payload: bytes) -> Command:
    """Decode JSON or MessagePack, told apart by the first byte."""
    codec: Any = msgspec.json if payload[:1] == b"{" else msgspec.msgpack
    try:
        command: Command = codec.decode(payload, type=Command)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        try:
            loose = codec.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
            loose = None
        found = loose.get("id") if isinstance(loose, dict) else None
        known = found if isinstance(found, str) and 0 < len(found) <= ID_LENGTH_MAX else None
        raise CommandUnreadable(known, str(error)) from error
    if not 0 < len(command.id) <= ID_LENGTH_MAX:
        raise CommandUnreadable(None, "its id is empty or too long")
    return command


ID_LENGTH_MAX = 64


def find_refusal(command: Command, *, has_interlock: bool, now_ms: int) -> CommandRefused | None:
    """Say why the command must not be carried out; None where it may be."""
    if command.exp <= now_ms:
        return CommandRefused.EXPIRED
    known = {RelayState.LOCKED.value, RelayState.UNLOCKED.value}
    if not has_interlock or command.do != "set" or command.target != "interlock":
        return CommandRefused.UNSUPPORTED
    if command.value not in known:
        return CommandRefused.UNSUPPORTED
    if command.value == RelayState.UNLOCKED:
        if command.lease_until is None:
            return CommandRefused.MALFORMED
        if command.lease_until <= now_ms:
            return CommandRefused.LEASE_OVER
    return None


@dataclass(frozen=True, slots=True)
class Target:
    """What the relay should be at one moment."""

    unlocked: bool
    lease_s: int  # seconds the lease has left, for the device's own watchdog
    lease_id: str | None


def target_of(wanted: Wanted | None, now_ms: int) -> Target | None:
    """Say what the relay should be; None where nobody has ever said.

    A lease that is over means locked, whoever is still there to say so.
    """
    if wanted is None:
        return None
    left_ms = (wanted.lease_until_ms or 0) - now_ms
    if wanted.value == RelayState.UNLOCKED and left_ms > 0:
        return Target(unlocked=True, lease_s=-(-left_ms // 1000), lease_id=wanted.command)
    return Target(unlocked=False, lease_s=0, lease_id=None)


def result_body(
    command_id: str, state: RelayState, at_ms: int, error: CommandRefused | None = None
) -> dict[str, Any]:
    body: dict[str, Any] = {"s": 1, "id": command_id, "ok": error is None, "state": state.value}
    body["ts"] = at_ms
    if error is not None:
        body["error"] = error.value
    return body
