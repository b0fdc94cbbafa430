"""What must always hold of reservations and use: each query returns the rows that break it."""

from booking.reservations.rules import HOLDING_STATES, TRANSITIONS

_HOLDING = ", ".join(f"'{state}'" for state in sorted(HOLDING_STATES))
_LISTED = ", ".join(
    f"('{before}', '{after}')" for before, afters in TRANSITIONS.items() for after in sorted(afters)
)

INVARIANTS: dict[str, str] = {
    "no two holding reservations overlap on an instrument": f"""
        SELECT a.id, b.id FROM reservations a JOIN reservations b
        ON a.instrument_id = b.instrument_id AND a.id < b.id AND a.blocked && b.blocked
        WHERE a.state IN ({_HOLDING}) AND b.state IN ({_HOLDING})""",  # noqa: S608 - our own words
    "what is blocked holds what is reserved": """
        SELECT id FROM reservations WHERE NOT blocked @> during OR isempty(during)""",
    "states move along listed transitions only": f"""
        SELECT id, reservation_id FROM reservation_transitions
        WHERE NOT ((from_state IS NULL AND to_state = 'reserved')
            OR (from_state, to_state) IN ({_LISTED}))""",  # noqa: S608 - our own words
    "a reservation's state is where its history ends": """
        SELECT r.id FROM reservations r
        LEFT JOIN LATERAL (SELECT to_state FROM reservation_transitions t
            WHERE t.reservation_id = r.id ORDER BY t.id DESC LIMIT 1) last ON true
        WHERE last.to_state IS DISTINCT FROM r.state""",
    "a reservation's history has no break": """
        SELECT id FROM (SELECT id, from_state, lag(to_state) OVER (
            PARTITION BY reservation_id ORDER BY id) AS before
            FROM reservation_transitions) t
        WHERE from_state IS DISTINCT FROM before""",
    "usage sessions never overlap on a device": """
        SELECT a.id, b.id FROM usage_sessions a JOIN usage_sessions b
        ON a.device_id = b.device_id AND a.id < b.id AND a.during && b.during
        WHERE a.metered_ms > 0 AND b.metered_ms > 0""",
    "a usage session stands on the runs it counts": """
        SELECT u.id FROM usage_sessions u
        WHERE u.state = 'metered' AND u.metered_ms <> (SELECT coalesce(sum(r.metered_ms), 0)
            FROM usage_runs ur JOIN runs r ON r.id = ur.run_id WHERE ur.usage_session_id = u.id)""",
    "a metered reservation has its usage session": """
        SELECT r.id FROM reservations r WHERE r.state IN ('metered', 'billed')
        AND NOT EXISTS (SELECT 1 FROM usage_sessions u WHERE u.reservation_id = r.id)""",
    "reservation and instrument are one institution's": """
        SELECT r.id FROM reservations r JOIN instruments i ON i.id = r.instrument_id
        WHERE i.institution_id <> r.institution_id""",
}
