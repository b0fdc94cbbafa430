"""Have a password that somebody else chose changed first, and keep what the broker is to be told."""

import sqlalchemy as sa
from alembic import op

revision = "p001"
down_revision = "r005"
branch_labels = None
depends_on = None

# Whoever lets a colleague in again may see neither their sign-ins nor their second factor. What
# opened the account before opens it no more, whoever it was that knew the password.
RENEW_ACCESS = """
CREATE FUNCTION renew_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE sign_ins SET ended_at = now() WHERE person_id = NEW.id AND ended_at IS NULL;
    UPDATE access_tokens SET revoked_at = now() WHERE person_id = NEW.id AND revoked_at IS NULL;
    DELETE FROM recovery_codes WHERE person_id = NEW.id;
    DELETE FROM second_factors WHERE person_id = NEW.id;
    DELETE FROM linked_accounts WHERE person_id = NEW.id;
    RETURN NULL;
END $$
"""
RENEWED = """
CREATE TRIGGER renewed AFTER UPDATE OF password_hash ON people FOR EACH ROW
WHEN (NEW.must_change_password AND OLD.password_hash IS DISTINCT FROM NEW.password_hash)
EXECUTE FUNCTION renew_access()
"""
# An administrator may not read who somebody really is, only that it was proven.
HAS_IDENTITY = """
CREATE FUNCTION has_identity(person uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
RETURN EXISTS (SELECT FROM person_identities WHERE person_id = person)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column(
        "people",
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("broker_credentials", sa.Column("untold", sa.LargeBinary()))
    for statement in (RENEW_ACCESS, RENEWED, HAS_IDENTITY):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION has_identity(uuid)")
    op.execute("DROP TRIGGER renewed ON people")
    op.execute("DROP FUNCTION renew_access()")
    op.drop_column("broker_credentials", "untold")
    op.drop_column("people", "must_change_password")
