"""A type per kind of id, so that one cannot be passed for another."""

import secrets
from typing import NewType
from uuid import UUID

from foundation.clock import read_clock

PersonId = NewType("PersonId", UUID)
EnterpriseId = NewType("EnterpriseId", UUID)
InstitutionId = NewType("InstitutionId", UUID)
StationId = NewType("StationId", UUID)
DeviceId = NewType("DeviceId", UUID)
RunId = NewType("RunId", UUID)
InstrumentId = NewType("InstrumentId", UUID)
ReservationId = NewType("ReservationId", UUID)
UsageSessionId = NewType("UsageSessionId", UUID)
TariffId = NewType("TariffId", UUID)
AdjustmentId = NewType("AdjustmentId", UUID)
ChargeId = NewType("ChargeId", UUID)

UUID_TYPES = (
    PersonId,
    EnterpriseId,
    InstitutionId,
    StationId,
    DeviceId,
    RunId,
    InstrumentId,
    ReservationId,
    UsageSessionId,
    TariffId,
    AdjustmentId,
    ChargeId,
)


def new_id() -> UUID:
    """Make a UUID of version 7 (RFC 9562 §5.7): it begins with the time, so indexes stay dense."""
    milliseconds = int(read_clock().timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return UUID(int=value | 0b10 << 62 | secrets.randbits(62))
