"""Account for every sequence number, remember presence, and keep alarms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "gateway_states",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateway_states")),
    )
    op.create_table(
        "presence_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_changes")),
    )
    op.create_index("ix_presence_changes_name", "presence_changes", ["name", "at"])
    op.create_table(
        "boot_sequences",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("received", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column("lost", postgresql.INT8MULTIRANGE(), server_default="{}", nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "boot", name=op.f("pk_boot_sequences")),
    )
    # Updated with every batch: room in each page keeps those updates away from the index.
    op.execute("ALTER TABLE boot_sequences SET (fillfactor = 50)")
    op.execute("ALTER TABLE latest_readings SET (fillfactor = 70)")
    op.execute("ALTER TABLE device_states SET (fillfactor = 50)")
    op.add_column(
        "sequence_gaps", sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "runs",
        sa.Column(
            "doubts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column(
        "quarantine",
        sa.Column("times", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
    )
    op.create_index(
        "uq_quarantine_message",
        "quarantine",
        ["topic", "sha256", "reason"],
        unique=True,
        postgresql_where="replayed_at IS NULL",
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "severity IN ('info', 'minor', 'major', 'critical')", name=op.f("ck_alarms_severity")
        ),
        sa.CheckConstraint(
            "cleared_at >= raised_at", name=op.f("ck_alarms_clears_after_it_is_raised")
        ),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_alarms_device_id")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["people.id"], name=op.f("fk_alarms_acknowledged_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "uq_alarms_active",
        "alarms",
        ["device_id", "code", "subject"],
        unique=True,
        postgresql_where="cleared_at IS NULL",
    )
    op.create_index("ix_alarms_raised_at", "alarms", ["raised_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_table("alarms")
    op.drop_index("uq_quarantine_message", "quarantine")
    op.drop_column("quarantine", "times")
    op.drop_column("runs", "doubts")
    op.drop_column("sequence_gaps", "given_up_at")
    op.execute("ALTER TABLE device_states RESET (fillfactor)")
    op.execute("ALTER TABLE latest_readings RESET (fillfactor)")
    op.drop_table("boot_sequences")
    op.drop_table("presence_changes")
    op.drop_table("gateway_states")
