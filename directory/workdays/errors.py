"""The ways the calendar says no."""

from foundation.errors import NotFound, Refused


class NoticeRefused(Refused):
    code = "notice_refused"
    zh = "放假通知的内容有误，未导入。"
    en = "The notice has faults; nothing was imported."


class DueDateNotFound(NotFound):
    code = "due_date_not_found"
    zh = "没有这个时限。"
    en = "There is no such due date."
