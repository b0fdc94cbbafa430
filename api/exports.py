"""Answers that are saved as files: each says what it holds, and leaves only at its level."""

from collections.abc import Iterable
from urllib.parse import quote

from fastapi import Response

from directory.privacy.grades import Export
from directory.privacy.service import require_exportable

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attach(export: Export, columns: Iterable[str], content: bytes, name: str) -> Response:
    """Answer with a workbook to be saved.

    Raises:
        AboveLevel: when a column is more sensitive than this export may be.
    """
    require_exportable(export, columns)
    return Response(
        content,
        media_type=WORKBOOK,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "no-store",
        },
    )
