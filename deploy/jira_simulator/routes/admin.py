"""The simulator's own routes under /_sim: faults, latency, counters, truth, edits."""

from collections.abc import Awaitable, Callable, Iterator

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from deploy.jira_simulator import truth
from deploy.jira_simulator.routes import edits
from deploy.jira_simulator.world import World

Serve = Callable[[Request], Awaitable[Response]]


def admin_routes(world: World) -> list[Route]:
    return [
        Route("/_sim/faults", _faults(world), methods=["GET", "POST", "DELETE"]),
        Route("/_sim/limits", _limits(world), methods=["POST", "DELETE"]),
        Route("/_sim/latency", _latency(world), methods=["GET", "POST"]),
        Route("/_sim/requests", _requests(world), methods=["GET", "DELETE"]),
        Route("/_sim/edits", _edits(world), methods=["POST"]),
        Route("/_sim/truth", _truth(world), methods=["GET"]),
        Route("/_sim/truth/{project}/{kind}", _truth_ids(world), methods=["GET"]),
    ]


def _faults(world: World) -> Serve:
    async def serve(request: Request) -> Response:
        if request.method == "DELETE":
            world.dead.clear()
        if request.method != "GET":
            rules = await request.json() if request.method == "POST" else []
            try:
                world.faults.replace(rules)
            except (ValueError, TypeError) as error:
                return _answer({"error": str(error)}, 400)
        struck = [{"kind": rule.kind, "route": rule.route, "done": rule.done} for rule in world.faults.rules]
        return _answer({"rules": struck, "dead_credentials": len(world.dead)})

    return serve


def _limits(world: World) -> Serve:
    async def serve(request: Request) -> Response:
        given = await request.json() if request.method == "POST" else []
        try:
            world.limits.replace(given)
        except (ValueError, TypeError) as error:
            return _answer({"error": str(error)}, 400)
        return _answer({"limits": given})

    return serve


def _latency(world: World) -> Serve:
    async def serve(request: Request) -> Response:
        if request.method == "POST":
            world.latency_ms = float((await request.json())["ms"])
        return _answer({"ms": world.latency_ms})

    return serve


def _requests(world: World) -> Serve:
    async def serve(request: Request) -> Response:
        if request.method == "DELETE":
            world.counters.reset()
        return _answer(world.counters.shown())

    return serve


def _edits(world: World) -> Serve:
    async def serve(request: Request) -> Response:
        try:
            return _answer({"ids": edits.apply(world, await request.json())})
        except (ValueError, KeyError, TypeError) as error:
            return _answer({"error": str(error)}, 400)

    return serve


def _truth(world: World) -> Serve:
    async def serve(request: Request) -> Response:
        projects = enumerate(world.site.projects)
        return _answer({project.key: truth.counts(world, number) for number, project in projects})

    return serve


def _truth_ids(world: World) -> Serve:
    async def serve(request: Request) -> Response:
        wanted, kind = request.path_params["project"], request.path_params["kind"]
        for number, project in enumerate(world.site.projects):
            if project.key == wanted and kind in truth.KINDS:
                return StreamingResponse(
                    _lines(truth.ids(world, number, kind)), media_type="application/x-ndjson"
                )
        return _answer({"error": f"kinds are {sorted(truth.KINDS)}"}, 404)

    return serve


def _lines(ids: Iterator[str]) -> Iterator[bytes]:
    for identity in ids:
        yield orjson.dumps(identity, option=orjson.OPT_APPEND_NEWLINE)


def _answer(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
