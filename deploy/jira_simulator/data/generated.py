"""Generated issues: nothing is stored, any issue can be made from its number."""

from typing import Any

from deploy.jira_simulator.config import Config
from deploy.jira_simulator.data import agile, catalogs, people, render
from deploy.jira_simulator.data.entries import OLD
from deploy.jira_simulator.data.files import file_of
from deploy.jira_simulator.data.issue import FIRST_ID, IssueMaker, kind_and_state
from deploy.jira_simulator.data.model import Doc, Facets, File, Project, Row, Shape
from deploy.jira_simulator.data.plan import Spread

_NAMED = (("SIM", "Simulated product"), ("OPS", "Operations"), ("WEB", "Web shop"), ("APP", "Mobile app"))
_FIRST_FILE = 30_000
FILES_PER_ISSUE = 4
_SERVICE, _TEAM_MANAGED = 2, 3


class Generated:
    def __init__(self, config: Config) -> None:
        self._config = config
        self.spread = Spread(
            config.seed,
            config.issues,
            config.projects,
            same_minute=config.same_minute,
            hub=config.hub,
            bare=config.bare,
        )
        self.projects = [_project(number, cloud=config.cloud) for number in range(config.projects)]
        self.catalog = catalogs.generated(self.projects)
        self._keys = {project.key: number for number, project in enumerate(self.projects)}
        self._makers: dict[Shape, IssueMaker] = {}

    def size(self, project: int) -> int:
        return self.spread.size(project)

    def row(self, project: int, position: int) -> Row:
        ordinal = self.spread.ordinal(project, position)
        return Row(self.spread.created(ordinal), FIRST_ID + ordinal)

    def locate(self, issue: int) -> tuple[int, int] | None:
        return self.spread.place(issue - FIRST_ID)

    def locate_key(self, key: str) -> tuple[int, int] | None:
        name, _, number = key.upper().rpartition("-")
        project = self._keys.get(name.removeprefix(OLD))
        if project is None or not number.isdigit() or not 0 < int(number) <= self.size(project):
            return None
        position = int(number) - 1
        return (project, position) if name in self._keys or self.spread.was_moved(position) else None

    def key(self, project: int, position: int) -> str:
        return f"{self.projects[project].key}-{position + 1}"

    def doc(self, project: int, position: int, shape: Shape) -> Doc:
        return self._maker(shape).doc(project, position)

    def facets(self, project: int, position: int) -> Facets:
        kind, status, resolution = kind_and_state(self.spread, project, position)
        shown = self.catalog.statuses[status]
        parent = self.spread.parent(project, position)
        labels = IssueMaker.labels(self.spread, project, position)
        ordinal = self.spread.ordinal(project, position)
        above = None if parent is None else FIRST_ID + self.spread.ordinal(project, parent)
        category = shown["statusCategory"]["name"]
        return Facets(self.spread.updated(ordinal), kind, shown["name"], category, resolution, labels, above)

    def file(self, attachment: int) -> File | None:
        ordinal, which = divmod(attachment - _FIRST_FILE, FILES_PER_ISSUE)
        place = self.spread.place(ordinal)
        if place is None or not self._config.attachments or which >= self.spread.files(place[1]):
            return None
        return file_of(self._config, FIRST_ID + ordinal, attachment)

    def users(self, shape: Shape) -> list[Any]:
        return self._maker(shape).pools.people

    def versions(self, project: int, shape: Shape) -> list[Any]:
        return render.versions(project, shape, self.projects[project])

    def components(self, project: int, shape: Shape) -> list[Any]:
        return render.components(project, shape, self.users(shape))

    def types(self, project: int) -> list[Any]:
        return catalogs.types(self.projects[project])

    def statuses(self, project: int) -> list[Any]:
        return catalogs.statuses(self.projects[project])

    def boards(self, project: int) -> list[Any]:
        return agile.boards(project, self.projects[project])

    def sprints(self, board: int) -> list[Any]:
        return agile.sprints(board - 1) if board <= len(self.projects) else []

    def _maker(self, shape: Shape) -> IssueMaker:
        maker = self._makers.get(shape)
        if maker is None:
            with_email = not self._config.users_without_email
            pools = render.Pools(shape, self.catalog, self.projects, with_email=with_email)
            maker = self._makers[shape] = IssueMaker(self._config, self.spread, self.projects, pools)
        return maker


def _project(number: int, *, cloud: bool) -> Project:
    """The third one serves customers; the fourth is team-managed, which only Cloud knows."""
    key, name = _NAMED[number] if number < len(_NAMED) else (f"PROJ{number + 1}", f"Project {number + 1}")
    return Project(
        str(10_000 + number),
        key,
        name,
        description=f"About {name}.",
        lead=number % people.FORMER,
        category={"id": "10000", "name": "Internal", "description": ""} if number % 3 == 1 else None,
        is_service=number == _SERVICE,
        team_managed=cloud and number == _TEAM_MANAGED,
    )
