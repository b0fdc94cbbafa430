"""Keep the official calendar of working days, and what is due when."""

import sqlalchemy as sa
from alembic import op

revision = "d001"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "due_dates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("responsible_role", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalation", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_due_dates_count")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_due_dates_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_due_dates_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_dates")),
    )
    op.create_index(
        "ix_due_dates_due_at",
        "due_dates",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
    )
    op.create_index(
        "ux_due_dates_open",
        "due_dates",
        ["subject_kind", "subject_id", "kind"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
    )
    op.create_table(
        "calendar_notices",
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["people.id"], name=op.f("fk_calendar_notices_imported_by")
        ),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_notices")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["year"], ["calendar_notices.year"], name=op.f("fk_calendar_days_year")
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_days")),
    )
    op.create_index(op.f("ix_calendar_days_year"), "calendar_days", ["year"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_calendar_days_year"), table_name="calendar_days")
    op.drop_table("calendar_days")
    op.drop_table("calendar_notices")
    op.drop_index(
        "ux_due_dates_open",
        table_name="due_dates",
        postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
    )
    op.drop_index(
        "ix_due_dates_due_at",
        table_name="due_dates",
        postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
    )
    op.drop_table("due_dates")
