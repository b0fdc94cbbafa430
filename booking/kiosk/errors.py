"""The ways the kiosk says no."""

from foundation.errors import NotSignedIn, Refused, TooMany


class WrongPin(NotSignedIn):
    code = "wrong_pin"
    zh = "账号或 PIN 不正确。"
    en = "The name or the PIN is wrong."


class PinShut(TooMany):
    code = "pin_shut"
    zh = "PIN 错误次数过多,请登录后重设。"
    en = "Too many wrong tries; sign in and set a new PIN."


class UnfitPin(Refused):
    code = "unfit_pin"
    zh = "PIN 须为 6 位数字,且不能全部相同或连续。"
    en = "A PIN has six digits, neither all alike nor in a row."


class NothingReservedNow(Refused):
    code = "nothing_reserved_now"
    zh = "您此刻在该仪器上没有可签到的预约。"
    en = "You have no reservation to check in to on this instrument now."


class NothingToEnd(Refused):
    code = "nothing_to_end"
    zh = "您此刻没有在使用该仪器。"
    en = "You are not using this instrument now."
