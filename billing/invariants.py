"""What must always hold of charges: each query returns the rows that break it."""

INVARIANTS: dict[str, str] = {
    "a billed reservation has exactly one charge": """
        SELECT r.id FROM reservations r WHERE r.state = 'billed'
        AND (SELECT count(*) FROM charges c
            WHERE c.reservation_id = r.id AND c.kind = 'usage') <> 1""",
    "a charge is its usage session's: same payer, same institution": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        WHERE u.enterprise_id IS DISTINCT FROM c.enterprise_id
        OR u.institution_id <> c.institution_id
        OR u.reservation_id IS DISTINCT FROM c.reservation_id""",
    "the tariff of a charge held when its use began, or was frozen for it": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        JOIN tariffs t ON t.id = c.tariff_id
        WHERE t.instrument_id <> u.instrument_id OR (NOT t.valid @> lower(u.during)
            AND NOT EXISTS (SELECT 1 FROM funds_holds h
                WHERE h.reservation_id = c.reservation_id AND h.tariff_id = t.id))""",
    "rating a charge again gives the same amount": """
        SELECT c.id FROM charges c, LATERAL (SELECT
            (c.rule->>'per_hour_fen')::numeric * c.billed_seconds AS time,
            (c.rule->>'minimum_fen')::numeric AS least,
            coalesce((c.rule->'off_hours'->>'observed_ms')::numeric, 1) * 1000 AS whole,
            coalesce((c.rule->'off_hours'->>'weight')::numeric, 0) AS more) f
        WHERE c.kind = 'usage' AND c.amount_fen <> CASE
            WHEN div(2 * f.time + 3600, 7200) < f.least
            THEN div(2 * f.least * (f.whole + f.more) + f.whole, 2 * f.whole)
            ELSE div(2 * f.time * (f.whole + f.more) + 3600 * f.whole, 7200 * f.whole) END""",
    "billed seconds are whole steps, and no less than the least": """
        SELECT c.id FROM charges c
        WHERE c.kind = 'usage' AND (c.billed_seconds % (c.rule->>'billed_step_s')::bigint <> 0
            OR c.billed_seconds < (c.rule->>'billed_min_s')::bigint)""",
    "a session without enough evidence has no charge": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        WHERE u.state IN ('needs_review', 'disputed')""",
    "metered time is evidence: a charge of it names the events": """
        SELECT c.id FROM charges c JOIN usage_sessions u ON u.id = c.usage_session_id
        WHERE c.kind = 'usage' AND u.metered_ms > 0 AND u.device_id IS NOT NULL
        AND jsonb_array_length(c.evidence) = 0""",
    "what no meter saw is charged on a person's word alone": """
        SELECT u.id FROM usage_sessions u WHERE u.device_id IS NULL
        AND u.state IN ('confirmed', 'billed') AND NOT EXISTS (SELECT 1 FROM usage_changes c
            WHERE c.usage_session_id = u.id AND c.actor_id IS NOT NULL)""",
    "metered seconds of a device in a day are no more than the day has": """
        SELECT device_id, day FROM (
            SELECT coalesce(u.device_id, u.instrument_id) AS device_id, d.day,
                sum(u.metered_ms::numeric
                * extract(epoch FROM upper(u.during * tstzrange(d.day, d.day + interval '1 day'))
                    - lower(u.during * tstzrange(d.day, d.day + interval '1 day')))
                / extract(epoch FROM upper(u.during) - lower(u.during))) AS ms
            FROM usage_sessions u, generate_series(date_trunc('day', lower(u.during)),
                upper(u.during), interval '1 day') AS d(day)
            WHERE u.metered_ms > 0 AND u.during && tstzrange(d.day, d.day + interval '1 day')
            AND NOT isempty(u.during * tstzrange(d.day, d.day + interval '1 day'))
            GROUP BY 1, 2) days
        WHERE ms > 86400000 * 1.01""",
    "an adjustment is its charge's, and takes away no more than was charged": """
        SELECT c.id FROM charges c JOIN adjustments a ON a.charge_id = c.id
        GROUP BY c.id HAVING c.amount_fen + sum(a.amount_fen) < 0
        OR bool_or(a.enterprise_id <> c.enterprise_id OR a.institution_id <> c.institution_id)""",
    "a hold of money is resolved once its reservation is": """
        SELECT h.id FROM funds_holds h JOIN reservations r ON r.id = h.reservation_id
        WHERE h.state <> 'captured' AND r.state = 'billed'""",
    "a late or missed reservation is charged one fee at most": """
        SELECT reservation_id FROM charges WHERE usage_session_id IS NULL
        GROUP BY reservation_id HAVING count(*) > 1""",
    "no fee is charged for what was used, cancelled in time, or cancelled by the lab": """
        SELECT c.id FROM charges c JOIN reservations r ON r.id = c.reservation_id
        WHERE (c.kind = 'no_show' AND r.state <> 'no_show')
        OR (c.kind = 'late_cancel' AND r.cancelled_as IS DISTINCT FROM 'late')""",
}
