"""The ways penalties and appeals say no."""

from foundation.errors import Conflict, NotFound


class PenaltyNotFound(NotFound):
    code = "penalty_not_found"
    zh = "没有这条违约处理。"
    en = "There is no such penalty."


class AppealOver(Conflict):
    code = "appeal_over"
    zh = "该处理已申诉过或已结束。"
    en = "It was appealed already, or is over."
