"""Password hashes: argon2id, and never more than two at a time.

46 MiB and one pass is OWASP's first choice; each hash takes a core for some 40 ms here, so
that a flood of sign-ins could starve everyone else without the cap.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from directory.people.errors import SignInBusy

WAIT_S = 5.0
AT_ONCE = threading.BoundedSemaphore(2)
HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)

# Verified when the name is unknown, so that both answers take as long.
NOBODY = HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether the password is the one that was hashed.

    Raises:
        SignInBusy: when too many others are being verified for too long.
    """
    if not AT_ONCE.acquire(timeout=WAIT_S):
        raise SignInBusy
    try:
        HASHER.verify(password_hash or NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        AT_ONCE.release()
    return password_hash is not None
