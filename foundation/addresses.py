"""Addresses that may be trusted with a secret. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_safe_address(address: str, *, may_be_plain: bool = True) -> bool:
    """Whether it is https, or, where that may be, plain http that never leaves this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.username or not parts.hostname or parts.fragment:
        return False
    return parts.scheme == "https" or (
        may_be_plain and parts.scheme == "http" and _is_loopback(parts.hostname)
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
