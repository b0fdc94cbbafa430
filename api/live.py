"""Server-sent events: devices, instruments and reservations as they change.

One listener per process hears of changes from the database, reads each changed thing
once, and gives it to every stream that may see it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from api.device_views import see_devices
from api.identity import Anyone
from api.routing import Router
from booking.instruments.live import read_live
from booking.instruments.tables import InstrumentDevice
from booking.reservations.tables import Reservation
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.database import SessionFactory
from foundation.identifiers import DeviceId, InstrumentId
from foundation.logs import get_log
from telemetry.devices.now import read_devices

router = Router(tags=["live"])
log = get_log("live")

PING_S: Final = 15
GATHER_S: Final = 0.2
RETRY_S: Final = 2
STREAM_S: Final = 900
"""After this a stream ends and the browser opens another: by then it may be signed out."""
STREAMS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell, and who may hear it."""

    event: str
    key: str
    data: str
    institution_id: UUID | None = None
    enterprise_id: UUID | None = None
    holder_id: UUID | None = None
    is_public: bool = False

    def may_hear(self, caller: Caller | None) -> bool:
        if self.is_public:
            return True
        if caller is None:
            return False
        if caller.has(Role.OPERATOR, Role.AUDITOR):
            return True
        if caller.has(Role.TECHNICIAN, Role.INSTITUTION_MANAGER):
            return caller.institution_id == self.institution_id
        return self.holder_id == caller.person_id or (
            self.enterprise_id is not None
            and caller.has(Role.ENTERPRISE_ADMIN)
            and self.enterprise_id == caller.enterprise_id
        )


@dataclass(eq=False)
class Stream:
    """One browser. A slow one misses what was overtaken, never the last word on a thing."""

    caller: Caller | None
    waiting: dict[tuple[str, str], str] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, told: Told) -> None:
        if told.may_hear(self.caller):
            self.waiting[told.event, told.key] = told.data
            self.wake.set()


def read_changes(
    session_factory: SessionFactory, names: set[str], reservations: set[str]
) -> list[Told]:
    """Read what changed, once for all who listen."""
    now = read_clock()
    with session_factory() as session:
        devices = read_devices(session, names=sorted(names)) if names else []
        told = [
            Told("device", view.name, view.model_dump_json(), institution_id=view.institution_id)
            for view in see_devices(session, devices, now=now)
        ]
        told += told_of_instruments(session_factory, [device.id for device in devices])
        for reservation in session.scalars(
            select(Reservation).where(
                Reservation.id.in_([UUID(text) for text in reservations if is_uuid(text)])
            )
        ):
            told.append(
                Told(
                    "reservation",
                    str(reservation.id),
                    json.dumps({"id": str(reservation.id), "state": reservation.state}),
                    institution_id=reservation.institution_id,
                    enterprise_id=reservation.enterprise_id,
                    holder_id=reservation.holder_id,
                )
            )
    return told


def told_of_instruments(session_factory: SessionFactory, device_ids: list[DeviceId]) -> list[Told]:
    if not device_ids:
        return []
    with session_factory() as session:
        ids: list[InstrumentId] = list(
            session.scalars(
                select(InstrumentDevice.instrument_id).where(
                    InstrumentDevice.device_id.in_(device_ids)
                )
            )
        )
        return [
            Told(
                "instrument",
                str(instrument_id),
                json.dumps(
                    {
                        "id": str(instrument_id),
                        "live": {"state": live.state, "at": live.at.isoformat()},
                    }
                ),
                is_public=True,
            )
            for instrument_id, live in read_live(session, ids).items()
        ]


def is_uuid(text: str) -> bool:
    with suppress(ValueError):
        UUID(text)
        return True
    return False


class Hub:
    """Listens while anybody does, and gives each change to all streams."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._streams: set[Stream] = set()
        self._listener: asyncio.Task[None] | None = None
        self.is_listening = asyncio.Event()

    def __len__(self) -> int:
        return len(self._streams)

    def join(self, stream: Stream) -> None:
        self._streams.add(stream)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen_for_ever())

    def leave(self, stream: Stream) -> None:
        self._streams.discard(stream)
        if not self._streams and self._listener is not None:
            self._listener.cancel()
            self._listener = None
            self.is_listening.clear()

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("live listener lost the database", error=str(error)[:200])
            self.is_listening.clear()
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        url = self._app.state.settings.database_url.get_secret_value()
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=5, application_name="yixiang live"
        ) as connection:
            await connection.execute("LISTEN yixiang_devices")
            await connection.execute("LISTEN yixiang_reservations")
            self.is_listening.set()
            while True:
                names: set[str] = set()
                reservations: set[str] = set()
                # One wait for the first note, then a moment for more: a thousand notes
                # become one read.
                async for note in connection.notifies(stop_after=1):
                    gather(note, names, reservations)
                async for note in connection.notifies(timeout=GATHER_S):
                    gather(note, names, reservations)
                await self._tell(names, reservations)

    async def _tell(self, names: set[str], reservations: set[str]) -> None:
        try:
            changes = await run_in_threadpool(
                read_changes, self._app.state.session_factory, names, reservations
            )
        except Exception as error:
            log.warning("live changes could not be read", error=str(error)[:200])
            raise OSError("read again") from error
        for stream in self._streams:
            for told in changes:
                stream.tell(told)


def gather(note: psycopg.Notify, names: set[str], reservations: set[str]) -> None:
    texts = {text for text in note.payload.split(",") if text}
    (names if note.channel == "yixiang_devices" else reservations).update(texts)


def hub_of(app: FastAPI) -> Hub:
    hub = getattr(app.state, "hub", None)
    if hub is None:
        hub = app.state.hub = Hub(app)
    assert isinstance(hub, Hub)
    return hub


async def events(hub: Hub, stream: Stream) -> AsyncIterator[str]:
    """Yield a browser's events until it leaves or its time is over."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + STREAM_S
    hub.join(stream)
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(hub.is_listening.wait(), PING_S)
        yield "retry: 2000\n: welcome\n\n"
        while loop.time() < ends_at:
            try:
                await asyncio.wait_for(stream.wake.wait(), PING_S)
            except TimeoutError:
                yield ": ping\n\n"
                continue
            stream.wake.clear()
            waiting, stream.waiting = stream.waiting, {}
            for (event, _), data in waiting.items():
                yield f"event: {event}\ndata: {data}\n\n"
    finally:
        hub.leave(stream)


@router.get("/live", response_class=StreamingResponse)
async def follow(request: Request, caller: Anyone) -> Any:  # noqa: ANN401 - a stream, no body
    """Follow changes as server-sent events: `device`, `instrument`, `reservation`.

    Devices are for the staff of their institution, reservations for those they concern,
    and the state of instruments for anybody.
    """
    hub = hub_of(request.app)
    if len(hub) >= STREAMS_MAX:
        return StreamingResponse(iter(["retry: 15000\n\n"]), media_type="text/event-stream")
    return StreamingResponse(
        events(hub, Stream(caller)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
