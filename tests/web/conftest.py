"""The whole application, and a browser looking at it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).parents[2]
UP_WITHIN_S = 90
DOWN_WITHIN_S = 20
WIDE = (1400, 900)
NARROW = (390, 844)
ANSWER_WITHIN_MS = 15_000
PASSWORD = "yixiang-demo"  # of the seeded demo people; GET /api/v1/demo-accounts tells it to anyone


expect.set_options(
    timeout=ANSWER_WITHIN_MS
)  # passwords are hashed slowly, the more so beside others


@dataclass(frozen=True, slots=True)
class RunningApp:
    """The address of an application with its database, broker, ingest, jobs and instruments."""

    url: str
    data: Path
    """Where it keeps its files and logs."""


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


# For these tests only: the demo takes its share of the processor, and Playwright's event loop,
# which runs as long as it does, forbids every other one.
@pytest.fixture(scope="package")
def running_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    if find_browser() is None:
        pytest.skip("no Chromium on the PATH")
    assert (ROOT / "web/dist/index.html").is_file(), "the pages are not built: npm run build"
    command = [sys.executable, "-m", "cli", "demo", "--port", "0"]
    data = tmp_path_factory.mktemp("demo")
    command += ["--data", str(data)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Every page signs in anew.
        env={**os.environ, "PYTHONUNBUFFERED": "1", "YIXIANG_HASHING_SHARE": "1"},
    )
    try:
        yield RunningApp(url=wait_for_address(process), data=data)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(DOWN_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert process.stdout
        process.stdout.close()


def wait_for_address(process: subprocess.Popen[str]) -> str:
    """Read what the demo prints, for its address; keep reading, or its pipe would fill."""
    said: list[str] = []
    found: list[str] = []
    is_known = threading.Event()

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            said.append(line)
            address = re.search(r"http://[\d.]+:\d+", line)
            if address and not found:
                found.append(address[0])
                is_known.set()
        is_known.set()

    threading.Thread(target=read, daemon=True).start()
    is_known.wait(UP_WITHIN_S)
    assert found, "the demo did not come up:\n" + "".join(said[-40:])
    return found[0]


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    if find_browser() is None:
        pytest.skip("no Chromium on the PATH")
    browser = playwright.chromium.launch(
        executable_path=find_browser(),
        args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    )
    yield browser
    browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, running_app: RunningApp) -> Iterator[OpenPage]:
    """Open an address as somebody, at a width; what the page complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_as(path: str, login: str | None = None, size: tuple[int, int] = WIDE) -> Page:
        context = browser.new_context(
            base_url=running_app.url,
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(ANSWER_WITHIN_MS)
        if login:
            sign_in(context, login)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if is_complaint(said) else None,
        )
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not complaints


def is_complaint(said: ConsoleMessage) -> bool:
    """Tell whether the console shows an error; a refusal, or a line cut by the test, is none."""
    is_answer = "Failed to load resource" in said.text
    return said.type == "error" and (not is_answer or "status of 5" in said.text)


def sign_in(context: BrowserContext, login: str) -> None:
    answer = context.request.post("/api/v1/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.ok, answer.text()
