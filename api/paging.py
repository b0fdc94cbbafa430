"""Cursors: where the next page of a list begins, opaque to clients."""

import base64
import binascii
import json
from datetime import datetime
from uuid import UUID

from foundation.errors import Refused

PAGE_MAX = 50


class WrongCursor(Refused):
    code = "wrong_cursor"
    zh = "分页游标无效。"
    en = "This cursor is not one of ours."


def write_cursor(*parts: str | datetime | UUID) -> str:
    texts = [part.isoformat() if isinstance(part, datetime) else str(part) for part in parts]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def read_cursor(cursor: str, length: int) -> list[str]:
    """Take a cursor apart.

    Raises:
        WrongCursor: when it is not one that we wrote.
    """
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise WrongCursor from None
    if not isinstance(texts, list) or len(texts) != length:
        raise WrongCursor
    return [str(text) for text in texts]


def read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise WrongCursor from None


def read_instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise WrongCursor from None
    if instant.tzinfo is None:
        raise WrongCursor
    return instant
