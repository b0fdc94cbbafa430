"""How somebody kept their slot, and what follows when they often do not. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from booking.reservations.rules import Slot

MISSED = "missed"


def judge_attendance(
    slot: Slot,
    *,
    came_at: datetime,
    left_at: datetime,
    late_after: timedelta,
    early_leave: timedelta,
    overtime_after: timedelta,
) -> str:
    """Put coming and leaving into one word or two: late+overtime and the like."""
    words = []
    if came_at > slot.starts_at + late_after:
        words.append("late")
    if left_at > slot.ends_at + overtime_after:
        words.append("overtime")
    elif left_at < slot.ends_at - early_leave:
        words.append("early_leave")
    return "+".join(words) or "normal"


def is_punished(attendance: str, punished: Sequence[str]) -> bool:
    """Whether any of its words is one that the institution punishes."""
    return any(word in punished for word in attendance.split("+"))
