"""What there is to say that a reservation was used: its runs, and whether anybody watched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.reservations.rules import Slot
from booking.reservations.service import slot_of
from booking.reservations.states import CHECK_IN_OPENS, ReservationState
from booking.reservations.tables import Reservation
from booking.usage.queries import (
    OVER,
    find_meter,
    list_runs,
    list_uses,
    state_entered_at,
    was_watched,
)
from booking.usage.rules import (
    SETTLES_WITHIN,
    Measured,
    RunFact,
    attribute_runs,
    measure,
    measure_stay,
)
from foundation.identifiers import DeviceId, UsageSessionId

MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a use is metered from."""

    device_id: DeviceId | None
    """None: the instrument has no meter."""
    ended_at: datetime
    used: Slot
    """From coming to leaving."""
    runs: tuple[RunFact, ...]
    measured: Measured

    @property
    def during(self) -> Range[datetime]:
        """From the first run's start to the last run's end; without runs, while used."""
        starts_at = self.runs[0].started_at if self.runs else self.used.starts_at
        ends_at = max((run.ends_at for run in self.runs), default=self.used.ends_at)
        return Range(starts_at, max(ends_at, starts_at + MOMENT))


def gather(
    session: Session, reservation: Reservation, *, of: UsageSessionId | None = None
) -> Evidence:
    """Read what there is by now.

    `of`: the session it was metered into already; its runs are looked at again.
    """
    ends = [state_entered_at(session, reservation.id, ReservationState(state)) for state in OVER]
    ended_at = min(end for end in ends if end is not None)
    checked_in_at = state_entered_at(session, reservation.id, ReservationState.CHECKED_IN)
    assert checked_in_at is not None
    slot = slot_of(reservation)
    # Noted afterwards by a person, when the slot was over: then it is the slot that counts.
    is_noted_late = checked_in_at >= slot.ends_at
    used = slot if is_noted_late else Slot(checked_in_at, max(ended_at, slot.starts_at))
    device_id = find_meter(session, reservation.instrument_id)
    if device_id is None:
        # Whoever came early waited for their slot; it is charged from its beginning.
        begun_at = min(max(used.starts_at, slot.starts_at), used.ends_at)
        return Evidence(None, ended_at, used, (), measure_stay(used.ends_at - begun_at))
    runs = _runs_of(session, reservation, device_id, used, of=of)
    # Whoever came early may have left before the slot began: nobody need watch from then on.
    present = slot if is_noted_late else Slot(checked_in_at, max(ended_at, checked_in_at + MOMENT))
    measured = measure(runs, was_watched=was_watched(session, device_id, present))
    return Evidence(device_id, ended_at, used, tuple(runs), measured)


def _runs_of(
    session: Session,
    reservation: Reservation,
    device_id: DeviceId,
    used: Slot,
    *,
    of: UsageSessionId | None,
) -> list[RunFact]:
    # Uses next to ours are looked at too, so that a run is given to its own.
    # Whoever came and left before their slot has its use outside of it.
    slot = slot_of(reservation)
    window = used.widened(CHECK_IN_OPENS, SETTLES_WITHIN)
    around = Slot(
        min(window.starts_at, slot.starts_at), max(window.ends_at, slot.starts_at + SETTLES_WITHIN)
    )
    given = attribute_runs(
        list_runs(session, device_id, window, of=of),
        list_uses(session, reservation.instrument_id, around),
    )
    return given.get(reservation.id, [])
