"""Notices on holidays: as files, as they are imported, and what is wrong with one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from directory.workdays.errors import NoticeRefused
from directory.workdays.rules import SATURDAY
from foundation.errors import Problem

DATA = Path(__file__).parent / "data"
STATUTORY_MIN = 11
OFF_MAX = 60
NAME_MAX = 40


@dataclass(frozen=True, slots=True)
class Notice:
    """One year's arrangement of holidays, as the State Council's office publishes it."""

    year: int
    title: str
    issued_on: date
    off: Mapping[date, str]
    """Days off, with the holiday's name; weekends may be named or not."""
    work: Mapping[date, str]
    """Weekend days that are worked to make up."""

    def days(self) -> dict[date, tuple[bool, str]]:
        return {day: (False, name) for day, name in self.off.items()} | {
            day: (True, name) for day, name in self.work.items()
        }


def read_notice(document: Mapping[str, Any]) -> Notice:
    """Read what a notice's file says; a fault raises ValueError or KeyError."""
    return Notice(
        year=int(document["year"]),
        title=str(document["title"]),
        issued_on=date.fromisoformat(document["issued_on"]),
        off={date.fromisoformat(day): str(name) for day, name in document["off"].items()},
        work={date.fromisoformat(day): str(name) for day, name in document["work"].items()},
    )


def shipped_notices() -> list[Notice]:
    """Return the notices that come with the program."""
    return [
        read_notice(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(DATA.glob("notice_*.json"))
    ]


def statutory_holidays() -> frozenset[date]:
    """Return the 13 statutory days of each coming year, for years without a notice."""
    years = json.loads((DATA / "statutory.json").read_text(encoding="utf-8"))["years"]
    return frozenset(date.fromisoformat(day) for days in years.values() for day in days)


def require_sound(notice: Notice) -> None:
    """Refuse a notice that cannot be one, with every fault it has.

    Raises:
        NoticeRefused: listing the days at fault.
    """
    problems = [
        Problem("day_of_other_year", f"{day} 不属于 {notice.year} 年", f"{day} is of another year")
        for day in (*notice.off, *notice.work)
        if abs((day - date(notice.year, 7, 1)).days) > 190  # noqa: PLR2004 - New Year may begin in December
    ]
    problems += [
        Problem("day_named_twice", f"{day} 既放假又上班", f"{day} is both off and worked")
        for day in notice.off
        if day in notice.work
    ]
    problems += [
        Problem("make_up_on_weekday", f"{day} 不是周末", f"{day} is a weekday, so worked anyway")
        for day in notice.work
        if day.weekday() < SATURDAY
    ]
    if not STATUTORY_MIN <= len(notice.off) <= OFF_MAX:
        problems.append(
            Problem(
                "days_off_count",
                f"放假天数 {len(notice.off)} 不合理",
                f"{len(notice.off)} days off cannot be a whole year's",
            )
        )
    if not notice.issued_on <= date(notice.year, 12, 31) <= notice.issued_on + timedelta(days=800):
        problems.append(Problem("issued_on", "发布日期与年份不符", "issued in another time"))
    if any(len(name) > NAME_MAX for name in (*notice.off.values(), *notice.work.values())):
        problems.append(Problem("name_too_long", "节日名称过长", "a holiday's name is too long"))
    if problems:
        raise NoticeRefused(problems)
