"""The ways a verb on an enterprise or its members says no."""

from foundation.errors import NotFound, Refused


class EnterpriseNotFound(NotFound):
    code = "enterprise_not_found"
    zh = "您不代表任何企业。"
    en = "You act for no enterprise."


class MemberNotFound(NotFound):
    code = "member_not_found"
    zh = "企业中没有这位成员。"
    en = "Nobody of the enterprise is this person."


class MemberRefused(Refused):
    code = "member_refused"
    zh = "成员信息有误。"
    en = "The member cannot be entered or changed like that."
