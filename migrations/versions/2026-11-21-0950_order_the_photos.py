"""Let the photographs of an instrument stand in an order of the lab's choosing."""

import sqlalchemy as sa
from alembic import op

revision = "l002"
down_revision = "r003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column(
        "instrument_photos", sa.Column("place", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("instrument_photos", "place")
