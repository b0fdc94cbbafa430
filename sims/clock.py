"""Simulated time: as fast as the wall, faster, out of the past, or one step at a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

SPEED_MAX = 1000
CAUGHT_UP_MS = 1000


@dataclass(frozen=True, slots=True)
class Elapsed:
    """How far time went: for the physics, and for calendars and leases."""

    physics_ms: int
    calendar_ms: int


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def monotonic_ms() -> float:
    return time.monotonic() * 1000


class SimClock:
    """One clock for all devices of a lab.

    Started now and sped up, only the physics runs faster: time stamps and leases stay
    with the wall, or every receiver would refuse them as coming from the future.
    Started in the past (`start_at_ms`), stamps follow the physics until they meet the
    wall, and then stay with it.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        start_at_ms: int | None = None,
        stepped: bool = False,
        wall: Callable[[], int] = wall_ms,
        monotonic: Callable[[], float] = monotonic_ms,
    ) -> None:
        if not 0 < speed <= SPEED_MAX:
            raise ValueError(f"speed must be above 0 and at most {SPEED_MAX}, not {speed}")
        self.speed = speed
        self.stepped = stepped
        self._wall = wall
        self._monotonic = monotonic
        self._last = monotonic()
        self._carry = 0.0
        self._from_past = start_at_ms is not None and start_at_ms < wall()
        self._own_stamp = stepped or self._from_past
        self._stamp_ms = wall() if start_at_ms is None else start_at_ms
        self.physics_ms = 0

    @property
    def stamp_ms(self) -> int:
        """Epoch milliseconds, as a device would write them."""
        if not self._own_stamp:
            return self._wall()
        return self._stamp_ms if self.stepped else min(self._stamp_ms, self._wall())

    def elapse(self) -> Elapsed:
        """Return what went by since the last call. Nothing does, in stepped mode."""
        now = self._monotonic()
        real = now - self._last
        self._last = now
        if self.stepped:
            return Elapsed(0, 0)
        exact = real * self.speed + self._carry
        physics = int(exact)
        self._carry = exact - physics
        if not self._from_past:
            return Elapsed(physics, round(real))
        left = self._wall() - self._stamp_ms
        if physics >= left:
            self._from_past = False
            self.speed = 1.0
            self._carry = 0.0
            physics = max(left, 0)
        return Elapsed(physics, physics)

    def moved(self, elapsed: Elapsed) -> None:
        """Note that the devices have lived through `elapsed`."""
        self.physics_ms += elapsed.physics_ms
        self._stamp_ms += elapsed.calendar_ms
        # The physics may still owe a slice when the past is used up; stamps only follow then.
        if self._own_stamp and not self._from_past and not self.stepped:
            self._own_stamp = self._wall() - self._stamp_ms > CAUGHT_UP_MS
