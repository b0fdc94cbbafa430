"""What a device says in lab/1, and what it makes of a command. Pure: values in, values out."""

import random
from typing import Any

from sims.machine import Alarm, Machine, Phase

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
OP_AND_MODE = {
    Phase.IDLE: ("not_executing", "none"),
    Phase.WARM_UP: ("executing", "setup"),
    Phase.RUN: ("executing", "processing"),
    Phase.COOL_DOWN: ("not_executing", "setup"),
    Phase.FAULT: ("out_of_service", "none"),
}

Body = dict[str, Any]


class Refused(Exception):
    """A command that is not carried out; the message is its `error`."""


def ulid(stamp_ms: int, chance: random.Random) -> str:
    number = (stamp_ms << 80) | chance.getrandbits(80)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def birth(machine: Machine, boot: str) -> Body:
    metrics = [
        {"k": metric.key, "n": metric.name, "u": metric.unit, "t": metric.kind}
        for metric in machine.METRICS
    ]
    return {
        "s": 1, "boot": boot, "fw": machine.FIRMWARE, "model": machine.MODEL, "metrics": metrics,
    }  # fmt: skip


def state(phase: Phase | None, *, boot: str, session: str | None, at_ms: int) -> Body:
    """Say what it is doing; no phase means that it is gone."""
    op, mode = ("not_available", "none") if phase is None else OP_AND_MODE[phase]
    return {
        "s": 1, "boot": boot, "online": phase is not None, "ts": at_ms, "op": op, "mode": mode,
        "session": session,
    }  # fmt: skip


def readings(machine: Machine, only: dict[str, float] | None = None) -> list[Body]:
    """Say all that is measured now, or only the readings given. What has no value is left out."""
    values = []
    for metric in machine.METRICS:
        if only is not None and metric.name not in only:
            continue
        value = machine.measure(metric.name) if only is None else only[metric.name]
        if value is None:
            continue
        if metric.kind == "f":
            value = round(float(value), 3)
        values.append({"k": metric.key, "v": value})
    return values


def event(machine: Machine, what: str, *, session: str | None, badge: str, lease: str) -> Body:
    return {
        "e": what, "session": session, "op": badge, "lease": lease,
        "run_ms": machine.run_ms, "cycles": machine.cycles, "energy_wh": machine.energy_wh,
    }  # fmt: skip


def alarm(code: str, complaint: Alarm, *, is_active: bool) -> Body:
    return {
        "code": code, "sev": complaint.severity, "active": is_active,
        "v": round(complaint.value, 3), "lim": complaint.limit,
    }  # fmt: skip


def lease_wanted(body: Body, now_ms: int) -> int | None:
    """Return until when a command wants the relay closed, or None if it wants it open."""
    expires = body.get("exp")
    if not isinstance(expires, int) or expires <= now_ms:
        raise Refused("expired")
    if body.get("do") != "set" or body.get("target") != "interlock":
        raise Refused("unknown_command")
    if body.get("value") == "locked":
        return None
    if body.get("value") != "unlocked":
        raise Refused("unknown_value")
    until = body.get("lease_until")
    if not isinstance(until, int) or until <= now_ms:
        raise Refused("lease_over")
    return until


def result(command_id: str, *, error: str | None, is_unlocked: bool, at_ms: int) -> Body:
    body: Body = {
        "s": 1, "id": command_id, "ok": error is None,
        "state": "unlocked" if is_unlocked else "locked", "ts": at_ms,
    }  # fmt: skip
    return body if error is None else {**body, "error": error}
