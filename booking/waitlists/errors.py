"""The ways a waitlist says no."""

from foundation.errors import Conflict, NotFound, Refused


class EntryNotFound(NotFound):
    code = "waitlist_entry_not_found"
    zh = "没有这条候补。"
    en = "There is no such entry on the waitlist."


class EntryOver(Conflict):
    code = "waitlist_entry_over"
    zh = "该候补已结束。"
    en = "This entry of the waitlist is over."


class WindowTooSmall(Refused):
    code = "window_too_small"
    zh = "候补时间范围放不下所需时长。"
    en = "The window is too small for the time asked for."
