"""The ways a look at the audit trail is turned down."""

from foundation.errors import Refused


class TooManyEntries(Refused):
    code = "too_many_entries"
    zh = "符合条件的记录超过 20000 条，请缩小范围后导出。"
    en = "More than 20,000 entries were found; narrow the search to export it."
