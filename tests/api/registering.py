"""What an applicant and a reviewer do, step by step, for the tests that need somebody admitted."""

import io
import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy.orm import Session, sessionmaker

from directory.registrations.confirmations import Outgoing, list_waiting, send_one
from foundation.clock import read_clock

PASSWORD = "ground glass tulip"
CANARY = "11010519491231002X"
"""A published identity number; it must appear nowhere in the clear."""
PHONE = "13812345678"
EMAIL = "li.siqi@example.com"
CREDIT_CODE = "91350100M000100Y43"


@dataclass
class Outside:
    """The world that messages go to."""

    app: FastAPI
    sessions: sessionmaker[Session]
    received: list[Outgoing] = field(default_factory=list)

    def deliver(self) -> None:
        with self.sessions.begin() as session:
            for key in list_waiting(session):
                send_one(
                    session,
                    key,
                    send=self.received.append,
                    now=read_clock(),
                    ring=self.app.state.keys.ring,
                )

    def confirm(self, client: TestClient, channel: str, address: str) -> str:
        """Ask for a code, read it where it was sent, and give it."""
        asked = client.post(
            "/api/v1/confirmations", json={"channel": channel, "address": address}
        ).json()
        self.deliver()
        [text] = [it.text for it in self.received[-1:] if it.address == address]
        [code] = re.findall(r"验证码 (\d{6})", text)
        answer = client.post(f"/api/v1/confirmations/{asked['id']}", json={"code": code})
        assert answer.json() == {"confirmed": True}
        return str(asked["id"])


def application(outside: Outside, client: TestClient, **changed: Any) -> dict[str, Any]:
    return {
        "kind": "enterprise",
        "login": "li.siqi",
        "password": PASSWORD,
        "display_name": "小李",
        "real_name": "李思齐",
        "identity_number": CANARY,
        "phone": PHONE,
        "phone_confirmation_id": outside.confirm(client, "phone", PHONE),
        "email": EMAIL,
        "email_confirmation_id": outside.confirm(client, "email", EMAIL),
        "organisation": "江阴精密机械有限公司",
        "credit_code": CREDIT_CODE,
        "consents": {"terms": "1", "identity_data": "1"},
        **changed,
    }


def picture(format_name: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(drawn, format_name)
    return drawn.getvalue()


def upload(client: TestClient, name: str, content: bytes) -> Any:
    return client.post(
        "/api/v1/files", data={"purpose": "registration"}, files={"file": (name, content)}
    )


def sign_in(app: FastAPI, login: str, password: str = PASSWORD) -> TestClient:
    client = TestClient(app, raise_server_exceptions=False)
    answer = client.post("/api/v1/sign-in", json={"login": login, "password": password})
    assert answer.status_code == 200, answer.text
    return client


def hand_in_all(client: TestClient, registration: dict[str, Any]) -> None:
    """Hand in every paper the kind needs."""
    needs = client.get("/api/v1/registrations/needs").json()["items"]
    [papers] = [need["papers"] for need in needs if need["kind"] == registration["kind"]]
    for paper in papers:
        file_id = upload(client, "scan.png", picture()).json()["id"]
        answer = client.put(
            f"/api/v1/registrations/mine/{registration['id']}/papers/{paper['paper']}",
            json={"file_id": file_id},
        )
        assert answer.status_code == 200, answer.text


def register(
    app: FastAPI, outside: Outside, stranger: TestClient, **changed: Any
) -> tuple[TestClient, dict[str, Any]]:
    """Register, hand in everything and submit; return the applicant's client and the view."""
    body = application(outside, stranger, **changed)
    answer = stranger.post("/api/v1/registrations", json=body)
    assert answer.status_code == 201, answer.text
    client = sign_in(app, body["login"])
    hand_in_all(client, answer.json())
    submitted = client.post(f"/api/v1/registrations/mine/{answer.json()['id']}/submit")
    assert submitted.status_code == 200, submitted.text
    return client, submitted.json()


def choose_own(client: TestClient, first: str) -> None:
    """Put a password of one's own in place of the one that somebody else chose."""
    me = client.get("/api/v1/me").json()
    assert me["must_change_password"]
    own = {"former": first, "password": "amber lantern river"}
    assert client.post("/api/v1/me/password", json=own).status_code == 204
