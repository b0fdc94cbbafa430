"""`yixiang files copy`: bring what the folder keeps to the bucket, as it stands, sealed."""

import typer

from foundation.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def explain() -> None:
    """Look after the files people handed in."""


@app.command()
def copy() -> None:
    """Copy what the bucket lacks. May be broken off and run again; the folder stays as it is."""
    from directory.files.errors import StoreAway
    from directory.files.places import folder_of, open_store

    settings = Settings.read()
    if not settings.s3_bucket:
        print("no YIXIANG_S3_BUCKET is set, so there is nowhere to copy to")
        raise typer.Exit(2)
    folder, bucket = folder_of(settings), open_store(settings)
    try:
        there = {one.key for one in bucket.list_kept()}
        missing = [one.key for one in folder.list_kept() if one.key not in there]
        for key in missing:
            bucket.put(key, folder.get(key))
    except StoreAway as error:
        print(f"{bucket.name} fails: {str(error.__cause__).partition(chr(10))[0]}")
        raise typer.Exit(1) from error
    print(f"copied {len(missing)} from {folder.name} to {bucket.name}; {len(there)} were there")
