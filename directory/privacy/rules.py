"""How much of personal data a list shows, and what may leave the system. Pure."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

MASK = "*"


class Level(IntEnum):
    """Grades of data after DB33/T 2351; the higher, the less it may travel."""

    L1 = 1
    """不敏感: the public catalogue, published prices."""
    L2 = 2
    """低敏感: usage statistics, an institution's archive."""
    L3 = 3
    """较敏感: orders, contracts, telemetry tied to a client."""
    L4 = 4
    """敏感: identity numbers, phones, accounts, results. Never leaves in an export."""


def mask(text: str, *, head: int, tail: int) -> str:
    """Show the first and last characters only; a text too short to hide in shows nothing."""
    if len(text) <= head + tail:
        return MASK * len(text)
    return text[:head] + MASK * (len(text) - head - tail) + (text[-tail:] if tail else "")


def mask_identity_number(text: str) -> str:
    return mask(text, head=4, tail=4)


def mask_phone(text: str) -> str:
    return mask(text, head=3, tail=4)


def mask_name(text: str) -> str:
    """Show the family name's first character only, as Chinese forms do."""
    return mask(text, head=1, tail=0)


def mask_email(text: str) -> str:
    name, at, domain = text.partition("@")
    return mask(name, head=1, tail=0) + at + domain


def fields_above(
    fields: Iterable[str], levels: Mapping[str, Level], allowed: Level
) -> list[tuple[str, Level]]:
    """Return the fields that may not leave at the allowed level; an ungraded field is L4."""
    graded = [(field, levels.get(field, Level.L4)) for field in fields]
    return [(field, level) for field, level in graded if level > allowed]
