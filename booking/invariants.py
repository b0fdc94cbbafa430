"""What must always hold of reservations and use: each query returns the rows that break it."""

from booking.reservations.states import (
    FIRST_STATES,
    HOLDING_STATES,
    PASSING_STATES,
    TRANSITIONS,
)

_HOLDING = ", ".join(f"'{state}'" for state in sorted(HOLDING_STATES))
_PASSING = ", ".join(f"'{state}'" for state in sorted(PASSING_STATES))
_FIRST = ", ".join(f"'{state}'" for state in sorted(FIRST_STATES))
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
        WHERE NOT ((from_state IS NULL AND to_state IN ({_FIRST}))
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
        WHERE u.device_id IS NOT NULL
        AND u.state IN ('metered', 'confirmed', 'billed') AND NOT EXISTS (
            SELECT 1 FROM usage_changes c WHERE c.usage_session_id = u.id
            AND c.former->>'metered_ms' <> c.became->>'metered_ms')
        AND u.metered_ms <> (SELECT coalesce(sum(r.metered_ms), 0)
            FROM usage_runs ur JOIN runs r ON r.id = ur.run_id WHERE ur.usage_session_id = u.id)""",
    "a metered reservation has its usage session": """
        SELECT r.id FROM reservations r
        WHERE r.state IN ('metered', 'disputed', 'confirmed', 'billed')
        AND NOT EXISTS (SELECT 1 FROM usage_sessions u WHERE u.reservation_id = r.id)""",
    "reservation and instrument are one institution's": """
        SELECT r.id FROM reservations r JOIN instruments i ON i.id = r.instrument_id
        WHERE i.institution_id <> r.institution_id""",
    "a hold whose limit is over is let go": f"""
        SELECT id FROM reservations WHERE state IN ({_PASSING})
        AND expires_at < now() - interval '10 minutes'""",  # noqa: S608 - our own words
    "what is reserved ends by nobody's limit": """
        SELECT id FROM reservations WHERE expires_at IS NOT NULL
        AND state IN ('reserved', 'checked_in', 'in_use')""",
    "a technician is in one place at a time": f"""
        SELECT a.id, b.id FROM reservations a JOIN reservations b
        ON a.technician_id = b.technician_id AND a.id < b.id AND a.blocked && b.blocked
        WHERE a.state IN ({_HOLDING}) AND b.state IN ({_HOLDING})""",  # noqa: S608 - our own words
    "a usage session is where its reservation is": """
        SELECT u.id FROM usage_sessions u JOIN reservations r ON r.id = u.reservation_id
        WHERE (r.state, u.state) NOT IN (('metered', 'metered'), ('metered', 'needs_review'),
            ('disputed', 'disputed'), ('confirmed', 'confirmed'), ('billed', 'billed'))""",
    "a waitlist offer is a reservation of the one who waits": """
        SELECT w.id FROM waitlist_entries w JOIN reservations r ON r.id = w.reservation_id
        WHERE w.person_id <> r.holder_id OR w.instrument_id <> r.instrument_id""",
}
