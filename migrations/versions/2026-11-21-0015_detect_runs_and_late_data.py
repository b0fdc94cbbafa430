"""Detect runs in power, and remember which channels got late readings."""

import sqlalchemy as sa
from alembic import op

revision = "t002"
down_revision = "d005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "run_detections",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("on_w", sa.Float(), nullable=False),
        sa.Column("off_w", sa.Float(), nullable=False),
        sa.Column("join_s", sa.BigInteger(), nullable=False),
        sa.Column("min_s", sa.BigInteger(), nullable=False),
        sa.Column("settled_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "0 < off_w AND off_w <= on_w", name=op.f("ck_run_detections_thresholds")
        ),
        sa.CheckConstraint("join_s >= 0 AND min_s >= 0", name=op.f("ck_run_detections_lengths")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_run_detections_device_id")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_run_detections")),
    )
    op.create_table(
        "late_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_marks")),
    )
    op.create_index("ix_late_marks_channel_id", "late_marks", ["channel_id", "noted_at"])
    op.alter_column("alarm_watches", "seen_to", new_column_name="checked_to")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.alter_column("alarm_watches", "checked_to", new_column_name="seen_to")
    op.drop_table("late_marks")
    op.drop_table("run_detections")
