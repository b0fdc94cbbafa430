"""Whether an instrument's questions are answered, and hazards declared. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from booking.policies.terms import TEXT_LENGTH_MAX, Question, Terms
from foundation.errors import Problem

DECLARATION = "declaration"
"""The answer that names hazardous materials, or says there are none."""
WAIVER = "calibration_waiver"
"""The answer that takes an instrument whose calibration lapses within the slot."""
LIMITS = "limits_accepted"
"""The answer that takes an instrument for what it is limited to, and for nothing else."""


def find_answer_problems(answers: Mapping[str, Any], terms: Terms) -> list[Problem]:
    """Return every question left open, answered unfitly, or never asked."""
    problems = []
    for question in terms.questions:
        field = f"answers.{question.key}"
        value = answers.get(question.key)
        if value is None or value == "":
            if question.required:
                problems.append(
                    Problem(
                        "not_answered",
                        f"请填写:{question.label_zh}。",
                        f"Please answer: {question.label_en}.",
                        field,
                    )
                )
        elif not _fits(question, value):
            problems.append(
                Problem(
                    "unfit_answer",
                    f"填写不正确:{question.label_zh}。",
                    f"This answer does not fit: {question.label_en}.",
                    field,
                )
            )
    problems += _find_unknown(answers, terms.questions)
    return problems + _find_declaration_problems(answers.get(DECLARATION), terms)


def _fits(question: Question, value: object) -> bool:
    if question.type == "boolean":
        return isinstance(value, bool)
    if question.type == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        low, high = question.least, question.most
        return (low is None or value >= low) and (high is None or value <= high)
    if question.type == "choice":
        return value in question.choices
    return isinstance(value, str) and len(value) <= question.max_length


def _find_unknown(answers: Mapping[str, Any], questions: Sequence[Question]) -> list[Problem]:
    asked = {question.key for question in questions} | {DECLARATION, WAIVER, LIMITS}
    return [
        Problem(
            "not_asked",
            f"该仪器没有此问题:{key[:40]}。",
            f"This instrument asks no such question: {key[:40]}.",
            f"answers.{key[:40]}",
        )
        for key in answers
        if key not in asked
    ]


def _find_declaration_problems(declaration: object, terms: Terms) -> list[Problem]:
    """A declaration says whether there is anything hazardous, and if so, what."""
    field = f"answers.{DECLARATION}"
    if declaration is None:
        if not terms.needs_declaration:
            return []
        return [
            Problem(
                "not_declared",
                "请申报样品是否含危险物质。",
                "Please declare whether the samples hold anything hazardous.",
                field,
            )
        ]
    is_sound = (
        isinstance(declaration, dict)
        and isinstance(declaration.get("hazardous"), bool)
        and isinstance(declaration.get("substances", ""), str)
        and len(declaration.get("substances", "")) <= TEXT_LENGTH_MAX
        and (not declaration["hazardous"] or bool(declaration.get("substances", "").strip()))
    )
    if is_sound:
        return []
    return [
        Problem(
            "unfit_declaration",
            "申报含危险物质时须写明名称。",
            "A declaration of hazardous materials names them.",
            field,
        )
    ]
