"""The allow-list: every route of it only reads, and nothing else is on it."""

import re

import pytest

from shared.jira import endpoints
from shared.jira.endpoints import ALLOWED, Endpoint, ReadOnlyViolationError, ensure_allowed

# POSTs because a query does not fit into a URL: each of them only reads.
READING_POSTS = {
    "POST /rest/api/3/search/jql",
    "POST /rest/api/3/search/approximate-count",
    "POST /rest/api/3/issue/bulkfetch",
    "POST /rest/api/3/changelog/bulkfetch",
    "POST /rest/api/2/search",
}
HOSTILE = [
    "..", ".", "", "A/B", "A/../B", "../../admin", "A%2FB", "A?x=1", "A#b", "A\\B", "A B", "A;jsessionid=1",
    "A\x00", "A\n", "Ä",
]  # fmt: skip


def path_of(endpoint: Endpoint, api: str, value: str = "ABC-1") -> str:
    names = re.findall(r"\{(\w+)\}", endpoint.template)
    return endpoint.path(api=api, **{name: value for name in names if name != "api"})


@pytest.mark.parametrize("endpoint", sorted(ALLOWED, key=str), ids=str)
@pytest.mark.parametrize("api", ["2", "3"])
def test_every_endpoint_is_accepted_and_only_reads(endpoint: Endpoint, api: str) -> None:
    assert endpoint.method == "GET" or str(endpoint) in READING_POSTS
    ensure_allowed(endpoint.method, path_of(endpoint, api))


def test_every_endpoint_of_the_module_is_on_the_list() -> None:
    named = {value for value in vars(endpoints).values() if isinstance(value, Endpoint)}
    assert named == ALLOWED
    assert {str(endpoint) for endpoint in ALLOWED if endpoint.method != "GET"} == READING_POSTS


@pytest.mark.parametrize("endpoint", sorted(ALLOWED, key=str), ids=str)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get", "HEAD", "OPTIONS"])
def test_no_other_method_is(endpoint: Endpoint, method: str) -> None:
    if method == endpoint.method:
        return
    with pytest.raises(ReadOnlyViolationError, match="nothing was sent"):
        ensure_allowed(method, path_of(endpoint, "3"))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("endpoint", [endpoints.ISSUE, endpoints.COMMENTS, endpoints.PROJECT], ids=str)
def test_a_key_can_never_change_the_route(endpoint: Endpoint, value: str) -> None:
    with pytest.raises(ReadOnlyViolationError):
        ensure_allowed("GET", path_of(endpoint, "3", value))


@pytest.mark.parametrize("name", ["a/b.png", "..", ".", "../x", "a\\b", "x\x00.png", ""])
def test_a_file_name_can_never_change_the_route(name: str) -> None:
    with pytest.raises(ReadOnlyViolationError):
        ensure_allowed("GET", endpoints.DC_ATTACHMENT.path(api="2", attachment="10", filename=name))


@pytest.mark.parametrize(
    "name", ["plan.pdf", "what? really#1.png", "Ä ü.txt", "a;b=c&d.txt", "..hidden", "100%.txt"]
)
def test_an_ordinary_file_name_is_only_encoded(name: str) -> None:
    path = endpoints.DC_ATTACHMENT.path(api="2", attachment="10", filename=name)
    ensure_allowed("GET", path)
    assert re.fullmatch(r"/secure/attachment/10/[\w.%~-]+", path, re.ASCII)


@pytest.mark.parametrize(
    "path",
    [
        "/rest/api/3/issue",
        "/rest/api/4/issue/A-1",
        "/rest/api/latest/issue/A-1",
        "/rest/api/3/issue/A-1/",
        "//rest/api/3/issue/A-1",
        "/rest/api/3/issue/A-1/transitions",
        "/rest/api/3/issue/A-1%2Ftransitions",
        "/rest/api/3/issue/%2e%2e/comment",
        "/rest/api/3/issue/A-1?expand=names",
        "/x/rest/api/3/issue/A-1",
        "/secure/admin/ViewUsers.jspa",
        "/secure/attachment/10/%2E%2E",
        "/rest/api/3/issue/A-1\n",
        "",
    ],
)
def test_no_other_path_is_on_the_list(path: str) -> None:
    with pytest.raises(ReadOnlyViolationError):
        ensure_allowed("GET", path)
