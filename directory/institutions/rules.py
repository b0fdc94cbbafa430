"""How an institution enters, works, is suspended and leaves. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from directory.registrations.numbers import fault_of_cma_number, fault_of_cnas_number
from foundation.errors import Problem


class State(StrEnum):
    APPLYING = "applying"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Takes no new orders; those under way are finished."""
    EXITED = "exited"


MOVES: Mapping[State, frozenset[State]] = {
    State.APPLYING: frozenset({State.ACTIVE, State.EXITED}),
    State.ACTIVE: frozenset({State.SUSPENDED, State.EXITED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.EXITED}),
    State.EXITED: frozenset(),
}


WARNED_BEFORE_DAYS = (7, 30, 90)


class Check(StrEnum):
    """ZJ 6.3.2 a-c: what is looked at before an institution may enter."""

    QUALIFICATION = "qualification"
    """相关专业资质"""
    REPUTATION = "reputation"
    """良好商业信誉，无不良记录"""
    CAPABILITY = "capability"
    """技术服务能力"""


CHECK_NAMES = {
    Check.QUALIFICATION: ("专业资质", "professional qualification"),
    Check.REPUTATION: ("商业信誉", "commercial reputation"),
    Check.CAPABILITY: ("技术服务能力", "technical capability"),
}


class QualificationKind(StrEnum):
    CMA = "cma"
    CNAS = "cnas"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Qualification:
    """A certificate, with the days it holds; the last day counts."""

    kind: QualificationKind
    number: str
    valid_from: date
    valid_to: date
    is_revoked: bool = False

    def holds_on(self, day: date) -> bool:
        return not self.is_revoked and self.valid_from <= day <= self.valid_to


def find_faults(qualification: Qualification, today: date) -> list[Problem]:
    """Return everything that is wrong with a certificate as it was entered."""
    problems = []
    fault = None
    if qualification.kind is QualificationKind.CMA:
        fault = fault_of_cma_number(qualification.number, today)
    elif qualification.kind is QualificationKind.CNAS:
        fault = fault_of_cnas_number(qualification.number)
    elif not qualification.number.strip():
        fault = "format"
    if fault:
        problems.append(
            Problem("invalid", f"证书编号有误({fault})", f"no such number ({fault})", "number")
        )
    if qualification.valid_to < qualification.valid_from:
        problems.append(
            Problem("invalid", "有效期终止早于起始", "it ends before it begins", "valid_to")
        )
    return problems


def find_obstacles(
    *,
    passed: Collection[Check],
    has_agreement: bool,
    qualifications: Collection[Qualification],
    today: date,
) -> list[Problem]:
    """Return all that stands between an institution and its entry."""
    obstacles = []
    for check in Check:
        if check not in passed:
            zh, en = CHECK_NAMES[check]
            obstacles.append(
                Problem("check_open", f"{zh}尚未核查通过", f"not checked: {en}", f"checks.{check}")
            )
    if not has_agreement:
        obstacles.append(
            Problem("no_agreement", "入驻协议尚未签订", "no entry agreement is signed", "agreement")
        )
    if not any(qualification.holds_on(today) for qualification in qualifications):
        obstacles.append(
            Problem("no_qualification", "没有有效资质", "no qualification holds", "qualifications")
        )
    return obstacles


def has_lapsed(qualifications: Collection[Qualification], today: date) -> bool:
    """Whether there were qualifications and none holds any more.

    An institution that never entered any is not suspended by this: it was admitted before
    they were recorded here.
    """
    return bool(qualifications) and not any(
        qualification.holds_on(today) for qualification in qualifications
    )


def warned_at(days_left: int) -> int | None:
    """Return how many days before the end a certificate's managers are told; None: not yet."""
    return next((days for days in WARNED_BEFORE_DAYS if days_left <= days), None)


def may_move(former: State, new: State) -> bool:
    return new in MOVES[former]
