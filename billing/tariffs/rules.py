"""Whether a price may come into force. Pure."""

from datetime import datetime, timedelta

from billing.charges.rules import HourlyTariff
from foundation.errors import Problem

DAY = timedelta(days=1)
STEP_LEAST = timedelta(seconds=1)


def find_price_problems(price: HourlyTariff) -> list[Problem]:
    """Name all that keeps a price from being one."""
    problems = []
    if price.per_hour.minor_units < 0 or price.minimum.minor_units < 0:
        problems.append(
            Problem("negative", "金额不能为负。", "An amount cannot be negative.", "per_hour_fen")
        )
    if not STEP_LEAST <= price.billed_step <= DAY:
        problems.append(
            Problem(
                "unfit_step",
                "计费单位须在 1 秒到 24 小时之间。",
                "The step lies between a second and a day.",
                "billed_step_s",
            )
        )
    if not timedelta(0) <= price.billed_min <= 7 * DAY:
        problems.append(
            Problem(
                "unfit_least_time",
                "最短计费时长须在 0 到 7 天之间。",
                "The least time lies between nothing and a week.",
                "billed_min_s",
            )
        )
    return problems


def find_start_problems(
    starts_at: datetime, last_from: datetime | None, *, now: datetime
) -> list[Problem]:
    """Say why a version may not begin then: what has begun is never changed afterwards."""
    problems = []
    if starts_at <= now:
        problems.append(
            Problem(
                "begins_in_the_past",
                "新版本须在将来生效：已经发生的使用按当时的标准收费。",
                "A version begins in the future: what was used is charged as it stood then.",
                "starts_at",
            )
        )
    if last_from is not None and starts_at <= last_from:
        problems.append(
            Problem(
                "before_the_last",
                "须晚于上一版本的生效时间。",
                "It must begin after the last version does.",
                "starts_at",
            )
        )
    return problems
