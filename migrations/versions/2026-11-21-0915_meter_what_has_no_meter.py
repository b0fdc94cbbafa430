"""Let a use stand on coming and leaving where the instrument has no meter."""

from alembic import op

revision = "r003"
down_revision = "r002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.alter_column("usage_sessions", "device_id", nullable=True)


def downgrade() -> None:
    op.alter_column("usage_sessions", "device_id", nullable=False)
