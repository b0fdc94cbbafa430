"""Runs detected in power: on made-up samples, and on seven measured days."""

import csv
import gzip
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telemetry.runs.detection import DetectedRun, Detection, Sample, find_runs

START = datetime(2030, 1, 1, tzinfo=UTC)
RULE = Detection(on_w=50, off_w=40, join=timedelta(seconds=60), min_run=timedelta(seconds=10))
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "traces"
TRACES = Path(os.environ.get("YIXIANG_TRACES", BESIDE))
"""The tracebase data set's measured days, which are not ours to pass on."""


def samples(*powers: float) -> list[Sample]:
    """One sample a second."""
    return [Sample(START + timedelta(seconds=s), power) for s, power in enumerate(powers)]


def seconds(runs: Sequence[DetectedRun]) -> list[tuple[float, float]]:
    return [
        ((run.starts_at - START).total_seconds(), (run.ends_at - START).total_seconds())
        for run in runs
    ]


def test_run_is_from_the_threshold_to_below_it() -> None:
    assert seconds(find_runs(samples(*[0] * 10, *[100] * 20, *[0] * 10), RULE)) == [(10, 30)]


def test_one_sample_of_kilowatts_is_no_start() -> None:
    assert find_runs(samples(*[0] * 20, 3_000, *[0] * 20), RULE) == []


def test_between_the_thresholds_it_goes_on_as_it_was() -> None:
    working, idling = [100.0] * 10, [45.0] * 10

    assert seconds(find_runs(samples(*working, *idling, *[0] * 5), RULE)) == [(0, 20)]
    assert find_runs(samples(*idling, *[0] * 5), RULE) == []


def test_short_pause_belongs_to_the_run_and_a_long_one_ends_it() -> None:
    work = [100.0] * 20

    assert seconds(find_runs(samples(*work, *[0] * 59, *work), RULE)) == [(0, 98)]
    assert seconds(find_runs(samples(*work, *[0] * 61, *work, 0), RULE)) == [(0, 20), (81, 101)]


def test_what_is_too_short_is_no_run() -> None:
    assert find_runs(samples(*[0] * 5, *[100] * 9, *[0] * 5), RULE) == []


def test_order_and_repetition_change_nothing() -> None:
    ordered = samples(*[0] * 10, *[100] * 20, *[0] * 10)

    assert find_runs([*ordered[::-1], *ordered], RULE) == find_runs(ordered, RULE)


def test_gap_is_not_observed() -> None:
    first = samples(*[100] * 60)
    second = [Sample(s.at + timedelta(seconds=660), s.power_w) for s in first]
    rule = Detection(on_w=50, off_w=40, join=timedelta(minutes=15), min_run=timedelta(seconds=10))

    (run,) = find_runs([*first, *second], rule)

    assert seconds([run]) == [(0, 719)]
    assert run.coverage_permille == 118 * 1000 // 719


@pytest.mark.parametrize(
    "name",
    [
        "dryer_gaps",
        "printer",
        *(
            pytest.param(name, marks=pytest.mark.full)
            for name in ("washer", "dishwasher", "dryer", "microwave", "freezer")
        ),
    ],
)
def test_measured_day_has_the_runs_seen_by_eye(name: str) -> None:
    """Each edge within a minute, and no other runs."""
    if not (TRACES / "runs.json").exists():
        pytest.skip("the measured traces are not here; YIXIANG_TRACES names their folder")
    told = json.loads((TRACES / "runs.json").read_text(encoding="utf-8"))[name]
    with gzip.open(TRACES / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        day = [
            Sample(datetime.strptime(at, "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC), float(power))
            for at, power, *_ in csv.reader(file, delimiter=";")
        ]
    detection = Detection(
        on_w=told["on_w"],
        off_w=told["on_w"],
        join=timedelta(seconds=told["join_s"]),
        min_run=timedelta(seconds=told["min_s"]),
    )

    found = find_runs(day, detection)

    expected = [
        (
            datetime.fromisoformat(a).replace(tzinfo=UTC),
            datetime.fromisoformat(b).replace(tzinfo=UTC),
        )
        for a, b in told["runs"]
    ]
    assert len(found) == len(expected), seconds(found)
    for run, (starts_at, ends_at) in zip(found, expected, strict=True):
        assert abs(run.starts_at - starts_at) <= timedelta(seconds=60)
        assert abs(run.ends_at - ends_at) <= timedelta(seconds=60)
