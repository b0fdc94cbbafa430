"""Runs seen in the power an instrument draws, where it has no counter of its own.

Pure: samples in, spans out. What makes it hold on real meters: samples come twice and
backwards; a spike of kilowatts alone is shorter than any run, but beside a run it is a motor
turning a last time; a heater that cycles inside one run falls below the threshold for
minutes; and a gap proves nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

GAP: Final = timedelta(minutes=5)
"""Without a sample this long, we do not know; a run is not carried across more."""


@dataclass(frozen=True, slots=True)
class Sample:
    at: datetime
    power_w: float


@dataclass(frozen=True, slots=True)
class Detection:
    """How to tell work from standby for one instrument."""

    on_w: float
    """At or above this it works."""
    off_w: float
    """Below this it may have stopped; between the two it goes on as it was."""
    join: timedelta
    """A pause this short belongs to the run."""
    min_run: timedelta
    """What is shorter is no run."""


@dataclass(frozen=True, slots=True)
class DetectedRun:
    starts_at: datetime
    ends_at: datetime
    observed: timedelta
    """The part of it in which samples came."""

    @property
    def coverage_permille(self) -> int:
        whole = self.ends_at - self.starts_at
        return 1000 if not whole else min(1000, self.observed * 1000 // whole)


def in_time_order(samples: Iterable[Sample]) -> list[Sample]:
    """Order samples and keep one a time: of several, the last that came."""
    by_time = {sample.at: sample for sample in samples}
    return [by_time[at] for at in sorted(by_time)]


def find_stretches(samples: Sequence[Sample], detection: Detection) -> list[DetectedRun]:
    """Find where power says "working", with hysteresis; a gap in the samples ends a stretch."""
    stretches: list[DetectedRun] = []
    since: datetime | None = None
    before: Sample | None = None
    for sample in samples:
        if since is not None and before is not None and sample.at - before.at > GAP:
            stretches.append(DetectedRun(since, before.at, before.at - since))
            since = None
        if since is None and sample.power_w >= detection.on_w:
            since = sample.at
        elif since is not None and sample.power_w < detection.off_w:
            stretches.append(DetectedRun(since, sample.at, sample.at - since))
            since = None
        before = sample
    if since is not None and before is not None:
        stretches.append(DetectedRun(since, before.at, before.at - since))
    return stretches


def find_runs(samples: Iterable[Sample], detection: Detection) -> list[DetectedRun]:
    """Return the runs, in order; what a pause divides is one run if the pause is short."""
    cleaned = in_time_order(samples)
    runs: list[DetectedRun] = []
    for stretch in find_stretches(cleaned, detection):
        if runs and stretch.starts_at - runs[-1].ends_at <= detection.join:
            last = runs[-1]
            observed = last.observed + stretch.observed
            pause = stretch.starts_at - last.ends_at
            # A pause with samples in it was watched; a gap was not.
            watched = (
                pause if is_watched(cleaned, last.ends_at, stretch.starts_at) else timedelta(0)
            )
            runs[-1] = DetectedRun(last.starts_at, stretch.ends_at, observed + watched)
        else:
            runs.append(stretch)
    return [run for run in runs if run.ends_at - run.starts_at >= detection.min_run]


def is_watched(samples: Sequence[Sample], since: datetime, until: datetime) -> bool:
    times = [sample.at for sample in samples if since <= sample.at <= until]
    return all(later - earlier <= GAP for earlier, later in pairwise(times))
