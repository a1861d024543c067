"""What the site is, who is asking, what they may do, and the users they may look up."""

from typing import Any

from deploy.jira_simulator import accounts
from deploy.jira_simulator.accounts import ME, USER, WORK
from deploy.jira_simulator.data import moments, people
from deploy.jira_simulator.errors import bad_request, messages
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json, window

_BUILT = 1_750_000_000_000


def server_info(call: Call) -> Answer:
    base = call.world.base
    common = {
        "baseUrl": base,
        "serverTime": moments.to_jira(moments.now()),
        "buildDate": moments.to_jira(_BUILT),
    }
    if not call.shape.cloud:
        version = {"version": "10.3.5", "versionNumbers": [10, 3, 5], "buildNumber": 10030005}
        return json({**common, **version, "deploymentType": "DataCenter", "serverTitle": "Jira"})
    version = {"version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "buildNumber": 100290}
    place = {"defaultLocale": {"locale": "en_US"}, "serverTimeZone": "Etc/UTC"}
    shown = {"displayUrl": base, "deploymentType": "Cloud", "serverTitle": "Jira"}
    return json({**common, **shown, **version, **place})


def tenant_info(call: Call) -> Answer:
    return json({"cloudId": accounts.CLOUD_ID})


def myself(call: Call) -> Answer:
    login = call.login
    if login.token is None:
        raise accounts.myself_refusal(login, call.world.base, cloud=call.shape.cloud)
    if login.token.scopes is not None and ME not in login.token.scopes:
        raise accounts.missing_me()
    shown = people.user(0, call.shape, with_email=True)
    return json({**shown, "locale": "en_US", "groups": {"size": 1, "items": []}})


def my_permissions(call: Call) -> Answer:
    if call.shape.cloud and not call.words("permissions"):
        raise bad_request("The 'permissions' query parameter is required.")
    allowed = bool(call.visible)
    names = call.words("permissions") or ["BROWSE_PROJECTS", "ADD_COMMENTS", "ADMINISTER"]
    return json({"permissions": {name: _permission(name, allowed) for name in names}})


def user(call: Call) -> Answer:
    asked = {(name, call.text(name)) for name in call.query}
    for entry in call.world.site.data.users(call.shape):
        known = {
            ("accountId", entry.get("accountId")),
            ("username", entry.get("name")),
            ("key", entry.get("key")),
        }
        if asked & known:
            return json(entry)
    raise messages(404, "The user does not exist.")


def user_bulk(call: Call) -> Answer:
    wanted = call.query.get("accountId", [])
    if not wanted:
        raise bad_request("accountId: must not be empty")
    known = {entry["accountId"]: entry for entry in call.world.site.data.users(call.shape)}
    found = [known[name] for name in wanted if name in known]
    start, most = window(call, 10, 200)
    is_last = start + most >= len(found)
    page = {"maxResults": most, "startAt": start, "total": len(found), "isLast": is_last}
    return json(page | {"values": found[start : start + most]})


def user_search(call: Call) -> Answer:
    start, most = window(call, 50, 1000)
    return json(call.world.site.data.users(call.shape)[start : start + most])


def _permission(name: str, allowed: bool) -> dict[str, Any]:
    shown = name.replace("_", " ").title()
    return {
        "id": "0",
        "key": name,
        "name": shown,
        "type": "PROJECT",
        "description": "",
        "havePermission": allowed,
    }


_WORK, _USER = frozenset({WORK}), frozenset({USER})
_PERMISSIONS = "projectKey projectId issueKey issueId"
_PERMISSIONS_CLOUD = f"{_PERMISSIONS} permissions projectUuid projectConfigurationUuid commentId"

CLOUD: tuple[Endpoint, ...] = (
    get("/rest/api/3/serverInfo", server_info),
    get("/rest/api/2/serverInfo", server_info),
    get("/rest/api/3/myself", myself, "expand", scopes=_USER),
    get("/rest/api/2/myself", myself, "expand", scopes=_USER),
    get("/rest/api/3/mypermissions", my_permissions, _PERMISSIONS_CLOUD, scopes=_WORK),
    get("/rest/api/3/user", user, "accountId username key expand", scopes=_USER),
    get("/rest/api/3/user/bulk", user_bulk, "startAt maxResults username key accountId", scopes=_USER),
    get("/rest/api/3/users/search", user_search, "startAt maxResults expand", scopes=_USER),
)
EDGE: tuple[Endpoint, ...] = (get("/_edge/tenant_info", tenant_info),)
DATACENTER: tuple[Endpoint, ...] = (
    get("/rest/api/2/serverInfo", server_info),
    get("/rest/api/2/myself", myself),
    get("/rest/api/2/mypermissions", my_permissions, _PERMISSIONS),
    get("/rest/api/2/user", user, "username key includeDeleted"),
)
