"""What an institution may ask of a reservation, and what it costs to break it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from booking.reservations.rules import Slot
from foundation.errors import Problem

DAY_S = 86_400
TEXT_LENGTH_MAX = 500


class Per(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Whose(StrEnum):
    PERSON = "person"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Quota:
    """How often, or how long, one may have the instrument in a day, week or month of the lab's."""

    per: Per
    whose: Whose
    count: int | None = None
    hours: float | None = None
    peak_only: bool = False
    """Only time within the peak counts: off-peak is free for all."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Hours of the lab's clock that everybody wants."""

    weekdays: tuple[int, ...]
    from_s: int
    to_s: int


@dataclass(frozen=True, slots=True)
class Question:
    """One field of an instrument's form."""

    key: str
    label_zh: str
    label_en: str
    type: str = "text"
    """text, number, choice or boolean."""
    required: bool = False
    choices: tuple[str, ...] = ()
    max_length: int = TEXT_LENGTH_MAX
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Every term there is, with what holds where nobody says otherwise."""

    notice_min_s: int | None = None
    horizon_s: int | None = None
    length_min_s: int | None = None
    length_max_s: int | None = None
    grid_s: int | None = None
    gap_s: int = 0
    """Least pause between two reservations of one person."""
    open_max: int | None = None
    """How many reservations a person may have open."""
    quotas: tuple[Quota, ...] = ()
    peak: tuple[Peak, ...] = ()
    peak_length_max_s: int | None = None
    needs_qualification: bool = False
    needs_agreement: bool = False
    needs_declaration: bool = False
    needs_approval: bool = False
    needs_funds: bool = False
    questions: tuple[Question, ...] = ()
    follows_work_calendar: bool = False
    when_calibration_lapses: str = "waiver"
    """block, waiver or ignore."""
    hold_s: int = 600
    offer_s: int = 1800
    free_cancel_s: int = DAY_S
    grace_s: int = 900
    """So long after reserving, cancelling is free whatever the hour."""
    late_fee_permille: int = 500
    no_show_after_s: int = 1800
    no_show_fee_permille: int = 500
    late_after_s: int = 600
    early_leave_s: int = 900
    overtime_after_s: int = 300
    punished: tuple[str, ...] = ("missed",)
    punished_after: int = 3
    punished_within_s: int = 90 * DAY_S
    ban_s: int = 30 * DAY_S
    confirm_after_s: int = DAY_S
    confirm_tolerance_permille: int = 200
    objection_s: int = DAY_S
    labour_per_hour_fen: int = 0

    def document(self) -> dict[str, Any]:
        """Return what differs from what holds anyway: enough to read it again."""
        plain = Terms()
        return {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != getattr(plain, field.name)
        }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Quota | Peak | Question):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def read_terms(documents: Iterable[Mapping[str, Any]]) -> Terms:
    """Lay documents over each other, the widest scope first: the narrower one wins."""
    merged: dict[str, Any] = {}
    for document in documents:
        merged |= document
    if not merged:
        return Terms()
    return replace(Terms(), **{key: _typed(key, value) for key, value in merged.items()})


def _typed(key: str, value: Any) -> Any:  # noqa: ANN401 - what a document holds
    if key == "quotas":
        return tuple(
            Quota(**{**one, "per": Per(one["per"]), "whose": Whose(one["whose"])}) for one in value
        )
    if key == "peak":
        return tuple(Peak(tuple(one["weekdays"]), one["from_s"], one["to_s"]) for one in value)
    if key == "questions":
        return tuple(Question(**{**one, "choices": tuple(one.get("choices", ()))}) for one in value)
    return tuple(value) if isinstance(value, list) else value


def find_document_problems(document: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a policy somebody wrote: unknown terms and unfit values."""
    known = {field.name: field.default for field in fields(Terms)}
    problems = []
    for key, value in document.items():
        if key not in known:
            problems.append(
                Problem("unknown_term", f"没有条款 {key}。", f"There is no term {key}.", key)
            )
        elif not _fits(key, known[key], value):
            problems.append(
                Problem(
                    "wrong_value", f"条款 {key} 的值不正确。", f"The value of {key} is unfit.", key
                )
            )
    return problems


def _fits(key: str, default: object, value: object) -> bool:
    if key in {"quotas", "peak", "questions", "punished"}:
        try:
            _typed(key, value)
        except (KeyError, TypeError, ValueError):
            return False
        return isinstance(value, list)
    if key == "when_calibration_lapses":
        return value in {"block", "waiver", "ignore"}
    if isinstance(default, bool):
        return isinstance(value, bool)
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if key == "grid_s":
        return value is None or (is_number and value != 0)
    return is_number or (default is None and value is None)


@dataclass(frozen=True, slots=True)
class Booked:
    """Time somebody has already."""

    slot: Slot
    is_mine: bool
    """The person's own; else a colleague's of the same enterprise."""
    is_open: bool
    on_this_instrument: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person and their enterprise bring along."""

    booked: tuple[Booked, ...] = ()
    qualified_until: date | None = None
    agreed_until: date | None = None
    banned_until: datetime | None = None


def find_standing_problems(
    slot: Slot, terms: Terms, standing: Standing, *, zone: ZoneInfo, is_self_operated: bool
) -> list[Problem]:
    """Return every reason that lies in who is asking."""
    problems = []
    last_day = (slot.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    if terms.needs_qualification and is_self_operated:
        problems += _missing_or_lapsed(
            standing.qualified_until, last_day, "qualification", "上机资格", "qualification"
        )
    if terms.needs_agreement:
        problems += _missing_or_lapsed(
            standing.agreed_until, last_day, "agreement", "使用协议", "agreement of use"
        )
    if standing.banned_until is not None and slot.starts_at < standing.banned_until:
        until = standing.banned_until.astimezone(zone)
        problems.append(
            Problem(
                "banned",
                f"因违约,{until:%Y-%m-%d %H:%M} 前不能预约;可申诉。",
                f"Reservations are barred until {until:%Y-%m-%d %H:%M}; this can be appealed.",
            )
        )
    problems += _find_gap_problems(slot, terms, standing)
    return problems + find_quota_problems(slot, terms, standing.booked, zone=zone)


def _missing_or_lapsed(
    until: date | None, needed: date, code: str, zh: str, en: str
) -> list[Problem]:
    if until is None:
        return [Problem(f"no_{code}", f"没有{zh}。", f"There is no {en}.")]
    if until < needed:
        return [
            Problem(
                f"{code}_lapses",
                f"{zh}在 {until} 到期,早于时段结束。",
                f"The {en} lapses on {until}, before the slot ends.",
            )
        ]
    return []


def _find_gap_problems(slot: Slot, terms: Terms, standing: Standing) -> list[Problem]:
    problems = []
    gap = timedelta(seconds=terms.gap_s)
    mine = [one for one in standing.booked if one.is_mine and one.on_this_instrument]
    if gap and any(slot.widened(gap, gap).overlaps(one.slot) for one in mine):
        minutes = terms.gap_s // 60
        problems.append(
            Problem(
                "too_close",
                f"与您的另一预约间隔不足 {minutes} 分钟。",
                f"Your other reservation is less than {minutes} minutes away.",
            )
        )
    if terms.open_max is not None and sum(one.is_open for one in mine) >= terms.open_max:
        problems.append(
            Problem(
                "too_many_open",
                f"未完成的预约最多 {terms.open_max} 个。",
                f"At most {terms.open_max} reservations may be open.",
            )
        )
    return problems


def lab_window(at: datetime, per: Per, zone: ZoneInfo) -> Slot:
    """Return the day, week (from Monday) or month of the lab's own calendar."""
    day = at.astimezone(zone).date()
    if per is Per.DAY:
        first, after = day, day + timedelta(days=1)
    elif per is Per.WEEK:
        first = day - timedelta(days=day.weekday())
        after = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    return Slot(_midnight(first, zone), _midnight(after, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def find_quota_problems(
    slot: Slot, terms: Terms, booked: Sequence[Booked], *, zone: ZoneInfo
) -> list[Problem]:
    """Count each window the slot touches; time that reaches out of it does not count in it."""
    problems = []
    names = {Per.DAY: ("每日", "day"), Per.WEEK: ("每周", "week"), Per.MONTH: ("每月", "month")}
    owners = {Whose.PERSON: ("个人", "person"), Whose.ENTERPRISE: ("本企业", "enterprise")}
    for quota in terms.quotas:
        others = [
            one.slot
            for one in booked
            if one.on_this_instrument and (one.is_mine or quota.whose is Whose.ENTERPRISE)
        ]
        per_zh, per_en = names[quota.per]
        who_zh, who_en = owners[quota.whose]
        for window in _windows(slot, quota.per, zone):
            within = [one for one in [*others, slot] if one.overlaps(window)]
            if quota.peak_only:
                within = [one for one in within if peak_time(one, terms.peak, zone) > timedelta(0)]
                if slot not in within:
                    continue
            if quota.count is not None and len(within) > quota.count:
                problems.append(
                    Problem(
                        "quota_count",
                        f"{who_zh}{per_zh}最多 {quota.count} 次。",
                        f"At most {quota.count} a {per_en} for each {who_en}.",
                    )
                )
            if quota.hours is not None:
                measured = (
                    peak_time(_clip(one, window), terms.peak, zone)
                    if quota.peak_only
                    else _clip(one, window).length
                    for one in within
                )
                if sum(measured, timedelta(0)) > timedelta(hours=quota.hours):
                    problems.append(
                        Problem(
                            "quota_hours",
                            f"{who_zh}{per_zh}最多 {quota.hours:g} 小时。",
                            f"At most {quota.hours:g} hours a {per_en} for each {who_en}.",
                        )
                    )
    return list(dict.fromkeys(problems))


def _windows(slot: Slot, per: Per, zone: ZoneInfo) -> list[Slot]:
    windows = [lab_window(slot.starts_at, per, zone)]
    while windows[-1].ends_at < slot.ends_at:
        windows.append(lab_window(windows[-1].ends_at, per, zone))
    return windows


def _clip(slot: Slot, window: Slot) -> Slot:
    return Slot(max(slot.starts_at, window.starts_at), min(slot.ends_at, window.ends_at))


def peak_time(slot: Slot, peak: Sequence[Peak], zone: ZoneInfo) -> timedelta:
    """Return how much of the slot lies within the peak; all of it where no peak is named."""
    if not peak:
        return slot.length
    total = timedelta(0)
    day = slot.starts_at.astimezone(zone).date()
    while (midnight := _midnight(day, zone)) < slot.ends_at:
        for one in peak:
            if day.isoweekday() in one.weekdays:
                window = Slot(
                    midnight + timedelta(seconds=one.from_s), midnight + timedelta(seconds=one.to_s)
                )
                if window.overlaps(slot):
                    total += _clip(slot, window).length
        day += timedelta(days=1)
    return total
