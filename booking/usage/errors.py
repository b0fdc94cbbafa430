"""The ways a verb on a usage session says no."""

from foundation.errors import Conflict, NotFound, Refused


class NotMetered(NotFound):
    code = "usage_not_metered"
    zh = "该预约尚无上机记录。"
    en = "This reservation has no usage session yet."


class UsageNotFound(NotFound):
    code = "usage_not_found"
    zh = "找不到该上机记录。"
    en = "There is no such usage session."


class WrongUsageState(Conflict):
    code = "wrong_usage_state"
    zh = "上机记录当前状态不允许此操作。"
    en = "The usage session is not in a state that allows you this."


class ObjectionTooLate(Refused):
    code = "objection_too_late"
    zh = "异议期已过或已出账。"
    en = "The time to object is over, or it is billed."


class ReasonNeeded(Refused):
    code = "reason_needed"
    zh = "请写明理由。"
    en = "Please give a reason."


class UnfitCorrection(Refused):
    code = "unfit_correction"
    zh = "更正的时长超出了实际起止时间。"
    en = "The corrected time is more than passed between start and end."


class RunTaken(Conflict):
    code = "run_taken"
    zh = "该运行区间已计入其他上机记录。"
    en = "This run stands behind another usage session already."
