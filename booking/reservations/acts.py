"""What a person may do with a reservation as it stands. Pure: it only tells the screens.

Each verb asks again for itself; what is said here may be refused there, by a second's race.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from booking.reservations.rules import Slot
from booking.reservations.states import (
    ASSIGNABLE_STATES,
    AT_IT_STATES,
    CHECK_IN_OPENS,
    STANDING_STATES,
    Mode,
    ReservationState,
)

S = ReservationState


class Act(StrEnum):
    """A verb on a reservation, named as its route is."""

    CONFIRM = "confirm"
    REWRITE = "rewrite"
    ENDORSE = "endorse"
    TURN_DOWN = "turn-down"
    ACCEPT_TIME = "accept-time"
    DECLINE_TIME = "decline-time"
    MOVE = "move"
    CANCEL = "cancel"
    HAND_OVER = "hand-over"
    CHECK_IN = "check-in"
    EXTEND = "extend"
    END = "end"
    DISPUTE = "dispute"
    APPROVE = "approve"
    REJECT = "reject"
    RETIME = "retime"
    ASSIGN = "technician"
    SAMPLES = "samples"
    INTERRUPT = "interrupt"
    CONFIRM_USAGE = "confirm-usage"
    CORRECT_USAGE = "correct-usage"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Who asks, as far as the reservation is concerned."""

    is_client: bool
    is_staff: bool
    is_manager: bool
    is_endorser: bool = False
    """Administers the enterprise that pays."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reservation stands, as far as it decides what may be done."""

    state: ReservationState
    slot: Slot
    mode: Mode = Mode.SELF_OPERATED
    has_technician: bool = False
    has_samples: bool = False
    is_over: bool = False
    """Its time limit passed, tidied up or not."""
    usage_state: str | None = None
    objection_ends_at: datetime | None = None


def acts_of(position: Position, who: Standpoint, *, now: datetime) -> list[Act]:
    """Return what this person may do now, in the order of the flow."""
    found: list[Act] = []
    if who.is_manager:
        found += _managers(position)
    if who.is_staff:
        found += _staffs(position)
    if who.is_endorser and position.state == S.PROPOSED and not position.is_over:
        found += [Act.ENDORSE, Act.TURN_DOWN]
    if who.is_client:
        found += _clients(position, now=now)
    if who.is_client or who.is_staff:
        found += _anyones(position, who, now=now)
    return found


def _clients(position: Position, *, now: datetime) -> list[Act]:
    if position.is_over:
        return []
    state = position.state
    if state in {S.DRAFT, S.HELD}:
        return [Act.CONFIRM, Act.REWRITE] + ([Act.HAND_OVER] if state == S.HELD else [])
    if state == S.RETIMED:
        return [Act.ACCEPT_TIME, Act.DECLINE_TIME, Act.HAND_OVER]
    if state in STANDING_STATES:
        return [Act.HAND_OVER]
    may_object = position.usage_state in {"metered", "needs_review", "confirmed"}
    in_time = position.objection_ends_at is not None and now < position.objection_ends_at
    return [Act.DISPUTE] if may_object and in_time else []


def _staffs(position: Position) -> list[Act]:
    if position.state in AT_IT_STATES:
        return [Act.INTERRUPT]
    is_assisted = position.mode == Mode.ASSISTED
    if is_assisted and position.state in STANDING_STATES and not position.has_samples:
        return [] if position.is_over else [Act.SAMPLES]
    if position.usage_state in {"metered", "needs_review"}:
        return [Act.CONFIRM_USAGE, Act.CORRECT_USAGE]
    return []


def _managers(position: Position) -> list[Act]:
    found: list[Act] = []
    if position.state == S.SUBMITTED and not position.is_over:
        is_ready = position.mode != Mode.ASSISTED or position.has_technician
        found = [Act.APPROVE, Act.RETIME, Act.REJECT] if is_ready else [Act.RETIME, Act.REJECT]
    if position.state == S.DISPUTED:
        found.append(Act.RESOLVE)
    if position.mode == Mode.ASSISTED and position.state in ASSIGNABLE_STATES:
        found.append(Act.ASSIGN)
    return found


def _anyones(position: Position, who: Standpoint, *, now: datetime) -> list[Act]:
    state, slot = position.state, position.slot
    found = []
    is_assisted = position.mode == Mode.ASSISTED
    may_check_in = (who.is_staff and position.has_technician) if is_assisted else True
    opens_at = slot.starts_at - CHECK_IN_OPENS
    if state == S.RESERVED and opens_at <= now < slot.ends_at and may_check_in:
        found.append(Act.CHECK_IN)
    if state in AT_IT_STATES:
        # Whom a technician works for, the technician stops.
        found += [Act.END] if who.is_staff or not is_assisted else []
        found += [Act.EXTEND] if now < slot.ends_at else []
    if position.is_over:
        return found
    # While the manager may offer another time, they do not simply give it.
    if state in STANDING_STATES and not (who.is_manager and state == S.SUBMITTED):
        found.append(Act.MOVE)
    if state in STANDING_STATES | {S.DRAFT}:
        found.append(Act.CANCEL)
    return found
