"""Mail handed to a real SMTP server on this machine."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from smtplib import SMTPRecipientsRefused

import pytest
from typing_extensions import override

from directory.registrations.confirmations import Channel, Outgoing
from directory.registrations.senders import SmtpSender

pytestmark = pytest.mark.enable_socket


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much of RFC 5321 as a submission needs, and refuses one recipient."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails: list[bytes] = []
        self.recipients: list[str] = []


class Session(socketserver.StreamRequestHandler):
    server: Server

    @override
    def handle(self) -> None:
        self.say("220 mail.example ESMTP")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line.split(" ")[0].upper()
            if verb == "RCPT":
                is_refused = "nobody@" in line
                self.say("550 5.1.1 no such mailbox" if is_refused else "250 2.1.5 fine")
                self.server.recipients += [] if is_refused else [line.split(":", 1)[1].strip()]
            elif verb == "DATA":
                self.say("354 go on")
                self.server.mails.append(self.read_mail())
                self.say("250 2.0.0 taken")
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 fine")

    def read_mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def sender_to(server: Server) -> SmtpSender:
    return SmtpSender(f"smtp://127.0.0.1:{server.server_address[1]}", "仪享 <no-reply@example.com>")


def test_mail_arrives_as_it_was_written() -> None:
    with serving() as server:
        sender_to(server).send(
            Outgoing(Channel.EMAIL, "li@example.com", "验证码 123456\n.\n十分钟内有效。")
        )

    mail = message_from_bytes(server.mails[0], policy=policy.default)
    assert server.recipients == ["<li@example.com>"]
    assert (mail["To"], mail["Subject"]) == ("li@example.com", "仪享 Yixiang")
    assert mail.get_content().splitlines() == ["验证码 123456", ".", "十分钟内有效。"]


def test_refused_recipient_is_an_error() -> None:
    with serving() as server, pytest.raises(SMTPRecipientsRefused):
        sender_to(server).send(Outgoing(Channel.EMAIL, "nobody@example.com", "x"))
    assert server.mails == []


def test_server_that_is_away_is_an_error() -> None:
    with serving() as server:
        sender = sender_to(server)
    with pytest.raises(ConnectionRefusedError):
        sender.send(Outgoing(Channel.EMAIL, "li@example.com", "x"))


def test_address_that_would_be_a_header_is_refused() -> None:
    address = "li@example.com\r\nBcc: all@example.com"
    with serving() as server, pytest.raises(ValueError, match="linefeed"):
        sender_to(server).send(Outgoing(Channel.EMAIL, address, "x"))
    assert server.mails == []
