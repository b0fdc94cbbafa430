"""Brings in readings from a file, by COPY: history from before the platform was there."""

import csv
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO
from uuid import UUID

import psycopg

from telemetry.readings.service import DAY_MS, GOOD, ensure_partitions
from telemetry.rollups.service import is_rolled_up_by_us, mark

COLUMNS: Final = ("at", "metric", "value")
CHUNK: Final = 50_000
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


PROBLEMS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, as it stands there."""

    number: int
    at: object
    metric: object
    value: object


Lines = Callable[[], Iterator[Line]]
"""Reads the file from its beginning, each time anew."""
Reading = tuple[datetime, str, float]


class FileRefused(Exception):
    """Lines that are no readings; nothing of the file was stored."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class LineRefused(Exception):
    """Why one line is no reading."""


@dataclass(slots=True)
class Imported:
    lines: int = 0
    stored: int = 0
    duplicates: int = 0


def read_csv(file: TextIO) -> Iterator[Line]:
    """Read `at,metric,value` lines; times carry their zone."""
    file.seek(0)
    lines = csv.DictReader(file)
    require_columns(lines.fieldnames or ())
    for line in lines:
        yield Line(lines.line_num, line["at"], line["metric"], line["value"])


def read_parquet(path: Path) -> Iterator[Line]:
    """Read the same columns of a Parquet file; rows are counted from one.

    Raises:
        ParquetMissing: where the extra `parquet` is not installed.
    """
    try:
        from pyarrow import parquet  # noqa: PLC0415 - an extra of ours, and 150 MB
    except ImportError:
        raise ParquetMissing from None
    number = 0
    with parquet.ParquetFile(path) as file:
        require_columns(file.schema_arrow.names)
        for batch in file.iter_batches(CHUNK, columns=list(COLUMNS)):
            columns = [batch.column(name).to_pylist() for name in COLUMNS]
            for at, metric, value in zip(*columns, strict=True):
                number += 1
                yield Line(number, at, metric, value)


class ParquetMissing(Exception):
    """Reading Parquet needs a package that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "reading Parquet needs pyarrow: pip install 'yixiang[parquet]' / "
            "读取 Parquet 需要安装 pyarrow"
        )


def require_columns(names: Collection[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise FileRefused([f"line 1: columns missing: {', '.join(missing)}"])


def as_reading(line: Line) -> Reading:
    """Make a reading of a line.

    Raises:
        LineRefused: when it is none.
    """
    try:
        at = line.at if isinstance(line.at, datetime) else datetime.fromisoformat(str(line.at))
        value = float(str(line.value))
    except ValueError as error:
        raise LineRefused(str(error)) from None
    if at.tzinfo is None:
        raise LineRefused(f"{line.at} has no time zone")
    if not EARLIEST <= at <= LATEST:
        raise LineRefused(f"{line.at} is no time of any instrument")
    if not math.isfinite(value):
        raise LineRefused(f"{line.value} is no number")
    return at, str(line.metric), value


def find_problems(lines: Iterable[Line], metrics: Collection[str]) -> list[str]:
    """Say of each line that is no reading why not, up to a screenful."""
    problems: list[str] = []
    for line in lines:
        try:
            _, metric, _ = as_reading(line)
            if metric not in metrics:
                raise LineRefused(f"the device has no metric {metric!r}")  # noqa: TRY301 - one place
        except LineRefused as refused:
            if len(problems) == PROBLEMS_MAX:
                return [*problems, "and more"]
            problems.append(f"line {line.number}: {refused}")
    return problems


def import_readings(
    connection: psycopg.Connection[Any], device_id: UUID, lines: Lines, *, now: datetime
) -> Imported:
    """Store a file's readings, a chunk a transaction; what is there already stays as it is.

    The file is read through before anything is stored, so that it is taken whole or not at
    all; a run that was interrupted is made good by another.

    Raises:
        FileRefused: with the lines that are no readings of this device.
    """
    known = {
        name: channel_id
        for channel_id, name in connection.execute(
            "SELECT id, name FROM channels WHERE device_id = %s", [device_id]
        )
    }
    connection.commit()
    problems = find_problems(lines(), known)
    if problems:
        raise FileRefused(problems)
    outcome = Imported()
    chunk: list[tuple[int, datetime, float]] = []
    for line in lines():
        at, metric, value = as_reading(line)
        chunk.append((known[metric], at, value))
        if len(chunk) >= CHUNK:
            store_chunk(connection, chunk, outcome, now=now)
            chunk = []
    store_chunk(connection, chunk, outcome, now=now)
    return outcome


def store_chunk(
    connection: psycopg.Connection[Any],
    chunk: Iterable[tuple[int, datetime, float]],
    outcome: Imported,
    *,
    now: datetime,
) -> None:
    """COPY into a table of the transaction's own, then take over what is new."""
    rows = sorted(chunk)
    if not rows:
        return
    times_ms = [int(at.timestamp() * 1000) for _, at, _ in rows]
    with connection.transaction():
        ensure_partitions(connection, {at // DAY_MS for at in times_ms})
    with connection.transaction():
        connection.execute(
            "CREATE TEMPORARY TABLE arriving (channel_id bigint, at timestamptz, value float8)"
            " ON COMMIT DROP"
        )
        with connection.cursor().copy("COPY arriving FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int8", "timestamptz", "float8"])
            for row in rows:
                copy.write_row(row)
        stored = connection.execute(
            """
            INSERT INTO readings (channel_id, at, value, quality, received_at)
            SELECT channel_id, at, value, %s, %s FROM arriving ORDER BY channel_id, at
            ON CONFLICT DO NOTHING
            """,
            [GOOD, now],
        ).rowcount
        if is_rolled_up_by_us(connection):
            mark(connection, times_ms)
    outcome.lines += len(rows)
    outcome.stored += stored
    outcome.duplicates += len(rows) - stored
