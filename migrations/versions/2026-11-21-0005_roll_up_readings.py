"""Roll readings up, watch them by rules, tell people, and admit devices by claim."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "t001"
down_revision = "d004"
branch_labels = None
depends_on = None

ROLLUPS = {"reading_minutes": "1 minute", "reading_hours": "1 hour", "reading_days": "1 day"}
# A day begins at midnight in China, where the platform counts its days.
ORIGIN = "2000-01-03 00:00:00+08"

READ_FROM = """
    SELECT channel_id, time_bucket(INTERVAL '{length}', {at}, TIMESTAMPTZ '{origin}') AS at,
           {columns}
    FROM {source} {where} GROUP BY 1, 2
"""
OF_READINGS = "min(value) AS low, max(value) AS high, sum(value) AS total, count(value) AS readings"
OF_ROLLUPS = "min(low) AS low, max(high) AS high, sum(total) AS total, sum(readings) AS readings"


def has_timescale() -> bool:
    """Whether readings are a hypertable whose licence allows continuous aggregates."""
    connection = op.get_bind()
    if not connection.scalar(
        sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")
    ):
        return False
    return connection.scalar(sa.text("SHOW timescaledb.license")) != "apache"


def roll_up_by_timescale() -> None:
    """Make real-time continuous aggregates, each from the one below, refreshed for late data."""
    source, at, columns, where = "readings", "at", OF_READINGS, "WHERE value IS NOT NULL"
    for name, length in ROLLUPS.items():
        body = READ_FROM.format(
            length=length, origin=ORIGIN, at=at, columns=columns, source=source, where=where
        )
        op.execute(
            f"CREATE MATERIALIZED VIEW {name} WITH (timescaledb.continuous,"
            f" timescaledb.materialized_only = false) AS {body} WITH NO DATA"
        )
        every = "1 minute" if length == "1 minute" else "15 minutes"
        op.execute(
            f"SELECT add_continuous_aggregate_policy('{name}', start_offset => INTERVAL '91 days',"
            f" end_offset => INTERVAL '{length}', schedule_interval => INTERVAL '{every}')"
        )
        source, columns, where = name, OF_ROLLUPS, ""


def roll_up_by_tables() -> None:
    for name in ROLLUPS:
        op.create_table(
            name,
            sa.Column("channel_id", sa.BigInteger(), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("low", sa.Float(), nullable=False),
            sa.Column("high", sa.Float(), nullable=False),
            sa.Column("total", sa.Float(), nullable=False),
            sa.Column("readings", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("channel_id", "at", name=op.f(f"pk_{name}")),
        )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    # By time alone, across channels: for rolling up what arrived. Tiny, because rows lie
    # in the order they came.
    op.execute(
        "CREATE INDEX readings_by_time ON readings USING brin (at) WITH (pages_per_range = 32)"
    )
    if has_timescale():
        roll_up_by_timescale()
    else:
        roll_up_by_tables()
    op.create_table(
        "rollup_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("first_minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_minute", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_marks")),
    )
    op.create_table(
        "alarm_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("limit_value", sa.Float(), nullable=True),
        sa.Column("hysteresis", sa.Float(), nullable=False),
        sa.Column("for_s", sa.BigInteger(), nullable=False),
        sa.Column("clear_for_s", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('above', 'below', 'stale', 'unreserved')", name=op.f("ck_alarm_rules_kind")
        ),
        sa.CheckConstraint(
            "(kind IN ('above', 'below')) = (limit_value IS NOT NULL)",
            name=op.f("ck_alarm_rules_limit"),
        ),
        sa.CheckConstraint(
            "hysteresis >= 0 AND for_s >= 0 AND clear_for_s >= 0",
            name=op.f("ck_alarm_rules_lengths"),
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_alarm_rules_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_alarm_rules_device_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_rules")),
    )
    op.create_table(
        "alarm_watches",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("pending_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clearing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alarm_rules.id"], name=op.f("fk_alarm_watches_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_alarm_watches_device_id")
        ),
        sa.PrimaryKeyConstraint("rule_id", "device_id", name=op.f("pk_alarm_watches")),
    )
    op.create_table(
        "alarm_recipients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("severity_min", sa.String(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'webhook')", name=op.f("ck_alarm_recipients_kind")),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institutions.id"],
            name=op.f("fk_alarm_recipients_institution_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_recipients")),
    )
    op.create_table(
        "alarm_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_notices_alarm_id")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["alarm_recipients.id"], name=op.f("fk_alarm_notices_recipient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_notices")),
        sa.UniqueConstraint(
            "alarm_id",
            "recipient_id",
            "event",
            name=op.f("uq_alarm_notices_alarm_id_recipient_id_event"),
        ),
    )
    op.create_index(
        "ix_alarm_notices_due",
        "alarm_notices",
        ["due_at"],
        postgresql_where="sent_at IS NULL AND given_up_at IS NULL",
    )
    op.create_table(
        "device_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_claims_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_device_claims_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_claims")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_device_claims_code_hash")),
    )
    op.create_table(
        "device_credentials",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_credentials_device_id")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_credentials")),
    )
    op.add_column("births", sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_column("births", "clock_offset_ms")
    for table in (
        "device_credentials",
        "device_claims",
        "alarm_notices",
        "alarm_recipients",
        "alarm_watches",
        "alarm_rules",
        "rollup_marks",
    ):
        op.drop_table(table)
    for name in reversed(ROLLUPS):
        if has_timescale():
            op.execute(f"DROP MATERIALIZED VIEW {name}")
        else:
            op.drop_table(name)
    op.execute("DROP INDEX readings_by_time")
