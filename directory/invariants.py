"""What must never be so of people, roles, registrations and the audit trail."""

INVARIANTS: dict[str, str] = {
    "nobody whose account is closed is signed in or holds a token": """
        SELECT p.id FROM people p WHERE NOT p.is_active AND (
            EXISTS (SELECT FROM sign_ins s WHERE s.person_id = p.id
                    AND s.ended_at IS NULL AND s.expires_at > now())
            OR EXISTS (SELECT FROM access_tokens t WHERE t.person_id = p.id
                       AND t.revoked_at IS NULL AND t.expires_at > now()))""",
    "a role is held by somebody who acts for what it is of": """
        SELECT p.id, r.role FROM role_assignments r JOIN people p ON p.id = r.person_id
        WHERE (r.role IN ('member', 'enterprise_admin') AND p.enterprise_id IS NULL)
           OR (r.role IN ('institution_manager', 'technician', 'sample_keeper', 'signatory',
                          'finance') AND p.institution_id IS NULL)
           OR (r.role = 'station_staff' AND p.station_id IS NULL)""",
    "a post is at the institution its person is of": """
        SELECT o.person_id FROM posts o JOIN people p ON p.id = o.person_id
        WHERE p.institution_id IS DISTINCT FROM o.institution_id""",
    "a file is of the tenant its owner is of": """
        SELECT f.id FROM files f JOIN people p ON p.id = f.owner_id
        WHERE (f.enterprise_id IS NOT NULL AND f.enterprise_id IS DISTINCT FROM p.enterprise_id)
           OR (f.institution_id IS NOT NULL
               AND f.institution_id IS DISTINCT FROM p.institution_id)""",
    "an approved registration admitted somebody, and one act says so": """
        SELECT r.id FROM registrations r WHERE r.state = 'approved' AND (
            num_nonnulls(r.enterprise_id, r.institution_id) <> 1
            OR 1 <> (SELECT count(*) FROM audit_entries a WHERE a.subject_kind = 'registration'
                     AND a.subject_id = r.id::text AND a.action = 'registration.approved'))""",
    "a submitted registration has a clock that runs": """
        SELECT r.id FROM registrations r WHERE r.state = 'submitted' AND NOT EXISTS (
            SELECT FROM due_dates d WHERE d.subject_kind = 'registration'
            AND d.subject_id = r.id::text AND d.done_at IS NULL AND d.stopped_at IS NULL)""",
    "nobody decided on their own registration": """
        SELECT id FROM registrations WHERE decided_by = person_id""",
    "nothing is kept in the clear of who was forgotten": """
        SELECT k.subject_id FROM subject_keys k JOIN people p ON p.id = k.subject_id
        WHERE k.shredded_at IS NOT NULL AND (p.is_active
            OR EXISTS (SELECT FROM person_identities i WHERE i.person_id = p.id))""",
    "the chain of the audit trail has no gap": """
        SELECT position FROM (
            SELECT position, row_number() OVER (ORDER BY position) AS expected FROM audit_seals
        ) s WHERE position <> expected""",
}
