"""What a client may entrust to a station. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a station may do in a client's name."""

    DEMANDS = "demands"
    ORDERS = "orders"
    RESERVATIONS = "reservations"
    SAMPLES = "samples"
    REPORTS = "reports"


@dataclass(frozen=True, slots=True)
class Client:
    """An enterprise that entrusted a station, by all its entrustments that hold now."""

    scopes: frozenset[Scope]
    needs_endorsement: bool = False
    """Whether it endorses itself what is reserved in its name."""
