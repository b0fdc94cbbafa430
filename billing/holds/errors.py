"""The ways setting money aside says no."""

from foundation.errors import Refused


class CreditTooSmall(Refused):
    code = "credit_too_small"
    zh = "可用额度不足,请先充值或结清账单。"
    en = "The credit left is too small; top it up or settle what is due."
