"""Routes for handing in files and reading them back, as attachments only."""

from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Form, Request, Response, UploadFile
from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import SignedIn
from api.routing import Router
from directory.files import service
from directory.files.rules import SIZE_MAX, Media
from directory.files.service import Shelf
from directory.files.store import FolderStore
from directory.files.tables import StoredFile
from directory.privacy.vault import Vault

router = Router(prefix="/files", tags=["files"])

# A document that is opened after all has no scripts, no forms and no origin.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
Purpose = Literal["registration", "institution", "name_change", "qualification", "other"]


async def open_shelf(request: Request, transaction: Transaction) -> Shelf:
    settings = request.app.state.settings
    return Shelf(
        Vault(transaction, request.app.state.keys.ring),
        FolderStore(settings.data / "files"),
        settings.clamd_address,
    )


OpenShelf = Annotated[Shelf, Depends(open_shelf, scope="function")]


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
    shelf: OpenShelf,
    now: Now,
) -> FileView:
    """Hand in a PDF or an image of at most 10 MB."""
    stored = service.take_in(
        shelf,
        caller=caller,
        name=file.filename or "",
        content=file.file.read(SIZE_MAX + 1),
        purpose=purpose,
        now=now,
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
def download_file(file_id: UUID, caller: SignedIn, shelf: OpenShelf, now: Now) -> Response:
    """Give a file's content as an attachment; the look is recorded."""
    stored, content = service.read(shelf, file_id, caller=caller, now=now)
    return Response(
        content,
        media_type=stored.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}",
            "Content-Security-Policy": SANDBOX,
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
