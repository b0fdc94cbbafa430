"""Hashes of passwords and tokens. For passwords argon2id, and few at a time.

46 MiB and one pass is OWASP's first choice; each hash takes a core for some 40 ms here, so
that a flood of sign-ins could starve everyone else without the cap.
"""

import hashlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from directory.people.errors import SignInBusy

WAIT_S = 5.0
# Whoever waits holds a thread and a connection, which others need too.
WAITING_MAX = 4
PATIENCE = 19
"""How much later than everyone else's a hash's turn comes (setpriority(2))."""
HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)

# Verified when the name is unknown, so that both answers take as long.
NOBODY = HASHER.hash("nobody has this password")


def give_way() -> None:
    """Let everybody else have the processor first: Linux ranks each thread by itself."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PATIENCE)


# Half the cores, so that whoever is signed in already keeps the other half.
HASHING = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2), "hashing", give_way)
WAITING = threading.BoundedSemaphore(WAITING_MAX)


def hash_password(password: str) -> str:
    return HASHING.submit(HASHER.hash, password).result()


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
        HASHING.submit(HASHER.verify, password_hash or NOBODY, password).result(WAIT_S)
    except (VerificationError, InvalidHashError):
        return False
    except TimeoutError as error:
        raise SignInBusy from error
    finally:
        WAITING.release()
    return password_hash is not None
