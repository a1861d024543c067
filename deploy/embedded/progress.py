"""Live progress of a running import: bars on a terminal, a line now and then elsewhere."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class LiveProgress:
    """Shows what `GET jobs/{id}` says, project by project where it tells them apart."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: dict[str, TaskID] = {}
        self._last_line = ""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, job: Mapping[str, Any]) -> None:
        steps = _steps(job)
        for name, (state, done, total) in steps.items():
            if name not in self._bars:
                self._bars[name] = self._progress.add_task(name, total=None, state="")
            # A total of 0 would show a full bar before the first issue is counted.
            self._progress.update(self._bars[name], completed=done, total=total or None, state=state)
        if not self._console.is_terminal:
            self._say(
                ", ".join(f"{name} {done}/{total} {state}" for name, (state, done, total) in steps.items())
            )

    def _say(self, line: str) -> None:
        if line != self._last_line:
            self._console.print(line, markup=False)
            self._last_line = line


def _steps(job: Mapping[str, Any]) -> dict[str, tuple[str, int, int]]:
    """State, done and total of each project, or of the whole import."""
    if projects := job.get("projects"):
        return {project["key"]: _step(project, project.get("progress") or project) for project in projects}
    return {"import": _step(job, job.get("progress") or {})}


def _step(whole: Mapping[str, Any], counts: Mapping[str, Any]) -> tuple[str, int, int]:
    state = str(whole.get("state") or whole.get("status") or "")
    done = sum(int(counts.get(f"imported_{kind}") or 0) for kind in ("issues", "comments", "attachments"))
    total = sum(int(counts.get(f"total_{kind}") or 0) for kind in ("issues", "comments", "attachments"))
    return state, done, total
