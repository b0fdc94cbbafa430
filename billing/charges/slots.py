"""What a slot would cost if it were used to its last second. Pure."""

from collections.abc import Sequence

from billing.charges.off_hours import find_off_hours
from billing.charges.rules import HourlyTariff, Price, price_time
from booking.calendars.hours import Surcharged
from booking.reservations.rules import Slot


def price_slot(slot: Slot, tariff: HourlyTariff, surcharged: Sequence[Surcharged]) -> Price:
    """Price a slot, with what its hours outside the regular ones add."""
    return price_time(slot.length, tariff, find_off_hours([slot], surcharged))
