"""A client process that asks for time along with others; it imports little, to start fast."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4


def post(
    connection: HTTPConnection, path: str, body: object, headers: Mapping[str, str]
) -> tuple[int, dict[str, Any], str]:
    """Send one request; return its status, its document and the cookie it set."""
    connection.request(
        "POST",
        f"/api/v1{path}",
        json.dumps(body),
        {"Content-Type": "application/json", **headers},
    )
    answer = connection.getresponse()
    document = json.loads(answer.read() or b"{}")
    return answer.status, document, (answer.getheader("set-cookie") or "").split(";")[0]


def contend(port: int, cookie: str, slots: list[dict[str, str]], barrier: Any, told: Any) -> None:
    """In each round ask for the slot that all the others ask for too."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    answers = []
    for slot in slots:
        barrier.wait(60)
        status, document, _ = post(
            connection, "/reservations", slot, {"Cookie": cookie, "Idempotency-Key": uuid4().hex}
        )
        answers.append((status, str(document.get("code", ""))))
    connection.close()
    told.put(answers)


def get(
    connection: HTTPConnection, path: str, headers: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    connection.request("GET", f"/api/v1{path}", headers=dict(headers))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")
