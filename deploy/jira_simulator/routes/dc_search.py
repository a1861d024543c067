"""Data Center's issue search: offsets, a silent cap on the page, and a wall at the deep end."""

from deploy.jira_simulator.errors import bad_request
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json, post
from deploy.jira_simulator.issues import Presenter, Wanted, embedded_comments
from deploy.jira_simulator.observed import window_exceeded

_LENIENT = frozenset({"false", "warn", "none"})


def search(call: Call) -> Answer:
    config = call.world.config
    jql = str(call.body.get("jql") or call.text("jql"))
    start, asked = call.number("startAt", 0), call.number("maxResults", 50)
    if start < 0:
        raise bad_request("The value of 'startAt' must not be negative.")
    # A negative page size means as many as allowed, as it did on every Jira Server.
    most = config.search_cap if asked < 0 else min(asked, config.search_cap)
    lenient = str(call.body.get("validateQuery", call.text("validateQuery"))).lower() in _LENIENT
    selection = call.world.searcher.select(jql, call.visible, bounded=False, lenient=lenient)
    if start + most > config.window and most:
        raise window_exceeded(start + most, config.window)
    wanted = Wanted(call.words("fields"), "*navigable")
    comments = embedded_comments(call.world, single=False)
    presenter = Presenter(call.world, call.shape, wanted, call.words("expand"), comments)
    issues = [presenter.show(issue) for issue in selection.ids(start, most)]
    head = {"expand": "schema,names", "startAt": start, "maxResults": most, "total": len(selection)}
    return json({**head, "issues": issues, **presenter.names()})


_BODY = {
    "jql": (str,),
    "startAt": (int,),
    "maxResults": (int,),
    "validateQuery": (bool, str),
    "fields": (list,),
    "expand": (list,),
}

ENDPOINTS: tuple[Endpoint, ...] = (
    get("/rest/api/2/search", search, "jql startAt maxResults validateQuery fields expand"),
    post("/rest/api/2/search", search, _BODY),
)
