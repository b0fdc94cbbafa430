"""What a line beside a charge may be: it takes away no more than is left to pay. Pure."""

from enum import StrEnum

from foundation.errors import Problem


class AdjustmentKind(StrEnum):
    """Why a charge is not asked for as it stands."""

    WAIVER = "waiver"
    """减免: it was right, and less is asked."""
    CORRECTION = "correction"
    """更正: it was wrong."""


def find_adjustment_problems(
    kind: AdjustmentKind, amount_fen: int, *, left_fen: int
) -> list[Problem]:
    """Return what speaks against adding so much to a charge of which so much is left."""
    problems = []
    if amount_fen == 0:
        problems.append(
            Problem("nothing_adjusted", "调整金额为零。", "The amount is nothing.", "amount_fen")
        )
    if kind is AdjustmentKind.WAIVER and amount_fen > 0:
        problems.append(
            Problem(
                "waiver_adds",
                "减免只能减少费用;更正才能增加。",
                "A waiver takes away; only a correction adds.",
                "amount_fen",
            )
        )
    if left_fen + amount_fen < 0:
        problems.append(
            Problem(
                "more_than_left",
                f"最多可减 {left_fen / 100:.2f} 元。",
                f"At most {left_fen / 100:.2f} yuan can be taken away.",
                "amount_fen",
            )
        )
    return problems
