"""Hashes of passwords and tokens. For passwords argon2id, and few at a time.

46 MiB and one pass is OWASP's first choice; each hash takes a core for some 40 ms here, so
that a flood of sign-ins could starve everyone else without the cap.
"""

import hashlib
import os
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from directory.people.errors import SignInBusy

WAIT_S = 5.0
# Half the cores, so that whoever is signed in already keeps the other half.
AT_ONCE = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))
# Whoever waits holds a thread and a connection, which others need too.
WAITING = threading.BoundedSemaphore(6)
HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)

# Verified when the name is unknown, so that both answers take as long.
NOBODY = HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    with AT_ONCE:
        return HASHER.hash(password)


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
        if not AT_ONCE.acquire(timeout=WAIT_S):
            raise SignInBusy
        try:
            HASHER.verify(password_hash or NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
        finally:
            AT_ONCE.release()
    finally:
        WAITING.release()
    return password_hash is not None
