"""The ways a verb on alarms says no."""

from foundation.errors import NotFound


class AlarmNotFound(NotFound):
    code = "alarm_not_found"
    zh = "没有这条告警。"
    en = "There is no such alarm."
