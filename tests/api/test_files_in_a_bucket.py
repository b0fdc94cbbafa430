"""Files in a bucket: on an S3 server that checks signatures, goes away and comes back."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer
from pydantic import SecretStr
from sqlalchemy import Engine, QueuePool, event, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from api.app import equip
from cli import files as files_command
from cli.doctor import examine_files
from cli.examinations import Verdict
from directory.files import bucket as bucket_module
from directory.files.bucket import BucketStore
from directory.files.errors import StoreAway
from directory.files.orphans import STRANGE_MIN, find_orphans
from directory.files.places import folder_of, open_store
from directory.files.store import ContentGone, FolderStore, Kept, Store, new_key, path_of
from directory.files.tables import StoredFile
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.database import make_engine, make_session_factory
from foundation.settings import Settings
from jobs import sweep_files
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.registering import upload
from tests.cast import Cast

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
BUCKET = "yixiang-files"
MAY_DO_ALL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
)


@dataclass
class Server:
    """An S3 server that remembers while it is away."""

    port: int
    access_key: str = ""
    secret_key: str = ""
    prefix: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key or "nobody",
            aws_secret_access_key=self.secret_key or "nobody",
        )

    def settings(self, settings: Settings, **changed: Any) -> Settings:
        return settings.model_copy(
            update={
                "s3_endpoint": self.url,
                "s3_bucket": BUCKET,
                "s3_access_key": SecretStr(self.access_key),
                "s3_secret_key": SecretStr(self.secret_key),
                "s3_prefix": self.prefix,
                **changed,
            }
        )


@contextmanager
def serving(port: int = 0) -> Iterator[int]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        yield server.get_host_and_port()[1]
    finally:
        server.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A server with a bucket, and the key of the one account that may use it."""
    with serving() as port:
        server = Server(port)
        httpx.post(f"{server.url}/moto-api/reset")
        server.ask("s3").create_bucket(Bucket=BUCKET)
        accounts = server.ask("iam")
        accounts.create_user(UserName="yixiang")
        accounts.put_user_policy(UserName="yixiang", PolicyName="all", PolicyDocument=MAY_DO_ALL)
        key = accounts.create_access_key(UserName="yixiang")["AccessKey"]
        # From here on each request's signature is checked.
        httpx.post(f"{server.url}/moto-api/reset-auth", content=b"0")
        yield Server(port, key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture
def server(running: Server) -> Server:
    """The server, with a corner of the bucket for one test alone."""
    return replace(running, prefix=uuid4().hex)


@pytest.fixture
def alice(app: FastAPI, server: Server, cast: Cast, signed_in_as: SignedInAs) -> TestClient:
    """A client of an api whose files are in the bucket."""
    app.state.settings = server.settings(app.state.settings)
    app.state.store = open_store(app.state.settings)
    return signed_in_as(cast.alice)


def content(client: TestClient, file_id: str) -> Any:
    return client.get(f"/api/v1/files/{file_id}/content")


def rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(StoredFile)) or 0


@pytest.fixture(params=["folder", "bucket", "bucket with a prefix"])
def store(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path)
    prefix = f"{server.prefix}/deeper" if "prefix" in request.param else ""
    return BucketStore(server.settings(Settings(database_url=SecretStr("")), s3_prefix=prefix))


def test_every_store_keeps_the_same_promises(store: Store) -> None:
    key, large = new_key(), os.urandom(6 * 1024 * 1024)
    before = {one.key for one in store.list_kept()}

    store.put(key, b"first")
    store.put(key, large)
    assert store.get(key) == large
    assert {one.key: one.since for one in store.list_kept()}.keys() - before == {key}
    assert all(
        abs(one.since - read_clock()) < timedelta(minutes=1)
        for one in store.list_kept()
        if one.key == key
    )
    for _ in range(2):
        store.remove(key)
    assert {one.key for one in store.list_kept()} == before
    with pytest.raises(ContentGone):
        store.get(key)
    for verb in (store.get, store.remove):
        with pytest.raises(ValueError, match="no key of ours"):
            verb("../secret")


def test_file_goes_to_the_bucket_sealed_and_comes_back(
    app: FastAPI, alice: TestClient, session: Session, server: Server
) -> None:
    made = upload(alice, "合同.pdf", PDF).json()

    assert content(alice, made["id"]).content == PDF
    key = session.scalars(select(StoredFile.store_key)).one()
    there = server.ask("s3").get_object(Bucket=BUCKET, Key=f"{server.prefix}/{path_of(key)}")
    assert b"PDF" not in there["Body"].read()
    assert not Path(app.state.settings.data, "files").exists()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"s3_access_key": SecretStr("stranger")}, id="wrong key"),
        pytest.param({"s3_secret_key": SecretStr("guess")}, id="wrong secret"),
        pytest.param({"s3_bucket": "no-such-bucket"}, id="no bucket"),
        pytest.param({"s3_endpoint": "http://127.0.0.1:1"}, id="nobody there"),
    ],
)
def test_store_that_does_not_take_it_ends_in_a_refusal_and_nothing_is_lost(
    app: FastAPI, alice: TestClient, session: Session, changed: dict[str, Any]
) -> None:
    made = upload(alice, "a.pdf", PDF).json()
    sound = app.state.store
    app.state.store = open_store(app.state.settings.model_copy(update=changed))

    refused = [upload(alice, "b.pdf", PDF), content(alice, made["id"])]

    assert [(it.status_code, it.json()["code"]) for it in refused] == [(503, "file_store_away")] * 2
    assert rows(session) == 1
    app.state.store = sound
    assert content(alice, made["id"]).content == PDF
    assert upload(alice, "b.pdf", PDF).status_code == 201


def test_server_goes_away_and_comes_back(app: FastAPI, alice: TestClient, session: Session) -> None:
    with serving() as port:
        address = f"http://127.0.0.1:{port}"
        settings = app.state.settings.model_copy(update={"s3_endpoint": address})
        app.state.store = open_store(settings)
        made = upload(alice, "a.pdf", PDF).json()
    away = [upload(alice, "b.pdf", PDF).status_code, content(alice, made["id"]).status_code]
    with serving(port):
        back = [upload(alice, "b.pdf", PDF).status_code, content(alice, made["id"]).status_code]

    assert (away, back, rows(session)) == ([503, 503], [201, 200], 2)


def test_server_that_says_nothing_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "ANSWER_LIMIT", timedelta(seconds=0.3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = server.settings(Settings(database_url=SecretStr("")), s3_endpoint=address)
        with pytest.raises(StoreAway):
            BucketStore(settings).put(new_key(), b"x")


@dataclass
class Watched:
    """A store that notes how many of the database's connections are in use meanwhile."""

    inner: Store
    engine: Engine
    noted: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.inner.name

    def put(self, key: str, content: bytes) -> None:
        self.noted.append(in_use(self.engine))
        self.inner.put(key, content)

    def get(self, key: str) -> bytes:
        self.noted.append(in_use(self.engine))
        return self.inner.get(key)

    def remove(self, key: str) -> None:
        self.inner.remove(key)

    def list_kept(self) -> Iterator[Kept]:
        return self.inner.list_kept()


def in_use(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


@pytest.mark.committed
def test_no_transaction_waits_for_the_store(
    app: FastAPI, empty_database_url: str, stranger: TestClient
) -> None:
    """A store that is slow must not hold the database's connections."""
    engine = make_engine(empty_database_url, pool_size=1)
    equip(app, app.state.settings, engine)
    with app.state.session_factory.begin() as session:
        alice = make.person(session, Role.MEMBER, enterprise=make.enterprise(session))
    sign_in = {"login": alice.login, "password": make.PASSWORD}
    assert stranger.post("/api/v1/sign-in", json=sign_in).status_code == 200
    app.state.store = Watched(app.state.store, engine)

    made = upload(stranger, "a.pdf", PDF).json()

    assert content(stranger, made["id"]).content == PDF
    assert app.state.store.noted == [0, 0]
    engine.dispose()


def test_upload_that_is_not_committed_leaves_nothing_for_long(
    app: FastAPI,
    alice: TestClient,
    session: Session,
    session_factory: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, store = app.state.settings, app.state.store
    monkeypatch.setattr(Settings, "read", lambda: settings)
    [kept, erased] = [upload(alice, name, PDF).json()["id"] for name in ("a.pdf", "b.pdf")]
    session.execute(
        update(StoredFile).where(StoredFile.id == erased).values(erased_at=read_clock())
    )
    session.commit()

    def fail(session: Session) -> None:
        if any(isinstance(it, StoredFile) for it in session.identity_map.values()):
            raise OperationalError("COMMIT", {}, Exception("the server is gone"))

    event.listen(session_factory, "before_commit", fail)
    try:
        assert upload(alice, "c.pdf", PDF).status_code == 503
    finally:
        event.remove(session_factory, "before_commit", fail)
    assert len(list(store.list_kept())) == 3

    soon, later = read_clock() + timedelta(hours=1), read_clock() + timedelta(hours=25)
    assert sweep_files.run(session_factory, soon).changed == 0
    assert sweep_files.run(session_factory, later).changed == 2
    assert sweep_files.run(session_factory, later).found == 0
    [left] = store.list_kept()
    assert left.key == session.scalar(select(StoredFile.store_key).where(StoredFile.id == kept))
    assert content(alice, kept).content == PDF


def test_store_of_somebody_else_is_not_swept(session: Session, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for _ in range(STRANGE_MIN + 1):
        store.put(new_key(), b"not ours")

    assert find_orphans(session, store, now=read_clock() + timedelta(days=2)) == []


def test_folder_is_copied_to_the_bucket_and_read_there(
    app: FastAPI, alice: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = app.state.store
    app.state.store = folder_of(app.state.settings)
    made = [upload(alice, f"{number}.pdf", PDF).json()["id"] for number in range(3)]
    monkeypatch.setattr(Settings, "read", lambda: app.state.settings)

    said = [CliRunner().invoke(files_command.app, ["copy"]) for _ in range(2)]

    assert [it.exit_code for it in said] == [0, 0]
    assert said[0].output.startswith("copied 3 from the folder")
    assert said[1].output.startswith("copied 0 from the folder")
    app.state.store = bucket
    assert [content(alice, it).content for it in made] == [PDF] * 3


def test_doctor_says_what_is_wrong_with_the_store(
    server: Server, empty_database_url: str, tmp_path: Path
) -> None:
    bare = Settings(database_url=SecretStr(empty_database_url), data=tmp_path)
    sound = server.settings(bare)
    engine = make_engine(empty_database_url, pool_size=1)
    with make_session_factory(engine).begin() as session:
        owner = make.person(session)
        session.add(
            StoredFile(
                owner_id=owner.id,
                subject_id=owner.id,
                purpose="other",
                name="a.pdf",
                media_type="application/pdf",
                size=1,
                sha256=b"",
                store_key=(lost := new_key()),
                created_at=read_clock(),
            )
        )
    engine.dispose()

    for settings, verdict, said in (
        (sound, Verdict.BROKEN, "1 of 1 have lost their content"),
        (server.settings(bare, s3_bucket="no-such-bucket"), Verdict.BROKEN, "NoSuchBucket"),
        (server.settings(bare, s3_secret_key=SecretStr("x")), Verdict.BROKEN, "SignatureDoesNot"),
        (server.settings(bare, s3_endpoint="http://127.0.0.1:1"), Verdict.BROKEN, "127.0.0.1:1"),
    ):
        [finding] = examine_files(settings)
        assert (finding.verdict, said in finding.text) == (verdict, True), finding
    open_store(sound).put(lost, b"found again")
    [finding] = examine_files(sound)
    assert finding.verdict is Verdict.WELL, finding
    open_store(sound).remove(lost)
