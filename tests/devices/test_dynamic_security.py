"""A mosquitto that keeps its own accounts is told of each that is new, changed or revoked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from cli.embedded.processes import wait_until
from directory.institutions.tables import Institution
from foundation.clock import read_clock
from foundation.database import make_engine, make_session_factory
from foundation.encryption import KeyRing
from foundation.identifiers import PersonId
from jobs.tell_broker import tell
from telemetry.credentials import service
from telemetry.credentials.plugin import Platform, Wanted, dynamic_security, find_commands
from telemetry.credentials.rules import hash_password
from tests import make
from tests.dynamic_security import Peer, run_dynamic_security

RING = KeyRing.of("a secret of the deployment for tests: qwxzjv")


@dataclass
class Field:
    """A device alone, another behind a gateway, and the broker they connect to."""

    sessions: sessionmaker[Session]
    port: int
    institution: Institution
    manager: PersonId

    def tell(self) -> tuple[int, int]:
        outcome = tell(self.sessions, f"mqtt://keeper:kept@127.0.0.1:{self.port}", RING)
        return outcome.changed, outcome.failed

    def issue(self, username: str) -> str:
        with self.sessions.begin() as session:
            return service.issue(
                session,
                username=username,
                institution_id=None,
                actor_id=self.manager,
                now=read_clock(),
                ring=RING,
            )

    def revoke(self, username: str) -> None:
        with self.sessions.begin() as session:
            service.revoke(
                session,
                username=username,
                institution_id=None,
                actor_id=self.manager,
                now=read_clock(),
            )

    def untold(self) -> list[str]:
        with self.sessions() as session:
            return [one.username for one in service.list_wanted(session, RING) if one.password]

    def lets_in(self, username: str, password: str, client_id: str = "") -> bool:
        peer = Peer(self.port, username, password, client_id)
        try:
            return peer.connect()
        finally:
            peer.stop()


@pytest.fixture
def field(empty_database_url: str, tmp_path: Path) -> Iterator[Field]:
    engine = make_engine(empty_database_url)
    sessions = make_session_factory(engine)
    with sessions.begin() as session:
        institution = make.institution(session)
        manager = make.person(session).id
        make.device(session, institution=institution, name="scale-9")
        make.device(session, institution=institution, name="oven-9", gateway="gw-9")
    keeper = Platform("keeper", hash_password("kept"))
    with run_dynamic_security(tmp_path, dynamic_security([], None, keeper)) as port:
        field = Field(sessions, port, institution, manager)
        assert wait_until(lambda: field.tell() == (0, 0), limit_s=10)
        yield field
    engine.dispose()


@pytest.mark.full
@pytest.mark.enable_socket
@pytest.mark.committed
def test_broker_follows_what_is_issued_rotated_and_revoked(field: Field) -> None:
    first = field.issue("scale-9")
    assert field.untold() == ["scale-9"]
    assert not field.lets_in("scale-9", first)

    assert field.tell() == (2, 0), "its role and itself"
    assert field.untold() == [], "what was told is not kept"
    assert field.tell() == (0, 0), "nothing is new"
    device = Peer(field.port, "scale-9", first)
    assert device.connect()
    assert not field.lets_in("scale-9", first, client_id="gw-9")

    second = field.issue("scale-9")
    assert field.tell() == (1, 0)
    assert not field.lets_in("scale-9", first), "this broker keeps one password"
    device.stop()
    rotated = Peer(field.port, "scale-9", second)
    rotated.client.on_disconnect = lambda *_: rotated.answered.clear()
    assert rotated.connect()

    field.revoke("scale-9")
    assert field.tell() == (1, 0)
    assert wait_until(lambda: not rotated.answered.is_set(), limit_s=5), "put off the line"
    rotated.stop()
    assert not field.lets_in("scale-9", second)
    assert field.tell() == (0, 0)


@pytest.mark.full
@pytest.mark.enable_socket
@pytest.mark.committed
def test_gateway_speaks_for_a_device_from_when_it_is_behind_it(field: Field) -> None:
    password = field.issue("gw-9")
    assert field.tell() == (2, 0)
    with field.sessions.begin() as session:
        make.device(session, institution=field.institution, name="kiln-9", gateway="gw-9")

    assert field.tell() == (1, 0), "its role has more topics"

    assert field.tell() == (0, 0)
    assert field.lets_in("gw-9", password)


@pytest.mark.enable_socket
def test_broker_that_is_away_is_told_at_the_next_look(
    session_factory: sessionmaker[Session],
) -> None:
    assert tell(session_factory, "mqtt://keeper:kept@127.0.0.1:1", RING).failed == 1


def test_accounts_that_are_not_ours_are_left_alone() -> None:
    theirs = [{"username": "keeper"}, {"username": "somebody"}]

    assert list(find_commands([], theirs, [{"rolename": "somebody", "acls": []}])) == []
    gone = Wanted("scale-9", ("scale-9",), is_revoked=True)
    assert list(find_commands([gone], theirs, [])) == []
