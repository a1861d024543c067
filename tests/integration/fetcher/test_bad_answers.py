"""Answers that are none, at every place where Jira is read: what becomes of the import.

The table has a letter for each place; what kind of bad answer it was makes no difference. One that is
followed by a good answer costs a try.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from itertools import cycle
from typing import Final

import pytest

from deploy.embedded.simulator import SimulatorOptions
from deploy.jira_simulator.errors import Refused
from tests.integration.fetcher.test_observed_answers import end_of
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.proxy import Instead, Spoil, changing
from tests.support.simulator import Simulators

Letters = frozenset[tuple[str, str]]

ISSUES: Final = 18
ALL: Final = [str(10_000 + number) for number in range(ISSUES)]
HUB, FILE, WATCHED, VOTED, LINKED = "10006", "30044", "10011", "10013", "10017"
# Kind and id of the letters when a place never answers well.
ENDS: Final[Mapping[str, Letters]] = {
    "project": frozenset({("project", "SIM")}),
    "catalog": frozenset({("status", "lists of SIM")}),
    "listing": frozenset({("issue", "listing 000000")}),
    "issues": frozenset(("issue", id_) for id_ in ALL),
    "history": frozenset(("history", f"issue {id_}") for id_ in ALL),
    "comments": frozenset({("comment", f"{HUB}#from0")}),
    "worklogs": frozenset({("worklog", f"{HUB}#from0")}),
    "attachment": frozenset({("attachment", FILE)}),
    "boards": frozenset({("board", "boards of SIM#from0")}),
    "sprints": frozenset({("sprint", "board 1#from0")}),
    "remote links": frozenset({("remote_link", f"issue {LINKED}")}),
    "watchers": frozenset({("watchers", WATCHED)}),
    "votes": frozenset({("votes", VOTED)}),
}
_ASKED: Final = {
    "project": r"/project/10000$",
    "catalog": r"/project/10000/statuses$",
    "listing": r"/search/jql$|/search$",
    "issues": r"/issue/bulkfetch$|/search$",
    "history": r"/changelog/bulkfetch$",
    "comments": r"/comment$",
    "worklogs": r"/worklog$",
    "attachment": r"/attachment/content/|/secure/attachment/",
    "boards": r"/board$",
    "sprints": r"/sprint$",
    "remote links": r"/remotelink$",
    "watchers": r"/watchers$",
    "votes": r"/votes$",
}
# On Cloud, the answer about a file is only an address elsewhere.
ONLY_ON: Final = {"history": "cloud"}
WITHOUT_A_BODY: Final = {("cloud", "attachment")}


def is_asked_at(place: str, path: str, body: bytes) -> bool:
    """Tell whether a request belongs to a place; Data Center searches for ids and by ids at one address."""
    if not re.search(_ASKED[place], path.partition("?")[0]):
        return False
    if path.endswith("/search"):
        return (b"id in" in body) is (place == "issues")
    return True


def _split(answer: bytes) -> tuple[bytes, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return re.sub(rb"content-length: \d+", b"content-length: %d", head), body


def half(answer: bytes) -> bytes:
    head, body = _split(answer)
    kept = body[: len(body) // 2]
    return head % len(kept) + b"\r\n\r\n" + kept


def too_long(answer: bytes) -> bytes:
    head, body = _split(answer)
    return head % (len(body) + 10) + b"\r\n\r\n" + body


def too_short(answer: bytes) -> bytes:
    head, body = _split(answer)
    return head % (len(body) // 2) + b"\r\n\r\n" + body


REPLACED: Final = {
    "another type": Refused(200, 7),
    "HTML": Refused(200, "<html><body>Log in</body></html>"),
}
SPOILT: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "half an answer": half,
    "a length that is too long": too_long,
    "a length that is too short": too_short,
}
BAD: Final = (*REPLACED, *SPOILT)


def bad_at(place: str, bad: str, times: int = -1) -> tuple[Instead | None, Spoil | None]:
    """Let a place answer badly, always or so many times."""
    left = times

    def strikes(path: str, body: bytes) -> bool:
        nonlocal left
        if left == 0 or not is_asked_at(place, path, body):
            return False
        left -= 1
        return True

    if bad in REPLACED:
        return lambda path, body: REPLACED[bad] if strikes(path, body) else None, None
    return None, lambda path, body, answer: SPOILT[bad](answer) if strikes(path, body) else answer


async def letters_of(run: Run) -> Letters:
    assert await end_of(run) != "paused"
    return frozenset((str(letter.kind), letter.id) for letter in await run.letters())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_each_bad_answer_at_each_place(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: str
) -> None:
    extra = ("--embedded-comments", "20")
    jira = await simulators(
        SimulatorOptions(deployment=deployment, issues=ISSUES, projects=1, seed=2, extra=extra)
    )
    places = [place for place in ENDS if ONLY_ON.get(place, deployment) == deployment]
    cases = [(place, bad, -1) for place in places for bad in BAD]
    cases += list(zip(places, cycle(BAD[1:]), cycle([1])))  # what is well when asked again
    cases = [case for case in cases if case[1] in REPLACED or (deployment, case[0]) not in WITHOUT_A_BODY]
    async with AsyncExitStack() as proxies, fetcher(task_attempts=1, jira={"attempts": 2}):
        imports = {}
        for case in cases:
            instead, spoil = bad_at(*case)
            url = await proxies.enter_async_context(changing(jira.url, instead=instead, spoil=spoil))
            imports[case] = await runs.of(jira, base_url=url)
            await imports[case].request()
        found = {case: await letters_of(run) for case, run in imports.items()}
    once_html = ("attachment", "HTML", 1)  # is not asked for again: a file may be HTML
    expected = {
        case: ENDS[case[0]] if case[2] < 0 or case == once_html else frozenset[tuple[str, str]]()
        for case in cases
    }
    assert {case: found[case] for case in cases if found[case] != expected[case]} == {}
