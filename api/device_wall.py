"""Writes a page of devices: a thousand of them, ten values each, many times a minute.

The values come out of the database as JSON and go into the answer as they are; the rest is
what `GET /devices/{name}` says of one device.
"""

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from api.device_views import see_devices
from api.paging import write_cursor
from foundation.identifiers import InstitutionId
from telemetry.devices.now import LastValues, read_devices, read_last_as_json

NOTHING = LastValues("[]", None)


def write_page(
    session: Session,
    *,
    institution_id: InstitutionId | None,
    after: str | None,
    limit: int,
    now: datetime,
) -> bytes:
    """Return the page as it is sent."""
    found = read_devices(
        session, institution_id=institution_id, after=after, limit=limit + 1, with_values=False
    )
    shown = found[:limit]
    values = read_last_as_json(session, [device.id for device in shown])
    items = []
    for view in see_devices(session, shown, now=now):
        last = values.get(view.id, NOTHING)
        item = view.model_dump()
        item["last"], item["phase"] = msgspec.Raw(last.json.encode()), last.phase
        items.append(item)
    next_cursor = write_cursor(shown[-1].name) if len(found) > limit else None
    return msgspec.json.encode({"items": items, "next_cursor": next_cursor})
