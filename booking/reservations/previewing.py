"""What another time for a reservation would meet, told before it is asked for."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.reservations.again import asker_of
from booking.reservations.asking import find_all_problems
from booking.reservations.errors import SlotTaken
from booking.reservations.rules import Wish, find_time_problems
from booking.reservations.service import request_of, require_book
from booking.reservations.states import AT_IT_STATES
from booking.reservations.tables import Reservation
from booking.reservations.taking import list_in_the_way
from foundation.errors import Problem


def find_change_problems(
    session: Session, reservation: Reservation, wish: Wish, *, now: datetime
) -> list[Problem]:
    """Return everything against another time for it; whoever then asks for it is judged anew."""
    book = require_book(session, reservation.instrument_id)
    problems = find_all_problems(
        session,
        book,
        request_of(reservation, wish),
        asker_of(reservation),
        now=now,
        instead_of=reservation.id,
        is_begun=reservation.state in AT_IT_STATES,
    )
    if find_time_problems(wish):
        return problems
    blocked = book.policy.blocked(wish.slot)
    if list_in_the_way(session, reservation.instrument_id, blocked, now=now, but=reservation):
        problems.append(Problem(SlotTaken.code, SlotTaken.zh, SlotTaken.en))
    return problems
