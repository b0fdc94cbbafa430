"""Brings children up in order, keeps them up, and takes them down in reverse."""

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from cli.embedded.processes import (
    CannotRun,
    ChildFailed,
    Order,
    Process,
    Ready,
    stop_leftovers,
    wait_until,
)

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
# A child that ran this long is well again, and its next crash starts from the first pause.
WELL_AFTER_S = 60.0
LOOK_EVERY_S = 0.2


class FolderInUse(CannotRun):
    """Another run holds the data folder."""


@dataclass(kw_only=True)
class Child:
    """One thing to keep running; `order` is asked at each start, to make ready what it needs."""

    name: str
    order: Callable[[], Order]
    is_ready: Ready
    ready_limit_s: float = 60.0
    process: Process | None = None
    starts: int = 0
    started_at: float = 0.0
    retry_at: float = 0.0
    pause_s: float = BACKOFF_FIRST_S


class Supervisor:
    """Keeps children running until told to stop. For one thread, the main one."""

    def __init__(self, data: Path, say: Callable[[str], None]) -> None:
        self._data = data
        self._say = say
        self._children: list[Child] = []
        self._stop = threading.Event()
        self._lock: int | None = None

    @property
    def run_folder(self) -> Path:
        return self._data / "run"

    def take_folder(self) -> None:
        """Hold the data folder until this process ends, however it ends.

        Raises:
            FolderInUse: another run has it.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode() or "unknown"
            os.close(lock)
            raise FolderInUse(
                f"{self._data} is in use by process {holder}; stop that, or give another --data"
            ) from None
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock
        leftovers = stop_leftovers(self.run_folder)
        if leftovers:
            self._say(f"ended what a killed run left behind: {', '.join(leftovers)}")

    def obey_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal ask for a clean stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        del number
        self.ask_to_stop()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def must_stop(self) -> bool:
        return self._stop.is_set()

    def start(self, child: Child) -> None:
        """Start a child and wait until it is ready.

        Raises:
            ChildFailed: it ended, or was not ready in time.
        """
        self.start_all([child])

    def start_all(self, children: Sequence[Child]) -> None:
        """Start several, one right after the other, and wait until all are ready."""
        self.launch(children)
        self.wait_for(children)

    def launch(self, children: Sequence[Child]) -> None:
        """Start several and go on; `wait_for` tells when they are ready."""
        if not self.must_stop():
            for child in children:
                self._children.append(child)
                self._launch(child)

    def wait_for(self, children: Sequence[Child]) -> None:
        for child in children:
            self._await(child)

    def run_once(self, order: Order, *, limit_s: float = 300) -> None:
        """Run something that ends by itself, and wait for it.

        Raises:
            ChildFailed: it said it failed, or took too long.
        """
        process = Process(order, run_folder=self.run_folder)
        try:
            wait_until(lambda: self.must_stop() or not process.is_running, limit_s=limit_s)
            if process.exit_code and not self.must_stop():
                raise ChildFailed(f"{order.name} failed:\n{process.tail()}")
            if process.is_running and not self.must_stop():
                raise ChildFailed(f"{order.name} took longer than {limit_s:.0f} s")
        finally:
            process.stop()

    def _await(self, child: Child) -> None:
        process = child.process
        if process is None or self.must_stop():
            return
        wait_until(
            lambda: self.must_stop() or not process.is_running or child.is_ready(process),
            limit_s=child.ready_limit_s,
        )
        if self.must_stop():
            return
        if not process.is_running:
            raise ChildFailed(f"{child.name} ended at once:\n{process.tail()}")
        if not child.is_ready(process):
            raise ChildFailed(
                f"{child.name} was not ready within {child.ready_limit_s:.0f} s:\n{process.tail()}"
            )

    def watch(self, *, also: Callable[[], None] = lambda: None, every_s: float = 5.0) -> None:
        """Restart what crashes, until told to stop; do a small duty now and then."""
        next_duty = time.monotonic() + every_s
        while not self._stop.wait(LOOK_EVERY_S):
            for child in self._children:
                self._look_after(child)
            if time.monotonic() >= next_duty:
                also()
                for child in self._children:
                    if child.process:
                        child.process.trim_log()
                next_duty = time.monotonic() + every_s

    def stop(self) -> None:
        """Stop all children, the last started first."""
        self._stop.set()
        for child in reversed(self._children):
            if child.process:
                child.process.stop()
        self._children.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _launch(self, child: Child) -> Process:
        child.process = Process(child.order(), run_folder=self.run_folder)
        child.starts += 1
        child.started_at = time.monotonic()
        return child.process

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        process = child.process
        if process is not None:
            if process.is_running:
                if now - child.started_at > WELL_AFTER_S:
                    child.pause_s = BACKOFF_FIRST_S
                return
            self._say(
                f"{child.name} ended with code {process.exit_code}; "
                f"starting it again in {child.pause_s:g} s. Its last words:\n{process.tail(5)}"
            )
            child.process = None
            child.retry_at = now + child.pause_s
            child.pause_s = min(child.pause_s * 2, BACKOFF_MAX_S)
        if now >= child.retry_at:
            try:
                self._launch(child)
            except (OSError, CannotRun) as error:
                self._say(f"{child.name} could not be started: {error}")
                child.retry_at = now + child.pause_s
                child.pause_s = min(child.pause_s * 2, BACKOFF_MAX_S)


def has_said(word: str) -> Ready:
    """Ready when its log holds the word, of this start: earlier ones may be in the same file."""

    def is_ready(process: Process) -> bool:
        return word in process.read_since_start()

    return is_ready
