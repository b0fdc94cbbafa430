"""`yixiang bench flood`: what other people feel while strangers guess passwords.

The reference, in the same run, are the same requests without the flood.
"""

import json
import multiprocessing
import os
import threading
import time
from collections import Counter
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
ASKED: Final = "/api/v1/reservations"


def run(
    *,
    seconds: Annotated[int, typer.Option(min=2, help="How long with the flood and without.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Measure how much slower other requests get under 200 sign-ins a second."""
    with scratch_database() as url:
        world = plant_world(url, people=PEOPLE, instruments=4, now=read_clock() - timedelta(days=1))
        with api(url) as port:
            cookies = [sign_in(port, f"bench-{n}") for n in range(len(world.callers))]
            ask_steadily(port, cookies, 2)  # connections and statements are made by now
            calm_ms = ask_steadily(port, cookies, seconds)
            flooded_ms, answers = under_flood(port, cookies, seconds)
    calm, flooded = quantile(calm_ms, 0.99), quantile(flooded_ms, 0.99)
    made = sum(answers.values()) / (seconds + 1)
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
            "answers": {str(status): count for status, count in sorted(answers.items())},
            "calm_p50_ms": round(quantile(calm_ms, 0.5), 1),
            "flood_p50_ms": round(quantile(flooded_ms, 0.5), 1),
        },
    )
    report(figures, as_json=as_json)


def under_flood(port: int, cookies: list[str], seconds: int) -> tuple[list[float], Counter[int]]:
    """Ask steadily while another process guesses; return latencies and what it was answered."""
    context = multiprocessing.get_context("spawn")
    told: Queue[Counter[int]] = context.Queue()
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
    port: int, seconds: int, guessing: "threading.Event", told: "Queue[Counter[int]]"
) -> None:
    """Guess passwords of many accounts from many addresses, 200 a second whatever is answered."""
    os.nice(10)  # strangers have machines of their own; this one's belongs to the api
    answers = Counter[int]()
    clock = threading.Event()

    def work(number: int) -> None:
        every_s = GUESSERS / GUESSES_PER_S
        due_s = began_s + every_s * number / GUESSERS
        for turn in range(int(seconds / every_s)):
            clock.wait(max(0.0, due_s - time.perf_counter()))
            # A connection each, as strangers come; whoever waits does not hold the next one up.
            connection = HTTPConnection(
                "127.0.0.1", port, timeout=60, source_address=(f"127.0.1.{number + 1}", 0)
            )
            body = {"login": f"bench-{turn * GUESSERS + number}", "password": "a guess like others"}
            connection.request(
                "POST", "/api/v1/sign-in", json.dumps(body), {"Content-Type": "application/json"}
            )
            answers[connection.getresponse().status] += 1
            connection.close()
            due_s += every_s

    began_s = time.perf_counter()
    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(GUESSERS)]
    for thread in threads:
        thread.start()
    guessing.set()
    for thread in threads:
        thread.join()
    told.put(answers)
