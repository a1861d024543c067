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


def project(key: str, state: str, loaded: dict[str, int], totals: dict[str, int]) -> dict[str, object]:
    return {"key": key, "state": state, "loaded": loaded, "totals": totals}


def test_each_project_has_its_own_count_over_all_kinds() -> None:
    engineering = project("ENG", "running", {"issue": 1, "comment": 2}, {"issue": 3, "comment": 4})
    operations = project("OPS", "queued", {}, {})
    assert shown({"projects": [engineering, operations]}) == ["ENG 3/7 running, OPS 0/0 queued"]


def test_the_same_state_is_said_once() -> None:
    job: dict[str, object] = {"projects": [project("ENG", "running", {"issue": 1}, {"issue": 3})]}
    done: dict[str, object] = {"projects": [project("ENG", "completed", {"issue": 3}, {"issue": 3})]}
    assert shown(job, job, done) == ["ENG 1/3 running", "ENG 3/3 completed"]
