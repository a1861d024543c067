"""Composition root: the routes of one deployment over one world, as a Starlette application."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from deploy.jira_simulator.errors import no_path
from deploy.jira_simulator.http import Endpoint
from deploy.jira_simulator.port import Port
from deploy.jira_simulator.routes import (
    agile,
    attachment,
    changelogs,
    cloud_search,
    dc_search,
    fields,
    issue,
    lists,
    project,
    who,
)
from deploy.jira_simulator.routes.admin import admin_routes
from deploy.jira_simulator.world import GATEWAY, World

CLOUD: tuple[Endpoint, ...] = (
    *cloud_search.ENDPOINTS, *changelogs.CLOUD, *project.CLOUD, *issue.CLOUD, *attachment.CLOUD, *lists.CLOUD,
    *fields.CLOUD, *who.CLOUD, *agile.CLOUD,
)  # fmt: skip
DATACENTER: tuple[Endpoint, ...] = (
    *dc_search.ENDPOINTS, *project.DATACENTER, *issue.DATACENTER, *attachment.DATACENTER, *lists.DATACENTER,
    *fields.DATACENTER, *who.DATACENTER, *agile.DATACENTER,
)  # fmt: skip


def create_app(world: World) -> Starlette:
    routes: list[BaseRoute] = [*admin_routes(world)]
    if world.config.cloud:
        routes += _routes(world, (*CLOUD, *who.EDGE, *attachment.MEDIA))
        routes += _routes(world, CLOUD, GATEWAY, gateway=True)
    else:
        routes += _routes(world, (*DATACENTER, *attachment.SECURE), world.config.context_path)
    return Starlette(routes=routes, exception_handlers={404: _not_found(world)})


def _routes(
    world: World, endpoints: Iterable[Endpoint], prefix: str = "", *, gateway: bool = False
) -> list[Route]:
    return [
        Route(prefix + endpoint.path, Port(world, endpoint, gateway=gateway), methods=[endpoint.method])
        for endpoint in endpoints
    ]


def _not_found(world: World) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, _error: Exception) -> Response:
        # Counted as well: a client that asks for paths that do not exist should be seen doing so.
        world.counters.enter(f"{request.method} (unknown path)")
        world.counters.leave(404)
        refused = no_path(request.url.path)
        return Response(refused.body, refused.status, refused.headers)

    return answer
