"""The ways a station is turned down."""

from foundation.errors import Conflict, Forbidden, NotFound, Refused


class StationNotFound(NotFound):
    code = "station_not_found"
    zh = "没有这个服务站点。"
    en = "There is no such station."


class StationRefused(Refused):
    code = "station_refused"
    zh = "没有服务窗口的站点须公布线上服务告知。"
    en = "A station without a window must publish how it serves online."


class StationKnown(Conflict):
    code = "station_known"
    zh = "同名站点已存在。"
    en = "There is a station of this name."


class StationClosed(Conflict):
    code = "station_closed"
    zh = "该服务站点已关闭。"
    en = "This station is closed."


class EntrustmentNotFound(NotFound):
    code = "entrustment_not_found"
    zh = "没有这份委托。"
    en = "There is no such entrustment."


class EntrustmentRefused(Refused):
    code = "entrustment_refused"
    zh = "委托期限或范围有误。"
    en = "The entrustment's period or scope will not do."


class NotEntrusted(Forbidden):
    code = "not_entrusted"
    zh = "没有有效的委托，不能代办此事项。"
    en = "No entrustment that holds covers this."
