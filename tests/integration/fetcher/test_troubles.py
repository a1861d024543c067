"""What Jira does not give becomes a letter that says so; everything else arrives, and every import ends."""

from contextlib import AsyncExitStack
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import structlog

from deploy.embedded.simulator import SimulatorOptions
from deploy.jira_simulator.data.content import stream
from shared.holdings import holdings
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.proxy import Change, changing
from tests.support.simulator import Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=40, projects=1, seed=2)
DATACENTER = SimulatorOptions(deployment="datacenter", issues=40, projects=1, seed=2)
CONTENT = "GET /rest/api/3/attachment/content/{id}"
SECURE = "GET /secure/attachment/{id}/{name}"
HUB = "10006"


def constant(part: str, answer: Any) -> Change:
    """Answer one route always the same."""
    return lambda path, given: answer if part in path else given


def changed(part: str, **members: Any) -> Change:
    """Replace members of the answers of one route."""
    return lambda path, given: {**given, **members} if part in path else given


def over_issues(change: Change) -> Change:
    """Change the issues of each bulk fetch."""
    return lambda path, given: (
        {**given, "issues": change(path, given["issues"])} if "issue/bulkfetch" in path else given
    )


def spoilt_fields(path: str, issues: Any) -> Any:
    return [{**issue, "fields": "none"} if issue["id"] == "10002" else issue for issue in issues]


def nameless(path: str, issues: Any) -> Any:
    """Two files and a link of one issue come without what tells them apart."""
    fields = {"attachment": [{"filename": "a.txt"}, None], "issuelinks": [{"id": "7", "type": "none"}]}
    return [
        {**issue, "fields": {**issue["fields"], **fields}} if issue["id"] == "10002" else issue
        for issue in issues
    ]


ALL = {str(10_000 + number) for number in range(40)}
# What is changed, and the letters that come of it: kind, code and id of each.
MALFORMED: dict[str, tuple[Change, set[tuple[str, str, str]]]] = {
    "an empty page": (constant("search/jql", {}), {("issue", "task_failed", "listing 000000")}),
    "a list as page": (constant("search/jql", []), {("issue", "task_failed", "listing 000000")}),
    "a text as issues": (changed("search/jql", issues="abc"), {("issue", "task_failed", "listing 000000")}),
    "an endless walk": (
        changed("search/jql", nextPageToken="again"),
        {("issue", "task_failed", f"listing {at}") for at in ("000001", "1-000001", "1-changed000001")},
    ),
    "endless empty pages": (
        changed("search/jql", issues=[], nextPageToken="again"),
        {("issue", "task_failed", "listing 000001")},
    ),
    "no issues": (constant("issue/bulkfetch", {}), {("issue", "task_failed", id_) for id_ in ALL}),
    "not one issue": (
        changed("issue/bulkfetch", issues=[None, 5, {}, "x"]), {("issue", "not_returned", id_) for id_ in ALL}
    ),
    "one spoilt issue": (over_issues(spoilt_fields), {("issue", "malformed", "10002")}),
    "issues twice": (over_issues(lambda path, issues: issues + issues), set()),
    "no changes": (
        constant("changelog/bulkfetch", {}), {("history", "task_failed", f"issue {id_}") for id_ in ALL}
    ),
    "an empty page of comments": (constant("/comment", {}), {("comment", "task_failed", f"{HUB}#from0")}),
    "comments without a count": (
        changed("/comment", total=None), {("comment", "task_failed", f"{HUB}#from0")}
    ),
    "fewer comments than counted": (
        changed("/comment", total=500), {("comment", "incomplete", f"{HUB}#from0")}
    ),
    "fewer counted than there are": (changed("/comment", total=1), set()),
    "a file and a link without an id": (
        over_issues(nameless),
        {("attachment", "malformed", "issue 10002"), ("link", "malformed", "issue 10002")},
    ),
    "a priority without an id": (
        constant("/priority", [{"name": "?"}]), {("priority", "malformed", "lists of SIM")}
    ),
    "a token for more changes that Jira then refuses": (
        changed("changelog/bulkfetch", nextPageToken="again"), set()
    ),
    "a comment without an id": (
        changed("/comment", comments=[{}], total=1), {("comment", "task_failed", f"{HUB}#from0")}
    ),
    "a list as project": (
        constant("/project/", []),
        {("project", "task_failed", "SIM"), ("security_level", "malformed", "lists of SIM")},
    ),
}  # fmt: skip


async def found_letters(run: Run) -> set[tuple[str, str, str]]:
    return {(str(letter.kind), letter.code, letter.id) for letter in await run.letters()}


@pytest.mark.slow
async def test_malformed_answers_become_letters_and_every_import_ends(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(CLOUD)
    async with AsyncExitStack() as proxies, fetcher(listing_page=50):
        imports = {
            name: await runs.of(
                jira, base_url=await proxies.enter_async_context(changing(jira.url, change))
            )
            for name, (change, _) in MALFORMED.items()
        }  # fmt: skip
        for run in imports.values():
            await run.request()
        for run in imports.values():
            await run.fetched()
    letters = {name: await found_letters(run) for name, run in imports.items()}
    assert letters == {name: expected for name, (_, expected) in MALFORMED.items()}
    for name, run in imports.items():
        lost = {id_ for kind, _, id_ in letters[name] if kind == "issue"}
        if not any(id_.startswith("listing") for id_ in lost):
            assert run.ids(EntityKind.ISSUE) == ALL - lost, name
        assert await run.pending() == [], name
    twice = [e.id for e in imports["issues twice"].entities if e.kind is EntityKind.COMMENT]
    assert len(twice) == len(set(twice))


@pytest.mark.parametrize("options", [CLOUD, DATACENTER], ids=lambda options: options.deployment)
async def test_an_issue_that_jira_lists_and_then_leaves_out_is_gone(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, options: SimulatorOptions
) -> None:
    run = await runs.of(await simulators(options))
    task = Task(run.id, "SIM", TaskKind.LIST, "000000")
    await run.state.ledger.register([task])
    await run.state.ledger.keep_listing(task, {"ids": ["10001", "77777", "10002"], "next": None})
    async with fetcher():
        await run.request()
        await run.fetched()
    assert await run.letters() == []
    assert run.ids(EntityKind.ISSUE) == ALL  # those that the first walk had not seen came with the second
    held = await holdings(run.state, f"{run.id}/SIM")
    assert set(held.present[EntityKind.ISSUE]) == ALL
    assert set(held.gone[EntityKind.ISSUE]) == {"77777"}


@pytest.mark.parametrize(
    ("options", "rule", "words"),
    [
        (CLOUD, {"kind": "404", "route": CONTENT}, "Issue does not exist"),
        (CLOUD, {"kind": "403", "route": CONTENT}, "You do not have permission to do this."),
        (CLOUD, {"kind": "html-200", "route": CONTENT}, "an HTML page instead of the file"),
        (DATACENTER, {"kind": "error", "error": "dc-attachment-login", "route": SECURE}, "/login.jsp"),
    ],
)
async def test_a_file_that_jira_does_not_give_is_a_letter_and_the_others_arrive(
    simulators: Simulators,
    runs: Runs,
    fetcher: Fetcher,
    options: SimulatorOptions,
    rule: dict[str, Any],
    words: str,
) -> None:
    jira = await simulators(options)
    files = set(await jira.truth("SIM", "attachments"))
    refused = min(files)
    assert len(files) > 1
    await jira.faults({**rule, "contains": f"/{refused}"})
    run = await runs.of(jira)
    async with fetcher():
        await run.request()
        await run.fetched()
    (letter,) = await run.letters()
    assert (letter.kind, letter.id, letter.code) == ("attachment", refused, "not_downloaded")
    assert words in (letter.jira_message or "")
    assert run.ids(EntityKind.ATTACHMENT) == files - {refused}


async def test_a_file_that_jira_cannot_read_takes_no_other_along(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(CLOUD)
    files = set(await jira.truth("SIM", "attachments"))
    broken = min(files)
    await jira.faults({"kind": "500", "route": CONTENT, "contains": f"/{broken}"})
    run = await runs.of(jira)
    async with fetcher(task_attempts=1, jira={"attempts": 1}):
        await run.request()
        await run.fetched()
    assert await found_letters(run) == {("attachment", "task_failed", broken)}
    assert run.ids(EntityKind.ATTACHMENT) == files - {broken}


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_files_with_hostile_names_or_false_sizes(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: str
) -> None:
    jira = await simulators(SimulatorOptions(deployment=deployment, issues=40, projects=1, seed=3))
    files = sorted(await jira.truth("SIM", "attachments"))[:2]
    names = ["..", "../../etc/passwd", "a/b?c#d.txt", "\u0007\u0000.txt", ""]
    size = await jira.size(files[0])
    hostile = [{"id": files[0], "filename": name, "size": size} for name in names]
    false = {"id": files[1], "filename": "x.bin", "size": 7}
    for number, attachment in enumerate([*hostile, false]):
        key = f"SIM-{20 + number}"
        await jira.edit({"op": "edit", "key": key, "fields": {"attachment": [attachment]}})
    chosen = ", ".join(f"SIM-{20 + number}" for number in range(len(names) + 1))
    run = await runs.of(jira, jql=f"key in ({chosen})")
    async with fetcher():
        await run.request()
        await run.fetched()
    assert run.ids(EntityKind.ATTACHMENT) == {files[0]}
    (letter,) = await run.letters()
    assert (letter.id, letter.code) == (files[1], "not_downloaded")
    assert "7 were announced" in letter.reason


async def test_a_letter_does_not_name_the_file_of_a_restricted_issue(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(replace(CLOUD, seed=4))  # it is edited
    file = min(await jira.truth("SIM", "attachments"))
    attachment = {"id": file, "filename": "salaries.xlsx", "size": 7}
    level = {"id": "10000", "name": "Staff"}
    await jira.edit(
        {"op": "edit", "key": "SIM-20", "fields": {"attachment": [attachment], "security": level}}
    )
    run = await runs.of(jira, jql="key = SIM-20")
    async with fetcher():
        await run.request()
        await run.fetched()
    (letter,) = await run.letters()
    assert letter.reason.startswith(f"Attachment {file} of issue ")
    assert "salaries" not in letter.reason


@pytest.mark.parametrize("kind", ["503", "truncated-json"])
async def test_a_task_that_jira_never_answers_ends_in_letters_after_its_attempts(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, kind: str
) -> None:
    jira = await simulators(CLOUD)
    route = "POST /rest/api/3/issue/bulkfetch"
    await jira.faults({"kind": kind, "route": route})
    run = await runs.of(jira)
    async with fetcher(task_attempts=3, jira={"attempts": 1}):
        await run.request()
        await run.fetched()
    assert await found_letters(run) == {("issue", "task_failed", id_) for id_ in ALL}
    assert (await jira.requests())[route] == 3
    assert run.ids(EntityKind.PROJECT) == {"10000"}


async def test_being_throttled_costs_no_attempt(simulators: Simulators, runs: Runs, fetcher: Fetcher) -> None:
    jira = await simulators(CLOUD)
    route = "POST /rest/api/3/issue/bulkfetch"
    await jira.faults({"kind": "429-json", "route": route, "times": 2})
    run = await runs.of(jira)
    async with fetcher(task_attempts=1, jira={"attempts": 1}):
        await run.request()
        await run.fetched()
    assert await run.letters() == []
    assert run.ids(EntityKind.ISSUE) == ALL
    assert (await jira.requests())[route] == 3


@pytest.mark.parametrize("loss", ["connection", "key"])
async def test_an_import_without_a_usable_credential_ends_too(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, loss: str
) -> None:
    run = await runs.of(await simulators(CLOUD))
    if loss == "connection":
        await run.state.connections.delete(run.connection.id)
        words = "was deleted"
    else:
        sealed = {"key_id": "k0", "data": "AAAA"}
        await run.store.state["connections"].update_one({}, {"$set": {"sealed_token": sealed}})
        words = "cannot be decrypted"
    async with fetcher():
        await run.request()
        await run.fetched()
    letters = await run.letters()
    assert {(letter.kind, letter.id) for letter in letters} == {
        ("project", "SIM"),
        ("status", "lists of SIM"),
        ("board", "boards of SIM#from0"),
        ("issue", "listing 000000"),
    }
    assert all(words in letter.reason for letter in letters)


async def test_a_listing_that_jira_refuses_to_a_good_credential_is_a_letter(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(CLOUD)
    rule = {"kind": "error", "error": "cloud-jql-syntax", "route": "POST /rest/api/3/search/jql"}
    await jira.faults(rule)
    run = await runs.of(jira)
    async with fetcher():
        await run.request()
        await run.fetched()
    (letter,) = await run.letters()
    assert (letter.kind, letter.id) == ("issue", "listing 000000")
    assert (letter.jira_message or "").startswith("Error in the JQL Query")
    assert (await jira.requests())["GET /rest/api/3/myself"] == 1


@pytest.mark.parametrize("kind", ["403", "404"])
async def test_a_list_that_the_account_may_not_read_is_no_failure(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, kind: str
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults(
        {"kind": kind, "route": "GET /rest/api/3/project/{projectKeyOrId}/securitylevel"},
        {"kind": kind, "route": "GET /rest/api/3/priority"},
    )
    run = await runs.of(jira)
    with structlog.testing.capture_logs() as logs:
        async with fetcher():
            await run.request()
            await run.fetched()
    assert await run.letters() == []
    assert run.ids(EntityKind.RESOLUTION) == set(await jira.truth("SIM", "resolutions"))
    named = {line["endpoint"] for line in logs if line["event"] == "not_readable"}
    assert named == {"GET /rest/api/{api}/project/{project}/securitylevel", "GET /rest/api/{api}/priority"}


async def test_a_history_that_jira_refuses_for_many_issues_is_read_of_each(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "404", "route": "POST /rest/api/3/changelog/bulkfetch"})
    run = await runs.of(jira)
    async with fetcher():
        await run.request()
        await run.fetched()
    assert await run.letters() == []
    assert run.ids(EntityKind.HISTORY) == set(await jira.truth("SIM", "histories"))
    assert (await jira.requests())["GET /rest/api/3/issue/{issueIdOrKey}/changelog"] == len(ALL) + 1  # a hub


async def test_a_history_that_is_shorter_than_its_total_is_named(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    def shortened(path: str, given: Any) -> Any:
        for issue in given["issues"] if "search" in path else ():
            if issue["id"] == "10002" and "changelog" in issue:
                issue["changelog"]["total"] = 7
        return given

    jira = await simulators(DATACENTER)
    async with changing(jira.url, shortened) as url, fetcher():
        run = await runs.of(jira, base_url=url)
        await run.request()
        await run.fetched()
    assert await found_letters(run) == {("history", "incomplete", "issue 10002")}
    assert run.ids(EntityKind.HISTORY) == set(await jira.truth("SIM", "histories"))


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_a_large_file_is_read_in_parts_and_goes_on_where_it_was_cut(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: str
) -> None:
    large, size = "30044", 9_000_000
    options = SimulatorOptions(
        deployment=deployment, issues=12, projects=1, seed=2, extra=("--file-size", f"{large}={size}")
    )
    jira = await simulators(options)
    route = "GET /media/file/{uuid}/binary" if deployment == "cloud" else SECURE
    await jira.faults({"kind": "cut", "route": route, "times": 3})
    run = await runs.of(jira)
    async with fetcher(download_bytes=2_000_000):
        await run.request()
        await run.fetched()
    assert await run.letters() == []
    contents = {e.id: e.content for e in run.entities if e.kind is EntityKind.ATTACHMENT}
    assert set(contents) == set(await jira.truth("SIM", "attachments"))
    for id_, content in contents.items():
        assert content is not None
        assert content.size == await jira.size(id_)
        assert content.sha256 == sha256(b"".join(stream(int(id_), 0, content.size))).hexdigest()
    assert len(await run.tasks(kind="attachments", ordinal={"$regex": f"[.]{large}-"})) == size // 2_000_000
    assert (await jira.requests())[route] >= 1 + 3 + size // 2_000_000  # cut three times


async def test_without_the_agile_scopes_sprints_come_from_the_issues(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(SimulatorOptions(deployment="cloud-scoped", issues=40, projects=1, seed=2))
    run = await runs.of(jira, token="scoped-no-agile")
    async with fetcher():
        await run.request()
        await run.fetched()
    assert await run.letters() == []
    assert run.ids(EntityKind.BOARD) == set()
    assert {"1", "2", "3", "7000"} <= run.ids(EntityKind.SPRINT)
