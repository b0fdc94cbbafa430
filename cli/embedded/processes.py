"""One child process: it dies with us, is stopped politely, and is recognised after a crash."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_BYTES_MAX = 20_000_000


class CannotRun(Exception):
    """Something keeps the embedded parts from running; the message is for the person who asked."""


class ChildFailed(CannotRun):
    """A child process could not be brought up; the message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user that servers run as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to run one program."""

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the system says about a process id. `born` tells it from a later process of that id."""

    state: str
    born: str

    @property
    def is_running(self) -> bool:
        """Whether it does anything still; a zombie holds its id but nothing else."""
        return self.state[:1] not in {"Z", "X"}


def look_at(pid: int) -> Sighting | None:
    """Return what is known of a process, or None when there is none."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        # The name stands in brackets and may itself hold spaces and brackets.
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self/stat").exists() else _ask_ps(pid)
    return Sighting(state=fields[0], born=fields[19])


def _ask_ps(pid: int) -> Sighting | None:
    answer = subprocess.run(  # noqa: S603 - a number is all it is given
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split(maxsplit=1)
    return Sighting(state=answer[0], born=answer[1].strip()) if len(answer) > 1 else None


def wait_until(condition: Callable[[], bool], *, limit_s: float, pause_s: float = 0.02) -> bool:
    """Wait for a condition and say whether it came true within the limit."""
    pause = threading.Event()
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(pause_s)
    return True


class Process:
    """A running child, in its own session, noted on disk until it is gone."""

    def __init__(self, order: Order, *, run_folder: Path) -> None:
        """Start it. Call from a thread that lives as long as the child should.

        The kernel sends the death signal when the *thread* that forked ends.
        """
        self.order = order
        self._note = run_folder / f"{order.name}.json"
        run_folder.mkdir(parents=True, exist_ok=True)
        order.log.parent.mkdir(parents=True, exist_ok=True)
        account = order.account
        with order.log.open("ab") as log:
            self._log_start = log.tell()
            self._popen = subprocess.Popen(  # noqa: S603 - the caller is ours
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(LAUNCHER),
                    str(os.getpid()),
                    str(int(order.stop_signal)),
                    str(account.uid if account else -1),
                    str(account.gid if account else -1),
                    *order.command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=order.folder,
                env=dict(order.environment),
                start_new_session=True,
            )
        sighting = look_at(self.pid)
        self._note.write_text(
            json.dumps({"pid": self.pid, "born": sighting.born if sighting else ""}),
            encoding="utf-8",
        )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._popen.poll()

    @property
    def is_running(self) -> bool:
        return self.exit_code is None

    def send(self, number: signal.Signals) -> None:
        if self.is_running:
            self._popen.send_signal(number)

    def stop(self) -> None:
        """Ask it to stop, wait, then end it and whatever it started."""
        if self.is_running:
            self._popen.send_signal(self.order.stop_signal)
            try:
                self._popen.wait(self.order.stop_timeout_s)
            except subprocess.TimeoutExpired:
                _end_group(self.pid)
                self._popen.wait(5)
        self._note.unlink(missing_ok=True)

    def wait(self, limit_s: float) -> int | None:
        """Wait for its end and return the exit code, or None when it still runs."""
        try:
            return self._popen.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None

    def tail(self, lines: int = 15) -> str:
        """Return the end of its log, for the message that says it failed."""
        with self.order.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 16_384))
            text = log.read().decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

    def read_since_start(self) -> str:
        """Return what it has logged so far; for the first moments, before there is much."""
        with self.order.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read(100_000).decode("utf-8", "replace")

    def trim_log(self) -> None:
        """Set the log aside when it is too large; the child appends, so it follows."""
        log = self.order.log
        if log.stat().st_size > LOG_BYTES_MAX:
            log.with_suffix(".old").write_bytes(log.read_bytes())
            os.truncate(log, 0)


Ready = Callable[[Process], bool]


def stop_leftovers(run_folder: Path, *, limit_s: float = 30.0) -> list[str]:
    """End the children of a run that was killed, and return their names.

    A process id alone proves nothing after a crash: it may belong to somebody else by
    now. Only a process born at the noted instant is ours.
    """
    stopped = []
    for note in sorted(run_folder.glob("*.json")):
        try:
            known = json.loads(note.read_text(encoding="utf-8"))
            pid, born = int(known["pid"]), str(known["born"])
        except (ValueError, KeyError, TypeError):
            note.unlink()
            continue
        if _is_alive(pid, born):
            _end(pid, born, limit_s)
            stopped.append(note.stem)
        note.unlink()
    return stopped


def _is_alive(pid: int, born: str) -> bool:
    sighting = look_at(pid)
    return sighting is not None and sighting.is_running and sighting.born == born


def _end(pid: int, born: str, limit_s: float) -> None:
    # SIGINT is PostgreSQL's fast shutdown and every other program's Ctrl-C.
    for number, patience_s in ((signal.SIGINT, limit_s / 2), (signal.SIGKILL, limit_s / 2)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: not _is_alive(pid, born), limit_s=patience_s):
            return
    raise ChildFailed(f"process {pid} of an earlier run does not end; end it, then start again")


def _end_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
