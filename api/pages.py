"""The web application's files, and its first page for every address that is not the api's."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from api.problems import NoSuchPage, document

NONCE_MARK = "__CSP_NONCE__"
NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Yixiang</title>"
    "<p>The pages are not built yet; run <code>python3 start.py demo</code>."
)


def install(app: FastAPI, dist: Path) -> None:
    """Serve what the web build made; the api works without it too."""
    if (dist / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=dist / "assets"), name="assets")
    index = dist / "index.html"
    page = index.read_text(encoding="utf-8") if index.is_file() else NOT_BUILT

    @app.get("/{path:path}", include_in_schema=False)
    def read_page(path: str, request: Request) -> Response:
        if path.startswith("api/"):
            return document(NoSuchPage(), request)
        file = (dist / path).resolve()
        if path and file.is_file() and file.is_relative_to(dist.resolve()):
            return Response(file.read_bytes(), media_type=MEDIA_TYPES.get(file.suffix))
        return HTMLResponse(
            page.replace(NONCE_MARK, request.state.nonce), headers={"Cache-Control": "no-cache"}
        )


MEDIA_TYPES = {
    ".ico": "image/x-icon",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
