"""What a person at a browser has beside it: a phone that gets codes, and an authenticator."""

import base64
import re
import struct
from hashlib import sha1
from hmac import new as hmac
from io import BytesIO
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlsplit

from openpyxl import load_workbook
from playwright.sync_api import Download, Page

STEP_S = 30
LOOKS, LOOK_MS = 150, 200


def code_after(page: Page, log: Path, read_before: int) -> str:
    """Return the code that the demonstration's sender wrote down after what was read before."""
    for _ in range(LOOKS):
        said = log.read_text(encoding="utf-8")[read_before:]
        if found := re.findall(r"验证码 (\d{6})", said):
            return str(found[-1])
        page.wait_for_timeout(LOOK_MS)
    raise AssertionError("no code was sent")


def read_sheet(download: Download) -> list[tuple[Any, ...]]:
    """Return what a workbook holds that the browser was given to keep."""
    sheet = load_workbook(BytesIO(download.path().read_bytes())).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def one_time_code(secret: str, *, steps_on: int = 0) -> str:
    """Compute what an authenticator shows (RFC 6238), and not by the code that is to be tested."""
    counter = int(time()) // STEP_S + steps_on
    digest = hmac(base64.b32decode(secret), struct.pack(">Q", counter), sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


FIRST_PASSWORD = "ground glass tulip"


def choose_password(page: Page, login: str, own: str) -> None:
    """Let somebody who was just given a first password choose their own, in a browser elsewhere."""
    browser = page.context.browser
    assert browser is not None, "started by the tests"
    parts = urlsplit(page.url)
    with browser.new_context(base_url=f"{parts.scheme}://{parts.netloc}") as elsewhere:
        first = {"login": login, "password": FIRST_PASSWORD}
        assert elsewhere.request.post("/api/v1/sign-in", data=first).ok
        change = {"former": FIRST_PASSWORD, "password": own}
        assert elsewhere.request.post("/api/v1/me/password", data=change).ok
        assert elsewhere.request.post("/api/v1/sign-out").ok
