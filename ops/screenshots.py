"""Takes the README's pictures from a running demo: its own, or the one at --url.

    python3 start.py screenshots [--url http://127.0.0.1:8765] [--out docs/pictures]

It reserves and uses instruments as a person would, so that the pages have something to show.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from uuid import uuid4

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, NARROW = (1400, 900), (390, 844)
PASSWORD = "yixiang-demo"  # noqa: S105 - the demo's, printed at its start
RUN_S = 90


class Client:
    """One signed-in person, over HTTP."""

    def __init__(self, url: str, login: str) -> None:
        self._url = url
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self.post("/sign-in", {"login": login, "password": PASSWORD})

    def get(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        with self._opener.open(f"{self._url}/api/v1{path}", timeout=20) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, object]) -> Any:  # noqa: ANN401 - likewise
        request = urllib.request.Request(  # noqa: S310 - http on the loopback
            f"{self._url}/api/v1{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())},
        )
        with self._opener.open(request, timeout=20) as answer:
            return json.load(answer)


def wait_for(what: str, condition: Callable[[], object], limit_s: float = 120) -> None:
    deadline = time.monotonic() + limit_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"screenshots: waited {limit_s:.0f} s in vain for {what}")
        pause.wait(1)


@contextmanager
def own_demo() -> Iterator[str]:
    """Run a demo in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="yixiang-pictures-") as folder:
        Path(folder).chmod(0o711)
        out = Path(folder) / "out"
        with out.open("w") as file:
            demo = subprocess.Popen(
                [sys.executable, "-m", "cli", "demo", "--data", f"{folder}/data", "--port", "0"],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,
            )
        try:
            wait_for("the demo", lambda: "is up" in out.read_text() or demo.poll() is not None, 180)
            found = re.search(r"is up after.*?(http://\S+)", out.read_text())
            if found is None:
                sys.exit(f"screenshots: the demo did not start:\n{out.read_text()}")
            yield found[1]
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(60)


def use(alice: Client, code: str) -> str:
    """Reserve the next slot of an instrument, check in, and return the reservation's id."""
    instrument = next(
        it for it in alice.get("/instruments?limit=50")["items"] if it["code"] == code
    )
    now = datetime.now().astimezone()  # noqa: TID251 - a person looks at the clock
    grid = timedelta(minutes=instrument["policy"]["grid_minutes"])
    starts_at = now - (now - now.replace(hour=0, minute=0, second=0, microsecond=0)) % grid + grid
    ends_at = starts_at + max(
        timedelta(minutes=instrument["policy"]["length_min_minutes"]), 4 * grid
    )
    body: dict[str, object] = {
        "instrument_id": instrument["id"],
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
        "purpose": "Q235 钢板拉伸",
    }
    reservation = alice.post("/reservations", body)["id"]
    alice.post(f"/reservations/{reservation}/check-in", {})
    return str(reservation)


def device(bob: Client, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    return bob.get(f"/devices/{name}")


def live_through(url: str) -> dict[str, str]:
    """Use the tensile tester to the end and leave the chamber running; return what to look at."""
    alice, bob = Client(url, "alice"), Client(url, "bob")
    done = use(alice, "ME-0101")
    use(alice, "EN-0201")
    wait_for(
        "the runs", lambda: all(device(bob, n)["session"] for n in ("tensile-01", "chamber-01"))
    )
    threading.Event().wait(RUN_S)  # a chart needs something to show
    alice.post(f"/reservations/{done}/end", {})
    wait_for("the charge", lambda: alice.get(f"/reservations/{done}")["charge"], 240)
    charge = alice.get(f"/reservations/{done}")["charge"]["id"]
    instruments = alice.get("/instruments?limit=50")["items"]
    tester = next(it["id"] for it in instruments if it["code"] == "ME-0101")
    return {"charge": charge, "instrument": tester, "reservation": done}


class Camera:
    """Takes pages of one demo as one person after the other."""

    def __init__(self, browser: Browser, url: str, out: Path) -> None:
        self._browser, self._url, self._out = browser, url, out

    def take(
        self,
        name: str,
        path: str,
        *,
        login: str = "",
        size: tuple[int, int] = WIDE,
        lang: str = "zh",
        first: Callable[[Page], None] | None = None,
    ) -> None:
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN" if lang == "zh" else "en-GB",
            timezone_id="Asia/Shanghai",
        )
        page = context.new_page()
        page.add_init_script(f"localStorage.setItem('yixiang.language', '{lang}')")
        if login:
            answer = context.request.post(
                f"{self._url}/api/v1/sign-in", data={"login": login, "password": PASSWORD}
            )
            if not answer.ok:
                sys.exit(f"screenshots: {login} cannot sign in: {answer.text()}")
        page.goto(f"{self._url}{path}")
        settle(page)
        if first:
            first(page)
        file = self._out / f"{name}-{size[0]}.png"
        page.screenshot(path=str(file))
        context.close()
        # A palette is a quarter of the bytes, and nobody sees the difference.
        with Image.open(file) as picture:
            picture.convert("RGB").quantize(256).save(file, optimize=True)
        print(f"  {file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file}")


def choose_slot(page: Page) -> None:
    """Pick a start and an end in the booking form, so that the price is explained."""
    for number, steps in ((0, 4), (1, 6)):
        page.locator("form .ant-select").nth(number).click()
        page.wait_for_timeout(800)  # the menu unfolds
        for _ in range(steps):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
    settle(page)


def settle(page: Page) -> None:
    """Wait until nothing loads; the live stream never ends, so the network is never idle."""
    page.wait_for_load_state("load")
    page.locator(".ant-skeleton, .ant-spin-spinning").first.wait_for(state="detached")
    page.wait_for_timeout(2500)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a demo that runs already")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "pictures")
    given = parser.parse_args()
    chromium = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if chromium is None:
        sys.exit("screenshots: no Chromium on the PATH; on Debian: apt install chromium")
    given.out.mkdir(parents=True, exist_ok=True)
    if given.url:
        photograph(given.url, chromium, given.out.resolve())
    else:
        with own_demo() as url:
            photograph(url, chromium, given.out.resolve())


def photograph(url: str, chromium: str, out: Path) -> None:
    seen = live_through(url)
    # Chromium's sandbox does not work as root; the pages are our own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        camera = Camera(browser, url, out)
        for size in (WIDE, NARROW):
            camera.take("catalogue", "/", size=size)
            instrument = f"/instruments/{seen['instrument']}"
            camera.take("instrument", instrument, login="alice", size=size, first=choose_slot)
            camera.take("reservations", "/my", login="alice", size=size)
            camera.take("devices", "/devices", login="bob", size=size)
            camera.take(
                "reservation", f"/reservations/{seen['reservation']}", login="alice", size=size
            )
            camera.take("calendar", "/lab/calendar", login="mei", size=size)
            camera.take("statistics", "/lab/statistics", login="mei", size=size)
            camera.take("register", "/register", size=size)
        camera.take("due", "/due", login="oscar")
        camera.take("device", "/devices/chamber-01", login="bob")
        camera.take("charge", f"/charges/{seen['charge']}", login="alice")
        camera.take("catalogue-en", "/", lang="en")
        browser.close()


if __name__ == "__main__":
    main()
