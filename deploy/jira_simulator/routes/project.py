"""Projects and what belongs to each: versions, components, statuses by issue type."""

import re
from typing import Any

from deploy.jira_simulator.accounts import WORK
from deploy.jira_simulator.data.render import project_json, without_level
from deploy.jira_simulator.errors import bad_request
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json, window

_PROJECT = "/project/{projectIdOrKey}"
_PROJECT_PART = re.compile(r"^.*/rest/api/\d")
_ORDERS = frozenset(
    way + name
    for way in ("", "+", "-", " ")
    for name in (
        "category",
        "issueCount",
        "key",
        "lastIssueUpdatedTime",
        "name",
        "owner",
        "archivedDate",
        "deletedDate",
    )
)


def search(call: Call) -> Answer:
    start, most = window(call, 50, 100)
    order = call.text("orderBy", "key")
    if order not in _ORDERS:
        raise bad_request(f"The value '{order}' is not valid for 'orderBy'.")
    found = _matching(call)
    by_name = order.strip("+- ") == "name"
    projects = call.world.site.projects
    found.sort(key=lambda n: projects[n].name if by_name else projects[n].key, reverse=order.startswith("-"))
    shown = found[start : start + most]
    address = f"{call.shape.api}/project/search"
    page: dict[str, Any] = {"self": f"{address}?maxResults={most}&startAt={start}"}
    is_last = start + len(shown) >= len(found)
    if not is_last:
        page["nextPage"] = f"{address}?maxResults={most}&startAt={start + most}"
    page |= {"maxResults": most, "startAt": start, "total": len(found), "isLast": is_last}
    return json(page | {"values": [_shown(call, number) for number in shown]})


def every(call: Call) -> Answer:
    return json([_shown(call, number) for number in sorted(call.visible)])


def one(call: Call) -> Answer:
    number = call.project()
    full = {
        "description": call.world.site.projects[number].description,
        "versions": call.world.site.data.versions(number, call.shape),
        "components": call.world.site.data.components(number, call.shape),
        "issueTypes": _types(call, number),
    }
    keys = [call.world.site.projects[number].key]  # and those before it was renamed, of which none was
    former = {"projectKeys": keys} if "projectKeys" in call.words("expand") else {}
    return json(_shown(call, number) | full | former | _lead(call, number))


def versions(call: Call) -> Answer:
    return json(call.world.site.data.versions(call.project(), call.shape))


def version_page(call: Call) -> Answer:
    return _paged(call, call.world.site.data.versions(call.project(), call.shape))


def components(call: Call) -> Answer:
    return json(call.world.site.data.components(call.project(), call.shape))


def component_page(call: Call) -> Answer:
    return _paged(call, call.world.site.data.components(call.project(), call.shape))


def statuses(call: Call) -> Answer:
    number, api = call.project(), call.shape.api
    known = [{"self": f"{api}/status/{s['id']}", **s} for s in call.world.site.data.statuses(number)]
    named = ("self", "id", "name", "subtask")
    return json(
        [{**{name: kind[name] for name in named}, "statuses": known} for kind in _types(call, number)]
    )


def security_levels(call: Call) -> Answer:
    """Only who may set them sees them; everybody else is shown none, and no refusal."""
    call.project("projectKeyOrId")
    levels = call.world.site.data.catalog.security_levels if call.login.sees_all else []
    api = call.shape.api
    return json({"levels": [{"self": f"{api}/securitylevel/{level['id']}", **level} for level in levels]})


def _matching(call: Call) -> list[int]:
    """Only live projects exist here; the other filters do what they say."""
    if "live" not in call.words("status") and "status" in call.query:
        return []
    keys, ids = set(call.words("keys")), set(call.words("id"))
    text = call.text("query").lower()
    found = []
    for number in call.visible:
        project = call.world.site.projects[number]
        if (keys and project.key not in keys) or (ids and project.id not in ids):
            continue
        if text in project.key.lower() or text in project.name.lower():
            found.append(number)
    return found


def _shown(call: Call, number: int) -> dict[str, Any]:
    project = call.world.site.projects[number]
    shown = project_json(project, call.shape)
    expand = call.words("expand")
    if "description" in expand:
        shown["description"] = project.description
    if "lead" in expand:
        shown |= _lead(call, number)
    if "issueTypes" in expand:
        shown["issueTypes"] = _types(call, number)
    if "insight" in expand:
        shown["insight"] = {"totalIssueCount": call.world.site.size(number)}
    return shown


def _lead(call: Call, number: int) -> dict[str, Any]:
    users = call.world.site.data.users(call.shape)
    return {"lead": users[call.world.site.projects[number].lead]} if users else {}


def _types(call: Call, number: int) -> list[dict[str, Any]]:
    api, types = call.shape.api, call.world.site.data.types(number)
    return [{"self": f"{api}/issuetype/{t['id']}", **without_level(t, call.shape)} for t in types]


def _paged(call: Call, entries: list[Any]) -> Answer:
    start, most = window(call, 50, 50)
    shown = entries[start : start + most]
    page = {
        "maxResults": most,
        "startAt": start,
        "total": len(entries),
        "isLast": start + most >= len(entries),
    }
    return json(page | {"self": call.shape.api + _PROJECT_PART.sub("", call.path), "values": shown})


_SCOPE = frozenset({WORK})
_SEARCH = (
    "startAt maxResults orderBy id keys query typeKey categoryId action expand status properties "
    "propertyQuery"
)
_PAGE = "startAt maxResults orderBy query"
_CLOUD = "/rest/api/3" + _PROJECT
_DC = "/rest/api/2" + _PROJECT

CLOUD: tuple[Endpoint, ...] = (
    get("/rest/api/3/project/search", search, _SEARCH, scopes=_SCOPE),
    get("/rest/api/3/project", every, "expand recent properties", scopes=_SCOPE),
    get(_CLOUD, one, "expand properties", scopes=_SCOPE),
    get(f"{_CLOUD}/versions", versions, "expand", scopes=_SCOPE),
    get(f"{_CLOUD}/version", version_page, f"{_PAGE} status expand", scopes=_SCOPE),
    get(f"{_CLOUD}/components", components, "componentSource", scopes=_SCOPE),
    get(f"{_CLOUD}/component", component_page, f"{_PAGE} componentSource", scopes=_SCOPE),
    get(f"{_CLOUD}/statuses", statuses, scopes=_SCOPE),
    get("/rest/api/3/project/{projectKeyOrId}/securitylevel", security_levels, scopes=_SCOPE),
)
DATACENTER: tuple[Endpoint, ...] = (
    get("/rest/api/2/project", every, "includeArchived expand recent browseArchive"),
    get(_DC, one, "expand"),
    get(f"{_DC}/versions", versions, "expand"),
    get(f"{_DC}/version", version_page, "startAt maxResults orderBy expand"),
    get(f"{_DC}/components", components),
    get(f"{_DC}/statuses", statuses),
    get("/rest/api/2/project/{projectKeyOrId}/securitylevel", security_levels),
)
