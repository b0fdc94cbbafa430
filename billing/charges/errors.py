"""The ways billing says no."""

from foundation.errors import NotFound, Refused


class ChargeNotFound(NotFound):
    code = "charge_not_found"
    zh = "没有这笔费用。"
    en = "There is no such charge."


class NoTariff(Refused):
    code = "no_tariff"
    zh = "该时间没有有效的收费标准。"
    en = "No tariff holds at that time."
