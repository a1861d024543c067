"""One of our services as a process of its own, with fail points armed: it dies or stands still in a gap."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.places import ROOT
from deploy.embedded.processes import reserve_ports
from shared import failpoints
from shared.settings import KafkaSettings, MongoSettings
from tests.support.connector import KEY, TOKENS
from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class Dying:
    """The process, and what it said."""

    process: asyncio.subprocess.Process
    port: int
    output: Path

    async def died(self) -> None:
        """Wait until it struck one of its fail points."""
        try:
            code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"it is still alive:\n{self.said()[-3000:]}") from None
        assert code == -signal.SIGKILL, f"it ended with code {code}:\n{self.said()[-3000:]}"

    async def stands(self) -> None:
        """Wait until it stands still at one of its fail points."""
        async with asyncio.timeout(PATIENCE):
            while _state(self.process.pid) != "T":
                await asyncio.sleep(0.02)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def says(self, *words: str) -> None:
        """Wait until it says one of these."""
        async with asyncio.timeout(PATIENCE):
            while not any(word in self.said() for word in words):
                await asyncio.sleep(0.02)

    def said(self) -> str:
        """All that it wrote."""
        return self.output.read_text(encoding="utf-8", errors="replace")


@asynccontextmanager
async def dying(
    service: str, points: str, kafka: KafkaSettings, mongo: MongoSettings, **variables: str
) -> AsyncIterator[Dying]:
    """Run `services.<service>` until the end of the block, or until it dies of its fail points."""
    (port,) = reserve_ports(1)
    environment = {
        failpoints.VARIABLE: points,
        "HTTP__PORT": str(port),
        "KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "KAFKA__SESSION_TIMEOUT": f"PT{kafka.session_timeout.total_seconds():g}S",
        "MONGO__URL": mongo.url.get_secret_value(),
        "MONGO__STATE_DATABASE": mongo.state_database,
        "MONGO__WINDSHIFT_DATABASE": mongo.windshift_database,
    }
    if service != "loader":
        environment |= {"SECRETS__KEY": KEY, "JIRA__ALLOW_PRIVATE_ADDRESSES": "true"}
    if service == "connector":
        environment |= {"CONNECTOR_API_TOKENS": ",".join(TOKENS)}
    with tempfile.NamedTemporaryFile() as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"services.{service}"),
            cwd=ROOT,
            env=os.environ | environment | variables,
            stderr=asyncio.subprocess.STDOUT,
            stdout=output,
        )
        try:
            yield Dying(process, port, Path(output.name))
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0]
