"""The ways a verb on arrears says no."""

from foundation.errors import NotFound


class ArrearsNotFound(NotFound):
    code = "arrears_not_found"
    zh = "没有这笔欠款。"
    en = "There are no such arrears."
