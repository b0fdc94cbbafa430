"""Keeps a running broker's accounts to what the platform's tables say."""

from dataclasses import dataclass

import psycopg

from cli.embedded.accounts import BrokerAccount, field_account
from cli.embedded.broker import Broker
from cli.embedded.processes import Process
from cli.embedded.programs import Site, Spokesman


@dataclass(frozen=True, slots=True)
class Standing:
    """Who speaks for which devices, and with which credential, if one was issued."""

    spokesman: Spokesman
    password_hash: str | None
    is_revoked: bool


def read_standings(database_url: str) -> list[Standing]:
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        rows = connection.execute(
            """
            SELECT account, devices, password_hash, revoked_at IS NOT NULL
            FROM (
                SELECT coalesce(gateway, name) AS account, array_agg(name ORDER BY name) AS devices
                FROM devices GROUP BY 1
            ) AS speaking
            LEFT JOIN broker_credentials ON username = account
            ORDER BY account
            """
        ).fetchall()
    return [
        Standing(Spokesman(account, tuple(devices)), password_hash, is_revoked)
        for account, devices, password_hash, is_revoked in rows
    ]


class Admission:
    """Admits whoever is registered or has claimed, and dismisses whose credential was revoked."""

    def __init__(self, broker: Broker, site: Site) -> None:
        self._broker = broker
        self._site = site
        self._known: dict[str, Standing] = {}

    def admit_at_first(self, spokesmen: list[Spokesman]) -> None:
        """Admit those known before there is a database to ask."""
        self._broker.admit(self._site.field_accounts(spokesmen))
        self._known |= {it.account: Standing(it, None, is_revoked=False) for it in spokesmen}

    def look(self, database_url: str, process: Process | None) -> bool:
        """Bring the broker's accounts up to date, and say whether anything was new."""
        wanted = {one.spokesman.account: one for one in read_standings(database_url)}
        news = {name: one for name, one in wanted.items() if self._known.get(name) != one}
        if not news:
            return False
        self._broker.admit([self._account_of(one) for one in news.values() if not one.is_revoked])
        self._broker.dismiss([name for name, one in news.items() if one.is_revoked])
        self._known |= news
        if process is not None:
            self._broker.reload(process)
        return True

    def _account_of(self, one: Standing) -> BrokerAccount:
        spokesman = one.spokesman
        if one.password_hash:
            return field_account(
                spokesman.account, "", spokesman.devices, password_hash=one.password_hash
            )
        (account,) = self._site.field_accounts([spokesman])
        return account
