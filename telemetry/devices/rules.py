"""Presence and clocks of devices. Pure: every fact is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Presence:
    """A span of time in which a device was, or was not, connected; half-open."""

    starts_at: datetime
    ends_at: datetime
    is_online: bool


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    is_online: bool


def is_current(
    *, boot: str, known_boot: str | None, births: Sequence[str], is_online: bool
) -> bool:
    """Whether a state report of `boot` may change what we know.

    `births` are the device's boots, oldest first. The will of an old boot, delivered
    after a new birth, changes nothing; and a will of a boot nobody heard of, neither.
    """
    if known_boot is None or boot == known_boot:
        return True
    if boot in births and known_boot in births:
        return births.index(boot) > births.index(known_boot)
    return is_online


def presence(
    own: Sequence[Change], gateways: Sequence[Change] | None, since: datetime, until: datetime
) -> list[Presence]:
    """Divide a time into spans of presence: online where the device and its gateway are.

    Changes come oldest first, and the last one before `since` counts too. A device
    nobody has heard of is away. `None`: it speaks for itself.
    """
    instants = sorted(
        {since, until}
        | {change.at for change in [*own, *(gateways or ())] if since < change.at < until}
    )
    spans: list[Presence] = []
    for starts_at, ends_at in pairwise(instants):
        is_online = stands(own, starts_at) and (gateways is None or stands(gateways, starts_at))
        if spans and spans[-1].is_online == is_online:
            spans[-1] = Presence(spans[-1].starts_at, ends_at, is_online)
        else:
            spans.append(Presence(starts_at, ends_at, is_online))
    return spans


def stands(changes: Sequence[Change], at: datetime) -> bool:
    """What the last change up to that instant said."""
    return next((change.is_online for change in reversed(changes) if change.at <= at), False)
