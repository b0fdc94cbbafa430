"""The ways labels say no."""

from foundation.errors import Forbidden, NotFound


class LabelNotFound(NotFound):
    code = "label_not_found"
    zh = "没有这个标签，或它已更换。"
    en = "There is no such label, or it was replaced."


class LabelNotYours(Forbidden):
    code = "label_not_yours"
    zh = "只能为本机构的仪器制作标签。"
    en = "Labels are made for one's own institution's instruments only."
