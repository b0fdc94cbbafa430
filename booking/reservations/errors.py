"""The ways a verb on a reservation says no."""

from booking.reservations.rules import ReservationState
from foundation.errors import Conflict, Forbidden, NotFound, Problem, Refused

STATES_ZH: dict[str, str] = {
    ReservationState.RESERVED: "已预约",
    ReservationState.CHECKED_IN: "已签到",
    ReservationState.IN_USE: "使用中",
    ReservationState.ENDED: "已结束",
    ReservationState.METERED: "已计量",
    ReservationState.BILLED: "已出账",
    ReservationState.CANCELLED: "已取消",
    ReservationState.NO_SHOW: "爽约",
}


class ReservationNotFound(NotFound):
    code = "reservation_not_found"
    zh = "没有这个预约。"
    en = "There is no such reservation."


class SlotTaken(Conflict):
    code = "slot_taken"
    zh = "该时段已被他人预约。"
    en = "Someone else already holds part of this time."


class SlotRefused(Refused):
    code = "slot_refused"
    zh = "该时段不能预约。"
    en = "This time cannot be reserved."


class WrongState(Conflict):
    """The reservation has moved on: what was asked no longer, or not yet, makes sense."""

    code = "wrong_state"
    zh = "预约当前状态不允许此操作。"
    en = "The reservation is not in a state that allows this."

    def __init__(self, state: str) -> None:
        super().__init__(
            [
                Problem(
                    f"state_is_{state}",
                    f"预约当前状态为:{STATES_ZH.get(state, state)}。",
                    f"The reservation is {state.replace('_', ' ')}.",
                )
            ]
        )


class TooEarlyToCheckIn(Refused):
    code = "too_early_to_check_in"
    zh = "尚未到签到时间,开始前 15 分钟起可签到。"
    en = "Check-in opens 15 minutes before the slot."


class TooLateToCheckIn(Refused):
    code = "too_late_to_check_in"
    zh = "时段已结束,不能签到。"
    en = "The slot is over; it is too late to check in."


class InstrumentBusy(Conflict):
    code = "instrument_busy"
    zh = "仪器正被他人使用,请稍候。"
    en = "Somebody else's time at the instrument is not over yet."


class NotYours(Forbidden):
    code = "not_your_reservation"
    zh = "您无权对该预约执行此操作。"
    en = "You may not do this to this reservation."
