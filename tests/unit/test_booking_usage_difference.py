"""How far what was used is from what was reserved, and when that is little enough."""

from datetime import timedelta

import pytest

from booking.usage.rules import difference_permille, is_close_to_booked

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("metered", "permille"),
    [
        (HOUR, 0),
        (timedelta(minutes=54), 100),
        (timedelta(minutes=66), 100),
        (timedelta(0), 1000),
        # A second more than a tenth of an hour is 100.28 in thousandths, rounded up.
        (timedelta(minutes=53, seconds=59), 101),
    ],
)
def test_the_difference_is_a_share_of_what_was_reserved(metered: timedelta, permille: int) -> None:
    assert difference_permille(metered, HOUR) == permille


def test_the_tolerance_itself_is_close_and_a_second_more_is_not() -> None:
    close = is_close_to_booked(timedelta(minutes=54), HOUR, tolerance_permille=100)
    far = is_close_to_booked(timedelta(minutes=53, seconds=59), HOUR, tolerance_permille=100)

    assert (close, far) == (True, False)
