"""What to do about a device that should be in some state. Pure: facts in, one action out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

LOCKED: Final = "locked"
UNLOCKED: Final = "unlocked"
UNKNOWN: Final = "unknown"

RESEND_AFTER: Final = timedelta(seconds=5)
"""An answer takes a poll of the gateway, about a second."""
SETTLES_WITHIN: Final = timedelta(seconds=10)
"""From the answer until the device's own report of its relay must agree."""
RETRY_AFTER: Final = timedelta(seconds=30)
"""Between new commands to a device that does not do as it is told."""
LOCK_VALID: Final = timedelta(days=1)
"""A command to lock is right for long, but not for ever: it might meet the next user."""


class Action(StrEnum):
    NONE = "none"
    SEND = "send"  # the command as it is, first time or again
    COMMAND_ANEW = "command_anew"  # a new command to the same end: the old was carried out
    END_LEASE = "end_lease"  # lock, because the time is over
    SETTLE = "settle"  # the device reports what is wanted


@dataclass(frozen=True, slots=True)
class Report:
    """What the device's own `interlock` metric said last."""

    value: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """One wanted state with all that is known of it."""

    value: str
    lease_until: datetime | None
    wanted_at: datetime
    reported_value: str
    outcome: str
    sent_at: datetime | None
    answered_at: datetime | None
    report: Report | None
    born_at: datetime | None
    """When the device's present boot was first heard of."""


def next_action(standing: Standing, now: datetime) -> Action:
    """Decide what the courier does now."""
    if standing.lease_until is not None and standing.lease_until <= now:
        return Action.END_LEASE
    report = standing.report
    is_fresh = report is not None and report.received_at > standing.wanted_at
    if report is not None and is_fresh and report.value == standing.value:
        is_settled = standing.reported_value == standing.value and standing.outcome != "waiting"
        return Action.NONE if is_settled else Action.SETTLE
    if standing.outcome == "waiting":
        return Action.SEND if is_due(standing.sent_at, RESEND_AFTER, now) else Action.NONE
    if standing.outcome != "done":
        return Action.COMMAND_ANEW if is_due(standing.sent_at, RETRY_AFTER, now) else Action.NONE
    answered_at = standing.answered_at or standing.wanted_at
    is_contradicted = (
        report is not None
        and report.received_at > answered_at + timedelta(seconds=1)
        and now - answered_at > SETTLES_WITHIN
    )
    was_restarted = standing.born_at is not None and standing.born_at > answered_at
    if (is_contradicted or was_restarted) and is_due(standing.sent_at, RETRY_AFTER, now):
        return Action.COMMAND_ANEW
    return Action.NONE


def is_due(last_at: datetime | None, every: timedelta, now: datetime) -> bool:
    return last_at is None or now - last_at >= every
