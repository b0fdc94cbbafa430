"""A real `yixiang ingest` process of a test's own, and what it left in the database."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

PROJECT = Path(__file__).resolve().parent.parent


def until(condition: Callable[[], bool], *, limit_s: float, what: str) -> None:
    """Wait for a condition, with a limit."""
    deadline = monotonic() + limit_s
    while not condition():
        assert monotonic() < deadline, f"not within {limit_s} s: {what}"
        sleep(0.02)


class IngestProcess:
    """Started, killed and started again under one name at the broker."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str,
        broker_url: str,
        client_id: str,
        options: tuple[str, ...] = (),
    ) -> None:
        self._log = folder / f"{client_id}.log"
        self._environment = {
            **os.environ,
            "YIXIANG_DATABASE_URL": database_url,
            "YIXIANG_BROKER_URL": broker_url,
        }
        self._command = [sys.executable, "-m", "cli", "ingest", "--client-id", client_id, *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, kill_at: str = "", ready: bool = True) -> None:
        before = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=PROJECT,
                env={**self._environment, "YIXIANG_KILL_AT": kill_at},
                stdout=log,
                stderr=log,
            )
        if ready:
            until(
                lambda: b"ingest ready" in self._log.read_bytes()[before:],
                limit_s=20,
                what=f"ingest ready: {self.log[-2000:]}",
            )

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None, "started"
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None, "started"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def wait_for_death(self, limit_s: float = 30) -> int:
        assert self._process is not None, "started"
        return self._process.wait(limit_s)

    def stop(self) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(20)
