"""Generated issues: the same from the same seed, in order, and of the promised size."""

import orjson
import pytest

from deploy.jira_simulator.config import Config
from deploy.jira_simulator.data.content import stream
from deploy.jira_simulator.data.generated import Generated
from deploy.jira_simulator.data.model import Shape

CLOUD = Shape(True, "http://jira", "http://jira/rest/api/3")
DATACENTER = Shape(False, "http://jira", "http://jira/rest/api/2")


def _encoded(data: Generated, project: int, position: int, shape: Shape) -> bytes:
    doc = data.doc(project, position, shape)
    lists = [list(doc.comments), list(doc.worklogs), list(doc.histories), list(doc.watchers)]
    return orjson.dumps([doc.key, doc.fields, lists, list(doc.remote_links)])


@pytest.mark.parametrize("shape", [CLOUD, DATACENTER])
def test_an_issue_follows_from_the_seed_and_its_number(shape: Shape) -> None:
    one, two, other = (Generated(Config(issues=100, projects=2, seed=seed)) for seed in (1, 1, 2))

    encoded = [_encoded(one, project, position, shape) for project in (0, 1) for position in range(50)]

    assert encoded == [_encoded(two, p, n, shape) for p in (0, 1) for n in range(50)]
    assert encoded[3] != _encoded(other, 0, 3, shape)


def test_created_and_id_grow_together() -> None:
    data = Generated(Config(issues=500, projects=1, same_minute=40))

    rows = [data.row(0, position) for position in range(500)]

    assert rows == sorted(rows)
    assert [row.id for row in rows] == list(range(10_000, 10_500))


def test_many_issues_share_one_minute() -> None:
    data = Generated(Config(issues=500, projects=1, same_minute=40))
    minutes = [data.row(0, position).created // 60_000 for position in range(500)]

    assert max(minutes.count(minute) for minute in set(minutes)) == 40


def test_the_site_of_the_benchmark() -> None:
    data = Generated(Config(issues=2000))
    docs = [data.doc(0, position, CLOUD) for position in range(2000)]

    assert sum(len(doc.comments) for doc in docs) == 6117
    assert sum(len(doc.worklogs) for doc in docs) == 2044
    assert sum(len(doc.fields["labels"]) for doc in docs) == 4000
    hub = docs[6]
    assert (len(hub.comments), len(hub.histories), len(hub.worklogs)) == (120, 150, 45)


@pytest.mark.parametrize("kind", ["comments", "worklogs", "histories"])
def test_ids_are_unique_within_a_kind(kind: str) -> None:
    data = Generated(Config(issues=300, projects=3))
    ids = [e["id"] for p in range(3) for n in range(100) for e in getattr(data.doc(p, n, CLOUD), kind)]

    assert len(ids) == len(set(ids))


def test_a_link_is_told_by_both_ends_with_one_id() -> None:
    data = Generated(Config(issues=300, projects=3))
    ends: dict[str, list[tuple[str, str, str]]] = {}
    for project in range(3):
        for position in range(100):
            doc = data.doc(project, position, CLOUD)
            for link in doc.fields["issuelinks"]:
                side = "outwardIssue" if "outwardIssue" in link else "inwardIssue"
                ends.setdefault(link["id"], []).append((side, doc.key, link[side]["key"]))

    assert ends
    for seen in ends.values():
        (one, here, there), (two, back, again) = seen
        assert {one, two} == {"outwardIssue", "inwardIssue"}
        assert (here, there) == (again, back)


def test_parents_differ_by_product() -> None:
    data = Generated(Config(issues=100))
    story, sub_task = 5, 4

    assert data.doc(0, story, CLOUD).fields["parent"]["key"] == "SIM-1"
    assert "parent" not in data.doc(0, story, DATACENTER).fields
    assert data.doc(0, story, DATACENTER).fields["customfield_10014"] == "SIM-1"
    assert data.doc(0, sub_task, DATACENTER).fields["parent"]["key"] == "SIM-3"
    assert data.doc(0, 2, CLOUD).fields["subtasks"][0]["key"] == "SIM-5"


def test_facets_say_what_the_document_says() -> None:
    data = Generated(Config(issues=100))

    for position in range(100):
        fields = orjson.loads(orjson.dumps(data.doc(0, position, CLOUD).fields))
        facets = data.facets(0, position)
        resolution = fields["resolution"]["name"] if fields["resolution"] else None
        assert (facets.status, facets.type) == (fields["status"]["name"], fields["issuetype"]["name"])
        assert (facets.resolution, list(facets.labels)) == (resolution, fields["labels"])
        assert str(facets.parent) == fields.get("parent", {}).get("id", "None")


def test_every_attachment_can_be_found_by_its_id() -> None:
    data = Generated(Config(issues=300, attachment_max_bytes=1000))
    found = [a for n in range(300) for a in data.doc(0, n, CLOUD).fields["attachment"]]

    assert len(found) > 10
    for attachment in found:
        file = data.file(int(attachment["id"]))
        assert file is not None
        assert (file.name, file.size) == (attachment["filename"], attachment["size"])
        assert file.size <= 1000


def test_users_may_hide_their_address() -> None:
    shown, hidden = (Generated(Config(users_without_email=flag)) for flag in (False, True))

    assert any("emailAddress" in user for user in shown.users(CLOUD))
    assert not any("emailAddress" in user for user in hidden.users(CLOUD))


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (65_530, 65_550), (131_000, 200_001), (5, 5)])
def test_any_range_of_an_attachment_is_a_part_of_the_whole(start: int, stop: int) -> None:
    whole = b"".join(stream(7, 0, 300_000))

    assert b"".join(stream(7, start, stop)) == whole[start:stop]
    assert len(whole) == 300_000
