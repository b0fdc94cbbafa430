"""History comes in from files whole or not at all, once however often it is tried."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.orm import Session

from foundation.database import make_engine
from telemetry.devices.service import MetricDeclared, store_birth
from telemetry.readings.backfill import (
    FileRefused,
    Imported,
    ParquetMissing,
    find_problems,
    import_readings,
    read_csv,
    read_parquet,
)
from tests import make

pytestmark = pytest.mark.committed

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOOD = "at,metric,value\n2024-02-29T08:00:00+08:00,temp,20.5\n2024-02-29T08:01:00+08:00,temp,21\n"


@pytest.fixture
def raw(empty_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_database_url) as raw:
        yield raw


@pytest.fixture
def device(raw: psycopg.Connection, empty_database_url: str) -> UUID:
    engine = make_engine(empty_database_url)
    with Session(engine) as session, session.begin():
        device_id = make.device(session, institution=make.institution(session)).id
    engine.dispose()
    metrics = [MetricDeclared(1, "temp", "Cel", "f")]
    with raw.transaction():
        store_birth(
            raw, device_id, boot="b", firmware="", model="", metrics=metrics, received_at=NOW
        )
    return device_id


def take(raw: psycopg.Connection, device: UUID, text: str) -> Imported:
    return import_readings(raw, device, partial(read_csv, StringIO(text)), now=NOW)


def stored(raw: psycopg.Connection) -> list[tuple[Any, ...]]:
    return raw.execute("SELECT at, value FROM readings ORDER BY at").fetchall()


def test_file_comes_in_once_however_often_it_is_tried(
    raw: psycopg.Connection, device: UUID
) -> None:
    first = take(raw, device, GOOD)
    again = take(raw, device, GOOD + "2024-02-29T08:02:00+08:00,temp,22\n")

    assert (first.lines, first.stored, first.duplicates) == (2, 2, 0)
    assert (again.lines, again.stored, again.duplicates) == (3, 1, 2)
    assert stored(raw) == [
        (datetime(2024, 2, 29, 0, minute, tzinfo=UTC), value)
        for minute, value in enumerate((20.5, 21.0, 22.0))
    ]


def test_every_bad_line_is_named_and_nothing_is_stored(
    raw: psycopg.Connection, device: UUID
) -> None:
    bad = (
        GOOD
        + "2024-02-29T08:02:00,temp,1\n"
        + "yesterday,temp,1\n"
        + "2024-02-29T08:03:00+08:00,temp,nan\n"
        + "2024-02-29T08:04:00+08:00,pressure,1\n"
        + "1024-02-29T08:04:00+08:00,temp,1\n"
        + "2024-02-29T08:05:00+08:00,temp\n"
    )

    with pytest.raises(FileRefused) as refused:
        take(raw, device, bad)

    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        f"line {number}" for number in range(4, 10)
    ]
    assert stored(raw) == []


def test_file_without_its_columns_is_refused(raw: psycopg.Connection, device: UUID) -> None:
    with pytest.raises(FileRefused, match="columns missing: value"):
        take(raw, device, "at,metric,wert\n")


def test_long_list_of_problems_is_cut() -> None:
    text = "at,metric,value\n" + "x,temp,1\n" * 1000

    problems = find_problems(read_csv(StringIO(text)), {"temp"})

    assert len(problems) == 21
    assert problems[-1] == "and more"


def test_parquet_without_its_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(ParquetMissing, match=r"yixiang\[parquet\]"):
        next(read_parquet(tmp_path / "x.parquet"))


def test_parquet_says_what_the_csv_says(
    tmp_path: Path, raw: psycopg.Connection, device: UUID
) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    from pyarrow import parquet  # noqa: PLC0415 - only where it is

    table = pyarrow.table(
        {
            "at": pyarrow.array(
                [datetime(2024, 2, 29, 0, minute, tzinfo=UTC) for minute in range(3)],
                pyarrow.timestamp("ms", tz="Asia/Shanghai"),
            ),
            "metric": ["temp", "temp", "temp"],
            "value": [20.5, 21.0, None],
        }
    )
    path = tmp_path / "history.parquet"
    parquet.write_table(table, path)

    with pytest.raises(FileRefused, match="line 3"):
        import_readings(raw, device, partial(read_parquet, path), now=NOW)
    parquet.write_table(table.slice(0, 2), path)
    done = import_readings(raw, device, partial(read_parquet, path), now=NOW)

    assert (done.lines, done.stored) == (2, 2)
    assert [value for _, value in stored(raw)] == [20.5, 21.0]
