"""What a line beside a charge may be."""

import pytest

from billing.adjustments.rules import AdjustmentKind, find_adjustment_problems

WAIVER, CORRECTION = AdjustmentKind


def codes(kind: AdjustmentKind, amount_fen: int, *, left_fen: int = 10_000) -> list[str]:
    return [one.code for one in find_adjustment_problems(kind, amount_fen, left_fen=left_fen)]


@pytest.mark.parametrize(
    ("kind", "amount_fen", "expected"),
    [
        (WAIVER, -10_000, []),
        (WAIVER, -10_001, ["more_than_left"]),
        (WAIVER, 1, ["waiver_adds"]),
        (WAIVER, 0, ["nothing_adjusted"]),
        (CORRECTION, 5_000, []),
        (CORRECTION, -10_000, []),
        (CORRECTION, -10_001, ["more_than_left"]),
        (CORRECTION, 0, ["nothing_adjusted"]),
    ],
)
def test_line_takes_away_no_more_than_is_left(
    kind: AdjustmentKind, amount_fen: int, expected: list[str]
) -> None:
    assert codes(kind, amount_fen) == expected


def test_what_was_waived_whole_is_not_waived_again() -> None:
    assert codes(WAIVER, -1, left_fen=0) == ["more_than_left"]
