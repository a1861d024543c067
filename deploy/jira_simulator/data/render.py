"""What every generated issue shares, encoded once for each shape, so that an issue is mostly put together."""

from typing import Any, NamedTuple

import orjson

from deploy.jira_simulator.data import agile, catalogs, people
from deploy.jira_simulator.data.bodies import Body, bodies, fill
from deploy.jira_simulator.data.model import Catalog, Project, Shape


def fragment(value: Any) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(value))


def without_level(kind: dict[str, Any], shape: Shape) -> dict[str, Any]:
    return kind if shape.cloud else {name: value for name, value in kind.items() if name != "hierarchyLevel"}


def project_json(project: Project, shape: Shape) -> dict[str, Any]:
    kind = {"projectTypeKey": "service_desk" if project.is_service else "software"}
    style = "next-gen" if project.team_managed else "classic"
    extra = (
        {"simplified": project.team_managed, "style": style, "isPrivate": False}
        if shape.cloud
        else {"archived": False}
    )
    category = {"projectCategory": project.category} if project.category else {}
    address = f"{shape.api}/project/{project.id}"
    return {
        "self": address,
        "id": project.id,
        "key": project.key,
        "name": project.name,
        **kind,
        **category,
        **extra,
    }


def versions(project: int, shape: Shape, owner: Project) -> list[dict[str, Any]]:
    made = []
    for number in range(4):
        identity = str(20_000 + project * 10 + number)
        released = number < 3
        version: dict[str, Any] = {
            "self": f"{shape.api}/version/{identity}",
            "id": identity,
            "name": f"{number // 2}.{number % 2}",
        }
        version |= {"description": "", "archived": number == 0, "released": released}
        made.append(version | ({"releaseDate": f"2013-0{number + 1}-15"} if released else {}))
    return [version | {"projectId": int(owner.id)} for version in made]


def components(project: int, shape: Shape, leads: list[Any]) -> list[dict[str, Any]]:
    names = ("Core", "Interface", "Import", "Reports", "Nobody's")
    made = []
    for number, name in enumerate(names):
        identity = str(30_000 + project * 10 + number)
        component = {"self": f"{shape.api}/component/{identity}", "id": identity, "name": name}
        made.append({**component, "description": "", "lead": leads[number], "assigneeType": "COMPONENT_LEAD"})
    return made


def _inside_an_issue(entry: dict[str, Any]) -> orjson.Fragment:
    """A version or component as issues show it: with less than its own list says of it."""
    left_out = ("projectId", "lead", "assigneeType")
    return fragment({name: value for name, value in entry.items() if name not in left_out})


class Owned(NamedTuple):
    """The encoded parts that belong to one project; of sprints also the ids, the last one is on no board."""

    itself: Any
    versions: list[Any]
    components: list[Any]
    sprints: list[tuple[int, Any]]
    statuses: list[Any]
    types: dict[str, Any]  # by name


class Pools:
    """The encoded parts for one shape."""

    def __init__(self, shape: Shape, catalog: Catalog, projects: list[Project], *, with_email: bool) -> None:
        api = shape.api
        self.shape = shape
        self.people = [people.user(n, shape, with_email=with_email) for n in range(people.COUNT)]
        self.users = [fragment(person) for person in self.people]
        self.priorities = [fragment({"self": f"{api}/priority/{p['id']}", **p}) for p in catalog.priorities]
        self.security_levels = [
            fragment({"self": f"{api}/securitylevel/{level['id']}", **level})
            for level in catalog.security_levels
        ]
        self.resolution = fragment(catalog.resolutions[0])
        self.link_types = [
            fragment({**t, "self": f"{api}/issueLinkType/{t['id']}"}) for t in catalog.link_types
        ]
        self.bodies: list[Body] = bodies(shape)
        self._projects = projects
        self._owned: dict[int, Owned] = {}

    def person(self, number: int) -> orjson.Fragment:
        return self.users[number % people.COUNT]

    def body(self, which: int, text: str) -> orjson.Fragment:
        return orjson.Fragment(fill(self.bodies[which % len(self.bodies)], text))

    def owned(self, project: int) -> Owned:
        """A project's own parts, made when first asked for."""
        known = self._owned.get(project)
        if known is None:
            owner, api = self._projects[project], self.shape.api
            known = self._owned[project] = Owned(
                fragment(project_json(owner, self.shape)),
                [_inside_an_issue(v) for v in versions(project, self.shape, owner)],
                [_inside_an_issue(c) for c in components(project, self.shape, self.people)],
                [
                    (sprint["id"], fragment(agile.sprint_value(sprint, self.shape)))
                    for sprint in (*agile.sprints(project), agile.stray_sprint(project))
                ],
                [fragment({"self": f"{api}/status/{s['id']}", **s}) for s in catalogs.statuses(owner)],
                {
                    t["name"]: fragment(
                        {"self": f"{api}/issuetype/{t['id']}", **without_level(t, self.shape)}
                    )
                    for t in catalogs.types(owner)
                },
            )
        return known
