"""The rows of one enterprise and one institution, looked at again after each request."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Connection, text

from cli.tables import METADATA

COLUMNS = ("enterprise_id", "institution_id")
OF_TWO = {"penalties": "a client's person appeals what the institution gave notice of"}
"""Tables whose rows belong to an institution and to somebody else, who may write to them."""


class ForeignRows:
    """Knows what another tenant's rows were, and says in which tables they are others now.

    A row counts that is theirs alone: a client's reservation at the other institution is not.
    """

    def __init__(self, connection: Connection, enterprise_id: UUID, institution_id: UUID) -> None:
        self._connection = connection
        self._ids = {"enterprise_id": enterprise_id, "institution_id": institution_id}
        self._query = text(" union all ".join(_tables()))
        self._before = self._read()

    def changed(self) -> list[str]:
        now = self._read()
        return sorted(table for table, digest in self._before.items() if now[table] != digest)

    def _read(self) -> dict[str, str]:
        # A request may have left its own role behind, to which these rows do not show.
        self._connection.execute(text("set local role none"))
        rows = self._connection.execute(self._query, self._ids)
        return {name: digest for name, digest in rows}  # noqa: C416 - a row is no pair to mypy


def _tables() -> Iterator[str]:
    for table in METADATA.sorted_tables:
        columns = [it for it in COLUMNS if it in table.columns]
        if columns and table.name not in OF_TWO:
            theirs = " and ".join(f"coalesce({it}, :{it}) = :{it}" for it in columns)
            said = "md5(coalesce(string_agg(t::text, '' order by t::text), ''))"
            yield (
                f"select '{table.name}', {said} from {table.name} t"
                f" where {theirs} and coalesce({', '.join(columns)}) is not null"
            )
