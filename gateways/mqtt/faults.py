"""Named points at which a test may have this process killed; in production they do nothing."""

import os
import signal
from typing import Final

POINTS: Final = ("before_insert", "after_insert", "after_commit", "after_acknowledge")
WANTED: Final = os.environ.get("YIXIANG_KILL_AT", "")
"""`point:n` kills the process, as a power cut would, at the n-th passing of the point."""


class Fuse:
    def __init__(self, order: str) -> None:
        point, _, count = order.partition(":")
        if order and (point not in POINTS or not count.isdigit()):
            raise ValueError(f"YIXIANG_KILL_AT={order!r}: one of {', '.join(POINTS)}, then :n")
        self._point = point
        self._left = int(count or 0)

    def pass_point(self, name: str) -> None:
        if name != self._point:
            return
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


pass_point = Fuse(WANTED).pass_point
