"""`yixiang bench flood`: what other people feel while strangers guess passwords.

The reference, in the same run, are the same requests without the flood.
"""

import asyncio
import json
import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from http.client import HTTPConnection
from multiprocessing.queues import Queue
from typing import Annotated, Final

import typer

from cli.benchmarks.booking_world import plant_world, quantile
from cli.benchmarks.reserving_over_http import api, sign_in
from cli.measuring import AsJson, Figures, report, scratch_database
from foundation.clock import read_clock

GUESSES_PER_S: Final = 200
GUESSERS: Final = 50
GOAL: Final = 2.0
EVERY_S: Final = 0.02
PEOPLE: Final = 4
ROUNDS: Final = 3
ASKED: Final = "/api/v1/reservations"


def run(
    *,
    seconds: Annotated[int, typer.Option(min=2, help="How long each time, calm and flooded.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Measure how much slower other requests get under 200 sign-ins a second."""
    calm_ms, flooded_ms, answers = [], [], Counter[str]()
    with scratch_database() as url:
        world = plant_world(url, people=PEOPLE, instruments=4, now=read_clock() - timedelta(days=1))
        with api(url) as port:
            cookies = [sign_in(port, f"bench-{n}") for n in range(len(world.callers))]
            ask_steadily(port, cookies, 2)  # connections and statements are made by now
            for _ in range(ROUNDS):
                calm_ms.append(ask_steadily(port, cookies, seconds))
                latencies_ms, told = under_flood(port, cookies, seconds)
                flooded_ms.append(latencies_ms)
                answers += told
    calm, flooded = median_of(calm_ms, 0.99), median_of(flooded_ms, 0.99)
    made = sum(answers.values()) / (seconds + 1) / ROUNDS
    figures = Figures(
        name="flood",
        ours=flooded,
        reference=calm,
        unit="ms p99 of other requests",
        goal=GOAL,
        better="less",
        is_met=flooded <= GOAL * calm and made >= GUESSES_PER_S * 0.95,
        more={
            "guesses_per_s": round(made, 1),
            "answers": dict(sorted(answers.items())),
            "calm_p50_ms": round(median_of(calm_ms, 0.5), 1),
            "flood_p50_ms": round(median_of(flooded_ms, 0.5), 1),
        },
    )
    report(figures, as_json=as_json)


def median_of(rounds: Sequence[list[float]], share: float) -> float:
    """Return the median round's quantile: what else the machine does falls on one of them."""
    return quantile([quantile(latencies_ms, share) for latencies_ms in rounds], 0.5)


def under_flood(port: int, cookies: list[str], seconds: int) -> tuple[list[float], Counter[str]]:
    """Ask steadily while another process guesses; return latencies and what it was answered."""
    context = multiprocessing.get_context("spawn")
    told: Queue[Counter[str]] = context.Queue()
    guessing = context.Event()
    flood = context.Process(target=guess, args=(port, seconds + 1, guessing, told), daemon=True)
    flood.start()
    guessing.wait(30)
    latencies_ms = ask_steadily(port, cookies, seconds)
    answers = told.get(timeout=60)
    flood.join(10)
    return latencies_ms, answers


def ask_steadily(port: int, cookies: list[str], seconds: int) -> list[float]:
    """Ask for one's reservations at a steady pace; return latencies in milliseconds.

    Each is counted from when the request was due, so that a stall costs all it delays.
    """
    latencies_ms: list[float] = []
    clock = threading.Event()

    began_s = time.perf_counter()

    def work(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        every_s = EVERY_S * len(cookies)
        due_s = began_s + EVERY_S * number
        for _ in range(int(seconds / every_s)):
            clock.wait(max(0.0, due_s - time.perf_counter()))
            connection.request("GET", ASKED, headers={"Cookie": cookies[number]})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:  # noqa: PLR2004 - all is well
                raise RuntimeError(answer.status)
            latencies_ms.append(1000 * (time.perf_counter() - due_s))
            due_s += every_s
        connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(cookies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies_ms


def guess(
    port: int, seconds: int, guessing: "threading.Event", told: "Queue[Counter[str]]"
) -> None:
    """Guess passwords of many accounts from many addresses, 200 a second whatever is answered."""
    os.nice(10)  # strangers have machines of their own; this one's belongs to the api
    told.put(asyncio.run(guess_steadily(port, seconds, guessing)))


async def guess_steadily(port: int, seconds: int, guessing: "threading.Event") -> Counter[str]:
    """Return how many guesses were answered by which status, or by none as the flood ended."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    tries = []
    guessing.set()
    for number in range(GUESSES_PER_S * seconds):
        await asyncio.sleep(began_s + number / GUESSES_PER_S - loop.time())
        tries.append(asyncio.create_task(guess_once(port, number)))
    _done, waiting = await asyncio.wait(tries, timeout=1)
    for one in waiting:
        one.cancel()
    answers = await asyncio.gather(*tries, return_exceptions=True)
    return Counter(one if isinstance(one, str) else type(one).__name__ for one in answers)


async def guess_once(port: int, number: int) -> str:
    """Ask on a connection of one's own, as strangers come; return the status."""
    address = f"127.0.1.{number % GUESSERS + 1}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    body = json.dumps({"login": f"bench-{number}", "password": "a guess like others"})
    writer.write(
        f"POST /api/v1/sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    try:
        return (await reader.readline()).split()[1].decode()
    finally:
        writer.close()
