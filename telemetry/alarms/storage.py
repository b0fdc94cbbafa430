"""Verb that watches where samples are kept: too warm, too cold, and silent, in one request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from foundation.errors import Problem
from foundation.identifiers import DeviceId, InstitutionId
from telemetry.alarms.errors import RuleRefused
from telemetry.alarms.rules import RuleKind, Severity
from telemetry.alarms.setup import RuleWish, add_rule
from telemetry.alarms.tables import AlarmRule

HYSTERESIS_SHARE: Final = 0.1
"""Of the range: it must come back by so much, or a compressor's cycles would be alarms."""


@dataclass(frozen=True, slots=True)
class StorageWish:
    """Between which limits, how long it may be outside them, and how long silent."""

    device_id: DeviceId
    metric: str
    low: float
    high: float
    for_s: int
    silent_s: int


def watch_storage(
    session: Session, institution_id: InstitutionId, wish: StorageWish, *, now: datetime
) -> Sequence[AlarmRule]:
    """Make the three rules a refrigerator or a store needs; no reservation is asked about.

    Raises:
        RuleRefused: with everything that is wrong with it.
    """
    if not wish.low < wish.high:
        raise RuleRefused(
            [
                Problem(
                    "range_empty", "下限须小于上限。", "The low limit is not below the high.", "low"
                )
            ]
        )
    hysteresis = (wish.high - wish.low) * HYSTERESIS_SHARE
    return [
        add_rule(
            session,
            institution_id,
            RuleWish(
                kind=kind,
                metric=wish.metric,
                limit=limit,
                hysteresis=0.0 if limit is None else hysteresis,
                for_s=for_s,
                clear_for_s=0 if limit is None else for_s,
                severity=Severity.CRITICAL,
                code=code,
                device_id=wish.device_id,
            ),
            now=now,
        )
        for kind, limit, for_s, code in (
            (RuleKind.ABOVE, wish.high, wish.for_s, "STORAGE_HI"),
            (RuleKind.BELOW, wish.low, wish.for_s, "STORAGE_LO"),
            (RuleKind.STALE, None, wish.silent_s, "STORAGE_SILENT"),
        )
    ]
