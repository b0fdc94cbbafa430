"""Whether a slot may be reserved, and which state may follow which. Pure: facts come in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ZERO = timedelta(0)


class ReservationState(StrEnum):
    """Where a reservation stands (lease flow, states of a self-operated use)."""

    RESERVED = "reserved"
    CHECKED_IN = "checked_in"
    IN_USE = "in_use"
    ENDED = "ended"
    METERED = "metered"
    BILLED = "billed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


HOLDING_STATES = frozenset(
    {ReservationState.RESERVED, ReservationState.CHECKED_IN, ReservationState.IN_USE}
)
"""The states in which nobody else may have the time."""

TRANSITIONS: dict[ReservationState, frozenset[ReservationState]] = {
    ReservationState.RESERVED: frozenset(
        {ReservationState.CHECKED_IN, ReservationState.CANCELLED, ReservationState.NO_SHOW}
    ),
    ReservationState.CHECKED_IN: frozenset({ReservationState.IN_USE, ReservationState.ENDED}),
    ReservationState.IN_USE: frozenset({ReservationState.ENDED}),
    ReservationState.ENDED: frozenset({ReservationState.METERED}),
    ReservationState.METERED: frozenset({ReservationState.BILLED}),
    ReservationState.BILLED: frozenset(),
    ReservationState.CANCELLED: frozenset(),
    ReservationState.NO_SHOW: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """A half-open span of time: the end belongs to whoever comes next."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a slot needs time zones")
        if self.ends_at <= self.starts_at:
            raise ValueError("a slot ends after it starts")

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at
