"""Hide every tenant's rows from the others in the database itself."""

from alembic import op

from foundation.tenancy import protect, unprotect

revision = "d005"
down_revision = "t001"
branch_labels = None
depends_on = None


ROLES = """
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['yixiang_app', 'yixiang_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION
                WHEN duplicate_object THEN NULL;  -- another database of the cluster was first
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'as a superuser, run first: CREATE ROLE % NOLOGIN; GRANT % TO %',
                        name, name, current_user;
            END;
        END IF;
        IF NOT pg_has_role(current_user, name, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', name, current_user);
        END IF;
    END LOOP;
END $$
"""

GRANTS = (
    "GRANT USAGE ON SCHEMA public TO yixiang_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO yixiang_app",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO yixiang_app",
    # Tables to come are open too; those of a tenant get their policies where they are made.
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO yixiang_app"
    ),
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO yixiang_app",
    # What only grows, and what no request ever writes.
    (
        "REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries, audit_seals, charges, device_alarms,"
        " device_events, reservation_transitions FROM yixiang_app"
    ),
    "REVOKE INSERT ON audit_seals, device_events FROM yixiang_app",
    "REVOKE ALL ON alembic_version FROM yixiang_app",
)

FUNCTIONS = (
    (
        "CREATE FUNCTION app_person() RETURNS uuid LANGUAGE sql STABLE"
        " RETURN NULLIF(current_setting('app.person', true), '')::uuid"
    ),
    (
        "CREATE FUNCTION app_institution() RETURNS uuid LANGUAGE sql STABLE"
        " RETURN NULLIF(current_setting('app.institution', true), '')::uuid"
    ),
    (
        "CREATE FUNCTION app_station() RETURNS uuid LANGUAGE sql STABLE"
        " RETURN NULLIF(current_setting('app.station', true), '')::uuid"
    ),
    (
        "CREATE FUNCTION app_enterprises() RETURNS uuid[] LANGUAGE sql STABLE"
        " RETURN string_to_array(NULLIF(current_setting('app.enterprises', true), ''), ',')::uuid[]"
    ),
    (
        "CREATE FUNCTION app_is_platform() RETURNS boolean LANGUAGE sql STABLE"
        " RETURN COALESCE(current_setting('app.platform', true), '') = 'yes'"
    ),
)

# Everybody may see that an instrument's time is taken; whose it is, only they themselves.
TIMES = """
CREATE VIEW instrument_times AS
SELECT id, instrument_id, during, blocked, state,
       CASE WHEN holder_id = app_person() OR current_user <> 'yixiang_app' THEN holder_id END
           AS holder_id
FROM reservations
"""

# An applicant has no tenant yet, and may only learn whether an identity is known already.
KNOWN_IDENTITY = """
CREATE FUNCTION is_identity_registered(indexes bytea[], wanted_kind text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
RETURN EXISTS (
    SELECT FROM person_identities i JOIN registrations r ON r.person_id = i.person_id
    WHERE i.identity_index = ANY (indexes) AND r.kind = wanted_kind
    AND r.state NOT IN ('rejected', 'withdrawn')
)
"""

PROTECTED: dict[str, list[str]] = {
    table: protect(table, **columns)
    for table, columns in {
        "reservations": {"enterprise": "enterprise_id", "institution": "institution_id"},
        "reservation_transitions": {
            "parent": "EXISTS (SELECT FROM reservations r WHERE r.id = reservation_id)"
        },
        "reservation_leases": {
            "parent": "EXISTS (SELECT FROM reservations r WHERE r.id = reservation_id)"
        },
        "usage_sessions": {"enterprise": "enterprise_id", "institution": "institution_id"},
        "usage_runs": {
            "parent": "EXISTS (SELECT FROM usage_sessions u WHERE u.id = usage_session_id)"
        },
        "charges": {"enterprise": "enterprise_id", "institution": "institution_id"},
        "audit_entries": {"written_by": "true"},
        "audit_seals": {},
        "idempotency_keys": {"person": "caller_id", "platform": False},
        "sign_ins": {
            "person": "person_id",
            # Who is seen off by their institution is out everywhere at once.
            "parent": "EXISTS (SELECT FROM people p WHERE p.id = person_id"
            " AND p.institution_id = (SELECT app_institution()))",
        },
        "access_tokens": {"person": "person_id", "platform": False},
        "second_factors": {"person": "person_id", "platform": False},
        "recovery_codes": {"person": "person_id", "platform": False},
        "subject_keys": {"person": "subject_id"},
        "consents": {"person": "person_id"},
        "legal_holds": {"person": "subject_id"},
        "person_identities": {"person": "person_id"},
        "registrations": {"person": "person_id"},
        "registration_papers": {
            "parent": "EXISTS (SELECT FROM registrations r WHERE r.id = registration_id)"
        },
        "name_changes": {"enterprise": "enterprise_id"},
        "enterprise_names": {"enterprise": "enterprise_id"},
        "files": {"person": "owner_id", "institution": "institution_id"},
        "institution_checks": {"institution": "institution_id"},
        "posts": {"institution": "institution_id"},
        "entrustments": {"enterprise": "enterprise_id", "station": "station_id"},
    }.items()
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(ROLES)
    for statement in (*GRANTS, *FUNCTIONS, TIMES, KNOWN_IDENTITY):
        op.execute(statement)
    op.execute("REVOKE ALL ON instrument_times FROM yixiang_app")
    op.execute("GRANT SELECT ON instrument_times TO yixiang_app")
    for statements in PROTECTED.values():
        for statement in statements:
            op.execute(statement)


def downgrade() -> None:
    for table in PROTECTED:
        for statement in unprotect(table):
            op.execute(statement)
    op.execute("DROP FUNCTION is_identity_registered(bytea[], text)")
    op.execute("DROP VIEW instrument_times")
    for name in ("person", "institution", "station", "enterprises", "is_platform"):
        op.execute(f"DROP FUNCTION app_{name}()")
    # The roles stay: other databases of the cluster may use them.
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM yixiang_app")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM yixiang_app")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM yixiang_app")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM yixiang_app")
    op.execute("REVOKE USAGE ON SCHEMA public FROM yixiang_app")
