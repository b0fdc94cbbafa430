"""What stands around every request: an id, limits, same-origin writes, safe headers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import document
from directory.people.errors import SignInBusy
from foundation.errors import DomainError, Forbidden, Refused

BODY_BYTES_MAX = 1024 * 1024
BODY_TIME_S = 30.0
"""Else two that sign in a byte a minute would keep everybody else from signing in."""
SIGN_IN_PATH = "/api/v1/sign-in"
SIGN_INS_MAX = 2
# Waiting costs neither thread nor connection. Whoever comes beyond is refused before anything is
# read or asked, so that a flood costs others next to nothing.
WAITING_MAX = 10
UPLOAD_PATH = "/api/v1/files"
UPLOAD_BYTES_MAX = 11 * 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossOrigin(Forbidden):
    code = "cross_origin"
    zh = "不接受来自其他网站的请求。"
    en = "Requests that change something must come from this site."


class BodyTooLarge(Refused):
    code = "body_too_large"
    zh = "请求内容过大。"
    en = "The request body is too large."


def content_security_policy(nonce: str) -> str:
    """Allow our own files only; the nonce is for the styles Ant Design adds as it draws."""
    return (
        "default-src 'self'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class Shell:
    """Wraps the application; plain ASGI, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp, *, is_https: bool, public_origin: str) -> None:
        self._app = app
        self._is_https = is_https
        self._public_origin = public_origin.rstrip("/")
        self._sign_ins = asyncio.Semaphore(SIGN_INS_MAX)
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        nonce = uuid4().hex
        scope.setdefault("state", {}).update(request_id=request_id, nonce=nonce)
        headers = Headers(scope=scope)
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(scope, MutableHeaders(scope=message), request_id, nonce)
            await send(message)

        refusal = self._refuse(scope, headers)
        if refusal is not None:
            status = 413 if isinstance(refusal, BodyTooLarge) else None
            answer = document(refusal, Request(scope), status=status)
            await answer(scope, receive, send_safely)
            return
        async with self._turn(scope):
            await self._app(scope, limit_body(receive, bytes_max(scope)), send_safely)

    @asynccontextmanager
    async def _turn(self, scope: Scope) -> AsyncIterator[None]:
        """Let few sign in at once; everything else goes on at once."""
        if scope["path"] != SIGN_IN_PATH:
            yield
            return
        self._waiting += 1
        try:
            await self._sign_ins.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._sign_ins.release()

    def _refuse(self, scope: Scope, headers: Headers) -> DomainError | None:
        if scope["path"] == SIGN_IN_PATH and self._waiting >= WAITING_MAX:
            return SignInBusy()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > bytes_max(scope):
            return BodyTooLarge()
        origin = headers.get("origin")
        if scope["method"] in SAFE_METHODS or origin is None:
            return None
        own = {f"{scheme}://{headers.get('host', '')}" for scheme in ("http", "https")}
        return None if origin in {*own, self._public_origin} else CrossOrigin()

    def _add_headers(
        self, scope: Scope, headers: MutableHeaders, request_id: str, nonce: str
    ) -> None:
        headers["X-Request-Id"] = request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.setdefault("Content-Security-Policy", content_security_policy(nonce))
        if scope["path"].startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        if self._is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"


def bytes_max(scope: Scope) -> int:
    return UPLOAD_BYTES_MAX if scope["path"] == UPLOAD_PATH else BODY_BYTES_MAX


def limit_body(receive: Receive, most: int, *, within_s: float = BODY_TIME_S) -> Receive:
    """Cut off a body that grows past the limit without having said so, or comes too slowly."""
    received, is_whole = 0, False
    limit = asyncio.get_running_loop().time() + within_s

    async def receive_some() -> Message:
        nonlocal received, is_whole
        if is_whole:  # what follows is that the client left, however long that takes
            return await receive()
        try:
            async with asyncio.timeout_at(limit):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        received += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        return {"type": "http.disconnect"} if received > most else message

    return receive_some
