"""One-time codes by the clock (RFC 6238, on HOTP, RFC 4226). Pure."""

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
STEPS_OFF = 1
"""A phone's clock may be half a minute off either way."""


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_S


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of one time step."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """Return the time step the code is of, if it is near now and later than the last one used."""
    found = None
    for step in range(step_of(now) - STEPS_OFF, step_of(now) + STEPS_OFF + 1):
        # Every step is compared, so that the time taken tells nothing.
        is_equal = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if is_equal and step > after:
            found = step
    return found


def address_for_apps(secret: bytes, *, login: str, issuer: str = "Yixiang 仪享") -> str:
    """Return the `otpauth` address that authenticator apps read from a QR code."""
    text = base64.b32encode(secret).decode().rstrip("=")
    label = quote(f"{issuer}:{login}")
    return f"otpauth://totp/{label}?" + urlencode(
        {"secret": text, "issuer": issuer, "digits": DIGITS, "period": STEP_S}, quote_via=quote
    )
