"""Progress where nobody watches: a line for each change."""

from io import StringIO

from rich.console import Console

from deploy.embedded.progress import LiveProgress


def shown(*jobs: dict[str, object]) -> list[str]:
    output = StringIO()
    with LiveProgress(Console(file=output, width=200)) as progress:
        for job in jobs:
            progress.show(job)
    return output.getvalue().splitlines()


def test_the_same_state_is_said_once() -> None:
    job: dict[str, object] = {
        "status": "running",
        "progress": {"imported_issues": 1, "total_issues": 3, "imported_comments": 2, "total_comments": 4},
    }
    assert shown(job, job) == ["import 3/7 running"]


def test_projects_are_told_apart_where_the_job_does() -> None:
    job: dict[str, object] = {
        "status": "running",
        "projects": [
            {"key": "ENG", "state": "completed", "progress": {"imported_issues": 3, "total_issues": 3}},
            {"key": "OPS", "state": "queued"},
        ],
    }
    assert shown(job) == ["ENG 3/3 completed, OPS 0/0 queued"]


def test_a_job_without_progress_shows_its_status() -> None:
    assert shown({"status": "queued"}) == ["import 0/0 queued"]
