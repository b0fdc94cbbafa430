"""Puts the application together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine

from api import pages, problems
from api.keys import Keys
from api.routes import ROUTERS
from api.shell import Shell
from api.sign_in import DemoAccount
from api.throttle import Throttle
from directory.files.places import open_store
from directory.provider.client import Provider
from foundation.database import make_session_factory
from foundation.settings import Settings

DIST = Path(__file__).parent.parent / "web" / "dist"
PREFIX = "/api/v1"


def create_app(
    settings: Settings, engine: Engine, *, demo_accounts: Sequence[DemoAccount] = ()
) -> FastAPI:
    """Build the application; it opens no connection before its first request."""

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.provider.close()
        engine.dispose()

    app = FastAPI(
        title="Yixiang 仪享",
        summary="Shared lab instruments: reserved by the slot, metered, priced.",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=problems.PROBLEM_RESPONSES,
        lifespan=live,
    )
    equip(app, settings, engine, demo_accounts=demo_accounts)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    pages.install(app, DIST)
    app.add_middleware(Shell, is_https=settings.cookie_secure, public_origin=settings.public_url)
    return app


def equip(
    app: FastAPI, settings: Settings, engine: Engine, *, demo_accounts: Sequence[DemoAccount] = ()
) -> None:
    """Give the application all that its routes work with."""
    app.state.settings = settings
    app.state.engine = engine
    app.state.session_factory = make_session_factory(engine)
    app.state.keys = Keys(settings)
    app.state.store = open_store(settings)
    app.state.throttle = Throttle(
        settings.rate_limit_per_minute,
        mark_keys=app.state.keys.for_marks,
        processes=settings.api_processes,
    )
    app.state.provider = Provider(settings)
    app.state.scopes = frozenset(
        f"{router.tags[0]}:{act}" for router in ROUTERS for act in ("read", "write")
    )
    app.state.demo_accounts = list(demo_accounts) if settings.demo_accounts else []
