"""The process that hashes passwords, so that the api's threads never wait for one that does.

A thread would share the interpreter's lock: when it gives way to everybody else and is put off
while it holds the lock, everybody else waits for it. A process that gives way holds nothing.

It reads lines from its standard input and answers each by one: `["hash", password]` by a text,
`["verify", hash, password]` by true or false; and ends with its input. Its argument is the share of
one core that it takes while more is asked than that.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

PATIENCE = 5
"""How much later than everyone else's its turn comes (nice(2))."""
SAVES_FOR_S = 2
"""What a calm spell of these seconds saves is spent at once: with a tenth of a core, some five
hashes one after the other."""
PAUSE = threading.Event().wait
HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)


class Budget:
    """Processor time, earned steadily and spent by work; what it took is owed afterwards."""

    def __init__(
        self,
        share: float,
        saved_max_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = PAUSE,
    ) -> None:
        self._share, self._saved_max_s = share, saved_max_s
        self._clock, self._sleep = clock, sleep
        self._left_s, self._filled_at_s = saved_max_s, clock()

    def spend(self, cost_s: float) -> None:
        """Take it off what is left."""
        self._left_s -= cost_s

    def wait(self) -> None:
        """Return when nothing is owed."""
        self._earn()
        if self._left_s < 0:
            self._sleep(-self._left_s / self._share)
            self._earn()

    def _earn(self) -> None:
        now_s = self._clock()
        self._left_s += (now_s - self._filled_at_s) * self._share
        self._left_s, self._filled_at_s = min(self._saved_max_s, self._left_s), now_s


def answer(asked: list[str]) -> str | bool:
    if asked[0] == "hash":
        return HASHER.hash(asked[1])
    try:
        return HASHER.verify(asked[1], asked[2])
    except (VerificationError, ValueError):  # wrong; no hash; no text at all
        return False


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when its input does
    os.nice(PATIENCE)
    share = float(sys.argv[1])
    budget = Budget(share, share * SAVES_FOR_S)
    for line in sys.stdin:
        budget.wait()
        began_s = time.process_time()
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
        budget.spend(time.process_time() - began_s)


if __name__ == "__main__":
    main()
