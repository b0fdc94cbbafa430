"""The ways the catalogue says no."""

from foundation.errors import NotFound, Refused


class InstrumentNotFound(NotFound):
    code = "instrument_not_found"
    zh = "没有这台仪器。"
    en = "There is no such instrument."


class NotShared(Refused):
    code = "instrument_not_shared"
    zh = "该仪器目前不对外开放预约。"
    en = "This instrument is not open for reservations at present."


class SheetRefused(Refused):
    code = "sheet_refused"
    zh = "表格有误，未导入任何内容。"
    en = "The sheet has faults; nothing of it was taken in."


class CardRefused(Refused):
    code = "card_refused"
    zh = "仪器信息有误。"
    en = "The card of the instrument has faults."


class PhotoRefused(Refused):
    code = "photo_refused"
    zh = "照片不能接收。"
    en = "The photograph cannot be taken."


class PhotoNotFound(NotFound):
    code = "photo_not_found"
    zh = "没有这张照片。"
    en = "There is no such photograph."


class LinksRefused(Refused):
    code = "links_refused"
    zh = "设备关联有误。"
    en = "The devices cannot be linked so."
