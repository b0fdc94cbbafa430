"""At which resolution a span is shown. Pure: lengths in, a choice out."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

NICE: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
        86_400, 172_800, 604_800,
    )
)  # fmt: skip
"""Lengths of buckets a person can read; each from a minute on is whole rollup rows."""


class Resolution(StrEnum):
    """Where a series is read from."""

    RAW = "readings"
    MINUTES = "reading_minutes"
    HOURS = "reading_hours"
    DAYS = "reading_days"


def choose_bucket(span: timedelta, points_max: int) -> timedelta:
    """Return the shortest nice bucket that shows the span in so many points."""
    return next((nice for nice in NICE if points_max * nice >= span), NICE[-1])


def choose_resolution(bucket: timedelta) -> Resolution:
    """Read the coarsest table that still divides a bucket: years are few rows, too."""
    if bucket >= timedelta(days=1):
        return Resolution.DAYS
    if bucket >= timedelta(hours=1):
        return Resolution.HOURS
    if bucket >= timedelta(minutes=1):
        return Resolution.MINUTES
    return Resolution.RAW
