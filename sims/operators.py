"""The person at the machine: starts a run when the relay lets them, and stops it."""

import random
from dataclasses import dataclass

from sims.machine import Machine, Phase


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person uses an instrument. Times in simulated seconds."""

    delay_s: float = 4.0
    delay_spread_s: float = 1.0
    run_s: float | None = None
    rest_s: float = 10.0
    again: bool = False
    present: bool = True
    badge: str = "badge:04A1"


class Operator:
    """Watches one machine."""

    def __init__(self, machine: Machine, habits: Habits, *, seed: str) -> None:
        self.machine = machine
        self.habits = habits
        self.present = habits.present
        self._chance = random.Random(seed)
        self._left_ms: float | None = None
        self._done = False
        self._was_unlocked = False

    def watch(self, ms: int) -> None:
        """Live through `ms` of simulated time beside the machine."""
        unlocked = self.machine.interlock
        if unlocked != self._was_unlocked:
            self._was_unlocked = unlocked
            self._done = False
            self._left_ms = self._delay_ms() if unlocked else None
        if not unlocked or not self.present:
            return
        if self.machine.phase is Phase.IDLE and not self._done:
            if self._left_ms is None:
                self._left_ms = self.habits.rest_s * 1000
            self._left_ms -= ms
            if self._left_ms <= 0:
                self.machine.start()
                self._left_ms = None
        elif self.machine.phase is Phase.RUN and self._has_run_enough():
            self.machine.stop()
            self._done = not self.habits.again

    def _has_run_enough(self) -> bool:
        length_s = self.habits.run_s
        return length_s is not None and self.machine.phase_ms >= length_s * 1000

    def _delay_ms(self) -> float:
        spread = self.habits.delay_spread_s
        return (self.habits.delay_s + self._chance.uniform(-spread, spread)) * 1000
