"""What broker, store, simulator and services have in common: a child process that can be started again."""

from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded.processes import Child


@dataclass(kw_only=True)
class Server:
    """Keeps its address, and its data if it has any, over `stop`, `kill` and the next `start`."""

    name: str
    logs: Path
    grace: float = 10.0  # seconds between SIGTERM and SIGKILL
    child: Child | None = field(default=None, init=False)

    async def start(self) -> str:
        """Run it, wait until it is ready, and return its address."""
        raise NotImplementedError

    async def stop(self) -> None:
        """SIGTERM: it finishes what it is doing."""
        if self.child is not None:
            await self.child.stop(self.grace)

    def kill(self) -> None:
        """SIGKILL: it finishes nothing."""
        if self.child is not None:
            self.child.kill()

    def pause(self) -> None:
        """SIGSTOP: it stands still, and knows nothing of it."""
        if self.child is not None:
            self.child.pause()

    def resume(self) -> None:
        """SIGCONT after `pause`."""
        if self.child is not None:
            self.child.resume()
