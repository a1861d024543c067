"""`make up`: the stack, until Ctrl-C; where everything listens stands in `.run/stack.json`."""

import asyncio
import json
import os
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.embedded.places import LOGS, RUN, STACK_FILE, fresh_run
from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.stack import Stack


async def up(simulator: SimulatorOptions | None, console: Console) -> None:
    """Run until cancelled."""
    with fresh_run():
        gateway = os.environ.get("ATLASSIAN_GATEWAY_URL") or None
        console.print("Starting Kafka, the store, and the services …")
        async with Stack(folder=RUN / "state", logs=LOGS, simulator=simulator, gateway=gateway) as stack:
            _write(description(stack))
            try:
                console.print(_addresses(stack))
                await asyncio.Event().wait()
            finally:
                STACK_FILE.unlink(missing_ok=True)
                console.print("Stopping …")


def _write(described: dict[str, Any]) -> None:
    """Whoever waits for the file finds all of it; it holds a token, so nobody else may read it."""
    draft = STACK_FILE.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    draft.replace(STACK_FILE)


def description(stack: Stack) -> dict[str, Any]:
    """What other programs need to use the stack."""
    return {
        "connector": stack.url("connector"),
        "api_token": stack.wiring.api_token,
        "simulator": stack.simulator_url,
        "mongo_url": stack.wiring.mongo_url,
        "kafka_bootstrap": stack.wiring.kafka_bootstrap,
        "metrics": {name: f"{stack.url(name)}/metrics" for name in stack.services},
        "pids": stack.pids,
    }


def _addresses(stack: Stack) -> Table:
    table = Table(box=None, show_header=False)
    table.add_row("connector", stack.url("connector"))
    table.add_row("API token", stack.wiring.api_token)
    if stack.simulator_url and stack.simulator:
        login = stack.simulator.login
        table.add_row("Jira simulator", f"{stack.simulator_url} ({login.email} / {login.api_token})")
    table.add_row("Kafka", stack.wiring.kafka_bootstrap)
    table.add_row("store", stack.wiring.mongo_url)
    table.add_row("all of it", str(STACK_FILE.relative_to(RUN.parent)))
    return table
