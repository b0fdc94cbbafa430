"""Become another program that dies with its parent; a script on the standard library alone.

    python -I -S launch.py PARENT SIGNAL UID GID PROGRAM [ARGUMENT…]

A script rather than code between fork and exec: the parent may have threads, and after
a fork only async-signal-safe calls are allowed there.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    # A shell's `&` and nohup leave signals ignored, and a program inherits that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user: the kernel forgets the death signal when that happens.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("the parent died before its child was born")
    os.umask(0o077)
    os.execv(Path(command[0]), command)  # noqa: S606 - the very point: no shell


if __name__ == "__main__":
    main(sys.argv[1:])
