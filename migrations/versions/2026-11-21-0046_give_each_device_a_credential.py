"""Give each device and gateway a credential of its own at the broker."""

import sqlalchemy as sa
from alembic import op

from foundation.tenancy import protect, unprotect

revision = "d007"
down_revision = "t003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "broker_credentials",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("former_hash", sa.String(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institutions.id"],
            name=op.f("fk_broker_credentials_institution_id"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["people.id"], name=op.f("fk_broker_credentials_made_by")
        ),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_broker_credentials")),
    )
    op.create_index(
        op.f("ix_broker_credentials_institution_id"),
        "broker_credentials",
        ["institution_id"],
        unique=False,
    )
    for statement in protect("broker_credentials", institution="institution_id"):
        op.execute(statement)


def downgrade() -> None:
    for statement in unprotect("broker_credentials"):
        op.execute(statement)

    op.drop_index(op.f("ix_broker_credentials_institution_id"), table_name="broker_credentials")
    op.drop_table("broker_credentials")
