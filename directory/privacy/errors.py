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
