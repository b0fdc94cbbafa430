"""A small HTTP API on the loopback: look at the lab, switch faults on and off."""

import asyncio
import contextlib
import resource
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from sims.device import SimDevice
from sims.faults import KINDS, BadFault, Fault
from sims.lab import Lab

Body = TypeVar("Body")
BODY_MAX = 65_536
PAGE = Path(__file__).with_name("control.html")
PATIENCE_S = 10.0


class Problem(Exception):
    """A request that cannot be answered."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Page(msgspec.Struct):
    html: bytes


class Step(msgspec.Struct, forbid_unknown_fields=True):
    ms: int


class LineState(msgspec.Struct, forbid_unknown_fields=True):
    up: bool


class Act(msgspec.Struct, forbid_unknown_fields=True):
    do: str


class Control:
    """Answers one request per connection."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        # Loopback only: whoever may reach it may break every instrument.
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", port)
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, body = await self._serve(reader)
                is_page = isinstance(body, Page)
                raw = body.html if isinstance(body, Page) else msgspec.json.encode(body)
                writer.write(
                    f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                    f"Content-Type: {'text/html' if is_page else 'application/json'};"
                    " charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
                    "Content-Security-Policy: default-src 'self' 'unsafe-inline'; img-src data:\r\n"
                    f"Content-Length: {len(raw)}\r\nConnection: close\r\n\r\n".encode()
                    + raw
                )
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader) -> tuple[HTTPStatus, object]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in rest)
        }
        try:
            method, target, _ = first.split(" ")
            _refuse_strangers(headers)
            body = await reader.readexactly(_length(headers.get("content-length", "0")))
            return HTTPStatus.OK, await self._answer(method, target, body)
        except ValueError as error:
            return HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": str(error)}
        except Problem as problem:
            return problem.status, {"detail": str(problem)}

    async def _answer(self, method: str, target: str, body: bytes) -> object:  # noqa: C901, PLR0911, PLR0912  a table
        url = urlsplit(target)
        parts = [part for part in url.path.split("/") if part]
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        match method, parts:
            case "GET", []:
                return Page(PAGE.read_bytes())
            case "GET", ["lab"]:
                return self._lab()
            case "GET", ["faults"]:
                return {"items": list(KINDS.values())}
            case "GET", ["effort"]:
                return self._effort()
            case "POST", ["step"]:
                self.lab.step(_decode(body, Step).ms)
                return self._lab()
            case "GET", ["devices"]:
                return {"items": [device.shown() for device in self.lab.devices.values()]}
            case "GET", ["devices", name]:
                return self._device(name).shown()
            case "POST", ["devices", name, "faults"]:
                return self._change(name, lambda device: device.switch_on(_decode(body, Fault)))
            case "DELETE", ["devices", name, "faults"]:
                return self._change(name, SimDevice.clear_faults)
            case "DELETE", ["devices", name, "faults", kind]:
                metric = query.get("metric", "")
                return self._change(name, lambda device: device.switch_off(kind, metric))
            case "POST", ["links", name]:
                return await self._switch_line(name, is_up=_decode(body, LineState).up)
            case "POST", ["devices", name, "actions"]:
                return self._change(name, lambda device: device.act(_decode(body, Act).do))
            case _:
                raise Problem(HTTPStatus.NOT_FOUND, f"nothing at {method} {url.path}")

    def _lab(self) -> dict[str, object]:
        clock = self.lab.clock
        return {
            **self.lab.ready(),
            "stamp_ms": clock.stamp_ms,
            "physics_ms": clock.physics_ms,
            "speed": clock.speed,
            "stepped": clock.stepped,
        }

    async def _switch_line(self, name: str, *, is_up: bool) -> dict[str, object]:
        if name not in self.lab.servers:
            raise Problem(HTTPStatus.NOT_FOUND, f"no link is called {name!r}")
        await (self.lab.mend_line(name) if is_up else self.lab.cut_line(name))
        return self._lab()

    def _effort(self) -> dict[str, object]:
        """Return what the lab has cost and done so far."""
        speakers = self.lab.speakers()
        return {
            "cpu_s": time.process_time(),
            "peak_mb": _peak_mb(),
            "connected": sum(speaker.client.is_connected for speaker in speakers),
            "acknowledged": sum(speaker.client.acknowledged for speaker in speakers),
        }

    def _device(self, name: str) -> SimDevice:
        device = self.lab.devices.get(name)
        if device is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"no device is called {name!r}")
        return device

    def _change(self, name: str, change: Callable[[SimDevice], None]) -> object:
        device = self._device(name)
        change(device)
        return device.shown()


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # What getrusage says of a child on Linux includes what its parent had grown to.
    lines = status.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _refuse_strangers(headers: dict[str, str]) -> None:
    """Let no web page of somebody else's drive the lab through the tester's browser."""
    host = headers.get("host", "").rpartition(":")[0]
    if host not in {"127.0.0.1", "localhost"}:
        raise Problem(HTTPStatus.FORBIDDEN, "only as 127.0.0.1 or localhost")
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers['host']}":
        raise Problem(HTTPStatus.FORBIDDEN, f"not from {origin}")


def _length(text: str) -> int:
    length = int(text)
    if not 0 <= length <= BODY_MAX:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {BODY_MAX} bytes")
    return length


def _decode(raw: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise BadFault(str(error)) from error
