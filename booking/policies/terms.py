"""The terms of use: what an institution may ask, and what it costs to break it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from foundation.errors import Problem

DAY_S = 86_400
TEXT_LENGTH_MAX = 500


class Per(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Whose(StrEnum):
    PERSON = "person"
    ENTERPRISE = "enterprise"


class Over(StrEnum):
    """Which time counts together: an instrument's own, its group's, its institution's."""

    INSTRUMENT = "instrument"
    GROUP = "group"
    INSTITUTION = "institution"


@dataclass(frozen=True, slots=True)
class Quota:
    """How often, or how long, one may have time in a day, week or month of the lab's."""

    per: Per
    whose: Whose
    count: int | None = None
    hours: float | None = None
    peak_only: bool = False
    """Only time within the peak counts: off-peak is free for all."""
    over: Over = Over.INSTRUMENT


@dataclass(frozen=True, slots=True)
class Peak:
    """Hours of the lab's clock that everybody wants."""

    weekdays: tuple[int, ...]
    from_s: int
    to_s: int


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of the lab's clock in which technicians may be assigned."""

    weekdays: tuple[int, ...]
    from_s: int
    to_s: int


@dataclass(frozen=True, slots=True)
class Question:
    """One field of an instrument's form."""

    key: str
    label_zh: str
    label_en: str
    type: str = "text"
    """text, number, choice or boolean."""
    required: bool = False
    choices: tuple[str, ...] = ()
    max_length: int = TEXT_LENGTH_MAX
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Every term there is, with what holds where nobody says otherwise."""

    notice_min_s: int | None = None
    horizon_s: int | None = None
    length_min_s: int | None = None
    length_max_s: int | None = None
    grid_s: int | None = None
    gap_s: int = 0
    """Least pause between two reservations of one person."""
    open_max: int | None = None
    """How many reservations a person may have open."""
    quotas: tuple[Quota, ...] = ()
    peak: tuple[Peak, ...] = ()
    peak_length_max_s: int | None = None
    """How much of the peak one slot may take; off-peak it may be longer."""
    needs_qualification: bool = False
    needs_agreement: bool = False
    needs_declaration: bool = False
    needs_approval: bool = False
    needs_funds: bool = False
    questions: tuple[Question, ...] = ()
    follows_work_calendar: bool = False
    when_calibration_lapses: str = "waiver"
    """block, waiver or ignore."""
    hold_s: int = 600
    offer_s: int = 1800
    free_cancel_s: int = DAY_S
    grace_s: int = 900
    """So long after reserving, cancelling is free whatever the hour."""
    late_fee_permille: int = 500
    no_show_after_s: int = 1800
    no_show_fee_permille: int = 500
    late_after_s: int = 600
    early_leave_s: int = 900
    overtime_after_s: int = 300
    idle_end_s: int = 0
    """Who let the instrument rest for so long has left; 0: nobody is ended by that."""
    fault_after_s: int = 60
    """A device out of order for so long interrupts the use; 0: only a technician does."""
    punished: tuple[str, ...] = ("missed",)
    punished_after: int = 3
    punished_within_s: int = 90 * DAY_S
    ban_s: int = 30 * DAY_S
    confirm_after_s: int = DAY_S
    confirm_tolerance_permille: int = 200
    objection_s: int = DAY_S
    labour_per_hour_fen: int = 0
    deposit_fen: int = 0
    """押金: set aside beside the estimate, for what the estimate does not cover."""
    technician_hours: tuple[Shift, ...] = ()
    """When technicians work; none named: whenever the lab is open."""
    technician_day_max_s: int = 8 * 3600
    technician_week_max_s: int = 44 * 3600
    """How much of a day and a week one technician may be assigned: 劳动法 says eight and 44."""
    technician_rest_s: int = 0
    """Least pause between two uses of one technician."""
    reminder_s: int = 7200
    """So long before its start its person is reminded; 0: not at all."""

    @property
    def asks_funds(self) -> bool:
        """Whether money is set aside before it is reserved."""
        return self.needs_funds or self.deposit_fen > 0

    def document(self) -> dict[str, Any]:
        """Return what differs from what holds anyway: enough to read it again."""
        plain = Terms()
        return {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != getattr(plain, field.name)
        }


def full_document(terms: Terms) -> dict[str, Any]:
    """Return every term, also those that are as anywhere."""
    return {field.name: _plain(getattr(terms, field.name)) for field in fields(terms)}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Quota | Peak | Shift | Question):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def read_terms(documents: Iterable[Mapping[str, Any]]) -> Terms:
    """Lay documents over each other, the widest scope first: the narrower one wins."""
    merged: dict[str, Any] = {}
    for document in documents:
        merged |= document
    if not merged:
        return Terms()
    return replace(Terms(), **{key: _typed(key, value) for key, value in merged.items()})


def _typed(key: str, value: Any) -> Any:  # noqa: ANN401 - what a document holds
    if key == "quotas":
        return tuple(
            Quota(
                **{
                    **one,
                    "per": Per(one["per"]),
                    "whose": Whose(one["whose"]),
                    "over": Over(one.get("over", Over.INSTRUMENT)),
                }
            )
            for one in value
        )
    if key == "peak":
        return tuple(Peak(tuple(one["weekdays"]), one["from_s"], one["to_s"]) for one in value)
    if key == "technician_hours":
        return tuple(Shift(tuple(one["weekdays"]), one["from_s"], one["to_s"]) for one in value)
    if key == "questions":
        return tuple(Question(**{**one, "choices": tuple(one.get("choices", ()))}) for one in value)
    return tuple(value) if isinstance(value, list) else value


def find_document_problems(document: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a policy somebody wrote: unknown terms and unfit values."""
    known = {field.name: field.default for field in fields(Terms)}
    problems = []
    for key, value in document.items():
        if key not in known:
            problems.append(
                Problem("unknown_term", f"没有条款 {key}。", f"There is no term {key}.", key)
            )
        elif not _fits(key, known[key], value):
            problems.append(
                Problem(
                    "wrong_value", f"条款 {key} 的值不正确。", f"The value of {key} is unfit.", key
                )
            )
    return problems


def _fits(key: str, default: object, value: object) -> bool:
    if key in {"quotas", "peak", "technician_hours", "questions", "punished"}:
        try:
            _typed(key, value)
        except (KeyError, TypeError, ValueError):
            return False
        return isinstance(value, list)
    if key == "when_calibration_lapses":
        return value in {"block", "waiver", "ignore"}
    if isinstance(default, bool):
        return isinstance(value, bool)
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if key == "grid_s":
        return value is None or (is_number and value != 0)
    return is_number or (default is None and value is None)
