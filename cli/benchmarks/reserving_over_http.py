"""The part of `yixiang bench reserve` that goes through a real `yixiang api` process."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Final
from uuid import uuid4

from cli.benchmarks.booking_world import LENGTH, PASSWORD, World, quantile
from foundation.identifiers import InstrumentId

CLIENTS: Final = 8
SLOTS: Final = 200
WORKERS: Final = 2
"""Processes of the api: as many as the cores that the goals are for."""
P95_GOAL_MS: Final = 100
RATE_GOAL: Final = 200
LISTENING: Final = re.compile(rb'"port": ?(\d+)')

Slot = Callable[[int, int], tuple[InstrumentId, datetime]]
"""Client and number of the request; which instrument, from when."""


def measure_http(url: str, world: World, first: datetime) -> tuple[dict[str, object], bool]:
    """Return what 8 clients saw of the api, and whether it is as good as it should be."""
    contested, alone = world.instrument_ids[-1], world.instrument_ids[: 2 * CLIENTS]
    with api(url) as port:
        cookies = [sign_in(port, f"bench-{client}") for client in range(CLIENTS)]

        def fight(_client: int, number: int) -> tuple[InstrumentId, datetime]:
            return contested, first + number * LENGTH

        def own(client: int, number: int) -> tuple[InstrumentId, datetime]:
            return alone[2 * client + number % 2], first + number // 2 * LENGTH

        statuses, latencies_ms, _ = ask_all(port, cookies, fight, in_step=True)
        free, free_ms, seconds = ask_all(port, cookies, own, in_step=False)
    p95_ms, rate = quantile(latencies_ms, 0.95), free[201] / seconds
    failures = sum(n for status, n in (statuses + free).items() if status >= 500)  # noqa: PLR2004
    is_met = (
        statuses == {201: SLOTS, 409: (CLIENTS - 1) * SLOTS}
        and failures == 0
        and p95_ms < P95_GOAL_MS
        and rate >= RATE_GOAL
    )
    more: dict[str, object] = {
        "http_workers": WORKERS,
        "http_contested_accepted": f"{statuses[201]} of {SLOTS} slots",
        "http_refused": statuses[409],
        "http_5xx": failures,
        "http_contested_p50_ms": round(quantile(latencies_ms, 0.5), 1),
        "http_contested_p95_ms": round(p95_ms, 1),
        "http_uncontended_per_s": round(rate, 1),
        "http_uncontended_p95_ms": round(quantile(free_ms, 0.95), 1),
    }
    return more, is_met


def ask_all(
    port: int, cookies: list[str], slot: Slot, *, in_step: bool
) -> tuple[Counter[int], list[float], float]:
    """Let each client ask for its slots; in step: every round's requests leave together."""
    barrier = threading.Barrier(len(cookies))
    statuses, latencies_ms = Counter[int](), list[float]()

    def work(client: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(SLOTS):
            if in_step or number == 0:
                barrier.wait(60)
            instrument_id, starts_at = slot(client, number)
            began_s = time.perf_counter()
            status = reserve(connection, cookies[client], instrument_id, starts_at)
            latencies_ms.append(1000 * (time.perf_counter() - began_s))
            statuses[status] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(len(cookies))]
    began_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses, latencies_ms, time.perf_counter() - began_s


def reserve(
    connection: HTTPConnection, cookie: str, instrument_id: InstrumentId, starts_at: datetime
) -> int:
    ends_at: datetime = starts_at + timedelta(hours=1)
    connection.request(
        "POST",
        "/api/v1/reservations",
        json.dumps(
            {
                "instrument_id": str(instrument_id),
                "starts_at": starts_at.isoformat(),
                "ends_at": ends_at.isoformat(),
            }
        ),
        {"Content-Type": "application/json", "Cookie": cookie, "Idempotency-Key": uuid4().hex},
    )
    answer = connection.getresponse()
    answer.read()
    return answer.status


def sign_in(port: int, login: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        "POST",
        "/api/v1/sign-in",
        json.dumps({"login": login, "password": PASSWORD}),
        {"Content-Type": "application/json"},
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return (answer.getheader("set-cookie") or "").split(";")[0]


@contextmanager
def api(url: str) -> Iterator[int]:
    """Run `yixiang api` on a port of its own, as production does but for plain http."""
    with tempfile.TemporaryDirectory(prefix="yixiang-bench-api-") as folder:
        child = subprocess.Popen(
            [sys.executable, "-m", "cli", "api", "--port", "0"],
            env={
                **os.environ,
                "YIXIANG_DATABASE_URL": url,
                "YIXIANG_DATA": folder,
                "YIXIANG_COOKIE_SECURE": "false",
                "YIXIANG_LOG_JSON": "true",
                "YIXIANG_SECOND_FACTOR_ROLES": "",
                "YIXIANG_RATE_LIMIT_PER_MINUTE": "0",
                "YIXIANG_API_WORKERS": str(WORKERS),
            },
            stderr=subprocess.PIPE,
        )
        try:
            yield port_of(child)
        finally:
            child.terminate()
            child.wait(15)


def port_of(child: "subprocess.Popen[bytes]") -> int:
    """Read the log until it says where the api listens, and go on emptying the pipe."""
    assert child.stderr is not None, "piped"
    said = []
    for line in child.stderr:
        said.append(line)
        found = LISTENING.search(line) if b"listening" in line else None
        if found:
            threading.Thread(target=_drain, args=(child.stderr,), daemon=True).start()
            return int(found[1])
    raise RuntimeError(b"".join(said[-20:]).decode(errors="replace"))


def _drain(pipe: Iterator[bytes]) -> None:
    for _ in pipe:
        pass
