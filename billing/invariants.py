"""What must always hold of charges: each query returns the rows that break it."""

INVARIANTS: dict[str, str] = {
    "a billed reservation has exactly one charge": """
        SELECT r.id FROM reservations r WHERE r.state = 'billed'
        AND (SELECT count(*) FROM charges c WHERE c.reservation_id = r.id) <> 1""",
    "a charge is its usage session's: same payer, same institution": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        WHERE u.enterprise_id IS DISTINCT FROM c.enterprise_id
        OR u.institution_id <> c.institution_id
        OR u.reservation_id IS DISTINCT FROM c.reservation_id""",
    "the tariff of a charge held when its use began": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        JOIN tariffs t ON t.id = c.tariff_id
        WHERE NOT t.valid @> lower(u.during) OR t.instrument_id <> u.instrument_id""",
    "rating a charge again gives the same amount": """
        SELECT c.id FROM charges c
        WHERE c.amount_fen <> greatest((c.rule->>'minimum_fen')::bigint,
            (2 * (c.rule->>'per_hour_fen')::bigint * c.billed_seconds + 3600) / 7200)""",
    "billed seconds are whole steps, and no less than the least": """
        SELECT c.id FROM charges c
        WHERE c.billed_seconds % (c.rule->>'billed_step_s')::bigint <> 0
        OR c.billed_seconds < (c.rule->>'billed_min_s')::bigint""",
    "a session without enough evidence has no charge": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        WHERE u.state IN ('needs_review', 'disputed')""",
    "metered time is evidence: a charge of it names the events": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        WHERE u.metered_ms > 0 AND jsonb_array_length(c.evidence) = 0""",
    "metered seconds of a device in a day are no more than the day has": """
        SELECT device_id, day FROM (
            SELECT u.device_id, d.day, sum(u.metered_ms::numeric
                * extract(epoch FROM upper(u.during * tstzrange(d.day, d.day + interval '1 day'))
                    - lower(u.during * tstzrange(d.day, d.day + interval '1 day')))
                / extract(epoch FROM upper(u.during) - lower(u.during))) AS ms
            FROM usage_sessions u, generate_series(date_trunc('day', lower(u.during)),
                upper(u.during), interval '1 day') AS d(day)
            WHERE u.metered_ms > 0 AND u.during && tstzrange(d.day, d.day + interval '1 day')
            AND NOT isempty(u.during * tstzrange(d.day, d.day + interval '1 day'))
            GROUP BY 1, 2) days
        WHERE ms > 86400000 * 1.01""",
}
