"""The ways adjusting a charge says no."""

from foundation.errors import Refused


class AdjustmentRefused(Refused):
    code = "adjustment_refused"
    zh = "不能这样调整该笔费用。"
    en = "The charge cannot be adjusted so."
