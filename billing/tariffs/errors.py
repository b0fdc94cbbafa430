"""The ways a verb on a tariff says no."""

from foundation.errors import Refused


class TariffRefused(Refused):
    code = "tariff_refused"
    zh = "这个收费标准不能生效。"
    en = "This tariff cannot come into force."
