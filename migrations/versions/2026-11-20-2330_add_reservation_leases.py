"""Remember which command unlocked for which reservation; let unused sessions take no time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "reservation_leases",
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
            name=op.f("fk_reservation_leases_reservation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_reservation_leases_device_id")
        ),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_reservation_leases")),
    )
    op.create_index(
        op.f("ix_reservation_leases_reservation_id"),
        "reservation_leases",
        ["reservation_id"],
        unique=False,
    )
    op.drop_constraint("ex_usage_sessions_no_overlap", "usage_sessions")
    op.create_exclude_constraint(
        "ex_usage_sessions_no_overlap",
        "usage_sessions",
        ("device_id", "="),
        ("during", "&&"),
        where=sa.text("metered_ms > 0"),
        using="gist",
    )


def downgrade() -> None:
    op.drop_constraint("ex_usage_sessions_no_overlap", "usage_sessions")
    op.create_exclude_constraint(
        "ex_usage_sessions_no_overlap",
        "usage_sessions",
        ("device_id", "="),
        ("during", "&&"),
        using="gist",
    )
    op.drop_index(op.f("ix_reservation_leases_reservation_id"), table_name="reservation_leases")
    op.drop_table("reservation_leases")
