"""Files handed in: what is taken, what becomes of it, and who reads it."""

import io
import resource
import socket
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.files.rules import safe_name
from directory.files.store import FolderStore
from directory.files.tables import StoredFile
from tests.api.conftest import SignedInAs
from tests.api.registering import picture, upload
from tests.cast import Cast

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SCRIPT = b"<script>alert(document.cookie)</script>"


@pytest.fixture
def alice(cast: Cast, signed_in_as: SignedInAs) -> TestClient:
    return signed_in_as(cast.alice)


def codes(client: TestClient, name: str, content: bytes) -> list[str]:
    answer = upload(client, name, content)
    assert answer.status_code == 422, answer.text
    return [problem["code"] for problem in answer.json()["problems"]]


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evil.html", SCRIPT)
    return packed.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises more pixels than it has bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("page.html", SCRIPT, ["extension", "not_what_it_says"], id="html"),
        pytest.param("drawing.svg", b"<svg/>", ["extension", "not_what_it_says"], id="svg"),
        pytest.param("scan.png", SCRIPT, ["not_what_it_says"], id="html named png"),
        pytest.param("scan.jpg", picture("PNG"), ["not_what_it_says"], id="png named jpg"),
        pytest.param(
            "scan.png", b"\x89PNG\r\n\x1a\n" + SCRIPT, ["malformed"], id="png by magic only"
        ),
        pytest.param("empty.pdf", b"", ["empty"], id="empty"),
        pytest.param("cut.pdf", b"%PDF-1.7\n1 0 obj", ["malformed"], id="cut pdf"),
        pytest.param("trailed.pdf", PDF + b"x" * 2000 + zipped(), ["malformed"], id="trailed pdf"),
        pytest.param(
            "macro.docm", zipped(), ["extension", "not_what_it_says"], id="office with macros"
        ),
        pytest.param(
            "js.pdf",
            PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
            ["active_content"],
            id="pdf with a script",
        ),
        pytest.param(
            "js.pdf",
            PDF.replace(b"/Catalog", b"/Catalog/#4aS(app.alert(1))"),
            ["active_content"],
            id="pdf with a script, escaped",
        ),
        pytest.param(
            "huge.pdf", PDF + b" " * (10 * 1024 * 1024), ["too_large", "malformed"], id="large"
        ),
        pytest.param(
            "bomb.png", png_of_size(30_000, 30_000), ["too_many_pixels"], id="pixel flood"
        ),
        pytest.param("large.png", png_of_size(5_000, 5_000), ["too_many_pixels"], id="25 Mpx"),
    ],
)
def test_file_that_is_not_what_it_should_be_is_refused(
    alice: TestClient, session: Session, name: str, content: bytes, expected: list[str]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert codes(alice, name, content) == expected

    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 64 * 1024
    assert session.scalars(select(StoredFile)).all() == []


def test_body_beyond_every_limit_is_cut_off(alice: TestClient) -> None:
    answer = upload(alice, "huge.pdf", PDF + b" " * (12 * 1024 * 1024))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_image_is_drawn_anew_without_what_was_hidden_in_it(alice: TestClient) -> None:
    hidden = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 30.2672 N"
    Image.new("RGB", (40, 30), (200, 30, 30)).save(hidden, "JPEG", exif=exif)
    polyglot = hidden.getvalue() + SCRIPT + zipped()

    made = upload(alice, "scan.jpg", polyglot).json()
    content = alice.get(f"/api/v1/files/{made['id']}/content").content

    assert b"taken at home" in polyglot
    assert b"taken at home" not in content
    assert SCRIPT not in content
    assert not zipfile.is_zipfile(io.BytesIO(content))
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (40, 30)


def test_file_is_sealed_under_a_random_name_outside_the_web_root(
    app: FastAPI, alice: TestClient
) -> None:
    upload(alice, "../../etc/passwd.pdf", PDF)

    [path] = [it for it in Path(app.state.settings.data, "files").rglob("*") if it.is_file()]
    assert "passwd" not in str(path)
    assert b"PDF" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_content_is_an_attachment_that_can_run_nothing(alice: TestClient) -> None:
    made = upload(alice, "合同 1.pdf", PDF).json()

    answer = alice.get(f"/api/v1/files/{made['id']}/content")

    assert answer.content == PDF
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%E5%90%88%E5%90%8C%201.pdf"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_nobody_elses_file_is_there(
    alice: TestClient, cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    made = upload(alice, "a.pdf", PDF).json()

    for person in (cast.carol, cast.dan, cast.mei):
        client = signed_in_as(person)
        for path in (f"/api/v1/files/{made['id']}", f"/api/v1/files/{made['id']}/content"):
            assert client.get(path).status_code == 404
    assert stranger.get(f"/api/v1/files/{made['id']}/content").status_code == 401


def test_file_swapped_on_disk_does_not_open(app: FastAPI, alice: TestClient) -> None:
    first, second = upload(alice, "a.pdf", PDF).json(), upload(alice, "b.png", picture()).json()
    paths = sorted(it for it in Path(app.state.settings.data, "files").rglob("*") if it.is_file())
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, reversed(contents), strict=True):
        path.write_bytes(content)

    answers = [alice.get(f"/api/v1/files/{it['id']}/content") for it in (first, second)]

    assert [answer.status_code for answer in answers] == [500, 500]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "abSet-Cookie: x.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("...", "file"),
        (".htaccess", "htaccess"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_name_is_made_harmless(name: str, expected: str) -> None:
    assert safe_name(name) == expected


@pytest.mark.parametrize("key", ["../secret", "", "0" * 63, "G" * 64, "0" * 64 + "/x"])
def test_store_takes_no_key_but_its_own(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no key of ours"):
        FolderStore(tmp_path).get(key)


@contextmanager
def clamd(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A daemon that reads INSTREAM as ClamAV's manual has it, and answers what it is told to."""
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", stream.read(4))[0]:
                received.append(stream.read(size))
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", received
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (b"stream: OK\0", 201, None),
        (b"stream: Eicar-Test-Signature FOUND\0", 422, "file_refused"),
        (b"INSTREAM size limit exceeded. ERROR\0", 503, "scanner_away"),
        (b"", 503, "scanner_away"),
    ],
)
def test_scanner_decides_and_its_silence_is_no_consent(
    app: FastAPI, alice: TestClient, answer: bytes, status: int, code: str | None
) -> None:
    with clamd(answer) as (address, received):
        app.state.settings = app.state.settings.model_copy(update={"clamd_address": address})
        got = upload(alice, "a.pdf", PDF)

    assert (got.status_code, got.json().get("code")) == (status, code)
    assert b"".join(received) == PDF


def test_scanner_that_is_away_lets_nothing_by(app: FastAPI, alice: TestClient) -> None:
    app.state.settings = app.state.settings.model_copy(update={"clamd_address": "127.0.0.1:1"})

    assert upload(alice, "a.pdf", PDF).status_code == 503


def test_parts_that_are_none_are_malformed_like_any_other_body(
    cast: Cast, signed_in_as: SignedInAs
) -> None:
    answer = signed_in_as(cast.alice).post(
        "/api/v1/files",
        content=b"no boundary in here",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
