"""The second wall between tenants: row-level security in the database itself.

A request's transaction runs as the role `yixiang_app`, which owns nothing, and says for whom
it acts; the database then shows it no other tenant's rows, whatever the code above asks for.
Jobs, ingest and migrations act for everybody: the role they connect with belongs to
`yixiang_worker`, to whom every row is open.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

APP_ROLE = "yixiang_app"
WORKER_ROLE = "yixiang_worker"


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom a transaction acts; nobody by default."""

    person_id: UUID | None = None
    enterprise_ids: Collection[UUID] = ()
    institution_id: UUID | None = None
    station_id: UUID | None = None
    is_platform: bool = False


SETTINGS = ("app.person", "app.enterprises", "app.institution", "app.station", "app.platform")
ENTER = ", ".join(
    [f"set_config('{name}', :{name.removeprefix('app.')}, true)" for name in SETTINGS]
    # Last: the role may not change what stands above it.
    + [f"set_config('role', '{APP_ROLE}', true)"]
)
# What a command asks it asks by key, and planning it anew each time took longer than answering.
ENTER_TO_WRITE = text(f"SELECT set_config('plan_cache_mode', 'force_generic_plan', true), {ENTER}")
ENTER_TO_READ = text(f"SELECT set_config('transaction_read_only', 'on', true), {ENTER}")


def enter(session: Session, acting: Acting, *, only_reads: bool = False) -> None:
    """Take the role that owns nothing, for this transaction, in one round trip."""
    session.connection().execute(
        ENTER_TO_READ if only_reads else ENTER_TO_WRITE,
        {
            "person": _text(acting.person_id),
            "enterprises": ",".join(sorted(str(key) for key in acting.enterprise_ids)),
            "institution": _text(acting.institution_id),
            "station": _text(acting.station_id),
            "platform": "yes" if acting.is_platform else "",
        },
    )


def leave(session: Session) -> None:
    """Give the role back where the transaction is a savepoint of a larger one.

    A real transaction forgets it by itself, at its commit as at its rollback.
    """
    if isinstance(session.get_bind(), Connection):
        session.flush()
        session.execute(select(func.set_config("role", "none", True)))  # noqa: FBT003


def become(session: Session, person_id: UUID) -> None:
    """Act for somebody who just proved who they are, or was just made."""
    session.execute(select(func.set_config("app.person", str(person_id), True)))  # noqa: FBT003


def _text(key: UUID | None) -> str:
    return str(key) if key else ""


# What a policy may say; each reads the transaction's settings once, not once a row.
IS_PLATFORM = "(SELECT app_is_platform())"
OWN_PERSON = "{column} = (SELECT app_person())"
OWN_INSTITUTION = "{column} = (SELECT app_institution())"
OWN_STATION = "{column} = (SELECT app_station())"
OWN_ENTERPRISE = "{column} = ANY (COALESCE((SELECT app_enterprises()), '{{}}'))"


def protect(
    table: str,
    *,
    person: str | None = None,
    enterprise: str | None = None,
    institution: str | None = None,
    station: str | None = None,
    parent: str | None = None,
    platform: bool = True,
    written_by: str | None = None,
) -> list[str]:
    """Return the statements that hide a table's rows from other tenants.

    Each argument names the column that says whose a row is; any of them suffices.
    `parent`: a condition on a protected parent, such as
    "EXISTS (SELECT FROM orders o WHERE o.id = order_id)". `written_by`: what a row that is
    written must satisfy, where that is more than being seen.
    """
    conditions = [IS_PLATFORM] if platform else []
    for column, template in (
        (person, OWN_PERSON),
        (enterprise, OWN_ENTERPRISE),
        (institution, OWN_INSTITUTION),
        (station, OWN_STATION),
    ):
        if column:
            conditions.append(template.format(column=column))
    if parent:
        conditions.append(parent)
    visible = " OR ".join(conditions)
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY worker ON {table} TO {WORKER_ROLE} USING (true) WITH CHECK (true)",
        (
            f"CREATE POLICY tenant ON {table} TO {APP_ROLE} USING ({visible})"
            f" WITH CHECK ({written_by or visible})"
        ),
    ]


def unprotect(table: str) -> list[str]:
    return [
        f"DROP POLICY IF EXISTS tenant ON {table}",
        f"DROP POLICY IF EXISTS worker ON {table}",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
