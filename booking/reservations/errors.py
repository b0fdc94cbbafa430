"""The ways a verb on a reservation says no."""

from booking.reservations.states import STATES_ZH, ReservationState
from foundation.errors import Conflict, Forbidden, NotFound, Problem, Refused


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
                    f"预约当前状态为:{STATES_ZH[ReservationState(state)]}。",
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


class TechnicianTaken(Conflict):
    code = "technician_taken"
    zh = "该技术员此时段已有安排。"
    en = "The technician has another use at that time."


class NotATechnician(Refused):
    code = "not_a_technician"
    zh = "此人不是该机构有操作授权的技术员。"
    en = "This person is no technician of the institution with a valid authorisation."


class TechnicianNeeded(Refused):
    code = "technician_needed"
    zh = "协同使用须先指派技术员。"
    en = "An assisted use needs its technician first."


class NotAColleague(Refused):
    code = "not_a_colleague"
    zh = "只能为同一企业的在职人员预约或转让。"
    en = "Only somebody of the same enterprise can be reserved for or handed to."


class ClientNotNamed(Refused):
    code = "client_not_named"
    zh = "代办预约须选择委托企业的使用人。"
    en = "A station reserves for somebody: name whom of the enterprise that entrusted it."


class ReasonMissing(Refused):
    code = "reason_missing"
    zh = "请写明依据。"
    en = "Please say how you know."


class NothingChosen(Refused):
    code = "nothing_chosen"
    zh = "没有可预约的日期或仪器。"
    en = "No date or instrument was chosen."


class OfferOver(Conflict):
    code = "offer_over"
    zh = "暂留或报价时限已过。"
    en = "The time to say yes is over."


class InstrumentOutOfOrder(Conflict):
    code = "instrument_out_of_order"
    zh = "仪器故障或维修中,不能上机。"
    en = "The instrument is out of order."


class InstrumentBusy(Conflict):
    code = "instrument_busy"
    zh = "仪器正被他人使用,请稍候。"
    en = "Somebody else's time at the instrument is not over yet."


class NotYours(Forbidden):
    code = "not_your_reservation"
    zh = "您无权对该预约执行此操作。"
    en = "You may not do this to this reservation."


class NeedsEndorsement(Forbidden):
    code = "needs_endorsement"
    zh = "延长时段须由企业管理员办理。"
    en = "Only the enterprise's administrator may make it longer."


class TechnicianRefused(Refused):
    code = "technician_refused"
    zh = "该技术员此时段不能安排。"
    en = "The technician cannot be assigned then."
