"""The whole lease flow: policies, calendars, approval, holds, waitlists, attendance, fees."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from foundation.tenancy import protect, unprotect

revision = "b001"
down_revision = "d006"
branch_labels = None
depends_on = None

HOLDING = "'approved', 'checked_in', 'held', 'in_use', 'reserved', 'retimed', 'submitted'"
HOLDING_BEFORE = "'checked_in', 'in_use', 'reserved'"
PASSING = "'approved', 'held', 'retimed', 'submitted'"
STATES = (
    "'approved', 'billed', 'cancelled', 'checked_in', 'confirmed', 'disputed', "
    "'draft', 'ended', 'expired', 'held', 'in_use', 'interrupted', 'metered', "
    "'no_show', 'rejected', 'reserved', 'retimed', 'submitted'"
)
STATES_BEFORE = (
    "'billed', 'cancelled', 'checked_in', 'ended', 'in_use', 'metered', 'no_show', 'reserved'"
)


def let_states_be(states: str, holding: str) -> None:
    """Allow these states, and let the holding ones exclude each other."""
    op.drop_constraint(op.f("ck_reservations_state"), "reservations")
    op.drop_constraint("ex_reservations_no_overlap", "reservations")
    op.drop_index("ix_reservations_unfinished", table_name="reservations", if_exists=True)
    op.create_check_constraint("state", "reservations", f"state IN ({states})")
    op.create_exclude_constraint(
        "ex_reservations_no_overlap",
        "reservations",
        ("instrument_id", "="),
        ("blocked", "&&"),
        where=sa.text(f"state IN ({holding})"),
        using="gist",
    )
    op.create_index(
        "ix_reservations_unfinished",
        "reservations",
        [sa.text("upper(during)")],
        postgresql_where=sa.text(f"state IN ({holding})"),
    )


def check_what_is_new() -> None:
    op.execute("UPDATE reservations SET cancelled_as = 'free' WHERE state = 'cancelled'")
    op.create_exclude_constraint(
        "ex_reservations_technician_no_overlap",
        "reservations",
        ("technician_id", "="),
        ("blocked", "&&"),
        where=sa.text(f"technician_id IS NOT NULL AND state IN ({HOLDING})"),
        using="gist",
    )
    op.create_check_constraint("mode", "reservations", "mode IN ('assisted', 'self_operated')")
    op.create_check_constraint(
        "passing_states_expire",
        "reservations",
        f"(state IN ({PASSING})) <= (expires_at IS NOT NULL)",
    )
    op.create_check_constraint(
        "cancelled_as",
        "reservations",
        "(state = 'cancelled') = (cancelled_as IS NOT NULL)"
        " AND (cancelled_as IS NULL OR cancelled_as IN ('by_lab', 'free', 'late'))",
    )
    op.create_check_constraint(
        "condition", "instruments", "condition IN ('working', 'faulty', 'in_repair', 'scrapped')"
    )
    op.create_check_constraint(
        "kind", "charges", "kind IN ('usage', 'labour', 'late_cancel', 'no_show')"
    )
    op.create_check_constraint(
        "kind_of_use",
        "charges",
        "(kind IN ('usage', 'labour')) = (usage_session_id IS NOT NULL)",
    )
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON usage_changes"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def put_states_back() -> None:
    """Give what the former program does not know the nearest thing it does."""
    op.drop_constraint("ex_reservations_technician_no_overlap", "reservations")
    for name in ("mode", "passing_states_expire", "cancelled_as"):
        op.drop_constraint(op.f(f"ck_reservations_{name}"), "reservations")
    op.drop_constraint(op.f("ck_instruments_condition"), "instruments")
    op.drop_constraint(op.f("ck_charges_kind"), "charges")
    op.drop_constraint(op.f("ck_charges_kind_of_use"), "charges")
    op.drop_constraint(op.f("ck_reservations_state"), "reservations")
    op.create_check_constraint("state", "reservations", f"state IN ({STATES})")
    for before, after in (
        ("'draft', 'rejected', 'expired'", "cancelled"),
        ("'held', 'submitted', 'retimed', 'approved'", "cancelled"),
        ("'interrupted'", "ended"),
        ("'disputed', 'confirmed'", "metered"),
    ):
        op.execute(
            f"UPDATE reservations SET state = '{after}' WHERE state IN ({before})"  # noqa: S608
        )
    let_states_be(STATES_BEFORE, HOLDING_BEFORE)


TIMES_BEFORE = """
CREATE VIEW instrument_times AS
SELECT id, instrument_id, during, blocked, state,
       CASE WHEN holder_id = app_person() OR current_user <> 'yixiang_app' THEN holder_id END
           AS holder_id
FROM reservations
"""
TIMES = TIMES_BEFORE.replace("AS holder_id\nFROM", "AS holder_id, expires_at\nFROM")

# Whoever wants the time lets go of a hold that is over, whosesoever it was.
RELEASE = f"""
CREATE FUNCTION release_expired_holds(wanted uuid, span tstzrange, over_at timestamptz)
RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH over AS (
        SELECT id, state FROM reservations
        WHERE instrument_id = wanted AND blocked && span
        AND state IN ({PASSING}) AND expires_at <= over_at
        FOR UPDATE
    ), moved AS (
        UPDATE reservations r
        SET state = 'expired', revision = r.revision + 1, changed_at = over_at
        FROM over WHERE r.id = over.id RETURNING r.id, over.state AS former
    ), told AS (
        INSERT INTO reservation_transitions
            (reservation_id, from_state, to_state, at, actor_id, reason)
        SELECT id, former, 'expired', over_at, NULL, 'time limit over' FROM moved
    ), noted AS (
        INSERT INTO audit_entries (at, actor_id, action, subject_kind, subject_id, detail)
        SELECT over_at, NULL, 'reservation.expired', 'reservation', id::text, '{{}}' FROM moved
    )
    SELECT id FROM moved
$$
"""  # noqa: S608 - our own words

# Whoever holds the secret of a feed may read it, and is nobody else.
FEED_OF = """
CREATE FUNCTION feed_of(wanted bytea) RETURNS SETOF calendar_feeds
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT * FROM calendar_feeds WHERE token_hash = wanted AND revoked_at IS NULL $$
"""

PROTECTED: dict[str, list[str]] = {
    table: protect(table, **columns)
    for table, columns in {
        "qualifications": {"person": "person_id", "institution": "institution_id"},
        "lease_agreements": {"enterprise": "enterprise_id", "institution": "institution_id"},
        "penalties": {"person": "person_id", "institution": "institution_id"},
        "waitlist_entries": {"person": "person_id", "enterprise": "enterprise_id"},
        "funds_holds": {"enterprise": "enterprise_id", "institution": "institution_id"},
        "credit_lines": {"enterprise": "enterprise_id", "institution": "institution_id"},
        "usage_changes": {
            "parent": "EXISTS (SELECT FROM usage_sessions u WHERE u.id = usage_session_id)"
        },
        "calendar_feeds": {"person": "owner_id"},
    }.items()
}


def wall_off() -> None:
    """Hide the new tables' rows from other tenants, and show times with their limits."""
    op.execute("DROP VIEW instrument_times")
    op.execute(TIMES)
    op.execute("REVOKE ALL ON instrument_times FROM yixiang_app")
    op.execute("GRANT SELECT ON instrument_times TO yixiang_app")
    op.execute(RELEASE)
    op.execute(FEED_OF)
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON usage_changes FROM yixiang_app")
    for statements in PROTECTED.values():
        for statement in statements:
            op.execute(statement)


def take_walls_down() -> None:
    op.execute("DROP FUNCTION release_expired_holds(uuid, tstzrange, timestamptz)")
    op.execute("DROP FUNCTION feed_of(bytea)")
    for table in PROTECTED:
        for statement in unprotect(table):
            op.execute(statement)
    op.execute("DROP VIEW instrument_times")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "credit_lines",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("limit_fen", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("limit_fen >= 0", name=op.f("ck_credit_lines_limit")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_credit_lines_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_credit_lines_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", "enterprise_id", name=op.f("pk_credit_lines")),
    )
    op.create_table(
        "lease_agreements",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_lease_agreements_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_lease_agreements_institution_id")
        ),
        sa.PrimaryKeyConstraint(
            "enterprise_id", "institution_id", name=op.f("pk_lease_agreements")
        ),
    )
    op.create_table(
        "booking_policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=True),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "group_code IS NULL OR instrument_id IS NULL",
            name=op.f("ck_booking_policies_one_scope"),
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_booking_policies_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_booking_policies_instrument_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_policies")),
    )
    op.create_index(
        op.f("ix_booking_policies_instrument_id"),
        "booking_policies",
        ["instrument_id"],
        unique=False,
    )
    op.create_index(
        "uq_booking_policies_scope",
        "booking_policies",
        ["institution_id", "group_code", "instrument_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "subject IN ('person', 'instrument', 'institution')",
            name=op.f("ck_calendar_feeds_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["people.id"], name=op.f("fk_calendar_feeds_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    op.create_index("ix_calendar_feeds_owner", "calendar_feeds", ["owner_id"], unique=False)
    op.create_table(
        "closures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason_zh", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("repeat_days", sa.BigInteger(), nullable=True),
        sa.Column("repeat_until", sa.Date(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('closure', 'maintenance', 'calibration', 'fault')",
            name=op.f("ck_closures_kind"),
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND NOT lower_inf(during) AND NOT upper_inf(during)",
            name=op.f("ck_closures_during"),
        ),
        sa.CheckConstraint(
            "repeat_days IS NULL OR repeat_days > 0", name=op.f("ck_closures_repeat")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_closures_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_closures_instrument_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index(
        "ix_closures_scope", "closures", ["institution_id", "instrument_id"], unique=False
    )
    op.create_table(
        "instrument_labels",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_instrument_labels_instrument_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_instrument_labels")),
    )
    op.create_index(
        op.f("ix_instrument_labels_instrument_id"),
        "instrument_labels",
        ["instrument_id"],
        unique=False,
    )
    op.create_table(
        "kiosk_pins",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("pin_hash", sa.String(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_kiosk_pins_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_kiosk_pins")),
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column("weekday", sa.BigInteger(), nullable=False),
        sa.Column("opens_s", sa.BigInteger(), nullable=False),
        sa.Column("closes_s", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("surcharge_permille", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('regular', 'extended')", name=op.f("ck_opening_hours_kind")),
        sa.CheckConstraint(
            "opens_s >= 0 AND closes_s > opens_s AND closes_s <= 86400",
            name=op.f("ck_opening_hours_window"),
        ),
        sa.CheckConstraint("surcharge_permille >= 0", name=op.f("ck_opening_hours_surcharge")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_opening_hours_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_opening_hours_instrument_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    op.create_index(
        "ix_opening_hours_scope", "opening_hours", ["institution_id", "instrument_id"], unique=False
    )
    op.create_table(
        "qualifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column("group_code", sa.String(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_qualifications_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_qualifications_instrument_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_qualifications_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualifications")),
    )
    op.create_index(
        "ix_qualifications_person", "qualifications", ["person_id", "institution_id"], unique=False
    )
    op.create_table(
        "special_days",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens_s", sa.BigInteger(), nullable=True),
        sa.Column("closes_s", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(opens_s IS NULL) = (closes_s IS NULL)", name=op.f("ck_special_days_both_or_none")
        ),
        sa.CheckConstraint("closes_s > opens_s", name=op.f("ck_special_days_window")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_special_days_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_special_days_instrument_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_days")),
    )
    op.create_index(
        "ix_special_days_scope", "special_days", ["institution_id", "day"], unique=False
    )
    op.create_table(
        "funds_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("captured_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'held') = (resolved_at IS NULL)", name=op.f("ck_funds_holds_resolved_once")
        ),
        sa.CheckConstraint(
            "state IN ('held', 'captured', 'released')", name=op.f("ck_funds_holds_state")
        ),
        sa.CheckConstraint(
            "amount_fen >= 0 AND captured_fen >= 0", name=op.f("ck_funds_holds_amounts")
        ),
        sa.CheckConstraint(
            "captured_fen <= amount_fen", name=op.f("ck_funds_holds_captured_of_it")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_funds_holds_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_funds_holds_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_funds_holds_reservation_id")
        ),
        sa.ForeignKeyConstraint(
            ["tariff_id"], ["tariffs.id"], name=op.f("fk_funds_holds_tariff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funds_holds")),
        sa.UniqueConstraint("reservation_id", name=op.f("uq_funds_holds_reservation_id")),
    )
    op.create_index(
        op.f("ix_funds_holds_enterprise_id"), "funds_holds", ["enterprise_id"], unique=False
    )
    op.create_table(
        "penalties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("reason_zh", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appeal", sa.String(), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('noticed', 'active', 'appealed', 'lifted')", name=op.f("ck_penalties_state")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_penalties_span")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_penalties_institution_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_penalties_person_id")),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_penalties_reservation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalties")),
        sa.UniqueConstraint("reservation_id", name=op.f("uq_penalties_reservation_id")),
    )
    op.create_index(
        "ix_penalties_person", "penalties", ["person_id", "institution_id"], unique=False
    )
    op.create_table(
        "waitlist_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("within", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("length_s", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'offered') <= (reservation_id IS NOT NULL)",
            name=op.f("ck_waitlist_entries_offer"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'taken', 'withdrawn', 'lapsed')",
            name=op.f("ck_waitlist_entries_state"),
        ),
        sa.CheckConstraint(
            "NOT isempty(within) AND NOT upper_inf(within)", name=op.f("ck_waitlist_entries_within")
        ),
        sa.CheckConstraint("length_s > 0", name=op.f("ck_waitlist_entries_length")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_waitlist_entries_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_waitlist_entries_instrument_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_waitlist_entries_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_waitlist_entries_reservation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entries")),
    )
    op.create_index("ix_waitlist_entries_person", "waitlist_entries", ["person_id"], unique=False)
    op.create_index(
        "ix_waitlist_entries_waiting",
        "waitlist_entries",
        ["instrument_id", "created_at"],
        unique=False,
        postgresql_where="state = 'waiting'",
    )
    op.create_table(
        "usage_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("usage_session_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("former", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("became", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["usage_session_id"],
            ["usage_sessions.id"],
            name=op.f("fk_usage_changes_usage_session_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_changes")),
    )
    op.create_index(
        op.f("ix_usage_changes_usage_session_id"),
        "usage_changes",
        ["usage_session_id"],
        unique=False,
    )
    op.add_column(
        "charges", sa.Column("kind", sa.String(), server_default=sa.text("'usage'"), nullable=False)
    )
    op.alter_column("charges", "usage_session_id", existing_type=sa.UUID(), nullable=True)
    op.drop_constraint(op.f("uq_charges_usage_session_id"), "charges", type_="unique")
    op.create_index(
        "uq_charges_fee",
        "charges",
        ["reservation_id", "kind"],
        unique=True,
        postgresql_where="usage_session_id IS NULL",
    )
    op.create_unique_constraint(
        op.f("uq_charges_usage_session_id_kind"), "charges", ["usage_session_id", "kind"]
    )
    op.add_column(
        "instruments",
        sa.Column("condition", sa.String(), server_default=sa.text("'working'"), nullable=False),
    )
    op.add_column(
        "instruments",
        sa.Column(
            "modes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text('\'["self_operated", "entrusted"]\''),
            nullable=False,
        ),
    )
    op.add_column("instruments", sa.Column("group_code", sa.String(), nullable=True))
    op.add_column("instruments", sa.Column("region", sa.String(), nullable=True))
    op.add_column("instruments", sa.Column("value_fen", sa.BigInteger(), nullable=True))
    op.add_column("instruments", sa.Column("commissioned_on", sa.Date(), nullable=True))
    op.add_column("instruments", sa.Column("calibrated_until", sa.Date(), nullable=True))
    op.add_column("instruments", sa.Column("accessory_of", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_instruments_catalogue",
        "instruments",
        ["code", "id"],
        unique=False,
        postgresql_where="is_shared",
    )
    op.create_foreign_key(
        op.f("fk_instruments_accessory_of"), "instruments", "instruments", ["accessory_of"], ["id"]
    )
    op.add_column(
        "reservations",
        sa.Column("mode", sa.String(), server_default=sa.text("'self_operated'"), nullable=False),
    )
    op.add_column(
        "reservations",
        sa.Column(
            "answers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "reservations",
        sa.Column(
            "terms",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column("reservations", sa.Column("technician_id", sa.Uuid(), nullable=True))
    op.add_column("reservations", sa.Column("made_by", sa.Uuid(), nullable=True))
    op.add_column("reservations", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.add_column(
        "reservations", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("reservations", sa.Column("cancelled_as", sa.String(), nullable=True))
    op.add_column("reservations", sa.Column("attendance", sa.String(), nullable=True))
    op.add_column(
        "reservations",
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("'0'"), nullable=False),
    )
    op.add_column(
        "reservations",
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_reservations_open_ended",
        "reservations",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('confirmed', 'ended', 'interrupted', 'metered')"),
    )
    op.create_index(
        "ix_reservations_passing",
        "reservations",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('approved', 'held', 'retimed', 'submitted')"),
    )
    op.create_index(
        "ix_reservations_series",
        "reservations",
        ["series_id"],
        unique=False,
        postgresql_where="series_id IS NOT NULL",
    )
    op.create_foreign_key(
        op.f("fk_reservations_technician_id"), "reservations", "people", ["technician_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_reservations_made_by"), "reservations", "people", ["made_by"], ["id"]
    )
    op.add_column(
        "usage_sessions",
        sa.Column(
            "doubts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "usage_sessions",
        sa.Column("labour_s", sa.BigInteger(), server_default=sa.text("'0'"), nullable=False),
    )
    op.add_column(
        "usage_sessions", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True)
    )
    let_states_be(STATES, HOLDING)
    check_what_is_new()
    wall_off()


def downgrade() -> None:
    take_walls_down()
    put_states_back()

    op.drop_column("usage_sessions", "confirmed_at")
    op.drop_column("usage_sessions", "labour_s")
    op.drop_column("usage_sessions", "doubts")
    op.drop_constraint(op.f("fk_reservations_made_by"), "reservations", type_="foreignkey")
    op.drop_constraint(op.f("fk_reservations_technician_id"), "reservations", type_="foreignkey")
    op.drop_index(
        "ix_reservations_series",
        table_name="reservations",
        postgresql_where="series_id IS NOT NULL",
    )
    op.drop_index(
        "ix_reservations_passing",
        table_name="reservations",
        postgresql_where=sa.text("state IN ('approved', 'held', 'retimed', 'submitted')"),
    )
    op.drop_index(
        "ix_reservations_open_ended",
        table_name="reservations",
        postgresql_where=sa.text("state IN ('confirmed', 'ended', 'interrupted', 'metered')"),
    )
    op.drop_column("reservations", "changed_at")
    op.drop_column("reservations", "revision")
    op.drop_column("reservations", "attendance")
    op.drop_column("reservations", "cancelled_as")
    op.drop_column("reservations", "expires_at")
    op.drop_column("reservations", "series_id")
    op.drop_column("reservations", "made_by")
    op.drop_column("reservations", "technician_id")
    op.drop_column("reservations", "terms")
    op.drop_column("reservations", "answers")
    op.drop_column("reservations", "mode")
    op.drop_constraint(op.f("fk_instruments_accessory_of"), "instruments", type_="foreignkey")
    op.drop_index(
        "ix_instruments_catalogue", table_name="instruments", postgresql_where="is_shared"
    )
    op.drop_column("instruments", "accessory_of")
    op.drop_column("instruments", "calibrated_until")
    op.drop_column("instruments", "commissioned_on")
    op.drop_column("instruments", "value_fen")
    op.drop_column("instruments", "region")
    op.drop_column("instruments", "group_code")
    op.drop_column("instruments", "modes")
    op.drop_column("instruments", "condition")
    op.drop_constraint(op.f("uq_charges_usage_session_id_kind"), "charges", type_="unique")
    op.drop_index(
        "uq_charges_fee", table_name="charges", postgresql_where="usage_session_id IS NULL"
    )
    op.create_unique_constraint(
        op.f("uq_charges_usage_session_id"),
        "charges",
        ["usage_session_id"],
        postgresql_nulls_not_distinct=False,
    )
    op.alter_column("charges", "usage_session_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("charges", "kind")
    op.drop_index(op.f("ix_usage_changes_usage_session_id"), table_name="usage_changes")
    op.drop_table("usage_changes")
    op.drop_index(
        "ix_waitlist_entries_waiting",
        table_name="waitlist_entries",
        postgresql_where="state = 'waiting'",
    )
    op.drop_index("ix_waitlist_entries_person", table_name="waitlist_entries")
    op.drop_table("waitlist_entries")
    op.drop_index("ix_penalties_person", table_name="penalties")
    op.drop_table("penalties")
    op.drop_index(op.f("ix_funds_holds_enterprise_id"), table_name="funds_holds")
    op.drop_table("funds_holds")
    op.drop_index("ix_special_days_scope", table_name="special_days")
    op.drop_table("special_days")
    op.drop_index("ix_qualifications_person", table_name="qualifications")
    op.drop_table("qualifications")
    op.drop_index("ix_opening_hours_scope", table_name="opening_hours")
    op.drop_table("opening_hours")
    op.drop_table("kiosk_pins")
    op.drop_index(op.f("ix_instrument_labels_instrument_id"), table_name="instrument_labels")
    op.drop_table("instrument_labels")
    op.drop_index("ix_closures_scope", table_name="closures")
    op.drop_table("closures")
    op.drop_index("ix_calendar_feeds_owner", table_name="calendar_feeds")
    op.drop_table("calendar_feeds")
    op.drop_index(
        "uq_booking_policies_scope",
        table_name="booking_policies",
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_booking_policies_instrument_id"), table_name="booking_policies")
    op.drop_table("booking_policies")
    op.drop_table("lease_agreements")
    op.drop_table("credit_lines")
    op.execute(TIMES_BEFORE)
    op.execute("REVOKE ALL ON instrument_times FROM yixiang_app")
    op.execute("GRANT SELECT ON instrument_times TO yixiang_app")
