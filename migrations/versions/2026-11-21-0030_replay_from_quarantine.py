"""Let messages be taken out of the quarantine again."""

import sqlalchemy as sa
from alembic import op

revision = "t003"
down_revision = "b001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column(
        "quarantine", sa.Column("replay_wanted_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_quarantine_replay_wanted",
        "quarantine",
        ["id"],
        postgresql_where="replay_wanted_at IS NOT NULL AND replayed_at IS NULL",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_index("ix_quarantine_replay_wanted", "quarantine")
    op.drop_column("quarantine", "replay_wanted_at")
