"""The deployment's secret is replaced while everybody reads and writes: nothing is ever shut."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, LargeBinary, select, text
from sqlalchemy.orm import Session, sessionmaker

from directory.privacy.vault import Vault
from directory.registrations.confirmations import Channel, Outgoing, post, send_one
from directory.registrations.identities import open_field, seal_identity
from directory.registrations.rules import Application, Kind
from directory.registrations.tables import Message, PersonIdentity
from foundation.database import Base, make_engine, make_session_factory
from foundation.encryption import KeyRing
from jobs import rewrap_keys
from telemetry.alarms.setup import add_recipient
from tests import make

OLD, NEW = "the former secret; long and mixed: 0x1f", "the present secret; long and mixed: 7Qz"
NOW = datetime(2030, 1, 7, 1, tzinfo=UTC)
READERS, WRITERS, WRITES_EACH, AT_FIRST = 3, 2, 60, 60

BEFORE = KeyRing.of(OLD, NEW)
"""A process that seals by the old secret and knows the new one already."""
AFTER = KeyRing.of(NEW, OLD)


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_database_url, pool_size=10)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_session_factory(engine)


def number_of(person_id: UUID) -> str:
    return f"number of {person_id}"


def admit(sessions: sessionmaker[Session], ring: KeyRing) -> UUID:
    """Write what registering writes: sealed fields, their indexes, and a message that waits."""
    with sessions.begin() as session:
        person = make.person(session)
        application = Application(
            kind=Kind.ENTERPRISE,
            display_name="",
            real_name="李思齐",
            identity_number=number_of(person.id),
            phone="13812345678",
            email="li@example.com",
            organisation="",
            credit_code="",
            consents=(),
        )
        seal_identity(Vault(session, ring), person, application, NOW)
        post(session, Outgoing(Channel.EMAIL, "li@example.com", "hello"), now=NOW, ring=ring)
        return person.id


def read(sessions: sessionmaker[Session], ring: KeyRing, person_id: UUID) -> bool:
    """Read a field back, and find the person by it."""
    with sessions.begin() as session:
        identity = session.get_one(PersonIdentity, person_id)
        indexes = ring.blind_indexes(number_of(person_id), "identity_number")
        found = session.scalar(
            select(PersonIdentity.person_id).where(PersonIdentity.identity_index.in_(indexes))
        )
        said = open_field(Vault(session, ring), identity, "identity_number")
        return found == person_id and said == number_of(person_id)


@pytest.mark.committed
@pytest.mark.full
def test_secret_is_replaced_under_readers_and_writers(
    sessions: sessionmaker[Session], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YIXIANG_DATABASE_URL", "postgresql://")
    monkeypatch.setenv("YIXIANG_SECRET_KEY", NEW)
    monkeypatch.setenv("YIXIANG_FORMER_SECRET_KEYS", OLD)
    people = [admit(sessions, BEFORE) for _ in range(AT_FIRST)]
    with sessions.begin() as session:
        institution = make.institution(session)
        add_recipient(
            session,
            institution.id,
            kind="webhook",
            address="https://example.com/alarms",
            severity_min="info",
            secret="of the web hook",
            ring=BEFORE,
            now=NOW,
        )
    restarted = threading.Event()
    written = threading.Event()
    tally: Counter[str] = Counter()

    def write(worker: int) -> None:
        for number in range(WRITES_EACH):
            # The first process restarts at once, the second half-way.
            is_new = restarted.is_set() and (worker == 0 or number > WRITES_EACH // 2)
            people.append(admit(sessions, AFTER if is_new else BEFORE))
            tally["written by new" if is_new else "written by old"] += 1
            if number == WRITES_EACH // 4:
                restarted.set()

    def look(worker: int) -> None:
        chance = random.Random(worker)
        while not written.is_set():
            ring = AFTER if restarted.is_set() and worker else BEFORE
            is_read = read(sessions, ring, chance.choice(people))
            tally["read" if is_read else "unreadable"] += 1

    def rewrap() -> None:
        assert restarted.wait(30)
        while not written.is_set():
            tally["sealed anew"] += rewrap_keys.run(sessions, NOW).changed

    with ThreadPoolExecutor() as threads:
        others = [threads.submit(look, worker) for worker in range(READERS)]
        others.append(threads.submit(rewrap))
        writers = [threads.submit(write, worker) for worker in range(WRITERS)]
        outcomes = [it.exception() for it in writers]
        written.set()
        outcomes += [it.exception() for it in others]

    assert outcomes == [None] * len(outcomes)
    assert tally["unreadable"] == 0
    assert min(tally[what] for what in ("read", "written by old", "written by new")) > 20
    assert tally["sealed anew"] > AT_FIRST

    rewrap_keys.run(sessions, NOW)
    assert rewrap_keys.run(sessions, NOW).changed == 0
    assert sealed_under(engine, KeyRing.of(OLD)) == {}
    assert sum(sealed_under(engine, KeyRing.of(NEW)).values()) > len(people)
    alone = KeyRing.of(NEW)
    assert len(people) == AT_FIRST + WRITERS * WRITES_EACH
    assert all(read(sessions, alone, person) for person in people)
    assert send_all(sessions, alone) == len(people)


def sealed_under(engine: Engine, ring: KeyRing) -> Counter[str]:
    """Count the values, in any column of any table, whose header names the ring's key."""
    header = ring.current.id
    found: Counter[str] = Counter()
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, LargeBinary):
                    count = connection.scalar(
                        text(
                            f'SELECT count(*) FROM "{table.name}"'
                            f' WHERE substr("{column.name}", 3, 4) = :header'
                        ),
                        {"header": header},
                    )
                    if count:
                        found[f"{table.name}.{column.name}"] = count
    return found


def send_all(sessions: sessionmaker[Session], ring: KeyRing) -> int:
    sent: list[Outgoing] = []
    keep: Callable[[Outgoing], None] = sent.append
    with sessions.begin() as session:
        for key in session.scalars(select(Message.id)).all():
            send_one(session, key, send=keep, now=NOW, ring=ring)
    return len(sent)
