"""Cloud's issue search: token paging, bulk fetch, and the old search that is gone."""

from typing import NoReturn

from deploy.jira_simulator import page_tokens
from deploy.jira_simulator.accounts import WORK
from deploy.jira_simulator.errors import bad_request
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json, post
from deploy.jira_simulator.issues import Presenter, Wanted, embedded_comments
from deploy.jira_simulator.jql.plan import Selection
from deploy.jira_simulator.observed import old_search

_LARGEST_PAGE = 5000
# Jira shortens pages when many fields are asked for; with real fields it gives 100 in practice.
_LARGEST_PAGE_WITH_FIELDS = 100
_BULK = 100


def search(call: Call) -> Answer:
    most = call.number("maxResults", 50)
    if not 1 <= most <= _LARGEST_PAGE:
        raise bad_request("The max results parameter has to be between 1 and 5,000.")
    jql = _jql(call)
    wanted = Wanted(call.words("fields"), "id")
    selection = call.world.searcher.select(jql, call.visible, bounded=True)
    bound = _bound(call, jql)
    offset = _offset(call, selection, bound)
    size = most if wanted.bare else min(most, _LARGEST_PAGE_WITH_FIELDS)
    ids = selection.ids(offset, size)
    presenter = _presenter(call, wanted)
    page = {"issues": [presenter.show(issue) for issue in ids], **presenter.names()}
    if offset + len(ids) >= len(selection):
        return json(page | {"isLast": True})
    place = (ids[-1], call.world.site.created(ids[-1]), offset + len(ids))
    return json(page | {"nextPageToken": page_tokens.encode(bound, *place), "isLast": False})


def approximate_count(call: Call) -> Answer:
    selection = call.world.searcher.select(_jql(call), call.visible, bounded=True)
    return json({"count": len(selection)})


def bulk_fetch(call: Call) -> Answer:
    asked = call.body.get("issueIdsOrKeys")
    if not asked:
        raise bad_request("issueIdsOrKeys: must not be empty")
    if len(asked) > _BULK:
        raise bad_request(f"Request contains {len(asked)} issues, which exceeds the limit of {_BULK} issues.")
    seen = call.issues(asked)
    presenter = _presenter(call, Wanted(call.words("fields"), "*navigable"))
    return json({"issues": [presenter.show(issue) for issue in seen], "issueErrors": [], **presenter.names()})


def removed(call: Call) -> NoReturn:
    raise old_search()


def _jql(call: Call) -> str:
    return str(call.body.get("jql") or call.text("jql"))


def _presenter(call: Call, wanted: Wanted) -> Presenter:
    comments = embedded_comments(call.world, single=False)
    return Presenter(call.world, call.shape, wanted, call.words("expand"), comments)


def _bound(call: Call, jql: str) -> str:
    """What a page token belongs to: the query and the eyes that see it."""
    return page_tokens.bound(jql, sorted(call.visible))


def _offset(call: Call, selection: Selection, bound: str) -> int:
    token = call.body.get("nextPageToken") or call.text("nextPageToken")
    if not token:
        return 0
    last, created, offset = page_tokens.decode(bound, token)
    return selection.offset_after(last, created, offset)


_QUERY = "jql nextPageToken maxResults fields expand properties fieldsByKeys failFast reconcileIssues"
_SCOPE = frozenset({WORK})
_BODY = {
    "jql": (str,),
    "nextPageToken": (str,),
    "maxResults": (int,),
    "fields": (list,),
    "expand": (str,),
    "properties": (list,),
    "fieldsByKeys": (bool,),
    "reconcileIssues": (list,),
}
_BULK_BODY = {
    "issueIdsOrKeys": (list,),
    "fields": (list,),
    "expand": (list,),
    "properties": (list,),
    "fieldsByKeys": (bool,),
}
_OLD = "jql startAt maxResults validateQuery fields expand properties fieldsByKeys failFast"

ENDPOINTS: tuple[Endpoint, ...] = (
    get("/rest/api/3/search/jql", search, _QUERY, scopes=_SCOPE),
    post("/rest/api/3/search/jql", search, _BODY, scopes=_SCOPE),
    post("/rest/api/3/search/approximate-count", approximate_count, {"jql": (str,)}, scopes=_SCOPE),
    post("/rest/api/3/issue/bulkfetch", bulk_fetch, _BULK_BODY, scopes=_SCOPE),
    get("/rest/api/3/search", removed, _OLD),
    Endpoint(method="POST", path="/rest/api/3/search", handler=removed),
    get("/rest/api/2/search", removed, _OLD),
    Endpoint(method="POST", path="/rest/api/2/search", handler=removed),
)
