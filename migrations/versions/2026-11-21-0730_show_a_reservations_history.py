"""Show a reservation's own acts to those who may see the reservation."""

from alembic import op

from foundation.tenancy import protect

revision = "l001"
down_revision = "b004"
branch_labels = None
depends_on = None

# Moving, extending, handing over and assigning leave the state as it is: they stand in the
# audit trail only, which was the platform's alone to read. Nothing else of it is opened.
OWN_HISTORY = """
CASE WHEN subject_kind = 'reservation' AND action IN (
    'reservation.rescheduled', 'reservation.extended',
    'reservation.handed_over', 'reservation.assigned'
) THEN EXISTS (SELECT FROM reservations r WHERE r.id = subject_id::uuid) ELSE false END
"""
TENANT = 3
"""The position of the tenant's policy among the statements that protect a table."""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DROP POLICY tenant ON audit_entries")
    op.execute(protect("audit_entries", parent=OWN_HISTORY, written_by="true")[TENANT])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DROP POLICY tenant ON audit_entries")
    op.execute(protect("audit_entries", written_by="true")[TENANT])
