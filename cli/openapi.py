"""`yixiang openapi`: the api's document, committed so that its changes are seen in review."""

import json
from pathlib import Path
from typing import Annotated

import typer

DOCUMENT = Path(__file__).parent.parent / "api" / "openapi.json"


def render() -> str:
    """Render the document as it should stand in the repository."""
    from pydantic import SecretStr
    from sqlalchemy import create_engine

    from api.app import create_app
    from foundation.settings import Settings

    # Nothing connects: building the document needs the routes only.
    url = "postgresql+psycopg://nobody@localhost/none"
    app = create_app(Settings(database_url=SecretStr(url)), create_engine(url))
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def run(
    check: Annotated[bool, typer.Option(help="Only say whether the file is up to date.")] = False,  # noqa: FBT002
) -> None:
    """Write api/openapi.json, or check it."""
    fresh = render()
    if not check:
        DOCUMENT.write_text(fresh, encoding="utf-8")
    elif not DOCUMENT.is_file() or DOCUMENT.read_text(encoding="utf-8") != fresh:
        print("api/openapi.json is out of date; run: yixiang openapi")
        raise typer.Exit(1)
