"""Which store a deployment keeps its files in."""

from directory.files.bucket import BucketStore
from directory.files.store import FolderStore, Store
from foundation.settings import Settings


def open_store(settings: Settings) -> Store:
    """Return the bucket that the settings name, or the folder in `data`; nothing is sent yet."""
    return BucketStore(settings) if settings.s3_bucket else folder_of(settings)


def folder_of(settings: Settings) -> FolderStore:
    return FolderStore(settings.data / "files")
