"""Hashes of passwords and tokens. For passwords argon2id, one at a time and within a budget.

46 MiB and one pass is OWASP's first choice; each hash takes a core for some 40 ms here, so
that a flood of sign-ins could starve everyone else without the cap.
"""

import atexit
import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import cast

from directory.people.errors import SignInBusy

WAIT_S = 5.0
# Whoever waits holds a thread and a connection, which others need too.
WAITING_MAX = 4
ROOT = Path(__file__).parents[2]
NOBODY = (
    "$argon2id$v=19$m=47104,t=1,p=1$"
    "vRA8oX+YJx/+f45gSn/vJA$de/G5TbjMDQbUnETiN43c/DD9+QjEjXkNYTBi4Cgs+s"
)
"""Verified when the name is unknown, so that both answers take as long."""


class Hashing:
    """The hashing process of this one, begun with the first password.

    Attributes:
        share: what part of a core it may take while more is asked than that.
        process: the one begun last.
    """

    def __init__(self) -> None:
        self.share = 1.0
        self._turn = threading.Lock()
        self.process: subprocess.Popen[str] | None = None

    def ask(self, *words: str, wait_s: float = -1) -> str | bool:
        """Return what the process answers; another is begun where it died.

        Raises:
            SignInBusy: when one's turn did not come in time.
        """
        if not self._turn.acquire(timeout=wait_s):
            raise SignInBusy
        try:
            for _ in range(2):
                if answer := self._say(json.dumps(words)):
                    return cast("str | bool", json.loads(answer))
                self.end()
            raise SignInBusy
        finally:
            self._turn.release()

    def end(self) -> None:
        if self.process is not None:
            with self.process as process:
                process.kill()
            self.process = None

    def _say(self, line: str) -> str:
        """Return the answer, or nothing when the process has gone."""
        if self.process is None:
            self.process = subprocess.Popen(  # noqa: S603 - of ourselves
                [sys.executable, "-m", "directory.people.hashing", str(self.share)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self.process.stdin is not None, "piped"
        assert self.process.stdout is not None, "piped"
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self.process.stdout.readline()


HASHING = Hashing()
WAITING = threading.BoundedSemaphore(WAITING_MAX)
atexit.register(HASHING.end)


def hash_password(password: str) -> str:
    return str(HASHING.ask("hash", password))


def hash_token(token: str) -> bytes:
    """Hash a token of ours; what has 50 random bits or more needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether the password is the one that was hashed.

    Raises:
        SignInBusy: when too many others are being verified for too long.
    """
    if not WAITING.acquire(blocking=False):
        raise SignInBusy
    try:
        is_right = HASHING.ask("verify", password_hash or NOBODY, password, wait_s=WAIT_S)
    finally:
        WAITING.release()
    return is_right is True and password_hash is not None
