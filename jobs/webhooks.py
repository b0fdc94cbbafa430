"""Web hooks as Standard Webhooks has them, to addresses on the open internet only.

A hook's address is somebody's input: without care it would have us ask our own machines for
things. So the name is looked up once, every answer must be a public address, and the
connection goes to that very address: a second look-up could say something else.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

LIMIT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 64 * 1024
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every such secret begins with
SECRET_BYTES: Final = 32

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class WebhookFailed(Exception):
    """It was not taken; the message says why, and holds nothing of the answer."""


class AddressRefused(WebhookFailed):
    """An address we do not send to."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One message to one receiver."""

    url: str
    secret: str
    message_id: str
    body: bytes
    at: datetime


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(hook: Hook) -> dict[str, str]:
    """Return the headers that prove who sent the message, and when."""
    key = base64.b64decode(hook.secret.removeprefix(SECRET_PREFIX))
    timestamp = str(int(hook.at.timestamp()))
    signed = f"{hook.message_id}.{timestamp}.".encode() + hook.body
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": hook.message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
        "content-type": "application/json",
    }


def is_public(address: Address) -> bool:
    """Whether an address is somebody else's: not ours, not a neighbour's, not a cloud's own."""
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if mapped is not None:
        return is_public(mapped)
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int, may_go: Callable[[Address], bool]) -> str:
    """Look a name up; every address it has must be one we may go to.

    Raises:
        AddressRefused: where one is not, or there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise WebhookFailed(f"{host} has no address: {error}") from None
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        if not may_go(ipaddress.ip_address(text.partition("%")[0])):
            raise AddressRefused(f"{host} leads to {text}, where hooks do not go")
    return addresses[0]


def deliver(
    hook: Hook,
    *,
    may_go: Callable[[Address], bool] = is_public,
    schemes: frozenset[str] = frozenset({"https"}),
) -> None:
    """Send it, following no redirection and reading little of the answer.

    Raises:
        WebhookFailed: unless the receiver says 2xx in time.
    """
    parts = urlsplit(hook.url)
    if parts.scheme not in schemes or not parts.hostname or parts.username:
        raise AddressRefused("a hook's address is https://host/path, without a password")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(parts.hostname, port, may_go)
    literal = f"[{address}]" if ":" in address else address
    path = parts.path or "/"
    target = f"{parts.scheme}://{literal}:{port}{path}" + (f"?{parts.query}" if parts.query else "")
    try:
        with (
            httpx.Client(timeout=LIMIT_S, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                target,
                content=hook.body,
                headers={**sign(hook), "host": parts.netloc},
                extensions={"sni_hostname": parts.hostname},
            ) as answer,
        ):
            read = 0
            for chunk in answer.iter_raw():
                read += len(chunk)
                if read > ANSWER_BYTES_MAX:
                    break
            status = answer.status_code
    except httpx.HTTPError as error:
        raise WebhookFailed(f"{type(error).__name__}: no answer from {parts.hostname}") from None
    if not httpx.codes.is_success(status):
        raise WebhookFailed(f"{parts.hostname} said {status}")
