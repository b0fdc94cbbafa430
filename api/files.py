"""Routes for handing in files and reading them back, as attachments only."""

from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import Form, Request, Response, UploadFile
from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, acting_as
from api.identity import SignedIn
from api.routing import Router
from directory.files import service
from directory.files.rules import SIZE_MAX, Media
from directory.files.store import new_key
from directory.files.tables import StoredFile
from directory.privacy.vault import Vault

router = Router(prefix="/files", tags=["files"])

# A document that is opened after all has no scripts, no forms and no origin.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
Purpose = Literal["registration", "institution", "name_change", "qualification", "other"]


class FileView(BaseModel):
    id: UUID
    purpose: str
    name: str
    media_type: Media
    size: int
    created_at: datetime

    @classmethod
    def of(cls, stored: StoredFile) -> Self:
        return cls(
            id=stored.id,
            purpose=stored.purpose,
            name=stored.name,
            media_type=Media(stored.media_type),
            size=stored.size,
            created_at=stored.created_at,
        )


@router.post("", status_code=201)
def upload_file(
    file: UploadFile,
    purpose: Annotated[Purpose, Form()],
    caller: SignedIn,
    request: Request,
    now: Now,
) -> FileView:
    """Hand in a PDF or an image of at most 10 MB."""
    state = request.app.state
    examined = service.examine(
        file.filename or "",
        file.file.read(SIZE_MAX + 1),
        scanner=state.settings.clamd_address,
    )
    with acting_as(request, caller) as session:
        sealed = service.seal(Vault(session, state.keys.ring), examined, caller=caller, now=now)
    # The store may take its time, and no transaction waits for it. What is kept here and then
    # not written down is found and removed by a job.
    key = new_key()
    state.store.put(key, sealed.content)
    with acting_as(request, caller) as session:
        stored = service.take_in(
            session, examined, sealed, caller=caller, store_key=key, purpose=purpose, now=now
        )
        return FileView.of(stored)


@router.get("/{file_id}")
def read_file(file_id: UUID, caller: SignedIn, reading: ReadOnly) -> FileView:
    """Tell what a file is."""
    return FileView.of(service.find(reading, file_id, caller=caller))


@router.get(
    "/{file_id}/content",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def download_file(file_id: UUID, caller: SignedIn, request: Request, now: Now) -> Response:
    """Give a file's content as an attachment; the look is recorded."""
    state = request.app.state
    with acting_as(request, caller) as session:
        stored = service.find(session, file_id, caller=caller)
    sealed = service.fetch(state.store, stored)
    with acting_as(request, caller) as session:
        vault = Vault(session, state.keys.ring)
        content = service.unseal(vault, stored, sealed, caller=caller, now=now)
    return Response(
        content,
        media_type=stored.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}",
            "Content-Security-Policy": SANDBOX,
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
