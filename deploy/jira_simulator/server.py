"""Runs the application on a socket of its own and says where, once it listens."""

import os
import socket
import sys
from collections.abc import Callable

import orjson
import uvicorn

from deploy.jira_simulator.app import create_app
from deploy.jira_simulator.config import Config
from deploy.jira_simulator.world import World

_BACKLOG = 1024


def run(config: Config) -> None:
    """Serves until the process is told to stop; the first line on stdout says where."""
    with socket.create_server((config.host, config.port), backlog=_BACKLOG) as listener:
        Server(World(config, url_of(listener)), on_ready=_announce).run(sockets=[listener])


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


class Server(uvicorn.Server):
    """Tells when requests are accepted, not before."""

    def __init__(self, world: World, *, on_ready: Callable[[World], None]) -> None:
        super().__init__(_settings(world))
        self._world = world
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready(self._world)


def _announce(world: World) -> None:
    sys.stdout.write(orjson.dumps({"url": world.url, "pid": os.getpid()}).decode() + "\n")
    sys.stdout.flush()


def _settings(world: World) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(world),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="critical",  # cut connections are wanted here: no complaints about them
        server_header=False,
        date_header=False,
        timeout_keep_alive=60,  # five seconds, the default, closes pooled connections under their users
        timeout_graceful_shutdown=1,
    )
