"""Where a reservation may stand, and which state may follow which. Pure."""

from datetime import timedelta
from enum import StrEnum

CHECK_IN_OPENS = timedelta(minutes=15)
"""How long before its slot a person may check in."""


class ReservationState(StrEnum):
    """Where a reservation stands in the lease flow."""

    DRAFT = "draft"
    """Written down, holding nothing."""
    HELD = "held"
    """Set aside for a few minutes while its person makes up their mind; ends by itself."""
    PROPOSED = "proposed"
    """Waits for the enterprise's own administrator; the lab does not see it yet."""
    SUBMITTED = "submitted"
    """Waits for the instrument's manager."""
    RETIMED = "retimed"
    """The manager offers another time, and waits for the person's yes."""
    APPROVED = "approved"
    """The manager agrees; its funds are to be set aside within a day."""
    RESERVED = "reserved"
    CHECKED_IN = "checked_in"
    IN_USE = "in_use"
    INTERRUPTED = "interrupted"
    """A fault ended the use; only the good time counts."""
    ENDED = "ended"
    METERED = "metered"
    DISPUTED = "disputed"
    CONFIRMED = "confirmed"
    BILLED = "billed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class CancelledAs(StrEnum):
    """What kind of cancelling it was: it decides what it costs."""

    FREE = "free"
    LATE = "late"
    BY_LAB = "by_lab"


class Mode(StrEnum):
    """Who works at the instrument."""

    SELF_OPERATED = "self_operated"
    """分时租赁: the client themselves."""
    ASSISTED = "assisted"
    """协同: a technician of the lab, with or without the client beside them."""


class Presence(StrEnum):
    """Where the client is while a technician works the instrument for them."""

    PRESENT = "present"
    """协同: works along."""
    OBSERVER = "observer"
    """观摩: looks on."""
    ABSENT = "absent"
    """委托: sends the samples."""


S = ReservationState

HOLDING_STATES = frozenset(
    {
        S.HELD,
        S.PROPOSED,
        S.SUBMITTED,
        S.RETIMED,
        S.APPROVED,
        S.RESERVED,
        S.CHECKED_IN,
        S.IN_USE,
    }
)
"""The states in which nobody else may have the time."""
PASSING_STATES = frozenset({S.HELD, S.PROPOSED, S.SUBMITTED, S.RETIMED, S.APPROVED})
"""The holding states that end by themselves, at `expires_at`."""
AT_IT_STATES = frozenset({S.CHECKED_IN, S.IN_USE})
"""Somebody is at the instrument."""
STANDING_STATES = HOLDING_STATES - AT_IT_STATES
"""The states in which a reservation may still be moved or given back."""

ASSIGNABLE_STATES = HOLDING_STATES - {S.PROPOSED, S.IN_USE}
"""The states in which the lab may say which technician works."""

TRANSITIONS: dict[ReservationState, frozenset[ReservationState]] = {
    S.DRAFT: frozenset({S.PROPOSED, S.SUBMITTED, S.APPROVED, S.RESERVED, S.CANCELLED}),
    S.HELD: frozenset({S.PROPOSED, S.SUBMITTED, S.APPROVED, S.RESERVED, S.EXPIRED, S.CANCELLED}),
    S.PROPOSED: frozenset(
        {S.SUBMITTED, S.APPROVED, S.RESERVED, S.REJECTED, S.EXPIRED, S.CANCELLED}
    ),
    S.SUBMITTED: frozenset({S.APPROVED, S.RETIMED, S.REJECTED, S.EXPIRED, S.CANCELLED}),
    S.RETIMED: frozenset({S.APPROVED, S.EXPIRED, S.CANCELLED}),
    S.APPROVED: frozenset({S.RESERVED, S.EXPIRED, S.CANCELLED}),
    S.RESERVED: frozenset({S.CHECKED_IN, S.CANCELLED, S.NO_SHOW}),
    S.CHECKED_IN: frozenset({S.IN_USE, S.ENDED, S.INTERRUPTED}),
    S.IN_USE: frozenset({S.ENDED, S.INTERRUPTED}),
    S.INTERRUPTED: frozenset({S.METERED}),
    S.ENDED: frozenset({S.METERED}),
    S.METERED: frozenset({S.CONFIRMED, S.DISPUTED}),
    S.DISPUTED: frozenset({S.CONFIRMED}),
    S.CONFIRMED: frozenset({S.BILLED, S.DISPUTED}),
    S.BILLED: frozenset(),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
    S.CANCELLED: frozenset(),
    S.NO_SHOW: frozenset(),
}
FIRST_STATES = frozenset({S.DRAFT, S.HELD, S.PROPOSED, S.SUBMITTED, S.APPROVED, S.RESERVED})

STATES_ZH: dict[ReservationState, str] = {
    S.DRAFT: "草稿",
    S.HELD: "暂留",
    S.PROPOSED: "待企业审批",
    S.SUBMITTED: "待审核",
    S.RETIMED: "待确认改期",
    S.APPROVED: "已批准",
    S.RESERVED: "已预约",
    S.CHECKED_IN: "已签到",
    S.IN_USE: "使用中",
    S.INTERRUPTED: "已中断",
    S.ENDED: "已结束",
    S.METERED: "已计量",
    S.DISPUTED: "有异议",
    S.CONFIRMED: "已确认",
    S.BILLED: "已出账",
    S.REJECTED: "已拒绝",
    S.EXPIRED: "已过期",
    S.CANCELLED: "已取消",
    S.NO_SHOW: "爽约",
}
