"""The ways an appointment is turned down."""

from foundation.errors import NotFound, Refused


class OfficerNotFound(NotFound):
    code = "officer_not_found"
    zh = "没有这位平台或站点人员。"
    en = "Nobody by this id works for the platform or a station."


class OfficerRefused(Refused):
    code = "officer_refused"
    zh = "人员信息有误。"
    en = "This appointment will not do."
