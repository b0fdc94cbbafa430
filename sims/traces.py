"""Measured power traces: `day/month/year hour:minute:second;W over 1 s;W over 8 s`, gzipped."""

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


class BadTrace(ValueError):
    """A trace that cannot be read, with file, line and reason."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sample, `at_ms` after the first. It may lie before the sample above it."""

    at_ms: int
    power_w: float


def read(path: Path) -> list[Row]:
    """Read a trace as it is: duplicates, steps back, spikes and gaps are the point of it."""
    rows: list[Row] = []
    first: datetime | None = None
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="ascii") as lines:
            for line in lines:
                when, power, _ = line.rstrip("\n").split(";")
                at = datetime.strptime(when, "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC)
                first = first or at
                rows.append(Row(round((at - first).total_seconds() * 1000), float(power)))
    except (ValueError, EOFError) as error:
        raise BadTrace(f"{path}:{len(rows) + 1}: not `d/m/y h:m:s;W;W`: {error}") from error
    except OSError as error:
        raise BadTrace(f"{path}: {error.strerror or error}") from error
    if not rows:
        raise BadTrace(f"{path}: is empty")
    return rows
