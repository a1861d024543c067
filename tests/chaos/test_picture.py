"""The comparison that chaos rests on sees what is lost, doubled or changed, and nothing else."""

from typing import Any, cast

from shared.content import CREATED_BY
from tests.chaos.picture import Picture


class Database(dict[str, list[dict[str, Any]]]):
    """As much of a store as a picture needs."""

    def list_collection_names(self) -> list[str]:
        return list(self)

    def __getitem__(self, name: str) -> Any:
        return Collection(super().__getitem__(name))


class Collection(list[dict[str, Any]]):
    def find(self, query: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        ((member, bounds),) = query.items()
        return [one for one in self if bounds["$gte"] <= one[member] < bounds["$lt"]]


def item(site: str, id_: str, **more: Any) -> dict[str, Any]:
    said = {
        "kind": "issue",
        "jira_id": id_,
        "import_id": f"import of {site}",
        CREATED_BY: f"import of {site}",
        "title": "A title",
    }
    return {"_id": f"{site}:issue:{id_}", **said, "parent_id": f"{site}:issue:1", **more}


def picture(site: str, *items: dict[str, Any]) -> Picture:
    elsewhere = item("zz.test", "1")
    return Picture.of(cast(Any, Database(items=[*items, elsewhere])), site)


def test_the_same_issues_of_another_site_look_the_same() -> None:
    one, other = (picture(site, item(site, "1"), item(site, "2")) for site in ("a.test", "b.test"))
    assert len(one.hashes) == 2
    assert (one.lost(other), other.lost(one), one.changed(other), other.doubles) == ([], [], [], ())


def test_what_is_lost_doubled_and_changed_is_named() -> None:
    before = picture("a.test", item("a.test", "1"), item("a.test", "2"), item("a.test", "3"))
    now = picture(
        "b.test",
        item("b.test", "1"),
        item("b.test", "2", title="Other"),
        item("b.test", "x") | {"jira_id": "1"},
    )
    assert before.lost(now) == ["items/the-site:issue:3"]
    assert before.changed(now) == ["items/the-site:issue:2: title"]
    assert now.lost(before) == ["items/the-site:issue:x"]
    assert now.doubles == ("items/issue/1",)
