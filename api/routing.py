"""Routes that answer in one turn of one thread, their transaction committed before the answer."""

import functools
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from typing_extensions import override

from api.database import opened_by_request
from foundation.tenancy import leave

P = ParamSpec("P")
R = TypeVar("R")


def finish(endpoint: Callable[P, R]) -> Callable[P, R]:
    """Begin the transaction, answer and commit in one turn of one thread.

    A dependency with a `yield` takes three turns for it, and the turns cost more than the
    statements.
    """

    @functools.wraps(endpoint)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        opened = opened_by_request.get()
        if opened is None:
            return endpoint(*args, **kwargs)
        with opened.session as session, session.begin():
            opened.enter()
            given = endpoint(*args, **kwargs)
            leave(session)
        return given

    return answer


class Route(APIRoute):
    """A route whose answer leaves when its transaction is committed."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:  # noqa: ANN401 - FastAPI's own
        super().__init__(
            path, endpoint if iscoroutinefunction(endpoint) else finish(endpoint), **more
        )

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_afresh(request: Request) -> Response:
            token = opened_by_request.set(None)
            try:
                return await handle(request)
            finally:
                opened_by_request.reset(token)

        return handle_afresh


class Router(APIRouter):
    """What every file of routes begins with."""

    def __init__(self, *, prefix: str = "", tags: list[str]) -> None:
        super().__init__(prefix=prefix, tags=[*tags], route_class=Route)
