"""The real api process for tests that need one: its own port, its own database."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECRET = "a secret for tests, long and mixed enough"
START_S = 60
STOP_S = 10


@contextmanager
def serving(database_url: str, folder: Path, *, port: int = 0, **environment: str) -> Iterator[int]:
    """Run `yixiang api` for a while and give its port; its log goes to the folder."""
    log = folder / "api.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", "from cli.app import main; main()", "api", "--port", str(port)],
            cwd=ROOT,
            env={
                **os.environ,
                "YIXIANG_API_WORKERS": "1",
                "YIXIANG_HASHING_SHARE": "1",
                "YIXIANG_DATABASE_URL": database_url,
                "YIXIANG_COOKIE_SECURE": "false",
                "YIXIANG_LOG_JSON": "true",
                "YIXIANG_SECRET_KEY": SECRET,
                "YIXIANG_SECOND_FACTOR_ROLES": "",
                **environment,
            },
            stderr=file,
        )
    try:
        yield _port_of(process, log)
    finally:
        process.terminate()
        process.wait(STOP_S)


def _port_of(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """Wait until the process says where it listens."""
    pause, deadline = threading.Event(), time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"listening"' in line and line.endswith("}"):
                return int(json.loads(line)["port"])
        pause.wait(0.05)
    raise AssertionError(f"the api did not start:\n{log.read_text()}")
