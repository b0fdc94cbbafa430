"""Keep one credential for each who connects to the broker, however it came about."""

import sqlalchemy as sa
from alembic import op

revision = "t004"
down_revision = "b003"
branch_labels = None
depends_on = None

CARRY_OVER = """
    INSERT INTO broker_credentials (username, institution_id, password_hash, made_at, revoked_at)
    SELECT name, institution_id, password_hash, issued_at, revoked_at
    FROM device_credentials JOIN devices ON id = device_id
    ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(CARRY_OVER)
    op.drop_table("device_credentials")


def downgrade() -> None:
    # What was issued since stays with the other credentials, where both versions look.
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
