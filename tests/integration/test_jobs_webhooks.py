"""Web hooks against a receiver of the tests' own."""

import hashlib
import hmac
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from typing_extensions import override

from jobs.webhooks import Hook, WebhookFailed, deliver, new_secret

SECRET = new_secret()


class Receiver(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: tuple[int, dict[str, str], bytes] = (204, {}, b"")
        self.heard: list[tuple[str, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.server.heard.append((self.path, headers, body))
        status, more, text = self.server.answer
        self.send_response(status)
        for key, value in more.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(text)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def send(receiver: Receiver) -> None:
    deliver(
        Hook(
            url=f"http://localhost:{receiver.server_port}/hook?a=1",
            secret=SECRET,
            message_id="msg_1",
            body=b'{"type":"alarm.raised"}',
            at=datetime(2030, 1, 1, tzinfo=UTC),
        ),
        may_go=lambda address: address.version == 4 or address.is_loopback,
        schemes=frozenset({"http"}),
    )


def test_receiver_can_check_who_sent_it(receiver: Receiver) -> None:
    send(receiver)

    ((path, headers, body),) = receiver.heard
    key = b64decode(SECRET.removeprefix("whsec_"))
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert path == "/hook?a=1"
    assert headers["host"] == f"localhost:{receiver.server_port}"
    expected = b64encode(hmac.digest(key, told, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_redirection_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = (302, {"Location": f"http://127.0.0.1:{receiver.server_port}/inside"}, b"")

    with pytest.raises(WebhookFailed, match="302"):
        send(receiver)
    assert [path for path, _, _ in receiver.heard] == ["/hook?a=1"]


def test_answer_without_end_is_not_read_to_the_end(receiver: Receiver) -> None:
    receiver.answer = (200, {}, b"x" * 10_000_000)

    send(receiver)

    assert len(receiver.heard) == 1
