"""What in a person's standing speaks against a slot: papers, bans, arrears, quotas. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.policies.terms import Over, Peak, Per, Terms, Whose
from booking.reservations.rules import Slot, say_span
from foundation.errors import Problem

COUNTED = {
    Over.INSTRUMENT: (Over.INSTRUMENT,),
    Over.GROUP: (Over.INSTRUMENT, Over.GROUP),
    Over.INSTITUTION: tuple(Over),
}
TOGETHER = {
    Over.INSTRUMENT: ("", ""),
    Over.GROUP: ("同组仪器合计,", ", over all instruments of the group"),
    Over.INSTITUTION: ("该机构仪器合计,", ", over all instruments of the institution"),
}


@dataclass(frozen=True, slots=True)
class Booked:
    """Time somebody has already."""

    slot: Slot
    is_mine: bool
    """The person's own; else a colleague's of the same enterprise."""
    is_open: bool
    beside: Over = Over.INSTRUMENT
    """The least that its instrument has in common with the one that is asked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person and their enterprise bring along."""

    booked: tuple[Booked, ...] = ()
    qualified_until: date | None = None
    agreed_until: date | None = None
    banned_until: datetime | None = None
    owes_since: date | None = None
    """The day the oldest bill of the enterprise with the institution was due."""
    is_active: bool = True
    """Whether the account still stands."""


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
    if standing.owes_since is not None:
        problems.append(
            Problem(
                "in_arrears",
                f"企业在该机构有 {standing.owes_since} 到期未付的账单,结清后可预约。",
                f"The enterprise owes the institution a bill due on {standing.owes_since}.",
            )
        )
    if not standing.is_active:
        problems.append(
            Problem(
                "account_inactive",
                "使用人的账号已停用。",
                "The account of the person it is for is no longer active.",
            )
        )
    problems += _find_gap_problems(slot, terms, standing)
    problems += find_peak_problems(slot, terms, zone=zone)
    return problems + find_quota_problems(slot, terms, standing.booked, zone=zone)


def _missing_or_lapsed(
    until: date | None, needed: date, code: str, zh: str, en: str
) -> list[Problem]:
    if until is None:
        return [
            Problem(
                f"no_{code}",
                f"没有{zh},请向仪器联系人申请。",
                f"There is no {en}; please ask the instrument's contact for one.",
            )
        ]
    if until < needed:
        return [
            Problem(
                f"{code}_lapses",
                f"{zh}在 {until} 到期,早于时段结束,请向仪器联系人申请延期。",
                (
                    f"The {en} lapses on {until}, before the slot ends;"
                    " the instrument's contact can extend it."
                ),
            )
        ]
    return []


def _find_gap_problems(slot: Slot, terms: Terms, standing: Standing) -> list[Problem]:
    problems = []
    gap = timedelta(seconds=terms.gap_s)
    mine = [one for one in standing.booked if one.is_mine and one.beside is Over.INSTRUMENT]
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


def find_peak_problems(slot: Slot, terms: Terms, *, zone: ZoneInfo) -> list[Problem]:
    """Say whether the slot takes more of the peak than one may; off-peak it may be longer."""
    if terms.peak_length_max_s is None or not terms.peak:
        return []
    most = timedelta(seconds=terms.peak_length_max_s)
    if peak_time(slot, terms.peak, zone) <= most:
        return []
    zh, en = say_span(most)
    return [
        Problem(
            "too_long_at_peak",
            f"高峰时段内最长 {zh},其余时间不限。",
            f"At most {en} within the peak; off-peak it may be longer.",
            "ends_at",
        )
    ]


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
            if one.beside in COUNTED[quota.over]
            and (one.is_mine or quota.whose is Whose.ENTERPRISE)
        ]
        per_zh, per_en = names[quota.per]
        who_zh, who_en = owners[quota.whose]
        over_zh, over_en = TOGETHER[quota.over]
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
                        f"{over_zh}{who_zh}{per_zh}最多 {quota.count} 次。",
                        f"At most {quota.count} a {per_en} for each {who_en}{over_en}.",
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
                            f"{over_zh}{who_zh}{per_zh}最多 {quota.hours:g} 小时。",
                            f"At most {quota.hours:g} hours a {per_en} for each {who_en}{over_en}.",
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
