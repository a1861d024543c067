"""Links that lead out of what was imported, so far."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from itertools import islice
from typing import Final

from shared.contracts.events import ProjectFetched
from shared.id_sets import IdSet
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import PAGE, Document, Store
from shared.reconcile import KindReconciliation, id_queries, stored_ids
from shared.sink import COLLECTION_OF
from shared.state.findings import Finding, FindingCode, Findings

_LINKS = COLLECTION_OF[EntityKind.LINK]
_TOLD_AT_ONCE: Final = 1_000  # findings
_ITEMS = COLLECTION_OF[EntityKind.ISSUE]

Kinds = Mapping[EntityKind, KindReconciliation]


class Outside:
    """Tells of the links that lead out of a project which is complete.

    Nothing is written into a link: its ends are ids, so that it becomes a real one by itself when the issue
    at its other end comes with a later import. Until then a reader finds no item there, and shows the key
    and the address that the link has.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._findings = Findings(store.state)

    async def tell(self, marker: ProjectFetched, kinds: Kinds) -> None:
        """Note the links that lead outside, and take back what another project told before this one came."""
        links = kinds.get(EntityKind.LINK)
        if links is None or not links.stored:
            return
        issues = kinds.get(EntityKind.ISSUE)
        leaving = await self._leaving(marker.site, links.stored, issues.stored if issues else IdSet())
        absent = await self._absent(marker.site, leaving)
        told = ((link, key) for id_ in absent for link, key in leaving[id_].items())
        while some := list(islice(told, _TOLD_AT_ONCE)):
            await self._findings.add([_finding(marker, link, key) for link, key in some])
        if absent:  # the project of some of them may have been completed just now, by another loader
            absent = await self._absent(marker.site, {id_: leaving[id_] for id_ in absent})
        inside = {link for id_ in leaving.keys() - absent for link in leaving[id_]}
        outside = {link for id_ in absent for link in leaving[id_]}
        await self._findings.resolve(
            marker.import_id, EntityKind.LINK, FindingCode.LINK_OUTSIDE, sorted(inside - outside)
        )

    async def _leaving(self, site: str, links: IdSet, issues: IdSet) -> dict[str, dict[str, str]]:
        """Return the issues of other projects by id, each with the links to it and its key."""
        leaving: dict[str, dict[str, str]] = defaultdict(dict)
        async for link in self._links(site, links):
            for end in ("source", "target"):
                issue = str(link[f"{end}_id"]).removeprefix(entity_id(site, EntityKind.ISSUE, ""))
                if issue not in issues:
                    leaving[issue][link["jira_id"]] = str(link[f"{end}_key"] or issue)
        return leaving

    async def _links(self, site: str, links: IdSet) -> AsyncIterator[Document]:
        wanted = {"jira_id": 1, "source_id": 1, "source_key": 1, "target_id": 1, "target_key": 1}
        for query in id_queries(entity_id(site, EntityKind.LINK, ""), links):
            async for link in self._store.windshift[_LINKS].find(query, wanted, batch_size=PAGE):
                if link["jira_id"] in links:
                    yield link

    async def _absent(self, site: str, issues: Mapping[str, object]) -> set[str]:
        absent = set(issues)
        wanted = IdSet(issues)
        async for found in stored_ids(self._store.windshift[_ITEMS], site, EntityKind.ISSUE, wanted):
            absent -= set(found)
        return absent


def _finding(marker: ProjectFetched, link: str, key: str) -> Finding:
    return Finding(
        import_id=marker.import_id,
        project_key=marker.project_key,
        kind=EntityKind.LINK,
        id=link,
        code=FindingCode.LINK_OUTSIDE,
        detail=key,
    )
