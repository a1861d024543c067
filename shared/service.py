"""The skeleton of a service: health and metrics routes, and running it under uvicorn."""

import gc
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import FrameType
from typing import Final, TypeVar

import uvicorn
from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import ValidationError
from starlette.types import ASGIApp

from shared import failpoints
from shared.errors import ConfigError, TransientError
from shared.logging import configure_logging
from shared.settings import HttpSettings, ServiceSettings

_START_FAILED: Final = 3  # uvicorn's own code for it

Probe = Callable[[], Awaitable[None]]
_Settings = TypeVar("_Settings", bound=ServiceSettings)


def operations_router(registry: CollectorRegistry, probes: dict[str, Probe]) -> APIRouter:
    """Routes `/health/live`, `/health/ready` (503 names what does not answer) and `/metrics`."""
    router = APIRouter(tags=["operations"])

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready(response: Response) -> dict[str, str]:
        for name, probe in probes.items():
            try:
                await probe()
            except TransientError as error:
                response.status_code = 503
                return {
                    "status": "not ready",
                    "waiting_for": name,
                    "reason": str(error),
                }
        return {"status": "ready"}

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


_GC_THRESHOLDS: Final = (20_000, 5, 5)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_exit()
        super().handle_exit(sig, frame)


def run(
    read_settings: Callable[[], _Settings],
    create_app: Callable[[_Settings], FastAPI],
    *,
    on_exit: Callable[[FastAPI], None] = lambda app: None,
) -> None:
    """Read the settings once, refuse unusable ones in one line, and serve until SIGTERM or SIGINT."""
    try:
        failpoints.arm(os.environ.get(failpoints.VARIABLE, ""))
        settings = read_settings()
        configure_logging(level=settings.log_level, fmt=settings.log_format, service=settings.service_name)
        app = create_app(settings)
    except ConfigError as error:
        sys.exit(f"cannot start: {error}")
    except ValidationError as error:  # which names no value: that may be a secret
        told = (f"{'__'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        sys.exit(f"cannot start: {'; '.join(told)}")
    serve(app, settings.http, on_exit=lambda: on_exit(app))


def serve(app: ASGIApp, settings: HttpSettings, *, on_exit: Callable[[], None] = lambda: None) -> None:
    """Run until SIGTERM or SIGINT; a failed start exits non-zero.

    Modules and settings leave the garbage collector's sight, and it looks less often: answers of Jira are
    some 100,000 objects without a cycle, and parsing them took twice as long with the defaults.

    `on_exit` is called at the signal, before open connections are waited for: streams that would go on for
    minutes end themselves then.
    """
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
    )
    server = _Server(config, on_exit)
    with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has stopped
        server.run()
    if not server.started:
        sys.exit(_START_FAILED)
