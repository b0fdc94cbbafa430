"""The ways statistics say no."""

from foundation.errors import Refused


class PeriodRefused(Refused):
    code = "period_refused"
    zh = "统计期间无效：结束须晚于开始，且不超过三年。"
    en = "This period cannot be counted: it must end after it begins, within three years."
