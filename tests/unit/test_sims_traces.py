"""Measured power traces, with everything real meters do."""

import gzip
from pathlib import Path

import pytest

from sims.instruments.monitors import PowerMeter
from sims.traces import BadTrace, Row, read

TRACE = """\
19/01/2012 23:59:50;0;0
19/01/2012 23:59:56;1810;240
19/01/2012 23:59:56;1811;480
19/01/2012 23:59:55;1809.5;700
20/01/2012 00:00:02;3;3
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "load.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_duplicates_and_steps_back_are_kept(tmp_path: Path) -> None:
    assert read(write(tmp_path, TRACE)) == [
        Row(0, 0.0),
        Row(6000, 1810.0),
        Row(6000, 1811.0),
        Row(5000, 1809.5),
        Row(12_000, 3.0),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TRACE + "20/01/2012;3;3\n", ":6: not `d/m/y h:m:s;W;W`"),
        (TRACE + "20/01/2012 00:00:02;3\n", ":6: not"),
        (TRACE + "31/02/2012 00:00:02;3;3\n", ":6: not"),
        (TRACE + "20/01/2012 00:00:03;much;3\n", ":6: not"),
        ("", "is empty"),
    ],
)
def test_bad_trace_says_line_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(BadTrace) as refused:
        read(path)

    assert str(refused.value).startswith(str(path))
    assert reason in str(refused.value)


def test_file_that_is_not_gzip_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_text(TRACE)

    for name in ("x.csv.gz", "none.csv.gz"):
        with pytest.raises(BadTrace, match=name):
            read(tmp_path / name)


def test_meter_follows_the_trace_and_stamps_each_row_itself(tmp_path: Path) -> None:
    meter = PowerMeter(seed="x")
    meter.follow(read(write(tmp_path, TRACE)))

    shown = []
    for _ in range(13):
        meter.advance(1000)
        shown.append(meter.power_w)

    assert shown == [0, 0, 0, 0, 0, 1809.5, 1809.5, 1809.5, 1809.5, 1809.5, 1809.5, 3, 3]
    assert [values["power_w"] for _, values in meter.readings] == [0, 1810, 1811, 1809.5, 3]
    assert [age for age, _ in meter.readings] == [1000, 0, 0, 1000, 0]
