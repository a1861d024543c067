"""The skeleton of a service: health and metrics routes, and running it under uvicorn."""

from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.types import ASGIApp

from shared.errors import TransientError
from shared.settings import HttpSettings

Probe = Callable[[], Awaitable[None]]


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


def serve(app: ASGIApp, settings: HttpSettings) -> None:
    """Run until SIGTERM or SIGINT; a failed start exits non-zero."""
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
    )
