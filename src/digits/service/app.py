"""The application: routes, errors, guard and metrics, put together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from functools import cache, partial

from fastapi import FastAPI

from digits.service import about, kserve, labelstudio, layers, problems, reading, teaching, tiles
from digits.service.files import page_routes
from digits.service.guard import Guard
from digits.service.metrics import Measured, Metrics
from digits.service.settings import Settings
from digits.service.site import site_files
from digits.service.state import Opened, open_service
from digits.version import __version__


def create_app(settings: Settings = Settings()) -> FastAPI:  # noqa: B008  # frozen
    """The service as an ASGI application. Its workers start and end with its lifespan.

    Raises ModelError, or DataError where corrections cannot be kept."""
    metrics, opened = Metrics(), Opened.of(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = open_service(settings, metrics, opened)
        app.state.service = service
        try:
            yield
        finally:
            service.pool.stop()

    app = FastAPI(
        title="digits",
        version=__version__,
        summary="Reads handwritten digits and numbers from pictures.",
        lifespan=lifespan,
        docs_url=None,  # they load scripts from another host
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    parts = (reading, tiles, layers, teaching, about, kserve, labelstudio)
    site = cache(partial(site_files, opened.bundle, settings.page, is_served=True))
    routers = [*(part.router for part in parts), page_routes(settings.page, site)]
    for router in routers:
        app.include_router(router)
    problems.install(app, [route for router in routers for route in router.routes])
    app.add_middleware(Guard, token=settings.token, hosts=settings.hosts)
    app.add_middleware(Measured, metrics=metrics)
    return app
