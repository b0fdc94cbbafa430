"""The ways an institution is turned down or held back."""

from foundation.errors import Conflict, NotFound, Refused


class InstitutionNotFound(NotFound):
    code = "institution_not_found"
    zh = "没有这个技术机构。"
    en = "There is no such institution."


class InstitutionNotOpen(Conflict):
    code = "institution_not_open"
    zh = "该机构目前不承接新业务。"
    en = "This institution takes no new orders at the moment."


class EntryObstructed(Refused):
    code = "entry_obstructed"
    zh = "尚不满足入驻条件，未满足的已全部列出。"
    en = "The institution cannot enter yet; all that is missing is listed."


class InstitutionWrongState(Conflict):
    code = "institution_wrong_state"
    zh = "机构的当前状态不允许此操作。"
    en = "The institution cannot be moved like that from where it stands."


class QualificationRefused(Refused):
    code = "qualification_refused"
    zh = "资质信息有误。"
    en = "The qualification has faults."


class QualificationNotFound(NotFound):
    code = "qualification_not_found"
    zh = "没有这项资质。"
    en = "There is no such qualification."


class InstitutionKnown(Conflict):
    code = "institution_known"
    zh = "该统一社会信用代码的机构已入驻。"
    en = "An institution of this credit code is here already."


class StaffRefused(Refused):
    code = "staff_refused"
    zh = "人员信息有误，或未先培训后上岗。"
    en = "The details are wrong, or the training came after the start of the post."


class StaffNotFound(NotFound):
    code = "staff_not_found"
    zh = "没有这名人员。"
    en = "There is no such person here."
