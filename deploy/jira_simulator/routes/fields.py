"""What administrators may read of a custom field: its contexts, and the options in them."""

from typing import Any

from deploy.jira_simulator.data.custom import OPTIONS
from deploy.jira_simulator.errors import messages
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json, window

_ADMIN = frozenset({"manage:jira-configuration"})


def contexts(call: Call) -> Answer:
    number = _field(call, call.params["fieldId"].removeprefix("customfield_"))
    name = "Default Configuration Scheme"
    context = {"id": str(number + 100), "name": name, "description": ""}
    return _page(call, [{**context, "isGlobalContext": True, "isAnyIssueType": True}])


def options(call: Call) -> Answer:
    """First those of the upper level, then those below, which name the one above them."""
    number = _field(call, call.params["fieldId"].removeprefix("customfield_"))
    if call.params["contextId"] != str(number + 100):
        raise messages(404, f"The context with ID '{call.params['contextId']}' was not found.")
    upper = [{"id": str(id_), "value": value, "disabled": False} for id_, value, _ in OPTIONS.get(number, ())]
    lower = [
        {"id": str(id_), "value": value, "disabled": False, "optionId": str(above)}
        for above, _, children in OPTIONS.get(number, ())
        for id_, value in children
    ]
    return _page(call, upper + lower)


def options_of_datacenter(call: Call) -> Answer:
    number = _field(call, call.params["customFieldId"])
    found: list[dict[str, Any]] = []
    for id_, value, children in OPTIONS.get(number, ()):
        found.append(_option(call, id_, value, [child for child, _ in children]))
        found += [_option(call, child, name, []) for child, name in children]
    most = int(call.text("maxResults") or len(found))
    return json({"total": len(found), "options": found[:most]})


def _option(call: Call, number: int, value: str, children: list[int]) -> dict[str, Any]:
    address = f"{call.shape.api}/customFieldOption/{number}"
    shown = {"self": address, "id": number, "value": value, "disabled": False}
    return shown | ({"childrenIds": children} if children else {})


def _field(call: Call, text: str) -> int:
    known = {field["id"] for field in call.world.site.data.catalog.fields}
    if f"customfield_{text}" not in known:
        raise messages(404, "The custom field was not found.")
    return int(text)


def _page(call: Call, entries: list[dict[str, Any]]) -> Answer:
    start, most = window(call, 50, 100)
    is_last = start + most >= len(entries)
    page = {"maxResults": most, "startAt": start, "total": len(entries), "isLast": is_last}
    return json(page | {"values": entries[start : start + most]})


_FIELD = "/rest/api/3/field/{fieldId}/context"
CLOUD: tuple[Endpoint, ...] = (
    get(_FIELD, contexts, "isAnyIssueType isGlobalContext contextId startAt maxResults", scopes=_ADMIN),
    get(
        f"{_FIELD}/{{contextId}}/option",
        options,
        "optionId onlyOptions startAt maxResults",
        scopes=_ADMIN,
    ),
)
DATACENTER: tuple[Endpoint, ...] = (
    get(
        "/rest/api/2/customFields/{customFieldId}/options",
        options_of_datacenter,
        "maxResults issueTypeIds query page projectIds",
    ),
)
