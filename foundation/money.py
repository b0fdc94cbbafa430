"""Exact money: whole minor units (fen) of one currency, and the only rounding."""

from dataclasses import dataclass


class CurrencyMismatch(TypeError):
    """Two currencies met in one sum. Always a bug in the caller."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole minor units: 100 is one yuan."""

    minor_units: int
    currency: str = "CNY"

    def __add__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.minor_units + other.minor_units, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor_units, self.currency)

    def share(self, part: int, whole: int) -> "Money":
        """Return this amount times part/whole, rounded half up.

        Integer arithmetic throughout: a third of an hour has no exact Decimal.
        """
        self._require_sane_share(part, whole)
        return Money((2 * self.minor_units * part + whole) // (2 * whole), self.currency)

    def share_down(self, part: int, whole: int) -> "Money":
        """Return this amount times part/whole, rounded down, as subsidies are (§3.1)."""
        self._require_sane_share(part, whole)
        return Money(self.minor_units * part // whole, self.currency)

    def _require_sane_share(self, part: int, whole: int) -> None:
        if part < 0 or whole <= 0:
            raise ValueError(f"share({part}, {whole}) needs part >= 0 and whole > 0")
        if self.minor_units < 0:
            raise ValueError("share a positive amount, then negate the result")

    def _require_same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} with {other.currency}")
