"""Deposits beside estimates, fees out of what is held, and nobody kept waiting by the unpriced."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

import billing.invariants
from billing.charges.fees import charge_fee
from billing.charges.queries import list_fees_due
from billing.holds.errors import CreditTooSmall
from billing.holds.queries import list_releasable
from billing.holds.service import capture, follow, release, set_aside
from billing.holds.tables import CreditLine, FundsHold
from billing.tariffs.tables import Tariff
from booking.reservations.cancelling import cancel
from booking.reservations.clockwork import mark_missed
from booking.reservations.deciding import approve
from booking.reservations.tables import Reservation
from tests.leasing import DAY, HOUR, NOW, Lab, furnish

ESTIMATE = 40_000  # two hours at 200 yuan
DEPOSIT = 50_000


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


def give_credit(lab: Lab, fen: int) -> None:
    lab.session.add(
        CreditLine(
            institution_id=lab.institution.id,
            enterprise_id=lab.cast.enterprise.id,
            limit_fen=fen,
            updated_at=NOW,
        )
    )
    lab.session.flush()


def hold_of(lab: Lab, asked: Reservation) -> FundsHold:
    hold = lab.session.scalars(select(FundsHold).where(FundsHold.reservation_id == asked.id)).one()
    lab.session.refresh(hold)
    return hold


def with_deposit(lab: Lab, *, credit_fen: int = ESTIMATE + DEPOSIT) -> Reservation:
    lab.says(deposit_fen=DEPOSIT)
    give_credit(lab, credit_fen)
    asked = lab.reserve()
    assert asked.state == "approved", "it waits for its deposit"
    assert set_aside(lab.session, asked, now=NOW)
    return asked


def test_deposit_is_held_beside_the_estimate(lab: Lab) -> None:
    asked = with_deposit(lab)

    hold = hold_of(lab, asked)
    assert asked.state == "reserved"
    assert (hold.amount_fen, hold.deposit_fen) == (ESTIMATE, DEPOSIT)


def test_credit_must_cover_estimate_and_deposit_together(lab: Lab) -> None:
    with pytest.raises(CreditTooSmall):
        with_deposit(lab, credit_fen=ESTIMATE + DEPOSIT - 1)


def test_deposits_of_others_count_against_the_same_credit(lab: Lab) -> None:
    with_deposit(lab, credit_fen=2 * (ESTIMATE + DEPOSIT) - 1)
    second = lab.reserve(3 * DAY)

    with pytest.raises(CreditTooSmall):
        set_aside(lab.session, second, now=NOW)


@pytest.mark.parametrize(
    ("owed_fen", "taken_fen"),
    [(30_000, 30_000), (60_000, 60_000), (200_000, ESTIMATE + DEPOSIT)],
)
def test_what_the_estimate_does_not_cover_comes_out_of_the_deposit(
    lab: Lab, owed_fen: int, taken_fen: int
) -> None:
    asked = with_deposit(lab)

    assert capture(lab.session, asked.id, owed_fen, now=NOW)
    assert not capture(lab.session, asked.id, owed_fen, now=NOW)

    hold = hold_of(lab, asked)
    assert (hold.state, hold.captured_fen) == ("captured", taken_fen)


def test_deposit_alone_is_held_where_no_price_is_known_yet(lab: Lab) -> None:
    lab.session.execute(delete(Tariff).where(Tariff.instrument_id == lab.instrument.id))
    asked = with_deposit(lab, credit_fen=DEPOSIT)

    hold = hold_of(lab, asked)
    assert (asked.state, hold.tariff_id, hold.amount_fen, hold.deposit_fen) == (
        "reserved", None, 0, DEPOSIT,
    )  # fmt: skip


def test_fee_of_a_no_show_is_taken_from_what_is_held_before_the_rest_is_free(lab: Lab) -> None:
    asked = with_deposit(lab)
    missed_at = NOW + DAY + HOUR
    assert mark_missed(lab.session, asked.id, now=missed_at)

    assert list(list_releasable(lab.session)) == []
    assert list(list_fees_due(lab.session)) == [asked.id]
    assert charge_fee(lab.session, asked.id, now=missed_at)

    hold = hold_of(lab, asked)
    assert (hold.state, hold.captured_fen) == ("captured", ESTIMATE // 2)
    assert list(list_fees_due(lab.session)) == []
    for name, query in billing.invariants.INVARIANTS.items():
        assert lab.session.execute(text(query)).all() == [], name


def test_cancelled_in_time_everything_is_free_again(lab: Lab) -> None:
    asked = with_deposit(lab)
    cancel(lab.session, asked.id, by=lab.caller("alice"), reason="", now=NOW)

    assert list(list_releasable(lab.session)) == [asked.id]
    assert release(lab.session, asked.id, now=NOW)
    assert hold_of(lab, asked).captured_fen == 0


def test_missed_reservations_without_a_fee_keep_no_fee_waiting(lab: Lab) -> None:
    lab.says(no_show_fee_permille=0)
    free = lab.reserve()
    lab.says(no_show_fee_permille=500)
    costly = lab.reserve(2 * DAY)
    later = NOW + 3 * DAY
    for one in (free, costly):
        assert mark_missed(lab.session, one.id, now=later)

    assert list(list_fees_due(lab.session)) == [costly.id]


def test_fee_without_a_price_waits_beside_the_line(lab: Lab) -> None:
    asked = lab.reserve()
    lab.session.execute(delete(Tariff).where(Tariff.instrument_id == lab.instrument.id))
    assert mark_missed(lab.session, asked.id, now=NOW + DAY + timedelta(minutes=30))

    assert list(list_fees_due(lab.session)) == []


def test_price_is_frozen_with_a_reservation_that_need_not_be_funded_any_more(lab: Lab) -> None:
    """Submitted while funds were asked for, approved once they no longer are, without credit."""
    lab.says(needs_funds=True, needs_approval=True)
    asked = lab.reserve()
    lab.says(needs_funds=False)
    approve(lab.session, asked.id, by=lab.caller("mei"), now=NOW)

    follow(lab.session, asked, now=NOW)

    assert asked.state == "reserved"
    assert hold_of(lab, asked).amount_fen == ESTIMATE


def test_no_money_is_set_aside_for_what_waited_too_long(lab: Lab) -> None:
    give_credit(lab, ESTIMATE)
    lab.says(needs_funds=True)
    asked = lab.reserve(3 * DAY)

    assert not set_aside(lab.session, asked, now=NOW + DAY)

    assert lab.session.scalars(select(FundsHold)).all() == []
