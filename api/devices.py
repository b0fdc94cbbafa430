"""Routes under /devices: how each is now, its series, phases and runs."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api.clock import Now
from api.database import ReadOnly
from api.device_views import DeviceView, see_devices
from api.device_wall import write_page
from api.identity import allow
from api.paging import read_cursor
from api.routing import Router
from directory.people.service import Caller
from directory.privacy.grades import Export
from directory.privacy.service import require_exportable
from directory.roles.rules import Role
from foundation.identifiers import InstitutionId, RunId
from telemetry.devices.errors import DeviceNotFound, SpanRefused
from telemetry.devices.now import PHASES, DeviceNow, read_devices
from telemetry.devices.queries import list_boots, presence_between
from telemetry.readings.queries import (
    CSV_COLUMNS,
    find_channel,
    read_phases,
    read_series,
    write_csv,
)
from telemetry.runs.queries import runs_between
from telemetry.runs.tables import Run

router = Router(prefix="/devices", tags=["devices"])

Watcher = Annotated[
    Caller,
    allow(Role.TECHNICIAN, Role.INSTITUTION_MANAGER, Role.OPERATOR, Role.AUDITOR),
]
DEVICES_MAX = 1_000
SPAN_MAX = timedelta(days=3_660)


def institution_of(caller: Caller) -> InstitutionId | None:
    """Return whose devices the caller may see; None: everybody's."""
    if caller.has(Role.OPERATOR, Role.AUDITOR):
        return None
    assert caller.institution_id is not None, "those roles belong to an institution"
    return caller.institution_id


class DevicePage(BaseModel):
    items: list[DeviceView]
    next_cursor: str | None


class SeriesView(BaseModel):
    metric: str
    unit: str
    bucket_s: float
    """0: every single reading."""
    points: list[tuple[int, float | None, float | None, float | None]]
    """Epoch milliseconds, lowest, mean, highest."""


class RunView(BaseModel):
    id: RunId
    session: str
    started_at: datetime
    ended_at: datetime | None
    metered_ms: int
    warm_up_ms: int
    work_ms: int
    cool_down_ms: int
    cycles: int
    energy_wh: int
    coverage_percent: float
    state: str
    doubts: list[str]

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(
            id=run.id,
            session=run.session,
            started_at=run.started_at,
            ended_at=run.ended_at,
            metered_ms=run.metered_ms,
            warm_up_ms=run.warm_up_ms,
            work_ms=run.work_ms,
            cool_down_ms=run.cool_down_ms,
            cycles=run.cycles,
            energy_wh=run.energy_wh,
            coverage_percent=run.coverage_permille / 10,
            state=run.state,
            doubts=[str(doubt) for doubt in run.doubts],
        )


class RunPage(BaseModel):
    items: list[RunView]
    next_cursor: None = None


class GapView(BaseModel):
    """Messages that did not arrive: still missing, filled in later, or given up."""

    first: int
    last: int
    noticed_at: datetime
    filled_at: datetime | None
    given_up_at: datetime | None


class BootView(BaseModel):
    boot: str
    firmware: str
    since: datetime
    clock_offset_ms: int | None
    """How far the device's clock is behind ours; less than nothing: ahead."""
    gaps: list[GapView]


class BootPage(BaseModel):
    items: list[BootView]


class StateSpan(BaseModel):
    state: str
    """online or offline."""
    phase: str | None
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime | None = Field(serialization_alias="to")


class StatePage(BaseModel):
    items: list[StateSpan]
    presence: list[StateSpan]


def find_device(session: Session, caller: Caller, name: str) -> DeviceNow:
    found = read_devices(session, institution_id=institution_of(caller), names=[name])
    if not found:
        raise DeviceNotFound
    return found[0]


def require_span(since: datetime, until: datetime) -> None:
    if not timedelta(0) < until - since <= SPAN_MAX:
        raise SpanRefused


Since = Annotated[AwareDatetime, Query(alias="from")]
Until = Annotated[AwareDatetime, Query(alias="to")]
Metric = Annotated[str, Query(max_length=64)]


@router.get("", response_model=DevicePage)
def list_devices(
    caller: Watcher,
    reading: ReadOnly,
    now: Now,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=DEVICES_MAX)] = 200,
) -> Response:
    """List the caller's devices as they are now, by name."""
    after = read_cursor(cursor, 1)[0] if cursor else None
    return Response(
        write_page(
            reading, institution_id=institution_of(caller), after=after, limit=limit, now=now
        ),
        media_type="application/json",
    )


@router.get("/{name}")
def read_device(name: str, caller: Watcher, reading: ReadOnly, now: Now) -> DeviceView:
    return see_devices(reading, [find_device(reading, caller, name)], now=now)[0]


@router.get("/{name}/series")
def read_device_series(
    *,
    name: str,
    caller: Watcher,
    reading: ReadOnly,
    now: Now,
    metric: Metric,
    since: Since,
    until: Until,
    points: Annotated[int, Query(ge=10, le=5_000)] = 600,
) -> SeriesView:
    """Read one metric over a span, at the resolution so many points can show."""
    require_span(since, until)
    device = find_device(reading, caller, name)
    series = read_series(
        reading, device.id, metric, since=since, until=until, points_max=points, now=now
    )
    return SeriesView(
        metric=series.metric,
        unit=series.unit,
        bucket_s=series.bucket.total_seconds(),
        points=[
            (int(point.at.timestamp() * 1000), point.low, point.mean, point.high)
            for point in series.points
        ],
    )


@router.get("/{name}/readings.csv", response_class=StreamingResponse)
def export_readings(
    *,
    name: str,
    request: Request,
    caller: Watcher,
    reading: ReadOnly,
    metric: Metric,
    since: Since,
    until: Until,
) -> StreamingResponse:
    """Export every single reading of one metric as CSV, at most a million."""
    require_span(since, until)
    device = find_device(reading, caller, name)
    find_channel(reading, device.id, metric)
    require_exportable(Export.READINGS, CSV_COLUMNS)
    lines = write_csv(
        request.app.state.session_factory, device.id, metric, since=since, until=until
    )
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{metric}.csv"'},
    )


@router.get("/{name}/runs")
def list_runs(name: str, caller: Watcher, reading: ReadOnly, since: Since, until: Until) -> RunPage:
    """List the runs that touch a span, oldest first."""
    require_span(since, until)
    device = find_device(reading, caller, name)
    return RunPage(
        items=[RunView.of(run) for run in runs_between(reading, device.id, since, until)]
    )


@router.get("/{name}/boots")
def read_boots(name: str, caller: Watcher, reading: ReadOnly) -> BootPage:
    """List the last twenty times a device came up: its clock, and what is missing."""
    device = find_device(reading, caller, name)
    return BootPage(
        items=[
            BootView(
                boot=one.boot,
                firmware=one.firmware,
                since=one.since,
                clock_offset_ms=one.clock_offset_ms,
                gaps=[
                    GapView(
                        first=gap.first_missing,
                        last=gap.last_missing,
                        noticed_at=gap.noticed_at,
                        filled_at=gap.filled_at,
                        given_up_at=gap.given_up_at,
                    )
                    for gap in one.gaps
                ],
            )
            for one in list_boots(reading, device.id)
        ]
    )


@router.get("/{name}/states")
def list_states(
    name: str, caller: Watcher, reading: ReadOnly, since: Since, until: Until
) -> StatePage:
    """List the phases a device went through, and when it was connected."""
    require_span(since, until)
    device = find_device(reading, caller, name)
    return StatePage(
        items=[
            StateSpan(
                state="online",
                phase=PHASES.get(span.phase),
                starts_at=span.starts_at,
                ends_at=span.ends_at,
            )
            for span in read_phases(reading, device.id, since=since, until=until)
        ],
        presence=[
            StateSpan(
                state="online" if span.is_online else "offline",
                phase=None,
                starts_at=span.starts_at,
                ends_at=span.ends_at,
            )
            for span in presence_between(reading, device.id, since, until)
        ],
    )
