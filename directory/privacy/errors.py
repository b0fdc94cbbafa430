"""The ways a look at, or an erasure of, personal data is turned down."""

from foundation.errors import Conflict, NotFound, Refused


class DataErased(NotFound):
    code = "data_erased"
    zh = "该资料已按要求删除。"
    en = "This data has been erased."


class ErasureHeld(Conflict):
    code = "erasure_held"
    zh = "依法或因未了结事项需保留该资料，暂不能删除。"
    en = "The data must be kept for now, for the reasons listed."


class AboveLevel(Refused):
    code = "above_level"
    zh = "导出内容超出允许的数据级别。"
    en = "The export holds fields above the level it may have."


class ReasonRequired(Refused):
    code = "reason_required"
    zh = "查看未脱敏资料须说明理由。"
    en = "Say why you need to see it unmasked."


class PersonNotFound(NotFound):
    code = "person_not_found"
    zh = "没有使用该账号的人员。"
    en = "Nobody signs in by this name."


class HoldNotFound(NotFound):
    code = "hold_not_found"
    zh = "没有这项依法保留。"
    en = "There is no such legal hold."


class HoldKnown(Conflict):
    code = "hold_known"
    zh = "已因同一理由保留。"
    en = "The data is kept for this reason already."


class HoldRefused(Refused):
    code = "hold_refused"
    zh = "保留期限须在将来。"
    en = "A hold ends in the future."
