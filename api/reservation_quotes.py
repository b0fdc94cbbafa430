"""What another time for a reservation would cost, and everything against it, told before."""

from datetime import datetime

from api.clock import Now
from api.database import ReadOnly
from api.identity import SignedIn
from api.instrument_views import QuoteView
from api.instruments import SlotBody
from api.routing import Router
from billing.charges.fees import estimate_of, price_of, quote_change
from booking.reservations.cancelling import free_until
from booking.reservations.errors import ReservationNotFound
from booking.reservations.previewing import find_change_problems
from booking.reservations.queries import find_known
from booking.reservations.rules import find_time_problems
from booking.reservations.service import require_book
from foundation.identifiers import ReservationId

router = Router(prefix="/reservations/{reservation_id}", tags=["reservations"])


class ChangeQuoteView(QuoteView):
    """A quote for another time, beside what the present time costs."""

    former_fen: int | None
    free_until: datetime | None
    """Until when it could still be cancelled for nothing; None where the time is no time."""


@router.post("/quote")
def quote_change_of_time(
    reservation_id: ReservationId, body: SlotBody, caller: SignedIn, reading: ReadOnly, now: Now
) -> ChangeQuoteView:
    """Say what moving or extending it would make of its price, and everything against it."""
    known = find_known(reading, reservation_id, caller)
    if known is None:
        raise ReservationNotFound
    reservation, wish = known.reservation, body.wish()
    problems = find_change_problems(reading, reservation, wish, now=now)
    quoted, free = None, None
    if not find_time_problems(wish):
        book = require_book(reading, reservation.instrument_id)
        quoted = quote_change(reading, reservation, book, wish.slot)
        free = free_until(reservation, wish.slot.starts_at)
    tariff = price_of(reading, reservation)
    return ChangeQuoteView(
        **QuoteView.of(quoted, problems).model_dump(),
        former_fen=estimate_of(reservation, tariff).minor_units if tariff else None,
        free_until=free,
    )
