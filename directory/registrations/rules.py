"""What a registration needs, and how it moves. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from directory.registrations.numbers import (
    fault_of_credit_code,
    fault_of_identity_number,
    is_email,
    is_phone,
)
from directory.workdays.rules import Period, months, working_days
from foundation.errors import Problem

REVIEW_PERIOD: Period = working_days(3)
"""WX 7.1.1.4: the result of the review is told within three working days."""
NAME_CHANGE_PERIOD: Period = months(1)
"""WX 7.1.1.5: a change of name is reported within a month."""
NAME_MIN, NAME_MAX = 2, 100


class Kind(StrEnum):
    ORDINARY = "ordinary"
    """普通用户"""
    ENTERPRISE = "enterprise"
    """企业用户"""
    INSTITUTION = "institution"
    """技术机构"""


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    """Something is missing; the clock stands until it is submitted again."""
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.RETURNED, State.APPROVED, State.REJECTED, State.WITHDRAWN}),
    State.RETURNED: frozenset({State.SUBMITTED, State.WITHDRAWN}),
    State.APPROVED: frozenset(),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
EDITABLE = frozenset({State.DRAFT, State.RETURNED})
# PIPL art. 19: no longer than the purpose asks. Who is turned down may see why for a month.
KEPT_FOR: Mapping[State, timedelta] = {
    State.REJECTED: timedelta(days=30),
    State.WITHDRAWN: timedelta(days=30),
    State.DRAFT: timedelta(days=180),
    State.RETURNED: timedelta(days=180),
}
"""How long the papers of an application are kept that came to nothing, or was left lying."""


class Paper(StrEnum):
    IDENTITY_CARD = "identity_card"
    BUSINESS_LICENCE = "business_licence"
    QUALIFICATION = "qualification_certificate"
    PLEDGE = "integrity_pledge"


PAPER_NAMES = {
    Paper.IDENTITY_CARD: ("身份证扫描件", "scan of the identity card"),
    Paper.BUSINESS_LICENCE: ("营业执照", "business licence"),
    Paper.QUALIFICATION: ("资质证书", "qualification certificate"),
    Paper.PLEDGE: ("诚信承诺书", "integrity pledge"),
}
# WX 7.1.1.2-3 as it stands; a firm that only has demands may say why it has no qualification.
REQUIRED: Mapping[Kind, tuple[Paper, ...]] = {
    Kind.ORDINARY: (Paper.IDENTITY_CARD,),
    Kind.ENTERPRISE: (Paper.BUSINESS_LICENCE, Paper.QUALIFICATION, Paper.PLEDGE),
    Kind.INSTITUTION: (Paper.BUSINESS_LICENCE, Paper.QUALIFICATION, Paper.PLEDGE),
}
MAY_LACK: Mapping[Kind, frozenset[Paper]] = {
    Kind.ORDINARY: frozenset(),
    Kind.ENTERPRISE: frozenset({Paper.QUALIFICATION}),
    Kind.INSTITUTION: frozenset(),
}


class Purpose(StrEnum):
    """What a person agrees to; sensitive data asks for a consent of its own (PIPL art. 29)."""

    TERMS = "terms"
    IDENTITY_DATA = "identity_data"


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody says who they are, before any paper."""

    kind: Kind
    display_name: str
    real_name: str
    identity_number: str
    phone: str
    email: str
    organisation: str
    credit_code: str
    consents: Collection[str]


def find_problems(application: Application, today: date) -> list[Problem]:
    """Return everything that is wrong with an application at once (一次性告知)."""
    problems = []
    if not NAME_MIN <= len(application.real_name.strip()) <= NAME_MAX:
        problems.append(_problem("real_name", "姓名无效", "the real name is not one"))
    if not application.display_name.strip():
        problems.append(_problem("display_name", "请填写显示名称", "say what to call you"))
    if fault := fault_of_identity_number(application.identity_number, today):
        problems.append(
            _problem("identity_number", f"身份证号码有误({fault})", f"no identity number ({fault})")
        )
    if not is_phone(application.phone):
        problems.append(_problem("phone", "手机号码无效", "no mobile phone number"))
    if not is_email(application.email):
        problems.append(_problem("email", "电子邮箱无效", "no e-mail address"))
    if application.kind is not Kind.ORDINARY:
        if not NAME_MIN <= len(application.organisation.strip()) <= NAME_MAX:
            problems.append(_problem("organisation", "单位名称无效", "no organisation's name"))
        if fault := fault_of_credit_code(application.credit_code):
            problems.append(
                _problem(
                    "credit_code", f"统一社会信用代码有误({fault})", f"no credit code ({fault})"
                )
            )
    problems += [
        _problem(f"consents.{purpose}", "须同意方可继续", "this needs your consent")
        for purpose in Purpose
        if purpose not in application.consents
    ]
    return problems


def find_missing(
    kind: Kind, handed_in: Collection[Paper], excused: Collection[Paper]
) -> list[Problem]:
    """Return every paper that is missing, all at once."""
    missing = []
    for paper in REQUIRED[kind]:
        is_excused = paper in excused and paper in MAY_LACK[kind]
        if paper not in handed_in and not is_excused:
            zh, en = PAPER_NAMES[paper]
            missing.append(
                Problem("paper_missing", f"缺少{zh}", f"the {en} is missing", f"papers.{paper}")
            )
    return missing


def may_move(former: State, new: State) -> bool:
    return new in MOVES[former]


def _problem(field: str, zh: str, en: str) -> Problem:
    return Problem("invalid", zh, en, field)
