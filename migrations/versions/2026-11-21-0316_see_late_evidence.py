"""Know when a use was metered last, and flag evidence that came after it was billed."""

import sqlalchemy as sa
from alembic import op

from foundation.tenancy import protect, unprotect

revision = "b003"
down_revision = "b002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("usage_sessions", sa.Column("metered_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE usage_sessions SET metered_at = created_at")
    op.alter_column("usage_sessions", "metered_at", nullable=False)
    op.add_column("usage_sessions", sa.Column("late_evidence_at", sa.DateTime(timezone=True)))
    op.create_index("ix_usage_sessions_metered_at", "usage_sessions", ["metered_at"])
    op.create_index("ix_runs_updated_at", "runs", ["updated_at"])
    # Whoever moves another's slot tells them: the row is theirs to read, not the writer's.
    for statement in unprotect("booking_notices"):
        op.execute(statement)
    for statement in protect(
        "booking_notices", person="person_id", platform=False, written_by="true"
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in unprotect("booking_notices"):
        op.execute(statement)
    for statement in protect("booking_notices", person="person_id", platform=False):
        op.execute(statement)
    op.drop_index("ix_runs_updated_at", "runs")
    op.drop_index("ix_usage_sessions_metered_at", "usage_sessions")
    op.drop_column("usage_sessions", "late_evidence_at")
    op.drop_column("usage_sessions", "metered_at")
