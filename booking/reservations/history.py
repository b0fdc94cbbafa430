"""What became of a reservation: every change, who made it, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import column, text
from sqlalchemy.orm import Session

from booking.reservations.rules import Slot
from booking.reservations.states import ReservationState
from foundation.identifiers import InstrumentId, ReservationId

# What left the state as it was stands in the audit trail; both are told in one question.
HISTORY = text("""
SELECT t.at, 'state' AS kind, t.from_state, t.to_state, t.reason, a.display_name AS actor,
    NULL AS former, NULL AS whom, t.id AS number
FROM reservation_transitions t LEFT JOIN people a ON a.id = t.actor_id
WHERE t.reservation_id = :id
UNION ALL
SELECT e.at, substr(e.action, length('reservation.') + 1), NULL, NULL, '', a.display_name,
    e.detail ->> 'former', w.display_name, e.id
FROM audit_entries e
LEFT JOIN people a ON a.id = e.actor_id
LEFT JOIN people w ON w.id = CAST(
    coalesce(e.detail ->> 'former_holder', e.detail ->> 'technician') AS uuid)
WHERE e.subject_kind = 'reservation' AND e.subject_id = CAST(:id AS text) AND e.action IN (
    'reservation.rescheduled', 'reservation.extended',
    'reservation.handed_over', 'reservation.assigned')
ORDER BY at, kind, number
""").columns(
    *map(column, ("at", "kind", "from_state", "to_state", "reason", "actor", "former", "whom")),
)
SERIES = text("""
SELECT r.id, r.state, lower(r.during), upper(r.during), i.id, i.code, i.name_zh, i.name_en
FROM reservations r JOIN instruments i ON i.id = r.instrument_id
WHERE r.series_id = (SELECT series_id FROM reservations WHERE id = :id)
    AND (r.holder_id, r.enterprise_id)
        = (SELECT holder_id, enterprise_id FROM reservations WHERE id = :id)
ORDER BY r.during, i.code
LIMIT 200
""").columns(*map(column, ("id", "state", "starts_at", "ends_at")))


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to a reservation."""

    at: datetime
    kind: str
    """state, rescheduled, extended, handed_over or assigned."""
    from_state: str | None
    to_state: str | None
    reason: str
    by: str | None
    """None: the platform itself."""
    former: Slot | None
    """The time it had before it was moved or extended."""
    whom: str | None
    """Who had it before it was handed over; who was assigned."""


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another part of what was reserved in one act."""

    id: ReservationId
    state: ReservationState
    slot: Slot
    instrument_id: InstrumentId
    code: str
    name_zh: str
    name_en: str


def read_history(session: Session, reservation_id: ReservationId) -> list[HistoryEntry]:
    """Return all that happened, the first thing first."""
    rows = session.execute(HISTORY, {"id": reservation_id})
    return [
        HistoryEntry(at, kind, from_state, to_state, reason, by, parse_former(former), whom)
        for at, kind, from_state, to_state, reason, by, former, whom, *_ in rows
    ]


def parse_former(noted: str | None) -> Slot | None:
    if noted is None:
        return None
    starts_at, ends_at = map(datetime.fromisoformat, noted.split("/"))
    return Slot(starts_at, ends_at)


def list_series(session: Session, reservation_id: ReservationId) -> Sequence[Sibling]:
    """Return every part of what was reserved together with this, itself among them."""
    rows = session.execute(SERIES, {"id": reservation_id})
    return [
        Sibling(key, ReservationState(state), Slot(starts_at, ends_at), *instrument)
        for key, state, starts_at, ends_at, *instrument in rows
    ]
