"""延时错时: what part of a use lay in hours that cost more. Pure: exact in, exact out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from booking.calendars.hours import Surcharged
from booking.reservations.rules import ZERO, Slot

MILLISECOND = timedelta(milliseconds=1)
ALL = 1000
"""The whole of a price, in thousandths of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Time under one surcharge, with the spans it was seen in."""

    permille: int
    time: timedelta
    spans: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class OffHours:
    """How the time of a use divides into hours that cost more, and all others."""

    observed: timedelta
    """All the time the parts are of."""
    parts: tuple[Part, ...]

    @property
    def whole(self) -> int:
        """The denominator of the price's factor."""
        return self.observed // MILLISECOND * ALL

    @property
    def weighted(self) -> int:
        """The numerator: the whole, and each part by its surcharge."""
        return self.whole + sum(part.permille * (part.time // MILLISECOND) for part in self.parts)

    def document(self) -> dict[str, Any]:
        """Return what the factor came from, to be kept with the charge."""
        return {
            "observed_ms": self.observed // MILLISECOND,
            "weight": self.weighted - self.whole,
            "parts": [
                {
                    "permille": part.permille,
                    "ms": part.time // MILLISECOND,
                    "spans": [[_say(span.starts_at), _say(span.ends_at)] for span in part.spans],
                }
                for part in self.parts
            ],
        }


def read_off_hours(document: Mapping[str, Any] | None) -> OffHours | None:
    """Read what a charge kept, enough to compute its factor again."""
    if document is None:
        return None
    return OffHours(
        observed=timedelta(milliseconds=document["observed_ms"]),
        parts=tuple(
            Part(one["permille"], timedelta(milliseconds=one["ms"]), ())
            for one in document["parts"]
        ),
    )


def _say(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def find_off_hours(used: Sequence[Slot], surcharged: Sequence[Surcharged]) -> OffHours | None:
    """Lay what was used over what costs more; None where they do not meet."""
    met: dict[int, list[Slot]] = {}
    for span in used:
        for one in surcharged:
            if span.overlaps(one.slot):
                met.setdefault(one.permille, []).append(
                    Slot(
                        max(span.starts_at, one.slot.starts_at), min(span.ends_at, one.slot.ends_at)
                    )
                )
    parts = tuple(
        Part(permille, sum((span.length for span in spans), ZERO), tuple(spans))
        for permille, spans in sorted(met.items())
    )
    if all(part.time < MILLISECOND for part in parts):
        return None
    return OffHours(observed=sum((span.length for span in used), ZERO), parts=parts)
