"""Live progress of a running import: bars on a terminal, a line now and then elsewhere."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class LiveProgress:
    """Shows what `GET jobs/{id}` says, project by project."""

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
    """State, things loaded and things known to be in Jira, by project."""
    return {
        project["key"]: (project["state"], sum(project["loaded"].values()), sum(project["totals"].values()))
        for project in job["projects"]
    }
