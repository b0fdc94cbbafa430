"""The ways a verb on notices says no."""

from foundation.errors import NotFound


class NoticeNotFound(NotFound):
    code = "notice_not_found"
    zh = "没有这条通知。"
    en = "There is no such notice."
