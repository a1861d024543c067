"""Runs the application on a socket of its own and says where, once it listens."""

import os
import socket
import sys

import orjson
import uvicorn

from deploy.jira_simulator.app import create_app
from deploy.jira_simulator.config import Config
from deploy.jira_simulator.world import World


def run(config: Config) -> None:
    with socket.create_server((config.host, config.port), backlog=1024) as listener:
        port = listener.getsockname()[1]
        url = f"http://{config.host}:{port}"
        world = World(config, url)
        _Server(_settings(world), shown=url + ("" if config.cloud else config.context_path)).run(
            sockets=[listener]
        )


def _settings(world: World) -> uvicorn.Config:
    # Cut connections are wanted here, so the server must not complain about them.
    return uvicorn.Config(
        create_app(world), loop="uvloop", http="httptools", lifespan="off", access_log=False,
        log_level="critical", server_header=False, date_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip


class _Server(uvicorn.Server):
    """Prints the URL when requests are accepted, not before."""

    def __init__(self, config: uvicorn.Config, *, shown: str) -> None:
        super().__init__(config)
        self._shown = shown

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(orjson.dumps({"url": self._shown, "pid": os.getpid()}).decode() + "\n")
        sys.stdout.flush()
