"""Whether a slot may be reserved. Pure: every fact comes in as an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from foundation.errors import Problem

ZERO = timedelta(0)
SLOT_MAX = timedelta(days=366)
"""Beyond this a span is no slot at all: to go through its days would take for ever."""


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

    def widened(self, before: timedelta, after: timedelta) -> "Slot":
        return Slot(self.starts_at - before, self.ends_at + after)

    def overlaps(self, other: "Slot") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class BookingPolicy:
    """What an instrument's keeper allows of a slot."""

    zone: ZoneInfo
    grid: timedelta
    length_min: timedelta
    length_max: timedelta
    notice_min: timedelta
    horizon: timedelta
    set_up: timedelta = ZERO
    cool_down: timedelta = ZERO

    def blocked(self, slot: Slot) -> Slot:
        """Return what nobody else may have: the slot with set-up and cool-down around it."""
        return slot.widened(self.set_up, self.cool_down)


@dataclass(frozen=True, slots=True)
class Wish:
    """A slot as somebody asked for it: nothing about it is certain yet."""

    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def slot(self) -> Slot:
        """The slot, of a wish whose times were found sound."""
        if self.starts_at is None or self.ends_at is None:
            raise ValueError("a slot needs both its ends")
        return Slot(self.starts_at, self.ends_at)


def parse_time(value: str) -> datetime | None:
    """Read an ISO 8601 time; None where it is not one. A missing zone is judged later."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def find_time_problems(wish: Wish, *, length_max: timedelta = SLOT_MAX) -> list[Problem]:
    """Return what keeps the wish from being a slot at all."""
    problems = []
    for field, value in (("starts_at", wish.starts_at), ("ends_at", wish.ends_at)):
        if value is None:
            problems.append(
                Problem(
                    "not_a_time",
                    "时间格式不正确,请使用 ISO 8601,例如 2026-12-01T09:00:00+08:00。",
                    "This is not a time in ISO 8601, such as 2026-12-01T09:00:00+08:00.",
                    field,
                )
            )
        elif value.utcoffset() is None:
            problems.append(
                Problem(
                    "no_time_zone",
                    "时间缺少时区。",
                    "This time has no time zone.",
                    field,
                )
            )
    if wish.starts_at is None or wish.ends_at is None:
        return problems
    if (wish.starts_at.utcoffset() is None) != (wish.ends_at.utcoffset() is None):
        return problems
    if wish.ends_at == wish.starts_at:
        problems.append(
            Problem(
                "empty", "时段长度为零。", "The slot is empty: it ends as it starts.", "ends_at"
            )
        )
    elif wish.ends_at < wish.starts_at:
        problems.append(
            Problem(
                "reversed", "结束时间早于开始时间。", "The slot ends before it starts.", "ends_at"
            )
        )
    elif wish.ends_at - wish.starts_at > length_max:
        problems.append(
            Problem("endless", "时段长于一年。", "The slot is longer than a year.", "ends_at")
        )
    return problems


def find_problems(wish: Wish, policy: BookingPolicy, now: datetime) -> list[Problem]:
    """Return every reason to refuse the wish, so that the user sees them all."""
    problems = find_time_problems(wish)
    if wish.starts_at is not None and wish.starts_at.utcoffset() is not None:
        problems += _find_notice_problems(wish.starts_at, policy, now)
    problems += _find_grid_problems(wish, policy)
    if wish.starts_at is not None and wish.ends_at is not None and not _is_twisted(problems):
        problems += _find_length_problems(wish.ends_at - wish.starts_at, policy)
    return problems


def _is_twisted(problems: Iterable[Problem]) -> bool:
    return any(p.code in {"no_time_zone", "empty", "reversed", "endless"} for p in problems)


def _find_notice_problems(
    starts_at: datetime, policy: BookingPolicy, now: datetime
) -> list[Problem]:
    notice = starts_at - now
    if notice < ZERO:
        return [
            Problem("in_the_past", "开始时间已过。", "The slot starts in the past.", "starts_at")
        ]
    if notice < policy.notice_min:
        zh, en = say_span(policy.notice_min)
        return [
            Problem(
                "too_little_notice",
                f"至少需提前 {zh} 预约。",
                f"This instrument asks for {en} of notice.",
                "starts_at",
            )
        ]
    if notice > policy.horizon:
        zh, en = say_span(policy.horizon)
        return [
            Problem(
                "too_far_ahead",
                f"最多可提前 {zh} 预约。",
                f"This instrument can be reserved {en} ahead at most.",
                "starts_at",
            )
        ]
    return []


def _find_grid_problems(wish: Wish, policy: BookingPolicy) -> list[Problem]:
    zh, en = say_span(policy.grid)
    return [
        Problem(
            "off_the_grid",
            f"时间须落在 {zh} 的整格上。",
            f"Times must fall on a grid of {en}.",
            field,
        )
        for field, value in (("starts_at", wish.starts_at), ("ends_at", wish.ends_at))
        if value is not None and value.utcoffset() is not None and not is_on_grid(value, policy)
    ]


def _find_length_problems(length: timedelta, policy: BookingPolicy) -> list[Problem]:
    if length < policy.length_min:
        zh, en = say_span(policy.length_min)
        return [Problem("too_short", f"最短 {zh}。", f"The shortest slot here is {en}.", "ends_at")]
    if length > policy.length_max:
        zh, en = say_span(policy.length_max)
        return [Problem("too_long", f"最长 {zh}。", f"The longest slot here is {en}.", "ends_at")]
    return []


def since_midnight(at: datetime, zone: ZoneInfo) -> timedelta:
    local = at.astimezone(zone)
    return timedelta(
        hours=local.hour,
        minutes=local.minute,
        seconds=local.second,
        microseconds=local.microsecond,
    )


def is_on_grid(at: datetime, policy: BookingPolicy) -> bool:
    """Tell whether the instant lies on the grid that starts at the lab's own midnight."""
    return since_midnight(at, policy.zone) % policy.grid == ZERO


def say_span(span: timedelta) -> tuple[str, str]:
    """Put a span into words, Chinese and English, in its largest whole unit."""
    for size, zh, en in (
        (timedelta(days=1), "天", "day"),
        (timedelta(hours=1), "小时", "hour"),
        (timedelta(minutes=1), "分钟", "minute"),
    ):
        if span >= size and span % size == ZERO:
            number = span // size
            return f"{number} {zh}", f"{number} {en}" + ("" if number == 1 else "s")
    seconds = span // timedelta(seconds=1)
    return f"{seconds} 秒", f"{seconds} seconds"
