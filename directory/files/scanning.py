"""Asks ClamAV's daemon whether a file is malware, by its INSTREAM command."""

import socket
import struct

from directory.files.errors import FileRefused, ScannerAway
from foundation.errors import Problem

CHUNK = 64 * 1024
LIMIT_S = 20.0
ANSWER_MAX = 4096


def scan(content: bytes, address: str) -> None:
    """Pass a clean file, or say why not. An empty address means that no scanner is set up.

    Raises:
        FileRefused: when the scanner found something.
        ScannerAway: when it does not answer as it should; nothing goes by unscanned.
    """
    if not address:
        return
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=LIMIT_S) as connection:
            connection.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                chunk = content[start : start + CHUNK]
                connection.sendall(struct.pack(">I", len(chunk)) + chunk)
            connection.sendall(struct.pack(">I", 0))
            answer = _read_answer(connection)
    except (OSError, ValueError) as error:
        raise ScannerAway from error
    if answer == "stream: OK":
        return
    if answer.endswith(" FOUND"):
        raise FileRefused(
            [Problem("malware", "文件被识别为恶意软件", "the scanner found malware", "file")]
        )
    raise ScannerAway


def _read_answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < ANSWER_MAX:
        part = connection.recv(ANSWER_MAX)
        if not part:
            break
        answer += part
    return answer.rstrip(b"\0\n").decode("ascii", "replace")
