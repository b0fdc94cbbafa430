"""What people are told, in words: Chinese first, English beside it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.reservations.rules import Slot


class Kind(StrEnum):
    TO_ENDORSE = "to_endorse"
    """To the enterprise's administrators: a member's reservation waits for their yes."""
    ENDORSED = "endorsed"
    """The enterprise said yes, and it goes on to the lab."""
    APPROVED = "approved"
    REJECTED = "rejected"
    RETIMED = "retimed"
    """The manager offers another time, and waits for an answer."""
    MOVED = "moved"
    """The lab gave it another time."""
    CANCELLED_BY_LAB = "cancelled_by_lab"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    REMINDER = "reminder"
    SLOT_FREED = "slot_freed"
    NEXT_IN_LINE = "next_in_line"
    OVERTIME = "overtime"
    """One's own use runs on after its slot."""
    OVERTIME_BEFORE_YOURS = "overtime_before_yours"
    INSTRUMENT_FAULTY = "instrument_faulty"
    METERED = "metered"
    PENALTY = "penalty"
    CALIBRATION_DUE = "calibration_due"
    """To the manager: soon it cannot be reserved, or only with a waiver."""
    QUALIFIED = "qualified"
    """The lab lets somebody work its instruments by themselves."""
    QUALIFICATION_REVOKED = "qualification_revoked"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a notice is about."""

    instrument_zh: str
    instrument_en: str
    zone: ZoneInfo
    slot: Slot | None = None
    until: datetime | None = None
    """When an answer is due, or a ban begins."""
    reason_zh: str = ""
    reason_en: str = ""


WORDS: dict[Kind, tuple[str, str]] = {
    Kind.TO_ENDORSE: (
        "请审批本企业成员的预约:{zh},{slot}。",
        "A member's reservation waits for your yes: {en}, {slot}.",
    ),
    Kind.ENDORSED: (
        "企业已同意您的预约:{zh},{slot}。",
        "Your enterprise agrees to your reservation: {en}, {slot}.",
    ),
    Kind.APPROVED: (
        "预约已批准:{zh},{slot}。{why}",
        "Approved: {en}, {slot}.{because}",
    ),
    Kind.REJECTED: (
        "预约未获批准:{zh},{slot}。{why}",
        "Not approved: {en}, {slot}.{because}",
    ),
    Kind.RETIMED: (
        "管理员建议改期:{zh},{slot}。请在 {until} 前答复。{why}",
        "Another time is offered: {en}, {slot}. Please answer by {until}.{because}",
    ),
    Kind.MOVED: (
        "实验室已调整您的预约:{zh},{slot}。{why}",
        "The lab moved your reservation: {en}, {slot}.{because}",
    ),
    Kind.CANCELLED_BY_LAB: (
        "实验室取消了您的预约,不收费:{zh},{slot}。{why}",
        "The lab cancelled your reservation at no cost: {en}, {slot}.{because}",
    ),
    Kind.EXPIRED: (
        "预约已过期,时段已释放:{zh},{slot}。",
        "Your request ran out and its time is free again: {en}, {slot}.",
    ),
    Kind.NO_SHOW: (
        "您未到场,记为爽约:{zh},{slot}。如有异议请联系实验室。",
        "You did not come and it counts as missed: {en}, {slot}. If this is wrong, tell the lab.",
    ),
    Kind.REMINDER: (
        "预约提醒:{zh},{slot}。开始前 15 分钟起可签到。",
        "Coming up: {en}, {slot}. Check-in opens 15 minutes before.",
    ),
    Kind.SLOT_FREED: (
        "您候补的时间有空档:{zh},{slot}。",
        "Time you wait for became free: {en}, {slot}.",
    ),
    Kind.NEXT_IN_LINE: (
        "轮到您了:{zh},{slot} 已为您暂留至 {until},请确认。",
        "It is your turn: {en}, {slot} is held for you until {until}. Please confirm.",
    ),
    Kind.OVERTIME: (
        "您的时段已结束,仪器仍在运行:{zh},{slot}。请尽快结束。",
        "Your slot is over and the instrument still runs: {en}, {slot}. Please finish.",
    ),
    Kind.OVERTIME_BEFORE_YOURS: (
        "前一位用户超时,您的预约可能推迟开始,不会记为爽约:{zh},{slot}。",
        "The user before you runs over: {en}, {slot} may begin late. It will not count as missed.",
    ),
    Kind.INSTRUMENT_FAULTY: (
        "仪器故障,您的预约可能受影响:{zh},{slot}。{why}",
        "The instrument broke down and your reservation may be affected: {en}, {slot}.{because}",
    ),
    Kind.METERED: (
        "机时已计量:{zh},{slot}。如有异议请在 {until} 前提出。",
        "Your use was metered: {en}, {slot}. Object by {until} if it is wrong.",
    ),
    Kind.CALIBRATION_DUE: (
        "校准即将到期:{zh},{until} 后的预约将被限制。",
        "Calibration lapses soon: {en} cannot be had as before after {until}.",
    ),
    Kind.PENALTY: (
        "违约通知:{why}自 {until} 起暂停预约;此前可申诉。",
        "Notice of a ban from {until}.{because} It can be appealed.",
    ),
    Kind.QUALIFIED: (
        "您已获得上机资格:{zh}。{why}",
        "You are qualified to work by yourself: {en}.{because}",
    ),
    Kind.QUALIFICATION_REVOKED: (
        "您的上机资格已撤销:{zh}。{why}已预约的时段不受影响。",
        "Your qualification is revoked: {en}.{because} What you have reserved stays yours.",
    ),
}


def write(kind: Kind, facts: Facts) -> tuple[str, str]:
    """Put a notice into words, times by the lab's clock."""
    zh, en = WORDS[kind]
    slot = say_slot(facts.slot, facts.zone) if facts.slot else ""
    until = f"{facts.until.astimezone(facts.zone):%Y-%m-%d %H:%M}" if facts.until else ""
    reason_zh = facts.reason_zh.strip().rstrip("。")
    reason_en = (facts.reason_en or facts.reason_zh).strip().rstrip(".。")
    return (
        zh.format(
            zh=facts.instrument_zh,
            slot=slot,
            until=until,
            why=f"{reason_zh}。" if reason_zh else "",
        ),
        en.format(
            en=facts.instrument_en or facts.instrument_zh,
            slot=slot,
            until=until,
            because=f" {reason_en}." if reason_en else "",
        ),
    )


def say_slot(slot: Slot, zone: ZoneInfo) -> str:
    """Write a slot as a day and two times, or two of each."""
    starts_at, ends_at = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
    is_one_day = starts_at.date() == ends_at.date()
    return f"{starts_at:%Y-%m-%d %H:%M}–{ends_at:{'%H:%M' if is_one_day else '%Y-%m-%d %H:%M'}}"
