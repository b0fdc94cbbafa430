"""First tables: who, what is measured, what is reserved, what it costs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


LEDGERS = (
    "audit_entries",
    "charges",
    "device_alarms",
    "device_events",
    "reservation_transitions",
)

READINGS = """
CREATE TABLE readings (
    channel_id bigint NOT NULL,
    at timestamptz NOT NULL,
    value double precision,
    quality smallint NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_readings PRIMARY KEY (channel_id, at)
)"""


def create_readings() -> None:
    """Make the readings a hypertable where TimescaleDB is, range partitions where it is not.

    Late data is common here, so a chunk is compressed after two weeks, not after its own
    length as TimescaleDB would choose. An Apache-licensed build has no columnstore: then
    the hypertable stays as it is.
    """
    connection = op.get_bind()
    if not connection.scalar(
        sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    ):
        op.execute(READINGS + " PARTITION BY RANGE (at)")
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    op.execute(READINGS)
    op.execute(
        "SELECT create_hypertable('readings', by_range('at', INTERVAL '1 day'),"
        " create_default_indexes => false)"
    )
    if connection.scalar(sa.text("SHOW timescaledb.license")) != "apache":
        op.execute(
            "ALTER TABLE readings SET (timescaledb.enable_columnstore,"
            " timescaledb.segmentby = 'channel_id', timescaledb.orderby = 'at DESC')"
        )
        op.execute("CALL add_columnstore_policy('readings', after => INTERVAL '14 days')")


def refuse_changes() -> None:
    """Let ledgers only grow, whoever asks."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in LEDGERS:
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def upgrade() -> None:
    # The running program waits behind us: give up rather than hold it for long.
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = '30s'")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        "ix_audit_entries_subject", "audit_entries", ["subject_kind", "subject_id"], unique=False
    )
    op.create_table(
        "enterprises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprises")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller_id", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "institutions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institutions")),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("job", "scheduled_for", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "latest_readings",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_latest_readings")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_received_at", "quarantine", ["received_at"], unique=False)
    create_readings()
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "name ~ '^[a-z0-9-]{1,64}$'", name=op.f("ck_devices_name_fits_the_wire")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_devices_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("id", "institution_id", name=op.f("uq_devices_id_institution_id")),
        sa.UniqueConstraint("name", name=op.f("uq_devices_name")),
    )
    op.create_table(
        "instruments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("description_zh", sa.String(), nullable=False),
        sa.Column("description_en", sa.String(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("grid_s", sa.BigInteger(), nullable=False),
        sa.Column("length_min_s", sa.BigInteger(), nullable=False),
        sa.Column("length_max_s", sa.BigInteger(), nullable=False),
        sa.Column("notice_min_s", sa.BigInteger(), nullable=False),
        sa.Column("horizon_s", sa.BigInteger(), nullable=False),
        sa.Column("set_up_s", sa.BigInteger(), nullable=False),
        sa.Column("cool_down_s", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("grid_s > 0 AND length_min_s > 0", name=op.f("ck_instruments_grid")),
        sa.CheckConstraint("length_max_s >= length_min_s", name=op.f("ck_instruments_lengths")),
        sa.CheckConstraint(
            "set_up_s >= 0 AND cool_down_s >= 0", name=op.f("ck_instruments_buffers")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_instruments_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruments")),
        sa.UniqueConstraint("id", "institution_id", name=op.f("uq_instruments_id_institution_id")),
        sa.UniqueConstraint(
            "institution_id", "code", name=op.f("uq_instruments_institution_id_code")
        ),
    )
    op.create_index(
        "ix_instruments_search",
        "instruments",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "enterprise_id IS NULL OR institution_id IS NULL", name=op.f("ck_people_one_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_people_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_people_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("login", name=op.f("uq_people_login")),
    )
    op.create_table(
        "births",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("firmware", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_births_device_id")),
        sa.PrimaryKeyConstraint("device_id", "boot", name=op.f("pk_births")),
    )
    op.create_table(
        "channels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_channels_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("device_id", "name", name=op.f("uq_channels_device_id_name")),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("wanted_by", sa.Uuid(), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'done', 'refused', 'superseded', 'expired')",
            name=op.f("ck_commands_outcome"),
        ),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_commands_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commands")),
    )
    op.create_index(
        "ix_commands_waiting",
        "commands",
        ["device_id"],
        unique=False,
        postgresql_where="outcome = 'waiting'",
    )
    op.create_table(
        "device_alarms",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_alarms_device_id")
        ),
        sa.PrimaryKeyConstraint("device_id", "boot", "seq", name=op.f("pk_device_alarms")),
    )
    op.create_table(
        "device_events",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("run_ms", sa.BigInteger(), nullable=False),
        sa.Column("cycles", sa.BigInteger(), nullable=True),
        sa.Column("energy_wh", sa.BigInteger(), nullable=True),
        sa.Column("operator", sa.String(), nullable=True),
        sa.Column("lease", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('start', 'hb', 'stop')", name=op.f("ck_device_events_kind")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_events_device_id")
        ),
        sa.PrimaryKeyConstraint("device_id", "boot", "seq", name=op.f("pk_device_events")),
    )
    op.create_index("ix_device_events_received_at", "device_events", ["received_at"], unique=False)
    op.create_index(
        "ix_device_events_session", "device_events", ["device_id", "session", "at"], unique=False
    )
    op.create_table(
        "device_states",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("op", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_states_device_id")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_states")),
    )
    op.create_table(
        "instrument_devices",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("is_meter", sa.Boolean(), nullable=False),
        sa.Column("has_interlock", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id", "institution_id"],
            ["devices.id", "devices.institution_id"],
            name=op.f("fk_instrument_devices_device_id_institution_id"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "institution_id"],
            ["instruments.id", "instruments.institution_id"],
            name=op.f("fk_instrument_devices_instrument_id_institution_id"),
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_instrument_devices")),
    )
    op.create_index(
        op.f("ix_instrument_devices_instrument_id"),
        "instrument_devices",
        ["instrument_id"],
        unique=False,
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("blocked", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("instrument_id"), "="),
            (sa.column("blocked"), "&&"),
            where=sa.text("state IN ('checked_in', 'in_use', 'reserved')"),
            using="gist",
            name="ex_reservations_no_overlap",
        ),
        sa.CheckConstraint(
            "state IN ('billed', 'cancelled', 'checked_in', 'ended', 'in_use', 'metered', 'no_show', 'reserved')",
            name=op.f("ck_reservations_state"),
        ),
        sa.CheckConstraint(
            "NOT isempty(blocked) AND lower_inc(blocked) AND NOT upper_inc(blocked) AND NOT lower_inf(blocked) AND NOT upper_inf(blocked)",
            name=op.f("ck_reservations_blocked_is_half_open"),
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND NOT lower_inf(during) AND NOT upper_inf(during)",
            name=op.f("ck_reservations_during_is_half_open"),
        ),
        sa.CheckConstraint(
            "blocked @> during", name=op.f("ck_reservations_blocked_contains_during")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_reservations_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["people.id"], name=op.f("fk_reservations_holder_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "institution_id"],
            ["instruments.id", "instruments.institution_id"],
            name=op.f("fk_reservations_instrument_id_institution_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index(
        "ix_reservations_enterprise",
        "reservations",
        ["enterprise_id", sa.literal_column("lower(during)")],
        unique=False,
    )
    op.create_index(
        "ix_reservations_holder",
        "reservations",
        ["holder_id", sa.literal_column("lower(during)")],
        unique=False,
    )
    op.create_index(
        "ix_reservations_institution",
        "reservations",
        ["institution_id", sa.literal_column("lower(during)")],
        unique=False,
    )
    op.create_index(
        "ix_reservations_unfinished",
        "reservations",
        [sa.literal_column("upper(during)")],
        unique=False,
        postgresql_where=sa.text("state IN ('checked_in', 'in_use', 'reserved')"),
    )
    op.create_table(
        "role_assignments",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_role_assignments_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_role_assignments")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("metered_ms", sa.BigInteger(), nullable=False),
        sa.Column("cycles", sa.BigInteger(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("warm_up_ms", sa.BigInteger(), nullable=False),
        sa.Column("work_ms", sa.BigInteger(), nullable=False),
        sa.Column("cool_down_ms", sa.BigInteger(), nullable=False),
        sa.Column("coverage_permille", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_runs_open_has_no_end")
        ),
        sa.CheckConstraint("state IN ('open', 'closed', 'lost')", name=op.f("ck_runs_state")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_runs_ends_after_start")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_runs_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("device_id", "session", name=op.f("uq_runs_device_id_session")),
    )
    op.create_index("ix_runs_started_at", "runs", ["device_id", "started_at"], unique=False)
    op.create_table(
        "sequence_gaps",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("first_missing", sa.BigInteger(), nullable=False),
        sa.Column("last_missing", sa.BigInteger(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_sequence_gaps_device_id")
        ),
        sa.PrimaryKeyConstraint(
            "device_id", "boot", "first_missing", name=op.f("pk_sequence_gaps")
        ),
    )
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_person_id", "sign_ins", ["person_id"], unique=False)
    op.create_table(
        "tariffs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("per_hour_fen", sa.BigInteger(), nullable=False),
        sa.Column("billed_min_s", sa.BigInteger(), nullable=False),
        sa.Column("billed_step_s", sa.BigInteger(), nullable=False),
        sa.Column("minimum_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("instrument_id"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_tariffs_one_at_a_time",
        ),
        sa.CheckConstraint(
            "NOT isempty(valid) AND lower_inc(valid)", name=op.f("ck_tariffs_valid")
        ),
        sa.CheckConstraint(
            "billed_step_s > 0 AND billed_min_s >= 0", name=op.f("ck_tariffs_steps")
        ),
        sa.CheckConstraint(
            "per_hour_fen >= 0 AND minimum_fen >= 0", name=op.f("ck_tariffs_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "institution_id"],
            ["instruments.id", "instruments.institution_id"],
            name=op.f("fk_tariffs_instrument_id_institution_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
        sa.UniqueConstraint(
            "instrument_id", "version", name=op.f("uq_tariffs_instrument_id_version")
        ),
    )
    op.create_table(
        "wanted_states",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_value", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(value = 'unlocked') = (lease_until IS NOT NULL)",
            name=op.f("ck_wanted_states_unlocked_has_a_lease"),
        ),
        sa.CheckConstraint("value IN ('locked', 'unlocked')", name=op.f("ck_wanted_states_value")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_wanted_states_device_id")
        ),
        sa.PrimaryKeyConstraint("device_id", "target", name=op.f("pk_wanted_states")),
    )
    op.create_table(
        "reservation_transitions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
            name=op.f("fk_reservation_transitions_reservation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation_transitions")),
    )
    op.create_index(
        op.f("ix_reservation_transitions_reservation_id"),
        "reservation_transitions",
        ["reservation_id"],
        unique=False,
    )
    op.create_table(
        "usage_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("metered_ms", sa.BigInteger(), nullable=False),
        sa.Column("warm_up_ms", sa.BigInteger(), nullable=False),
        sa.Column("work_ms", sa.BigInteger(), nullable=False),
        sa.Column("cool_down_ms", sa.BigInteger(), nullable=False),
        sa.Column("coverage_permille", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("device_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_usage_sessions_no_overlap",
        ),
        sa.CheckConstraint(
            "state IN ('metered', 'needs_review', 'confirmed', 'disputed', 'billed')",
            name=op.f("ck_usage_sessions_state"),
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)",
            name=op.f("ck_usage_sessions_during"),
        ),
        sa.CheckConstraint("metered_ms >= 0", name=op.f("ck_usage_sessions_metered")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_usage_sessions_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "institution_id"],
            ["instruments.id", "instruments.institution_id"],
            name=op.f("fk_usage_sessions_instrument_id_institution_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_usage_sessions_reservation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_sessions")),
        sa.UniqueConstraint("reservation_id", name=op.f("uq_usage_sessions_reservation_id")),
    )
    op.create_table(
        "charges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("usage_session_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.Column("billed_seconds", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount_fen >= 0 AND billed_seconds >= 0", name=op.f("ck_charges_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_charges_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_charges_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_charges_reservation_id")
        ),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name=op.f("fk_charges_tariff_id")),
        sa.ForeignKeyConstraint(
            ["usage_session_id"], ["usage_sessions.id"], name=op.f("fk_charges_usage_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charges")),
        sa.UniqueConstraint("usage_session_id", name=op.f("uq_charges_usage_session_id")),
    )
    op.create_index(op.f("ix_charges_enterprise_id"), "charges", ["enterprise_id"], unique=False)
    op.create_index(op.f("ix_charges_institution_id"), "charges", ["institution_id"], unique=False)
    op.create_index(op.f("ix_charges_reservation_id"), "charges", ["reservation_id"], unique=False)
    op.create_table(
        "usage_runs",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("usage_session_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_usage_runs_run_id")),
        sa.ForeignKeyConstraint(
            ["usage_session_id"], ["usage_sessions.id"], name=op.f("fk_usage_runs_usage_session_id")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_usage_runs")),
    )
    op.create_index(
        op.f("ix_usage_runs_usage_session_id"), "usage_runs", ["usage_session_id"], unique=False
    )
    refuse_changes()


def downgrade() -> None:
    op.drop_index(op.f("ix_usage_runs_usage_session_id"), table_name="usage_runs")
    op.drop_table("usage_runs")
    op.drop_index(op.f("ix_charges_reservation_id"), table_name="charges")
    op.drop_index(op.f("ix_charges_institution_id"), table_name="charges")
    op.drop_index(op.f("ix_charges_enterprise_id"), table_name="charges")
    op.drop_table("charges")
    op.drop_table("usage_sessions")
    op.drop_index(
        op.f("ix_reservation_transitions_reservation_id"), table_name="reservation_transitions"
    )
    op.drop_table("reservation_transitions")
    op.drop_table("wanted_states")
    op.drop_table("tariffs")
    op.drop_index("ix_sign_ins_person_id", table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_table("sequence_gaps")
    op.drop_index("ix_runs_started_at", table_name="runs")
    op.drop_table("runs")
    op.drop_table("role_assignments")
    op.drop_index(
        "ix_reservations_unfinished",
        table_name="reservations",
        postgresql_where=sa.text("state IN ('checked_in', 'in_use', 'reserved')"),
    )
    op.drop_index("ix_reservations_institution", table_name="reservations")
    op.drop_index("ix_reservations_holder", table_name="reservations")
    op.drop_index("ix_reservations_enterprise", table_name="reservations")
    op.drop_table("reservations")
    op.drop_index(op.f("ix_instrument_devices_instrument_id"), table_name="instrument_devices")
    op.drop_table("instrument_devices")
    op.drop_table("device_states")
    op.drop_index("ix_device_events_session", table_name="device_events")
    op.drop_index("ix_device_events_received_at", table_name="device_events")
    op.drop_table("device_events")
    op.drop_table("device_alarms")
    op.drop_index(
        "ix_commands_waiting", table_name="commands", postgresql_where="outcome = 'waiting'"
    )
    op.drop_table("commands")
    op.drop_table("channels")
    op.drop_table("births")
    op.drop_table("people")
    op.drop_index(
        "ix_instruments_search",
        table_name="instruments",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_table("instruments")
    op.drop_table("devices")
    op.execute("DROP TABLE readings")
    op.drop_index("ix_quarantine_received_at", table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("latest_readings")
    op.drop_table("job_runs")
    op.drop_table("institutions")
    op.drop_table("idempotency_keys")
    op.drop_table("enterprises")
    op.drop_index("ix_audit_entries_subject", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.execute("DROP FUNCTION refuse_change")
