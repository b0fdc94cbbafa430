"""The ways policies, hours, closures and qualifications say no."""

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


class NobodyOfThatName(NotFound):
    """One answer for an unknown login and another's name, so that no login is told by it."""

    code = "nobody_of_that_name"
    zh = "没有账号与姓名都相符的人员,请向本人核对。"
    en = "Nobody has both this login and this name; please ask the person for them."


class NoSuchQualification(NotFound):
    code = "no_such_qualification"
    zh = "没有这项上机资格,或已撤销。"
    en = "There is no such qualification, or it is revoked already."


class EnterpriseUnknown(NotFound):
    code = "enterprise_unknown"
    zh = "平台上没有这家企业,请核对统一社会信用代码。"
    en = "The platform knows no such enterprise; please check the credit code."
