"""The only place that reads the time; everything else takes `now` as an argument."""

from datetime import UTC, datetime


def read_clock() -> datetime:
    """Return this instant, in UTC."""
    return datetime.now(UTC)
