"""The ways policies, hours and closures say no."""

from foundation.errors import NotFound, Refused


class PolicyRefused(Refused):
    code = "policy_refused"
    zh = "规则内容不正确。"
    en = "This policy is not sound."


class ClosureNotFound(NotFound):
    code = "closure_not_found"
    zh = "没有这个停用时段。"
    en = "There is no such closure."


class SpecialDayNotFound(NotFound):
    code = "special_day_not_found"
    zh = "该日没有单独的开放时间。"
    en = "This date has no hours of its own."
