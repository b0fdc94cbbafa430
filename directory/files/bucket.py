"""Keeps sealed content in a bucket of anything that speaks S3. The only file that knows obstore."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from directory.files.errors import StoreAway
from directory.files.store import ContentGone, Kept, path_of
from foundation.logs import get_log
from foundation.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config  # there for type checkers only

log = get_log("files")

CONNECT_LIMIT = timedelta(seconds=3)
ANSWER_LIMIT = timedelta(seconds=15)
"""For one try; ten megabytes pass in that time on any line that deserves the name."""
TRIES = 2
NO_BUCKET = "NoSuchBucket"
CODE = re.compile(r"<Code>(\w+)</Code>")


class BucketStore:
    """Keeps each file as one object; the bucket must be there, and is never made."""

    def __init__(self, settings: Settings) -> None:
        where = settings.s3_endpoint or "Amazon's S3"
        self.name = f"the bucket {settings.s3_bucket} at {where}"
        config: S3Config = {
            "region": settings.s3_region,
            "virtual_hosted_style_request": not settings.s3_path_style,
            # Not every server that speaks S3 knows how to delete many at once.
            "disable_bulk_delete": True,
        }
        if settings.s3_endpoint:
            config["endpoint"] = settings.s3_endpoint
        # Without keys, those of the machine's own role are asked for.
        if access_key := settings.s3_access_key.get_secret_value():
            config["access_key_id"] = access_key
            config["secret_access_key"] = settings.s3_secret_key.get_secret_value()
        self._store = S3Store(
            settings.s3_bucket,
            prefix=settings.s3_prefix or None,
            config=config,
            client_options={
                "allow_http": settings.s3_endpoint.startswith("http://"),
                "connect_timeout": CONNECT_LIMIT,
                "timeout": ANSWER_LIMIT,
            },
            retry_config={"max_retries": TRIES - 1, "retry_timeout": TRIES * ANSWER_LIMIT},
        )

    def put(self, key: str, content: bytes) -> None:
        with _answering():
            # In one piece: there is either all of it or nothing.
            obstore.put(self._store, path_of(key), content, use_multipart=False)

    def get(self, key: str) -> bytes:
        try:
            with _answering():
                return bytes(obstore.get(self._store, path_of(key)).bytes())
        except FileNotFoundError as error:
            raise ContentGone from error

    def remove(self, key: str) -> None:
        try:
            with _answering():
                obstore.delete(self._store, path_of(key))
        except FileNotFoundError:
            return

    def list_kept(self) -> Iterator[Kept]:
        with _answering():
            for page in obstore.list(self._store):
                for found in page:
                    yield Kept(found["path"].replace("/", ""), found["last_modified"])


class BucketFails(OSError):
    """What the server, or the way to it, said; its first line, and its code where it gave one."""


@contextmanager
def _answering() -> Iterator[None]:
    """Tell what is not there from a server that is away, refuses us, or has no such bucket."""
    try:
        yield
    except FileNotFoundError as error:
        if NO_BUCKET not in str(error):
            raise
        raise StoreAway from _complaint(error)
    except (BaseError, OSError) as error:
        raise StoreAway from _complaint(error)


def _complaint(error: Exception) -> BucketFails:
    text = str(error)
    code = CODE.search(text)
    # What follows the first line is for those who wrote the library.
    named = f"{code[1]}: " if code else ""
    said = named + text.partition("\n")[0].partition("<?xml")[0]
    log.error("the bucket of files fails", said=said)
    return BucketFails(said)
