"""Take time in one step: the lock, the row, its history, its audit row and its news."""

from alembic import op

revision = "b004"
down_revision = "t004"
branch_labels = None
depends_on = None

# With the caller's own rights, so the walls between tenants stand. One statement could not
# do it: a history row must see its reservation, and a statement does not see what it adds.
# The row comes as a document of all its columns, so a new column needs no new function.
TAKE_TIME = """
CREATE FUNCTION take_time(lock_space integer, lock_key integer, asked jsonb, actor uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    taken reservations := jsonb_populate_record(NULL::reservations, asked);
BEGIN
    PERFORM pg_advisory_xact_lock(lock_space, lock_key);
    INSERT INTO reservations SELECT (taken).*
    ON CONFLICT ON CONSTRAINT ex_reservations_no_overlap DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO reservation_transitions (reservation_id, to_state, at, actor_id, reason)
    VALUES (taken.id, taken.state, taken.created_at, actor, '');
    INSERT INTO audit_entries (at, actor_id, action, subject_kind, subject_id, detail)
    VALUES (taken.created_at, actor, 'reservation.' || taken.state, 'reservation', taken.id, '{}');
    PERFORM pg_notify('yixiang_reservations', taken.id::text);
    RETURN true;
END
$$
"""


def upgrade() -> None:
    op.execute(TAKE_TIME)


def downgrade() -> None:
    op.execute("DROP FUNCTION take_time(integer, integer, jsonb, uuid)")
