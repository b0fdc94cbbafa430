"""A desk that books with pencil and paper: the plain model the booking engine is held against."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

NOON = datetime(2030, 1, 7, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
COOL_DOWN = timedelta(minutes=15)
HOLD = timedelta(minutes=10)
HOLDING = {"held", "approved", "reserved", "checked_in", "in_use"}
PER_QUARTER_FEN = 5_000
CREDIT_FEN = 60_000
"""Three hours' worth: two people at once are soon too many."""
PLAIN, AWAY, FUNDED = range(3)
"""Priced; without a price, its device away so that nobody sees who came; asking for funds first."""


@dataclass
class Thought:
    """What the desk believes of a reservation."""

    instrument: int
    starts_at: datetime
    ends_at: datetime
    state: str
    made_at: datetime
    expires_at: datetime | None = None
    cancelled_as: str | None = None
    money: str | None = None
    """held, captured or released."""
    amount_fen: int = 0
    captured_fen: int = 0

    def clashes(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Everybody's time is followed by a cool-down."""
        return self.starts_at < ends_at + COOL_DOWN and starts_at < self.ends_at + COOL_DOWN

    @property
    def price_fen(self) -> int:
        """By the quarter, half an hour at least."""
        return max((self.ends_at - self.starts_at) // QUARTER, 2) * PER_QUARTER_FEN


@dataclass
class Desk:
    """All that was written down, and what time it is."""

    now: datetime = NOON
    thoughts: dict[Any, Thought] = field(default_factory=dict)

    def state_of(self, one: Thought) -> str:
        """A wait whose limit is over is over, tidied up or not."""
        is_over = one.expires_at is not None and one.expires_at <= self.now
        return "expired" if one.state in {"held", "approved"} and is_over else one.state

    def is_free(
        self, instrument: int, starts_at: datetime, ends_at: datetime, but: object = None
    ) -> bool:
        return not any(
            one.instrument == instrument
            and self.state_of(one) in HOLDING
            and one.clashes(starts_at, ends_at)
            for key, one in self.thoughts.items()
            if key != but
        )

    def is_busy(self, key: object) -> bool:
        """Whether somebody else is at the instrument, or has this very time."""
        mine = self.thoughts[key]
        return any(
            one.state in {"checked_in", "in_use"}
            or (one.state == "reserved" and one.starts_at <= self.now < one.ends_at)
            for other, one in self.thoughts.items()
            if other != key and one.instrument == mine.instrument
        )

    def next_quarter(self, number: int) -> datetime:
        passed = (self.now - NOON) // QUARTER
        return NOON + (passed + number) * QUARTER

    def held_fen(self) -> int:
        return sum(one.amount_fen for one in self.thoughts.values() if one.money == "held")

    def agree(self, one: Thought) -> None:
        """Nobody has anything against it: it is reserved, or waits for its money."""
        one.state, one.expires_at = "reserved", None
        if one.instrument == FUNDED:
            one.state = "approved"
            self.wait_for_money(one)
        elif one.instrument == PLAIN:
            one.money, one.amount_fen = "held", one.price_fen

    def wait_for_money(self, one: Thought) -> None:
        one.expires_at = min(self.now + DAY, one.starts_at)
        self.fund(one)

    def fund(self, one: Thought) -> bool:
        """Set its money aside, if there is enough left and it has not begun without."""
        if self.state_of(one) != "approved" or self.held_fen() + one.price_fen > CREDIT_FEN:
            return False
        one.state, one.expires_at = "reserved", None
        one.money, one.amount_fen = "held", one.price_fen
        return True

    def can_afford(self, one: Thought, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether there is enough left for the longer slot of what is funded already."""
        if one.instrument != FUNDED or one.money != "held":
            return True
        dearer = Thought(FUNDED, starts_at, ends_at, "", self.now).price_fen - one.amount_fen
        return dearer <= 0 or self.held_fen() + dearer <= CREDIT_FEN

    def shift(self, one: Thought, starts_at: datetime, ends_at: datetime) -> None:
        one.starts_at, one.ends_at = starts_at, ends_at
        if one.money == "held":
            one.amount_fen = one.price_fen
        if one.state == "held":
            assert one.expires_at is not None
            one.expires_at = min(one.expires_at, starts_at)
        elif one.state == "approved":
            self.wait_for_money(one)

    def cancel(self, one: Thought) -> None:
        is_fresh = self.now <= min(one.made_at + QUARTER, one.starts_at)
        is_early = self.now <= one.starts_at - DAY
        is_free = one.state != "reserved" or is_fresh or is_early
        one.state, one.cancelled_as = "cancelled", "free" if is_free else "late"

    def charge(self) -> None:
        """Half the price for who did not come or cancelled late."""
        for one in self.thoughts.values():
            is_owed = one.state == "no_show" or one.cancelled_as == "late"
            if one.money == "held" and is_owed:
                one.money, one.captured_fen = "captured", one.price_fen // 2

    def release(self) -> None:
        """What was cancelled in time keeps nobody's money."""
        for one in self.thoughts.values():
            if one.money == "held" and one.cancelled_as == "free":
                one.money = "released"

    def expire(self) -> None:
        for one in self.thoughts.values():
            one.state = self.state_of(one)

    def end_over(self) -> None:
        for one in self.thoughts.values():
            if one.state in {"checked_in", "in_use"} and one.ends_at <= self.now:
                one.state = "ended"

    def miss(self) -> None:
        """Half an hour after the start nobody came; where the device is away, nobody saw."""
        for one in self.thoughts.values():
            is_late = one.starts_at + 2 * QUARTER <= self.now or one.ends_at <= self.now
            if one.state == "reserved" and is_late and one.instrument != AWAY:
                one.state = "no_show"
