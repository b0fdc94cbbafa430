"""Simulated time against a wall that is moved by hand."""

import pytest

from sims.clock import Elapsed, SimClock


class Wall:
    def __init__(self) -> None:
        self.now_ms = 1_000_000_000

    def wall(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        return float(self.now_ms)


def clock_on(wall: Wall, *, speed: float = 1.0, ago_ms: int | None = None) -> SimClock:
    start = None if ago_ms is None else wall.now_ms - ago_ms
    return SimClock(speed=speed, start_at_ms=start, wall=wall.wall, monotonic=wall.monotonic)


def test_speed_moves_the_physics_and_leaves_the_calendar() -> None:
    wall = Wall()
    clock = clock_on(wall, speed=60)
    wall.now_ms += 50

    assert clock.elapse() == Elapsed(3000, 50)
    assert clock.stamp_ms == wall.now_ms


def test_fractions_of_a_millisecond_are_not_lost() -> None:
    wall = Wall()
    clock = clock_on(wall, speed=0.3)
    total = 0
    for _ in range(100):
        wall.now_ms += 1
        total += clock.elapse().physics_ms

    assert total in {29, 30}


def test_lab_started_in_the_past_catches_up_and_then_goes_with_the_wall() -> None:
    wall = Wall()
    clock = clock_on(wall, speed=1000, ago_ms=60_000)
    wall.now_ms += 50

    first = clock.elapse()
    clock.moved(first)
    assert first == Elapsed(50_000, 50_000)
    assert clock.stamp_ms == wall.now_ms - 10_050
    wall.now_ms += 50
    clock.moved(clock.elapse())
    assert clock.stamp_ms == wall.now_ms
    wall.now_ms += 50

    assert clock.elapse() == Elapsed(50, 50)
    assert clock.stamp_ms == wall.now_ms


def test_stepped_time_stands_still_by_itself() -> None:
    wall = Wall()
    clock = SimClock(stepped=True, wall=wall.wall, monotonic=wall.monotonic)
    wall.now_ms += 5000

    assert clock.elapse() == Elapsed(0, 0)
    clock.moved(Elapsed(250, 250))
    assert clock.stamp_ms == 1_000_000_250


@pytest.mark.parametrize("speed", [0, -1, 1001])
def test_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="at most 1000"):
        SimClock(speed=speed)
