"""The enterprise's yes before the lab's, deposits, adjustments, presence, and figures' standing."""

import sqlalchemy as sa
from alembic import op

from foundation.tenancy import protect, unprotect

revision = "r002"
down_revision = "d009"
branch_labels = None
depends_on = None

STATES_BEFORE = (
    "'approved', 'billed', 'cancelled', 'checked_in', 'confirmed', 'disputed', "
    "'draft', 'ended', 'expired', 'held', 'in_use', 'interrupted', 'metered', "
    "'no_show', 'rejected', 'reserved', 'retimed', 'submitted'"
)
HOLDING_BEFORE = "'approved', 'checked_in', 'held', 'in_use', 'reserved', 'retimed', 'submitted'"
PASSING_BEFORE = "'approved', 'held', 'retimed', 'submitted'"
NEW = ", 'proposed'"

# What the database itself says of states that hold time, or end by themselves.
FUNCTIONS = ("booked_of", "release_expired_holds")


def let_states_be(states: str, holding: str, passing: str) -> None:
    """Let these states be, the holding ones exclude each other, the passing ones expire."""
    for name in ("state", "passing_states_expire"):
        op.drop_constraint(op.f(f"ck_reservations_{name}"), "reservations")
    for name in ("ex_reservations_no_overlap", "ex_reservations_technician_no_overlap"):
        op.drop_constraint(name, "reservations")
    for name in ("ix_reservations_passing", "ix_reservations_unfinished"):
        op.drop_index(name, "reservations")
    op.create_check_constraint("state", "reservations", f"state IN ({states})")
    op.create_check_constraint(
        "passing_states_expire",
        "reservations",
        f"(state IN ({passing})) <= (expires_at IS NOT NULL)",
    )
    op.create_exclude_constraint(
        "ex_reservations_no_overlap",
        "reservations",
        ("instrument_id", "="),
        ("blocked", "&&"),
        where=sa.text(f"state IN ({holding})"),
        using="gist",
    )
    op.create_exclude_constraint(
        "ex_reservations_technician_no_overlap",
        "reservations",
        ("technician_id", "="),
        ("blocked", "&&"),
        where=sa.text(f"technician_id IS NOT NULL AND state IN ({holding})"),
        using="gist",
    )
    op.create_index(
        "ix_reservations_passing",
        "reservations",
        ["expires_at"],
        postgresql_where=sa.text(f"state IN ({passing})"),
    )
    op.create_index(
        "ix_reservations_unfinished",
        "reservations",
        [sa.text("upper(during)")],
        postgresql_where=sa.text(f"state IN ({holding})"),
    )


def rewrite(before: str, after: str) -> None:
    """Put one list of states for another in the functions that name it."""
    connection = op.get_bind()
    for name in FUNCTIONS:
        (source,) = connection.execute(
            sa.text("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = :name"),
            {"name": name},
        ).one()
        assert before in source, f"{name} names other states"
        connection.exec_driver_sql(source.replace(before, after).replace("%", "%%"))


ADJUSTMENTS = protect("adjustments", enterprise="enterprise_id", institution="institution_id")


def add_adjustments() -> None:
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("charge_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('waiver', 'correction')", name=op.f("ck_adjustments_kind")),
        sa.CheckConstraint(
            "amount_fen <> 0 AND (kind = 'correction' OR amount_fen < 0)",
            name=op.f("ck_adjustments_amount"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_adjustments_reason")),
        sa.ForeignKeyConstraint(
            ["charge_id"], ["charges.id"], name=op.f("fk_adjustments_charge_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_adjustments_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_adjustments_institution_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_adjustments_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
    )
    op.create_index(op.f("ix_adjustments_charge_id"), "adjustments", ["charge_id"])
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON adjustments"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON adjustments FROM yixiang_app")
    for statement in ADJUSTMENTS:
        op.execute(statement)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = 0")
    let_states_be(STATES_BEFORE + NEW, HOLDING_BEFORE + NEW, PASSING_BEFORE + NEW)
    rewrite("'submitted')", "'submitted', 'proposed')")
    op.add_column(
        "enterprises",
        sa.Column("needs_endorsement", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column("reservations", sa.Column("presence", sa.String(), nullable=True))
    op.add_column("reservations", sa.Column("samples_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        "presence",
        "reservations",
        "presence IS NULL OR (mode = 'assisted' AND presence IN ('absent', 'observer', 'present'))",
    )
    op.create_index(
        "ix_reservations_technician",
        "reservations",
        ["technician_id", sa.text("upper(during)")],
        postgresql_where=sa.text("technician_id IS NOT NULL"),
    )
    op.add_column(
        "funds_holds",
        sa.Column("deposit_fen", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.alter_column("funds_holds", "tariff_id", nullable=True)
    op.drop_constraint(op.f("ck_funds_holds_captured_of_it"), "funds_holds")
    op.create_check_constraint(
        "captured_of_it", "funds_holds", "captured_fen <= amount_fen + deposit_fen"
    )
    op.create_check_constraint("deposit", "funds_holds", "deposit_fen >= 0")
    for table in ("instruments", "usage_sessions"):
        op.add_column(
            table,
            sa.Column("is_metrological", sa.Boolean(), server_default="true", nullable=False),
        )
    # By the calibration as it stands: what was printed on uses before is not known any more.
    op.execute(
        "UPDATE usage_sessions u SET is_metrological = coalesce(i.calibrated_until >="
        " (upper(u.during) AT TIME ZONE n.time_zone)::date, false)"
        " FROM instruments i JOIN institutions n ON n.id = i.institution_id"
        " WHERE i.id = u.instrument_id"
    )
    add_adjustments()


def downgrade() -> None:
    for statement in unprotect("adjustments"):
        op.execute(statement)
    op.drop_table("adjustments")
    for table in ("usage_sessions", "instruments"):
        op.drop_column(table, "is_metrological")
    op.drop_constraint(op.f("ck_funds_holds_deposit"), "funds_holds")
    op.drop_constraint(op.f("ck_funds_holds_captured_of_it"), "funds_holds")
    op.execute("UPDATE funds_holds SET captured_fen = least(captured_fen, amount_fen)")
    op.create_check_constraint("captured_of_it", "funds_holds", "captured_fen <= amount_fen")
    op.execute("DELETE FROM funds_holds WHERE tariff_id IS NULL")
    op.alter_column("funds_holds", "tariff_id", nullable=False)
    op.drop_column("funds_holds", "deposit_fen")
    op.drop_index("ix_reservations_technician", "reservations")
    op.drop_constraint(op.f("ck_reservations_presence"), "reservations")
    op.drop_column("reservations", "samples_at")
    op.drop_column("reservations", "presence")
    op.drop_column("enterprises", "needs_endorsement")
    rewrite("'submitted', 'proposed')", "'submitted')")
    # What waited for the enterprise waits for the lab in the former program.
    op.execute("UPDATE reservations SET state = 'submitted' WHERE state = 'proposed'")
    let_states_be(STATES_BEFORE, HOLDING_BEFORE, PASSING_BEFORE)
