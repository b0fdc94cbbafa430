"""The ways a registration is turned down."""

from foundation.errors import Conflict, NotFound, Refused, TooMany


class RegistrationNotFound(NotFound):
    code = "registration_not_found"
    zh = "没有这份注册申请。"
    en = "There is no such registration."


class ApplicationRefused(Refused):
    code = "application_refused"
    zh = "注册信息有误，请一并更正。"
    en = "The application has faults; all of them are listed."


class PapersMissing(Refused):
    code = "papers_missing"
    zh = "材料不齐，缺少的材料已全部列出。"
    en = "Papers are missing; all of them are listed."


class WrongState(Conflict):
    code = "registration_wrong_state"
    zh = "注册申请的当前状态不允许此操作。"
    en = "The registration cannot be moved like that from where it stands."


class AlreadyRegistered(Conflict):
    code = "already_registered"
    zh = "该身份已注册。"
    en = "This person is registered already."


class ReasonMissing(Refused):
    code = "reason_missing"
    zh = "不予通过须说明理由，并一次性列明全部问题。"
    en = "Say why, and name everything that is wrong at once."


class NotConfirmed(Refused):
    code = "not_confirmed"
    zh = "手机号码与电子邮箱须先通过验证码验证。"
    en = "Phone and e-mail must be confirmed by a code first."


class TooManyCodes(TooMany):
    code = "too_many_codes"
    zh = "验证码发送过于频繁，请稍后再试。"
    en = "Too many codes were asked for; please wait."


class NotYourself(Refused):
    code = "not_yourself"
    zh = "不能审核自己的申请。"
    en = "Nobody reviews their own application."


class PaperUnclear(Refused):
    code = "paper_unclear"
    zh = "请提交文件，或说明没有的理由，二者择一。"
    en = "Hand in a file, or say why there is none: one of the two."
