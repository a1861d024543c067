"""The lists of a site: fields, priorities, statuses, types, resolutions, link types."""

from collections.abc import Callable
from typing import Any

from deploy.jira_simulator.accounts import WORK
from deploy.jira_simulator.data.model import Catalog
from deploy.jira_simulator.data.render import without_level
from deploy.jira_simulator.http import Answer, Call, Endpoint, Handler, get, json, window

_SCOPE = frozenset({WORK})


def _listed(name: str, pick: Callable[[Catalog], list[Any]]) -> Handler:
    def handler(call: Call) -> Answer:
        entries = pick(call.world.site.data.catalog)
        api = call.shape.api
        return json([{"self": f"{api}/{name}/{e['id']}", **without_level(e, call.shape)} for e in entries])

    return handler


def fields(call: Call) -> Answer:
    return json(call.world.site.data.catalog.fields)


def field_page(call: Call) -> Answer:
    entries = [
        {k: f[k] for k in ("id", "key", "name", "schema")} for f in call.world.site.data.catalog.fields
    ]
    start, most = window(call, 50, 50)
    page = {
        "maxResults": most,
        "startAt": start,
        "total": len(entries),
        "isLast": start + most >= len(entries),
    }
    return json(page | {"values": entries[start : start + most]})


def link_types(call: Call) -> Answer:
    entries = call.world.site.data.catalog.link_types
    api = call.shape.api
    return json({"issueLinkTypes": [{"self": f"{api}/issueLinkType/{e['id']}", **e} for e in entries]})


def _both(version: int) -> tuple[Endpoint, ...]:
    root = f"/rest/api/{version}"
    return (
        get(f"{root}/field", fields, scopes=_SCOPE),
        get(f"{root}/priority", _listed("priority", lambda c: c.priorities), scopes=_SCOPE),
        get(f"{root}/status", _listed("status", lambda c: c.statuses), scopes=_SCOPE),
        get(f"{root}/issuetype", _listed("issuetype", lambda c: c.types), scopes=_SCOPE),
        get(f"{root}/resolution", _listed("resolution", lambda c: c.resolutions), scopes=_SCOPE),
        get(f"{root}/issueLinkType", link_types, scopes=_SCOPE),
    )


_FIELD_SEARCH = "startAt maxResults type id query orderBy expand projectIds"
CLOUD = (*_both(3), get("/rest/api/3/field/search", field_page, _FIELD_SEARCH, scopes=_SCOPE))
DATACENTER = _both(2)
