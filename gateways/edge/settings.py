"""What the parts of a gateway are told, once the files have been found sound."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateways.profiles.profile import Profile

MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    host: str
    port: int
    user: str | None
    password: str | None
    has_tls: bool
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """How much may wait for the server, and how fast what waited is sent."""

    path: Path
    bytes_max: int = 512 * MEGABYTE
    age_s_max: float = 30 * 86_400
    window: int = 200  # messages of one device sent but not acknowledged
    ack_silence_s: float = 10.0  # after which they are sent again
    rate_max: int = 2_000  # messages a second, so that a long backlog leaves room


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    name: str
    link: str
    unit: int
    profile: Profile
    poll_factor: float = 1.0  # stretches every period of the profile
